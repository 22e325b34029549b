//! Templates of pods, and what the mesh's webhook adds to them.

use serde_json::{Value, json};

use super::build::{Build, merge};
use super::description::{Container, Mesh, Workload};

/// Labels by which a workload's pods are selected.
pub fn selector(workload: &Workload) -> Value {
    if workload.labels.is_empty() {
        json!({"app.kubernetes.io/name": workload.name})
    } else {
        json!(workload.labels)
    }
}

/// Metadata and spec of the pods of a workload.
pub fn template(build: &Build<'_>, workload: &Workload) -> Value {
    let mut labels = selector(workload);
    let own = workload.containers.is_empty();
    if own {
        merge(&mut labels, json!({"app.kubernetes.io/part-of": workload.namespace}));
    }
    let mut containers: Vec<Value> =
        containers(workload).iter().map(|container| self::container(build, container, own)).collect();
    if workload.storage.is_some() {
        containers[0]["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    }
    let mut spec = json!({"containers": containers, "serviceAccountName": account(workload)});
    if own {
        spec["securityContext"] =
            json!({"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}});
    }
    if !workload.init.is_empty() {
        let init: Vec<Value> =
            workload.init.iter().map(|container| self::container(build, container, own)).collect();
        spec["initContainers"] = json!(init);
    }
    if workload.host_network {
        spec["hostNetwork"] = true.into();
    }
    if let Some(priority) = &workload.priority {
        spec["priorityClassName"] = priority.as_str().into();
    }
    if workload.kind == "DaemonSet" {
        spec["tolerations"] = json!([{"operator": "Exists"}]);
    } else {
        spec["nodeSelector"] = json!({"pool": workload.pool});
        spec["topologySpreadConstraints"] = json!([{
            "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(workload)},
        }]);
    }
    if workload.kind == "CronJob" {
        spec["restartPolicy"] = "OnFailure".into();
    }
    json!({"metadata": {"labels": labels}, "spec": spec})
}

/// The containers of a workload: those that it names, or the one that its own fields describe.
pub fn containers(workload: &Workload) -> Vec<Container> {
    if !workload.containers.is_empty() {
        return workload.containers.clone();
    }
    vec![Container {
        name: workload.name.clone(),
        image: workload.image.clone().unwrap_or_default(),
        port: workload.port,
        cpu: workload.cpu.clone(),
        memory: workload.memory.clone(),
        ..Container::default()
    }]
}

/// The service account of a workload.
pub fn account(workload: &Workload) -> String {
    workload.service_account.clone().unwrap_or_else(|| workload.name.clone())
}

fn container(build: &Build<'_>, container: &Container, own: bool) -> Value {
    let mut made = json!({"name": container.name, "image": build.image(&container.image, container.pinned)});
    if !container.args.is_empty() {
        made["args"] = json!(container.args);
    }
    if let Some(cpu) = &container.cpu {
        made["resources"]["requests"]["cpu"] = cpu.as_str().into();
    }
    if let Some(memory) = &container.memory {
        made["resources"]["requests"]["memory"] = memory.as_str().into();
        made["resources"]["limits"]["memory"] = memory.as_str().into();
    }
    if let Some(port) = container.port {
        made["ports"] = json!([{"containerPort": port, "name": "main", "protocol": "TCP"}]);
        if own {
            let check = |path: &str| json!({"httpGet": {"path": path, "port": "main"}, "timeoutSeconds": 2});
            made["livenessProbe"] = check("/healthz");
            made["readinessProbe"] = check("/readyz");
        }
    }
    if container.privileged {
        made["securityContext"] = json!({"privileged": true});
    } else if own {
        made["securityContext"] = json!({
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
        });
    }
    made
}

/// The sidecar that the mesh's webhook puts into new pods of its namespaces. Nobody answers behind that webhook while
/// the platform is recorded, so a policy of the API server itself does the same in its place.
pub fn injector(mesh: &Mesh) -> Vec<Value> {
    let resources = json!({"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}});
    let sidecar = json!([
        {
            "name": "istio-init", "image": mesh.proxy, "resources": resources,
            "args": ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-b", "*", "-d", "15090,15021,15020"],
            "securityContext": {
                "allowPrivilegeEscalation": false, "privileged": false, "runAsUser": 0, "runAsNonRoot": false,
                "capabilities": {"add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]},
            },
        },
        {
            "name": "istio-proxy", "image": mesh.proxy, "resources": resources, "restartPolicy": "Always",
            "args": ["proxy", "sidecar", "--domain", "$(POD_NAMESPACE).svc.cluster.local"],
            "ports": [{"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}],
            "securityContext": {
                "allowPrivilegeEscalation": false, "privileged": false, "readOnlyRootFilesystem": true, "runAsUser": 1337,
                "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]},
            },
        },
    ]);
    let status = r#"{"initContainers":["istio-init","istio-proxy"],"containers":null,"revision":"default"}"#;
    let add = |path: &str, value: &Value| {
        let value = expression(value);
        json!({"patchType": "JSONPatch", "jsonPatch": {"expression": format!("[JSONPatch{{op: \"add\", path: \"{path}\", value: {value}}}]")}})
    };
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": "sidecar"},
        "spec": {
            "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}]},
            "matchConditions": [{"name": "pod-network", "expression": "!object.spec.?hostNetwork.orValue(false)"}],
            "failurePolicy": "Fail", "reinvocationPolicy": "Never",
            "mutations": [
                add("/spec/initContainers", &sidecar),
                add("/metadata/labels/security.istio.io~1tlsMode", &json!("istio")),
                add("/metadata/labels/service.istio.io~1canonical-revision", &json!("latest")),
                add("/metadata/annotations", &json!({"sidecar.istio.io/status": status})),
            ],
        },
    });
    let selector = json!({"matchLabels": {"istio-injection": "enabled"}});
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": "sidecar"},
        "spec": {"policyName": "sidecar", "matchResources": {"namespaceSelector": selector}},
    });
    vec![policy, binding]
}

/// A value as an expression of CEL. Lists and maps there hold one type, which `dyn` is.
fn expression(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members =
                members.iter().map(|(key, value)| format!("{}: dyn({})", json!(key), expression(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| format!("dyn({})", expression(item)));
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
