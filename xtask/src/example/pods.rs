//! Pod templates, and live pods with their status.

use serde_json::{Map, Value, json};

use super::build::{Build, PodSeen, merge};
use super::description::{Container, Workload};
use super::object::{earlier, image_digest, later, number, object, repository, suffix, uid};

/// Labels by which a workload's pods are selected.
pub fn selector(workload: &Workload) -> Value {
    if workload.labels.is_empty() {
        json!({"app.kubernetes.io/name": workload.name})
    } else {
        json!(workload.labels)
    }
}

/// Metadata and spec of the pods of a workload, as its controller has them.
pub fn template(build: &Build<'_>, workload: &Workload) -> Value {
    let mut labels = selector(workload);
    let own = workload.containers.is_empty();
    if own {
        merge(&mut labels, json!({"app.kubernetes.io/part-of": workload.namespace}));
    }
    let containers: Vec<Value> =
        containers(workload).iter().map(|container| self::container(build, container, own)).collect();
    let mut spec = json!({
        "containers": containers, "serviceAccountName": account(workload), "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
        "securityContext": if own { json!({"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}) } else { json!({}) },
    });
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

fn containers(workload: &Workload) -> Vec<Container> {
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
    let mut made = json!({
        "name": container.name, "image": build.image(&container.image, container.pinned), "imagePullPolicy": "IfNotPresent",
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File", "resources": {},
    });
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
            let check = |path: &str| json!({"httpGet": {"path": path, "port": "main", "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 2});
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

/// The sidecar that the mesh's webhook puts into new pods of its namespaces.
fn inject(build: &Build<'_>, pod: &mut Value) {
    let proxy = build.image(&build.platform.mesh.proxy, false);
    let resources = json!({"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}});
    let sidecar = json!([
        {
            "name": "istio-init", "image": proxy, "resources": resources,
            "args": ["istio-iptables", "-p", "15001", "-z", "15006", "-u", "1337", "-m", "REDIRECT", "-i", "*", "-b", "*", "-d", "15090,15021,15020"],
            "securityContext": {
                "allowPrivilegeEscalation": false, "privileged": false, "runAsUser": 0, "runAsNonRoot": false,
                "capabilities": {"add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]},
            },
        },
        {
            "name": "istio-proxy", "image": proxy, "resources": resources, "restartPolicy": "Always",
            "args": ["proxy", "sidecar", "--domain", "$(POD_NAMESPACE).svc.cluster.local"],
            "ports": [{"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}],
            "securityContext": {
                "allowPrivilegeEscalation": false, "privileged": false, "readOnlyRootFilesystem": true, "runAsUser": 1337,
                "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]},
            },
        },
    ]);
    let mut init = sidecar.as_array().cloned().unwrap_or_default();
    init.extend(pod["spec"]["initContainers"].as_array().cloned().unwrap_or_default());
    pod["spec"]["initContainers"] = json!(init);
    merge(
        &mut pod["metadata"]["labels"],
        json!({"security.istio.io/tlsMode": "istio", "service.istio.io/canonical-revision": "latest"}),
    );
    merge(
        &mut pod["metadata"]["annotations"],
        json!({"sidecar.istio.io/status": "{\"initContainers\":[\"istio-init\",\"istio-proxy\"],\"containers\":null,\"revision\":\"default\"}"}),
    );
}

/// A live pod of a workload: from its template, with owner, node, sidecar and status.
pub fn live(
    build: &mut Build<'_>,
    workload: &Workload,
    name: &str,
    owner: Value,
    node: usize,
    labels: Value,
) {
    let template = template(build, workload);
    let created = build.lately(&format!("{} {name}", workload.namespace), 8);
    let mut pod = object("v1", "Pod", &workload.namespace, name, created);
    pod["metadata"]["labels"] = template["metadata"]["labels"].clone();
    merge(&mut pod["metadata"]["labels"], labels);
    pod["metadata"]["ownerReferences"] = owner;
    if let Some((prefix, _)) = name.rsplit_once('-').filter(|_| workload.kind != "StatefulSet") {
        pod["metadata"]["generateName"] = format!("{prefix}-").into();
    }
    pod["spec"] = template["spec"].clone();
    let token = format!("kube-api-access-{}", suffix(&format!("token {}/{name}", workload.namespace), 5));
    pod["spec"]["volumes"] = json!([{"name": token, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    ]}}]);
    pod["spec"]["nodeName"] = build.nodes[node].name.as_str().into();
    if workload.kind == "CronJob" {
        pod["spec"]["restartPolicy"] = "OnFailure".into();
    }
    if build.namespace(&workload.namespace).is_some_and(|space| space.mesh) && !workload.host_network {
        inject(build, &mut pod);
    }
    let host = build.nodes[node].address.clone();
    let address = if workload.host_network { host.clone() } else { build.address(node) };
    let completed = workload.kind == "CronJob";
    let seen = status(build, &mut pod, &host, &address, completed);
    build.pods.push(PodSeen {
        namespace: workload.namespace.clone(),
        name: name.to_string(),
        labels: pod["metadata"]["labels"].clone(),
        address,
        node: build.nodes[node].name.clone(),
        zone: build.nodes[node].zone.clone(),
        images: seen,
        workload: workload.name.clone(),
    });
    build.add(pod);
}

/// Status of a pod that runs, or that ended well. Returns its images by digest.
fn status(build: &Build<'_>, pod: &mut Value, host: &str, address: &str, completed: bool) -> Vec<String> {
    let name = pod["metadata"]["name"].as_str().unwrap_or_default().to_string();
    let created = pod["metadata"]["creationTimestamp"].as_str().and_then(|text| text.parse().ok());
    let created = created.unwrap_or(build.platform.cluster.instant);
    let started = later(created, 4 + number(&name, 20));
    let mut images = Vec::new();
    let mut group = |list: &Value, init: bool| -> Vec<Value> {
        let mut made = Vec::new();
        for container in list.as_array().into_iter().flatten() {
            let image = container["image"].as_str().unwrap_or_default();
            let tagged = image.split('@').next().unwrap_or(image);
            let by_digest = format!("{}@{}", repository(image), image_digest(tagged));
            let ended = completed || (init && container["restartPolicy"] != "Always");
            let id = format!(
                "containerd://{}",
                uid(&format!("{name} {}", container["name"])).replace('-', "").repeat(2)
            );
            let state = if ended {
                json!({"terminated": {"containerID": id, "exitCode": 0, "reason": "Completed", "startedAt": created.to_string(), "finishedAt": started.to_string()}})
            } else {
                json!({"running": {"startedAt": started.to_string()}})
            };
            made.push(json!({
                "name": container["name"], "image": image, "imageID": by_digest, "containerID": id, "ready": !ended || init,
                "started": !ended, "restartCount": 0, "state": state,
            }));
            images.push(by_digest);
        }
        made
    };
    let init = group(&pod["spec"]["initContainers"], true);
    let main = group(&pod["spec"]["containers"], false);
    images.sort();
    images.dedup();
    let condition = |kind: &str, value: bool| json!({"type": kind, "status": if value { "True" } else { "False" }, "lastTransitionTime": started.to_string()});
    let mut status = Map::new();
    status.insert("phase".into(), if completed { "Succeeded" } else { "Running" }.into());
    status.insert("hostIP".into(), host.into());
    status.insert("podIP".into(), address.into());
    status.insert("podIPs".into(), json!([{"ip": address}]));
    status.insert("qosClass".into(), "Burstable".into());
    status.insert("startTime".into(), earlier(started, 3).to_string().into());
    status.insert(
        "conditions".into(),
        json!([
            condition("PodScheduled", true),
            condition("Initialized", true),
            condition("ContainersReady", !completed),
            condition("Ready", !completed),
        ]),
    );
    status.insert("containerStatuses".into(), json!(main));
    if !init.is_empty() {
        status.insert("initContainerStatuses".into(), json!(init));
    }
    pod["status"] = Value::Object(status);
    images
}
