//! Controllers of pods, and what stands beside a workload: accounts, services, budgets, configuration.

use serde_json::{Value, json};

use super::build::{Build, merge};
use super::cluster::volume;
use super::description::Workload;
use super::object::{later, number, owner, suffix};
use super::pods::{account, live, selector, template};

/// Everything of one workload.
pub fn workload(build: &mut Build<'_>, workload: &Workload) {
    service_account(build, workload);
    match workload.kind.as_str() {
        "DaemonSet" => daemon_set(build, workload),
        "StatefulSet" => stateful_set(build, workload),
        "CronJob" => cron_job(build, workload),
        "PostgresCluster" => postgres(build, workload),
        _ => deployment(build, workload),
    }
    service(build, workload);
    budget(build, workload);
    autoscaler(build, workload);
    configuration(build, workload);
}

fn service_account(build: &mut Build<'_>, workload: &Workload) {
    let name = account(workload);
    let mut object = build.object("v1", "ServiceAccount", &workload.namespace, &name);
    let known = object["metadata"]["uid"].clone();
    if build.objects.iter().any(|other| other["metadata"]["uid"] == known) {
        return;
    }
    object["automountServiceAccountToken"] = workload.image.is_none().into();
    build.add(object);
}

fn controller(build: &Build<'_>, api_version: &str, workload: &Workload) -> Value {
    let mut object = build.object(api_version, &workload.kind, &workload.namespace, &workload.name);
    object["metadata"]["labels"] = selector(workload);
    object["metadata"]["generation"] = (1 + number(&workload.name, 30)).into();
    if workload.image.is_some() {
        merge(&mut object["metadata"]["labels"], json!({"argocd.argoproj.io/instance": workload.namespace}));
    }
    object
}

fn counts(replicas: u32) -> Value {
    json!({"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "updatedReplicas": replicas})
}

fn deployment(build: &mut Build<'_>, workload: &Workload) {
    let space = workload.namespace.as_str();
    let template = template(build, workload);
    let selector = json!({"matchLabels": selector(workload)});
    let mut object = controller(build, "apps/v1", workload);
    object["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "3"});
    object["spec"] = json!({
        "replicas": workload.replicas, "selector": selector, "template": template, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 2,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
    });
    object["status"] = counts(workload.replicas);
    object["status"]["conditions"] =
        json!([{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}]);
    object["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
    build.add(object);

    let hash = suffix(&format!("hash {space}/{}", workload.name), 10);
    let set = format!("{}-{hash}", workload.name);
    let with_hash = json!({"pod-template-hash": hash});
    let mut object = build.object("apps/v1", "ReplicaSet", space, &set);
    object["metadata"]["labels"] = template["metadata"]["labels"].clone();
    merge(&mut object["metadata"]["labels"], with_hash.clone());
    object["metadata"]["ownerReferences"] = owner("apps/v1", "Deployment", space, &workload.name);
    let mut template = template;
    merge(&mut template["metadata"]["labels"], with_hash.clone());
    let mut selector = selector;
    merge(&mut selector["matchLabels"], with_hash.clone());
    object["spec"] = json!({"replicas": workload.replicas, "selector": selector, "template": template});
    object["status"] = json!({"replicas": workload.replicas, "readyReplicas": workload.replicas, "availableReplicas": workload.replicas, "fullyLabeledReplicas": workload.replicas});
    build.add(object);

    for replica in 0..workload.replicas {
        let name = format!("{set}-{}", suffix(&format!("pod {space}/{} {replica}", workload.name), 5));
        let node = build.place(workload, replica);
        live(build, workload, &name, owner("apps/v1", "ReplicaSet", space, &set), node, with_hash.clone());
    }
}

fn daemon_set(build: &mut Build<'_>, workload: &Workload) {
    let space = workload.namespace.as_str();
    let nodes = build.nodes.len();
    let mut object = controller(build, "apps/v1", workload);
    object["spec"] = json!({
        "selector": {"matchLabels": selector(workload)}, "template": template(build, workload), "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
    });
    object["status"] = json!({
        "currentNumberScheduled": nodes, "desiredNumberScheduled": nodes, "numberAvailable": nodes, "numberReady": nodes,
        "numberMisscheduled": 0, "updatedNumberScheduled": nodes, "observedGeneration": object["metadata"]["generation"],
    });
    build.add(object);
    let revision = suffix(&format!("revision {space}/{}", workload.name), 10);
    for node in 0..nodes {
        let name =
            format!("{}-{}", workload.name, suffix(&format!("pod {space}/{} {node}", workload.name), 5));
        let labels = json!({"controller-revision-hash": revision, "pod-template-generation": "4"});
        live(build, workload, &name, owner("apps/v1", "DaemonSet", space, &workload.name), node, labels);
    }
}

fn stateful_set(build: &mut Build<'_>, workload: &Workload) {
    let space = workload.namespace.as_str();
    let mut object = controller(build, "apps/v1", workload);
    object["spec"] = json!({
        "replicas": workload.replicas, "serviceName": workload.name, "selector": {"matchLabels": selector(workload)},
        "template": template(build, workload), "podManagementPolicy": "Parallel", "updateStrategy": {"type": "RollingUpdate"},
    });
    if let Some(size) = &workload.storage {
        object["spec"]["volumeClaimTemplates"] = json!([{
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "gp3", "volumeMode": "Filesystem", "resources": {"requests": {"storage": size}}},
        }]);
    }
    let revision =
        format!("{}-{}", workload.name, suffix(&format!("revision {space}/{}", workload.name), 10));
    object["status"] = counts(workload.replicas);
    merge(
        &mut object["status"],
        json!({"currentReplicas": workload.replicas, "collisionCount": 0, "currentRevision": revision, "updateRevision": revision}),
    );
    build.add(object);
    for replica in 0..workload.replicas {
        let name = format!("{}-{replica}", workload.name);
        let node = build.place(workload, replica);
        let labels = json!({"controller-revision-hash": revision, "statefulset.kubernetes.io/pod-name": name, "apps.kubernetes.io/pod-index": replica.to_string()});
        live(build, workload, &name, owner("apps/v1", "StatefulSet", space, &workload.name), node, labels);
        if let Some(size) = &workload.storage {
            let zone = build.nodes[node].zone.clone();
            volume(build, space, &format!("data-{name}"), size, &zone, &selector(workload));
        }
    }
}

/// A database that its operator runs: the pods belong to the custom resource.
fn postgres(build: &mut Build<'_>, workload: &Workload) {
    let space = workload.namespace.as_str();
    let mut object = build.object("postgresql.cnpg.io/v1", "Cluster", space, &workload.name);
    let size = workload.storage.clone().unwrap_or_default();
    object["spec"] = json!({
        "instances": workload.replicas, "imageName": workload.containers.first().map(|container| build.image(&container.image, container.pinned)),
        "storage": {"size": size, "storageClass": "gp3"}, "primaryUpdateStrategy": "unsupervised",
    });
    object["status"] = json!({"instances": workload.replicas, "readyInstances": workload.replicas, "currentPrimary": format!("{}-1", workload.name), "phase": "Cluster in healthy state"});
    build.add(object);
    for instance in 1..=workload.replicas {
        let name = format!("{}-{instance}", workload.name);
        let node = build.place(workload, instance);
        let labels = json!({"cnpg.io/cluster": workload.name, "cnpg.io/instanceName": name, "cnpg.io/podRole": "instance"});
        live(
            build,
            workload,
            &name,
            owner("postgresql.cnpg.io/v1", "Cluster", space, &workload.name),
            node,
            labels,
        );
        let zone = build.nodes[node].zone.clone();
        volume(build, space, &name, &size, &zone, &selector(workload));
    }
}

fn cron_job(build: &mut Build<'_>, workload: &Workload) {
    let space = workload.namespace.as_str();
    let template = template(build, workload);
    let mut object = controller(build, "batch/v1", workload);
    let last = build.lately(&workload.name, 1);
    object["spec"] = json!({
        "schedule": workload.schedule, "concurrencyPolicy": "Forbid", "suspend": false, "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1,
        "jobTemplate": {"spec": {"template": template, "backoffLimit": 2}},
    });
    object["status"] =
        json!({"lastScheduleTime": last.to_string(), "lastSuccessfulTime": later(last, 90).to_string()});
    build.add(object);

    let job = format!("{}-{}", workload.name, 29_000_000 + number(&workload.name, 400_000));
    let mut object = build.object("batch/v1", "Job", space, &job);
    object["metadata"]["creationTimestamp"] = last.to_string().into();
    object["metadata"]["labels"] = template["metadata"]["labels"].clone();
    object["metadata"]["ownerReferences"] = owner("batch/v1", "CronJob", space, &workload.name);
    object["spec"] = json!({"template": template, "backoffLimit": 2, "completions": 1, "parallelism": 1, "suspend": false});
    object["status"] = json!({
        "succeeded": 1, "startTime": last.to_string(), "completionTime": later(last, 90).to_string(),
        "conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": later(last, 90).to_string()}],
    });
    build.add(object);
    let name = format!("{job}-{}", suffix(&job, 5));
    let node = build.place(workload, 0);
    live(
        build,
        workload,
        &name,
        owner("batch/v1", "Job", space, &job),
        node,
        json!({"batch.kubernetes.io/job-name": job}),
    );
}

fn service(build: &mut Build<'_>, workload: &Workload) {
    let Some(wanted) = &workload.service else { return };
    let space = workload.namespace.as_str();
    let name = wanted.name.as_deref().unwrap_or(&workload.name);
    let port = workload
        .port
        .or_else(|| workload.containers.iter().find_map(|container| container.port))
        .unwrap_or(8080);
    let mut object = build.object("v1", "Service", space, name);
    object["metadata"]["labels"] = selector(workload);
    if wanted.path {
        merge(&mut object["metadata"]["labels"], json!({"pay.example/payment-path": "true"}));
    }
    let ports: Vec<Value> = if wanted.ports.is_empty() { vec![port] } else { wanted.ports.clone() }
        .into_iter()
        .map(|number| json!({"name": format!("port-{number}"), "port": number, "targetPort": port, "protocol": "TCP"}))
        .collect();
    let address = if wanted.headless {
        "None".to_string()
    } else {
        format!("172.20.{}.{}", number(&format!("{space}/{name}"), 250), 2 + number(name, 250))
    };
    object["spec"] = json!({
        "type": wanted.kind.as_deref().unwrap_or("ClusterIP"), "clusterIP": address, "clusterIPs": [address], "ports": ports,
        "selector": selector(workload), "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
    });
    object["status"] = json!({"loadBalancer": {}});
    if wanted.kind.as_deref() == Some("LoadBalancer") {
        let host =
            format!("k8s-{name}-{}.elb.{}.amazonaws.com", suffix(name, 10), build.platform.cluster.region);
        object["status"] = json!({"loadBalancer": {"ingress": [{"hostname": host}]}});
    }
    build.add(object);

    let slice = format!("{name}-{}", suffix(&format!("slice {space}/{name}"), 5));
    let mut object = build.object("discovery.k8s.io/v1", "EndpointSlice", space, &slice);
    object["metadata"]["labels"] = json!({"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"});
    object["metadata"]["ownerReferences"] = owner("v1", "Service", space, name);
    object["addressType"] = "IPv4".into();
    object["ports"] = json!([{"name": format!("port-{port}"), "port": port, "protocol": "TCP"}]);
    let endpoints: Vec<Value> = build
        .pods
        .iter()
        .filter(|pod| pod.namespace == space && pod.workload == workload.name)
        .map(|pod| {
            json!({"addresses": [pod.address], "nodeName": pod.node, "zone": pod.zone, "conditions": {"ready": true, "serving": true, "terminating": false},
                   "targetRef": {"kind": "Pod", "namespace": space, "name": pod.name}})
        })
        .collect();
    object["endpoints"] = json!(endpoints);
    build.add(object);
}

fn budget(build: &mut Build<'_>, workload: &Workload) {
    let Some(budget) = &workload.budget else { return };
    let mut object = build.object("policy/v1", "PodDisruptionBudget", &workload.namespace, &workload.name);
    object["spec"] = json!(budget);
    object["spec"]["selector"] = json!({"matchLabels": selector(workload)});
    let desired = match (
        budget.get("minAvailable").and_then(Value::as_u64),
        budget.get("maxUnavailable").and_then(Value::as_u64),
    ) {
        (Some(least), _) => least,
        (None, Some(most)) => u64::from(workload.replicas).saturating_sub(most),
        _ => 0,
    };
    let replicas = u64::from(workload.replicas);
    object["status"] = json!({
        "currentHealthy": replicas, "desiredHealthy": desired, "expectedPods": replicas, "disruptionsAllowed": replicas.saturating_sub(desired),
        "observedGeneration": 1,
    });
    build.add(object);
}

fn autoscaler(build: &mut Build<'_>, workload: &Workload) {
    let Some(scale) = &workload.autoscaler else { return };
    let mut object =
        build.object("autoscaling/v2", "HorizontalPodAutoscaler", &workload.namespace, &workload.name);
    object["spec"] = json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name}, "minReplicas": scale.min, "maxReplicas": scale.max,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}],
    });
    object["status"] = json!({"currentReplicas": workload.replicas, "desiredReplicas": workload.replicas});
    build.add(object);
}

fn configuration(build: &mut Build<'_>, workload: &Workload) {
    let space = workload.namespace.as_str();
    if workload.config {
        let mut object = build.object("v1", "ConfigMap", space, &format!("{}-config", workload.name));
        object["data"] =
            json!({"LOG_LEVEL": "info", "LOG_FORMAT": "json", "REGION": build.platform.cluster.region});
        build.add(object);
    }
    for name in &workload.secrets {
        let mut object = build.object("external-secrets.io/v1", "ExternalSecret", space, name);
        let known = object["metadata"]["uid"].clone();
        if build.objects.iter().any(|other| other["metadata"]["uid"] == known) {
            continue;
        }
        let refreshed = build.lately(name, 1);
        object["spec"] = json!({
            "refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-secrets-manager"},
            "target": {"name": name, "creationPolicy": "Owner"}, "dataFrom": [{"extract": {"key": format!("{space}/{name}")}}],
        });
        object["status"] = json!({
            "refreshTime": refreshed.to_string(),
            "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced", "lastTransitionTime": build.since(space, name).to_string()}],
        });
        build.add(object);
        let mut object = build.object("v1", "Secret", space, name);
        object["metadata"]["ownerReferences"] =
            owner("external-secrets.io/v1", "ExternalSecret", space, name);
        object["type"] = "Opaque".into();
        // base64 of `nachweis-example`; no secret of anything
        object["data"] = json!({"value": "bmFjaHdlaXMtZXhhbXBsZQ=="});
        build.add(object);
    }
}
