//! What asks for pods, and what stands beside it: accounts, services, budgets, configuration.

use serde_json::{Value, json};

use super::build::{Build, merge, with_spec};
use super::cluster::claim;
use super::description::Workload;
use super::object::{object, owner, suffix};
use super::pods::{account, containers, selector, template};

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
    let mut made = object("v1", "ServiceAccount", &workload.namespace, &account(workload));
    made["automountServiceAccountToken"] = workload.image.is_none().into();
    build.add_once(made);
}

fn controller(api_version: &str, workload: &Workload, spec: Value) -> Value {
    let mut made = with_spec(api_version, &workload.kind, &workload.namespace, &workload.name, spec);
    made["metadata"]["labels"] = selector(workload);
    if workload.image.is_some() {
        merge(&mut made["metadata"]["labels"], json!({"argocd.argoproj.io/instance": workload.namespace}));
    }
    made
}

fn deployment(build: &mut Build<'_>, workload: &Workload) {
    let spec = json!({
        "replicas": workload.replicas, "revisionHistoryLimit": 2,
        "selector": {"matchLabels": selector(workload)}, "template": template(build, workload),
    });
    build.add(controller("apps/v1", workload, spec));
}

fn daemon_set(build: &mut Build<'_>, workload: &Workload) {
    let spec = json!({
        "selector": {"matchLabels": selector(workload)}, "template": template(build, workload),
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
    });
    build.add(controller("apps/v1", workload, spec));
}

fn stateful_set(build: &mut Build<'_>, workload: &Workload) {
    let mut spec = json!({
        "replicas": workload.replicas, "serviceName": workload.name, "selector": {"matchLabels": selector(workload)},
        "template": template(build, workload), "podManagementPolicy": "Parallel",
    });
    if let Some(size) = &workload.storage {
        spec["volumeClaimTemplates"] =
            json!([with_spec("v1", "PersistentVolumeClaim", "", "data", claim(size))]);
    }
    build.add(controller("apps/v1", workload, spec));
}

/// A database that its operator runs: pods and claims belong to the custom resource, and the operator makes them.
fn postgres(build: &mut Build<'_>, workload: &Workload) {
    let (space, name) = (workload.namespace.as_str(), workload.name.as_str());
    let size = workload.storage.clone().unwrap_or_default();
    let first = &containers(workload)[0];
    let mut cluster = with_spec(
        "postgresql.cnpg.io/v1",
        "Cluster",
        space,
        name,
        json!({
            "instances": workload.replicas, "imageName": build.image(&first.image, first.pinned),
            "storage": {"size": size, "storageClass": "gp3"}, "primaryUpdateStrategy": "unsupervised",
        }),
    );
    cluster["status"] = json!({
        "instances": workload.replicas, "readyInstances": workload.replicas, "currentPrimary": format!("{name}-1"),
        "phase": "Cluster in healthy state",
    });
    build.add(cluster);
    for number in 1..=workload.replicas {
        let instance = format!("{name}-{number}");
        let mut volume = with_spec("v1", "PersistentVolumeClaim", space, &instance, claim(&size));
        let mut pod = template(build, workload);
        pod["apiVersion"] = "v1".into();
        pod["kind"] = "Pod".into();
        pod["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": instance}}]);
        merge(
            &mut pod["metadata"]["labels"],
            json!({"cnpg.io/cluster": name, "cnpg.io/instanceName": instance, "cnpg.io/podRole": "instance"}),
        );
        for made in [&mut volume, &mut pod] {
            made["metadata"]["name"] = instance.as_str().into();
            made["metadata"]["namespace"] = space.into();
            made["metadata"]["ownerReferences"] = owner("postgresql.cnpg.io/v1", "Cluster", name);
        }
        build.add(volume);
        build.add(pod);
    }
}

/// A schedule with the job of its last run, which is not long ago.
fn cron_job(build: &mut Build<'_>, workload: &Workload) {
    let (space, name) = (workload.namespace.as_str(), workload.name.as_str());
    let job = json!({"template": template(build, workload), "backoffLimit": 2});
    let spec = json!({
        "schedule": workload.schedule, "concurrencyPolicy": "Forbid", "successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 1,
        "jobTemplate": {"spec": job},
    });
    build.add(controller("batch/v1", workload, spec));
    let minute = build.lately(name, 1).unix() / 60;
    let mut last = with_spec("batch/v1", "Job", space, &format!("{name}-{minute}"), job);
    last["metadata"]["labels"] = selector(workload);
    last["metadata"]["ownerReferences"] = owner("batch/v1", "CronJob", name);
    build.add(last);
}

fn service(build: &mut Build<'_>, workload: &Workload) {
    let Some(wanted) = &workload.service else { return };
    let name = wanted.name.as_deref().unwrap_or(&workload.name);
    let port = workload
        .port
        .or_else(|| workload.containers.iter().find_map(|container| container.port))
        .unwrap_or(8080);
    let ports: Vec<Value> = if wanted.ports.is_empty() { vec![port] } else { wanted.ports.clone() }
        .into_iter()
        .map(|number| json!({"name": format!("port-{number}"), "port": number, "targetPort": port, "protocol": "TCP"}))
        .collect();
    let kind = wanted.kind.as_deref().unwrap_or("ClusterIP");
    let spec = json!({"type": kind, "ports": ports, "selector": selector(workload)});
    let mut made = with_spec("v1", "Service", &workload.namespace, name, spec);
    if wanted.headless {
        made["spec"]["clusterIP"] = "None".into();
    }
    made["metadata"]["labels"] = selector(workload);
    if wanted.path {
        merge(&mut made["metadata"]["labels"], json!({"pay.example/payment-path": "true"}));
    }
    if kind == "LoadBalancer" {
        let host =
            format!("k8s-{name}-{}.elb.{}.amazonaws.com", suffix(name, 10), build.platform.cluster.region);
        made["status"] = json!({"loadBalancer": {"ingress": [{"hostname": host}]}});
    }
    build.add(made);
}

fn budget(build: &mut Build<'_>, workload: &Workload) {
    let Some(budget) = &workload.budget else { return };
    let mut spec = json!(budget);
    spec["selector"] = json!({"matchLabels": selector(workload)});
    build.add(with_spec("policy/v1", "PodDisruptionBudget", &workload.namespace, &workload.name, spec));
}

fn autoscaler(build: &mut Build<'_>, workload: &Workload) {
    let Some(scale) = &workload.autoscaler else { return };
    let spec = json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name}, "minReplicas": scale.min, "maxReplicas": scale.max,
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}],
    });
    build.add(with_spec(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        &workload.namespace,
        &workload.name,
        spec,
    ));
}

fn configuration(build: &mut Build<'_>, workload: &Workload) {
    let space = workload.namespace.as_str();
    if workload.config {
        let mut made = object("v1", "ConfigMap", space, &format!("{}-config", workload.name));
        made["data"] =
            json!({"LOG_LEVEL": "info", "LOG_FORMAT": "json", "REGION": build.platform.cluster.region});
        build.add(made);
    }
    for name in &workload.secrets {
        let mut external = with_spec(
            "external-secrets.io/v1",
            "ExternalSecret",
            space,
            name,
            json!({
                "refreshInterval": "1h0m0s", "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-secrets-manager"},
                "target": {"name": name, "creationPolicy": "Owner"}, "dataFrom": [{"extract": {"key": format!("{space}/{name}")}}],
            }),
        );
        let refreshed = build.lately(&format!("{space} {name}"), 1).to_string();
        external["status"] = json!({
            "refreshTime": refreshed,
            "conditions": [{"type": "Ready", "status": "True", "reason": "SecretSynced", "lastTransitionTime": refreshed}],
        });
        build.add_once(external);
        let mut secret = object("v1", "Secret", space, name);
        secret["metadata"]["ownerReferences"] = owner("external-secrets.io/v1", "ExternalSecret", name);
        secret["type"] = "Opaque".into();
        // base64 of `nachweis-example`; no secret of anything
        secret["data"] = json!({"value": "bmFjaHdlaXMtZXhhbXBsZQ=="});
        build.add_once(secret);
    }
}
