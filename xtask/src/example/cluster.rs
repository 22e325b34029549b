//! What every cluster has: nodes, namespaces, storage, priorities.

use serde_json::{Value, json};

use super::build::{Build, merge};
use super::object::{number, object, suffix, uid};

/// Nodes and what belongs to them.
pub fn nodes(build: &mut Build<'_>) {
    let region = build.platform.cluster.region.clone();
    let kubelet = build.platform.cluster.kubelet.clone();
    let mut made = Vec::new();
    for node in &build.nodes {
        let mut object = object("v1", "Node", "", &node.name, node.since);
        object["metadata"]["labels"] = json!({
            "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": node.name,
            "node.kubernetes.io/instance-type": node.machine, "topology.kubernetes.io/region": region,
            "topology.kubernetes.io/zone": node.zone, "topology.ebs.csi.aws.com/zone": node.zone,
            "eks.amazonaws.com/nodegroup": node.pool, "eks.amazonaws.com/capacityType": "ON_DEMAND", "pool": node.pool,
        });
        let instance = format!("i-0{}", &uid(&node.name).replace('-', "")[..16]);
        let capacity = json!({
            "cpu": node.cpu.to_string(), "memory": format!("{}Mi", node.memory_mi), "pods": "58",
            "ephemeral-storage": "83873772Ki",
        });
        let condition = |kind: &str, status: &str, reason: &str| {
            json!({"type": kind, "status": status, "reason": reason,
                   "lastTransitionTime": node.since.to_string(), "lastHeartbeatTime": build.platform.cluster.instant.to_string()})
        };
        object["spec"] = json!({"providerID": format!("aws:///{}/{instance}", node.zone)});
        object["status"] = json!({
            "addresses": [{"type": "InternalIP", "address": node.address}, {"type": "Hostname", "address": node.name}],
            "allocatable": capacity, "capacity": capacity,
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID"),
                condition("Ready", "True", "KubeletReady"),
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "Bottlerocket OS 1.50.0 (aws-k8s-1.36)",
                "kernelVersion": "6.12.53", "containerRuntimeVersion": "containerd://2.1.5+bottlerocket",
                "kubeletVersion": kubelet, "kubeProxyVersion": "", "bootID": uid(&format!("boot {}", node.name)),
                "machineID": uid(&node.name).replace('-', ""), "systemUUID": uid(&format!("machine {}", node.name)),
            },
        });
        made.push(object);
        let mut csi = super::object::object("storage.k8s.io/v1", "CSINode", "", &node.name, node.since);
        csi["spec"] = json!({"drivers": [{
            "name": "ebs.csi.aws.com", "nodeID": instance, "allocatable": {"count": 26},
            "topologyKeys": ["kubernetes.io/os", "topology.ebs.csi.aws.com/zone", "topology.kubernetes.io/zone"],
        }]});
        made.push(csi);
    }
    made.into_iter().for_each(|object| build.add(object));
}

/// Namespaces with what controllers put into each: root certificates, the default service account.
pub fn namespaces(build: &mut Build<'_>) {
    for (name, space) in &build.platform.namespaces {
        let mut object = object("v1", "Namespace", "", name, space.since);
        let labels = &mut object["metadata"]["labels"];
        *labels = json!({"kubernetes.io/metadata.name": name});
        for (key, value) in
            [("environment", &space.environment), ("owner", &space.owner), ("tenant", &space.tenant)]
        {
            if let Some(value) = value {
                merge(labels, json!({key: value}));
            }
        }
        if space.mesh {
            merge(labels, json!({"istio-injection": "enabled"}));
        }
        // The init container of the sidecar needs NET_ADMIN, which baseline forbids.
        let level = if space.environment.is_some() && !space.mesh { "baseline" } else { "privileged" };
        merge(labels, json!({"pod-security.kubernetes.io/enforce": level}));
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
        build.add(object);

        let account = build.object("v1", "ServiceAccount", name, "default");
        build.add(account);
        certificate(build, name, "kube-root-ca.crt", "ca.crt");
        if !name.starts_with("kube-") {
            certificate(build, name, "istio-ca-root-cert", "root-cert.pem");
        }
        if let Some(quota) = &space.quota {
            let mut object = build.object("v1", "ResourceQuota", name, "quota");
            object["spec"] = json!({"hard": quota});
            object["status"] = json!({"hard": quota});
            build.add(object);
            let mut object = build.object("v1", "LimitRange", name, "defaults");
            object["spec"] = json!({"limits": [{
                "type": "Container", "max": {"cpu": "4", "memory": "8Gi"}, "min": {"cpu": "10m", "memory": "16Mi"},
            }]});
            build.add(object);
        }
    }
}

fn certificate(build: &mut Build<'_>, namespace: &str, name: &str, key: &str) {
    let mut object = build.object("v1", "ConfigMap", namespace, name);
    let body = "TUFERSBVUCBDRVJUSUZJQ0FURSBPRiBUSEUgTkFDSFdFSVMgRVhBTVBMRQ==";
    object["data"] =
        json!({key: format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")});
    build.add(object);
}

/// Classes of storage, priority and ingress, and the driver behind them.
pub fn classes(build: &mut Build<'_>) {
    for class in &build.platform.storage.classes {
        let mut object = build.object("storage.k8s.io/v1", "StorageClass", "", &class.name);
        if class.default {
            object["metadata"]["annotations"] =
                json!({"storageclass.kubernetes.io/is-default-class": "true"});
        }
        object["provisioner"] = "ebs.csi.aws.com".into();
        object["parameters"] = json!({"type": class.name, "encrypted": class.encrypted.to_string()});
        object["reclaimPolicy"] = "Delete".into();
        object["volumeBindingMode"] = "WaitForFirstConsumer".into();
        object["allowVolumeExpansion"] = true.into();
        build.add(object);
    }
    for (name, value) in [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)]
    {
        let mut object = build.object("scheduling.k8s.io/v1", "PriorityClass", "", name);
        object["value"] = value.into();
        object["preemptionPolicy"] = "PreemptLowerPriority".into();
        build.add(object);
    }
    let mut object = build.object("networking.k8s.io/v1", "IngressClass", "", "alb");
    object["spec"] = json!({"controller": "ingress.k8s.aws/alb"});
    build.add(object);
    let mut object = build.object("storage.k8s.io/v1", "CSIDriver", "", "ebs.csi.aws.com");
    object["spec"] = json!({
        "attachRequired": true, "podInfoOnMount": false, "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "volumeLifecycleModes": ["Persistent"], "storageCapacity": false,
    });
    build.add(object);
}

/// A claim with the volume bound to it.
pub fn volume(build: &mut Build<'_>, namespace: &str, claim: &str, size: &str, zone: &str, labels: &Value) {
    let mut object = build.object("v1", "PersistentVolumeClaim", namespace, claim);
    let claim_uid = object["metadata"]["uid"].as_str().unwrap_or_default().to_string();
    let name = format!("pvc-{claim_uid}");
    object["metadata"]["labels"] = labels.clone();
    object["metadata"]["finalizers"] = json!(["kubernetes.io/pvc-protection"]);
    object["metadata"]["annotations"] = json!({
        "pv.kubernetes.io/bind-completed": "yes", "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com",
    });
    object["spec"] = json!({
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, "storageClassName": "gp3",
        "volumeMode": "Filesystem", "volumeName": name,
    });
    object["status"] =
        json!({"accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "phase": "Bound"});
    build.add(object);

    let mut object = build.object("v1", "PersistentVolume", "", &name);
    object["metadata"]["creationTimestamp"] = build.since(namespace, claim).to_string().into();
    object["metadata"]["finalizers"] =
        json!(["kubernetes.io/pv-protection", "external-attacher/ebs-csi-aws-com"]);
    object["spec"] = json!({
        "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}, "volumeMode": "Filesystem",
        "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "gp3",
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": claim, "uid": claim_uid},
        "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": format!("vol-0{}{:03}", suffix(&name, 13), number(&name, 1000))},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
            {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]},
        ]}]}},
    });
    object["status"] = json!({"phase": "Bound"});
    build.add(object);
}
