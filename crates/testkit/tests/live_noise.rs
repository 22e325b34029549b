//! What moves without a real change changes nothing: two snapshots of a real cluster, in between a hundred rewrites of
//! every pointer of the published normalisation list.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nachweis_testkit::cluster::{Applier, Cluster, Driver, Noise, Options as ClusterOptions, assets};
use nachweis_testkit::{Kept, changed, differing, seal_live};
use serde_json::{Value, json};

/// Kinds of others that the list speaks of: `plural group version Kind`, and a status or another member that moves.
fn of_others() -> Vec<(&'static str, Value)> {
    let at = "2026-11-24T06:00:00Z";
    let condition = json!([{"type": "Ready", "status": "True", "reason": "Fine", "message": "1 of 8", "lastTransitionTime": at}]);
    vec![
        (
            "applications argoproj.io v1alpha1 Application",
            json!({"status": {
                "reconciledAt": at, "observedAt": at, "sync": {"status": "Synced"}, "health": {"status": "Healthy", "lastTransitionTime": at},
                "resources": [{"kind": "Service", "name": "a", "health": {"status": "Healthy", "lastTransitionTime": at}}, {"kind": "Service", "name": "b"}],
            }}),
        ),
        (
            "backupstoragelocations velero.io v1 BackupStorageLocation",
            json!({"status": {"phase": "Available", "lastSyncedTime": at, "lastValidationTime": at}}),
        ),
        (
            "backuprepositories velero.io v1 BackupRepository",
            json!({"status": {"lastMaintenanceTime": at, "recentMaintenance": [{"result": "Succeeded", "startTimestamp": at}]}}),
        ),
        ("downloadrequests velero.io v1 DownloadRequest", json!({"status": {"expiration": at}})),
        ("backuptargets longhorn.io v1beta2 BackupTarget", json!({"status": {"lastSyncedAt": at}})),
        (
            "backingimages longhorn.io v1beta2 BackingImage",
            json!({"status": {"diskLastRefAtMap": {"disk": at}}}),
        ),
        (
            "nodes longhorn.io v1beta2 Node",
            json!({"status": {"diskStatus": {"disk": {"storageAvailable": 1, "storageScheduled": 2}}}}),
        ),
        ("volumes longhorn.io v1beta2 Volume", json!({"status": {"actualSize": 5, "conditions": condition}})),
        (
            "clusters fleet.cattle.io v1alpha1 Cluster",
            json!({"status": {"agent": {"lastSeen": at, "namespace": "fleet"}}}),
        ),
        ("clusterrepos catalog.cattle.io v1 ClusterRepo", json!({"status": {"downloadTime": at}})),
        (
            "externalsecrets external-secrets.io v1 ExternalSecret",
            json!({"status": {"refreshTime": at, "conditions": condition}}),
        ),
        (
            "policyreports wgpolicyk8s.io v1alpha2 PolicyReport",
            json!({"results": [{"policy": "p", "result": "pass", "timestamp": 7}]}),
        ),
        (
            "vulnerabilityreports aquasecurity.github.io v1alpha1 VulnerabilityReport",
            json!({"report": {"updateTimestamp": at, "summary": {"criticalCount": 0}}}),
        ),
        ("podmetrics metrics.k8s.io v1beta1 PodMetrics", json!({"timestamp": at, "window": "30s"})),
    ]
}

fn definition(line: &str) -> (Value, String, String) {
    let words: Vec<&str> = line.split(' ').collect();
    let [plural, group, version, kind] = words[..] else { panic!("{line}") };
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"), "annotations": {"api-approved.kubernetes.io": "unapproved, a test"}},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
            "versions": [{"name": version, "served": true, "storage": true, "schema": schema, "subresources": {"status": {}}}],
        },
    });
    (definition, format!("{group}/{version}"), kind.to_string())
}

/// Kubernetes' own kinds that the list speaks of.
fn of_kubernetes() -> Vec<Value> {
    let at = "2026-11-24T06:00:00Z";
    let object = |version: &str, kind: &str, name: &str, members: Value| {
        let mut object =
            json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "default"}});
        object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        object
    };
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "registry.example/web:1"}]}});
    let terminated =
        json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": at, "finishedAt": at}});
    let running = json!({"running": {"startedAt": at}});
    let status = |name: &str| json!({"name": name, "image": "i", "imageID": "i@sha256:0", "ready": true, "restartCount": 4, "lastState": terminated, "state": running});
    let address = |ip: &str| json!({"ip": ip, "targetRef": {"kind": "Pod", "name": "web", "uid": "b7a9a1a0-0000-4000-8000-000000000001", "resourceVersion": "5"}});
    vec![
        object(
            "v1",
            "Pod",
            "web",
            json!({
                "spec": {"nodeName": "one", "initContainers": [{"name": "init", "image": "i"}], "containers": [{"name": "web", "image": "i"}]},
                "status": {"phase": "Running", "startTime": at, "containerStatuses": [status("web")], "initContainerStatuses": [status("init")],
                           "ephemeralContainerStatuses": [status("debug")], "conditions": [{"type": "Ready", "status": "True", "lastProbeTime": at, "lastTransitionTime": at, "message": "m"}]},
            }),
        ),
        object(
            "apps/v1",
            "Deployment",
            "web",
            json!({
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template},
                "status": {"observedGeneration": 1, "replicas": 1, "conditions": [{"type": "Available", "status": "True", "lastUpdateTime": at, "lastTransitionTime": at, "message": "m"}]},
            }),
        ),
        object(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "web",
            json!({
                "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3},
                "status": {"currentReplicas": 1, "desiredReplicas": 2, "lastScaleTime": at},
            }),
        ),
        object("v1", "ConfigMap", "cluster-autoscaler-status", json!({"data": {"status": "ok"}})),
        object(
            "v1",
            "Endpoints",
            "web",
            json!({"subsets": [{"addresses": [address("10.0.0.1"), address("10.0.0.2")], "ports": [{"port": 80}]}, {"addresses": [address("10.0.0.3")], "ports": [{"port": 81}]}]}),
        ),
        object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            "web",
            json!({"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}, {"addresses": ["10.0.0.2"]}]}),
        ),
        object(
            "storage.k8s.io/v1",
            "CSIStorageCapacity",
            "web",
            json!({"storageClassName": "fast", "capacity": "5Gi"}),
        ),
        object(
            "coordination.k8s.io/v1",
            "Lease",
            "one",
            json!({"spec": {"holderIdentity": "one", "leaseDurationSeconds": 40}}),
        ),
    ]
}

fn taken(cluster: &Cluster) -> Kept {
    seal_live(&cluster.kubeconfig(&cluster.admin_login()), &[])
}

#[test]
fn a_hundred_rewrites_of_everything_that_moves_change_nothing() {
    let Some(assets) = assets() else { return };
    let cluster = Cluster::start(&assets, ClusterOptions::default());
    let admin = cluster.admin();
    let driver = Driver::new(admin.clone());
    driver.node("one", 1, &json!({}));
    admin.merge("/api/v1/nodes/one/status", &json!({"status": {
        "images": [{"names": ["a:1"], "sizeBytes": 5}], "volumesInUse": ["v"], "volumesAttached": [{"name": "v", "devicePath": "/dev/v"}],
    }}));
    let others = of_others();
    let mut objects = of_kubernetes();
    for (line, members) in &others {
        let (definition, version, kind) = definition(line);
        objects.push(definition);
        let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "it", "namespace": "default"}, "spec": {}});
        object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        objects.push(object);
    }
    Applier::new(admin.clone()).apply(&objects);

    let mut noise = Noise::new(&admin);
    // Until each of them owns what it renews.
    noise.rounds(&admin, 3);
    let before = taken(&cluster);
    noise.rounds(&admin, 100);
    for round in 0..100 {
        let renewed = format!("2026-11-24T06:{:02}:00.000000Z", round % 60);
        admin.merge(
            "/apis/coordination.k8s.io/v1/namespaces/default/leases/one",
            &json!({"spec": {"renewTime": renewed}}),
        );
        admin.merge(
            "/apis/metrics.k8s.io/v1beta1/namespaces/default/podmetrics/it",
            &json!({"usage": {"cpu": format!("{round}m")}}),
        );
        let event = json!({"metadata": {"generateName": "e-"}, "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web"}, "reason": "BackOff", "message": format!("round {round}")});
        admin.create("/api/v1/namespaces/default/events", &event);
    }
    let after = taken(&cluster);
    // The name of what sealing adds is reserved; no server moves it.
    let ours = |row: &String| row.contains(r#""remove":["nachweis"]"#);
    let still: Vec<String> = noise.still().into_iter().filter(|row| !ours(row)).collect();
    assert_eq!(still, [""; 0], "rows of the list that nothing in this cluster moves");
    let (first, second) = (before.bodies(), after.bodies());
    for id in changed(&first, &second) {
        eprintln!(
            "{id}: {:?}",
            first.get(&id).zip(second.get(&id)).map(|(one, other)| differing(one, other))
        );
    }
    assert_eq!(changed(&first, &second), [""; 0]);
    // The first blob is the seal, which carries the instant.
    assert_eq!(before.sealed.layers[1..], after.sealed.layers[1..]);
    assert_eq!(before.sealed.seal.root, after.sealed.seal.root);

    admin.merge("/apis/apps/v1/namespaces/default/deployments/web", &json!({"spec": {"replicas": 2}}));
    let real = taken(&cluster);
    assert_eq!(changed(&after.bodies(), &real.bodies()), ["kubernetes/apps/Deployment/default/web"]);
    assert_ne!(after.sealed.seal.root, real.sealed.seal.root);
}
