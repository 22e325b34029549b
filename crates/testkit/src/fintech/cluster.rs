//! What every cluster has: nodes, namespaces, storage.

use serde_json::{Value, json};

use super::build::{Build, merge, with_spec};
use super::object::{object, uid};

/// Nodes as their kubelets report them, and the storage driver on each.
pub fn nodes(build: &mut Build<'_>) {
    let region = build.platform.cluster.region.clone();
    let kubelet = build.platform.cluster.kubelet.clone();
    let at = build.instant.to_string();
    for node in build.nodes() {
        let mut object = object("v1", "Node", "", &node.name);
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
        let condition = |kind: &str, status: &str, reason: &str| json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": at, "lastHeartbeatTime": at});
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
        build.add(object);
        let driver = json!({"drivers": [{
            "name": "ebs.csi.aws.com", "nodeID": instance, "allocatable": {"count": 26},
            "topologyKeys": ["kubernetes.io/os", "topology.ebs.csi.aws.com/zone", "topology.kubernetes.io/zone"],
        }]});
        build.add(with_spec("storage.k8s.io/v1", "CSINode", "", &node.name, driver));
    }
}

/// Namespaces with their bounds, and the certificate that the mesh puts into each.
pub fn namespaces(build: &mut Build<'_>) {
    for (name, space) in &build.platform.namespaces {
        let mut namespace = object("v1", "Namespace", "", name);
        let labels = &mut namespace["metadata"]["labels"];
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
        build.add(namespace);

        if !name.starts_with("kube-") {
            let mut roots = object("v1", "ConfigMap", name, "istio-ca-root-cert");
            let body = "TUFERSBVUCBDRVJUSUZJQ0FURSBPRiBUSEUgTkFDSFdFSVMgRVhBTVBMRQ==";
            roots["data"] = json!({"root-cert.pem": format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")});
            build.add(roots);
        }
        let Some(quota) = &space.quota else { continue };
        build.add(with_spec("v1", "ResourceQuota", name, "quota", json!({"hard": quota})));
        // A quota of memory refuses pods that ask for none, so it comes with what they get then.
        if quota.contains_key("memory") {
            let limits = json!({"limits": [{
                "type": "Container", "max": {"cpu": "4", "memory": "8Gi"}, "min": {"cpu": "10m", "memory": "16Mi"},
            }]});
            build.add(with_spec("v1", "LimitRange", name, "defaults", limits));
        }
    }
}

/// Classes of storage and ingress, and the driver behind them.
pub fn classes(build: &mut Build<'_>) {
    for class in &build.platform.storage.classes {
        let mut made = object("storage.k8s.io/v1", "StorageClass", "", &class.name);
        if class.default {
            made["metadata"]["annotations"] = json!({"storageclass.kubernetes.io/is-default-class": "true"});
        }
        made["provisioner"] = "ebs.csi.aws.com".into();
        made["parameters"] = json!({"type": class.name, "encrypted": class.encrypted.to_string()});
        made["volumeBindingMode"] = "WaitForFirstConsumer".into();
        made["allowVolumeExpansion"] = true.into();
        build.add(made);
    }
    let controller = json!({"controller": "ingress.k8s.aws/alb"});
    build.add(with_spec("networking.k8s.io/v1", "IngressClass", "", "alb", controller));
    let driver = json!({
        "attachRequired": true, "podInfoOnMount": false, "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "volumeLifecycleModes": ["Persistent"], "storageCapacity": false,
    });
    build.add(with_spec("storage.k8s.io/v1", "CSIDriver", "", "ebs.csi.aws.com", driver));
}

/// Spec of a claim on the fast class.
pub fn claim(size: &str) -> Value {
    json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "gp3", "resources": {"requests": {"storage": size}}})
}
