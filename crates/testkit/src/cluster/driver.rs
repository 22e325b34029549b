//! Nodes and pods of a cluster that has neither kubelets nor a scheduler: the driver binds pods to nodes and says that
//! they run.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nachweis_canon::Digest;
use serde_json::{Value, json};

use super::volumes::Volumes;
use super::{Api, preferred};

/// How long pods may take to run and controllers to come to rest.
const SETTLED: Duration = Duration::from_secs(240);

/// Plays scheduler and kubelets of one cluster.
pub struct Driver {
    api: Api,
    /// last number of a pod address by node
    addresses: BTreeMap<String, u32>,
}

/// Now, as the API server writes it.
pub fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    nachweis_model::Instant::from_unix(seconds.try_into().unwrap()).to_string()
}

/// A made-up digest that follows from the name of an image: no registry is asked.
pub fn image_id(image: &str) -> String {
    let tagged = image.split('@').next().unwrap();
    let repository = match tagged.rfind(':') {
        Some(colon) if !tagged[colon..].contains('/') => &tagged[..colon],
        _ => tagged,
    };
    format!("{repository}@{}", Digest::of(format!("image {tagged}").as_bytes()))
}

impl Driver {
    /// A driver that acts through `api`, which must be allowed everything.
    pub fn new(api: Api) -> Self {
        Driver { api, addresses: BTreeMap::new() }
    }

    /// Adds a node that is ready, number `index` of at most 200.
    pub fn node(&self, name: &str, index: usize, labels: &Value) {
        let mut node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels},
            "spec": {"providerID": format!("aws:///eu-central-1a/i-{index:017x}")},
        });
        node["metadata"]["labels"]["kubernetes.io/hostname"] = name.into();
        self.api.create("/api/v1/nodes", &node);
        let amounts = json!({"cpu": "16", "memory": "64Gi", "pods": "200", "ephemeral-storage": "100Gi"});
        let condition = |kind: &str, status: &str, reason: &str| json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": now(), "lastHeartbeatTime": now()});
        let status = json!({
            "addresses": [{"type": "InternalIP", "address": format!("10.30.{}.1", index)}, {"type": "Hostname", "address": name}],
            "allocatable": amounts, "capacity": amounts,
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID"),
                condition("Ready", "True", "KubeletReady"),
            ],
            "nodeInfo": {
                "architecture": "amd64", "operatingSystem": "linux", "osImage": "test", "kernelVersion": "6.12.0", "containerRuntimeVersion": "containerd://2.1.5",
                "kubeletVersion": "v1.36.3", "kubeProxyVersion": "", "bootID": "", "machineID": "", "systemUUID": "",
            },
        });
        self.api.merge(&format!("/api/v1/nodes/{name}/status"), &json!({"status": status}));
    }

    /// Runs pods until every controller has what it wants and nothing changes any more.
    ///
    /// # Panics
    /// With what is missing, where that does not happen.
    pub fn settle(&mut self) {
        let until = Instant::now() + SETTLED;
        loop {
            let acted = self.step();
            let missing = if acted { vec!["pods".to_string()] } else { self.missing() };
            if missing.is_empty() {
                break;
            }
            assert!(Instant::now() < until, "missing: {missing:?}\n{}", self.complaints());
            std::thread::sleep(Duration::from_millis(100));
        }
        let mut before = self.versions();
        loop {
            std::thread::sleep(Duration::from_secs(2));
            let acted = self.step();
            let after = self.versions();
            if !acted && after == before {
                return;
            }
            before = after;
            assert!(Instant::now() < until, "the cluster does not come to rest\n{}", self.complaints());
        }
    }

    /// Binds and runs what waits. True if there was something.
    pub fn step(&mut self) -> bool {
        let pods = self.api.items("/api/v1/pods");
        let waiting = |pod: &Value| {
            pod["metadata"].get("deletionTimestamp").is_none() && pod["status"]["phase"] == "Pending"
        };
        if !pods.iter().any(waiting) {
            return false;
        }
        let nodes = self.api.items("/api/v1/nodes");
        let volumes = Volumes::new(&self.api, &nodes);
        let mut placed: Vec<Value> =
            pods.iter().filter(|pod| pod["spec"].get("nodeName").is_some()).cloned().collect();
        for mut pod in pods.into_iter().filter(waiting) {
            if pod["spec"].get("nodeName").is_none() {
                let reached = nodes.iter().filter(|node| volumes.reach(&pod, node));
                let Some(node) = choose(&pod, reached, &placed) else { continue };
                volumes.provision(&self.api, &pod, &node);
                let path = format!("{}/binding", path(&pod));
                self.api.create(&path, &json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": pod["metadata"]["name"]}, "target": {"kind": "Node", "name": node}}));
                pod["spec"]["nodeName"] = node.into();
                placed.push(pod.clone());
            }
            self.run(&pod, &nodes);
        }
        true
    }

    fn run(&mut self, pod: &Value, nodes: &[Value]) {
        let node = nodes.iter().find(|node| node["metadata"]["name"] == pod["spec"]["nodeName"]).unwrap();
        let host = node["status"]["addresses"][0]["address"].as_str().unwrap().to_string();
        let address = if pod["spec"]["hostNetwork"] == true { host.clone() } else { self.address(&host) };
        let ends = pod["spec"]["restartPolicy"] != "Always";
        let at = now();
        let condition = |kind: &str, holds: bool| json!({"type": kind, "status": if holds { "True" } else { "False" }, "lastTransitionTime": at});
        let mut status = json!({
            "phase": if ends { "Succeeded" } else { "Running" }, "hostIP": host, "hostIPs": [{"ip": host}], "podIP": address, "podIPs": [{"ip": address}], "startTime": at,
            "conditions": [
                condition("PodReadyToStartContainers", !ends), condition("Initialized", true), condition("Ready", !ends), condition("ContainersReady", !ends),
                condition("PodScheduled", true),
            ],
            "containerStatuses": containers(pod, "containers", ends, &at),
        });
        if pod["spec"].get("initContainers").is_some() {
            status["initContainerStatuses"] = containers(pod, "initContainers", ends, &at);
        }
        self.api.merge(&format!("{}/status", path(pod)), &json!({"status": status}));
    }

    /// The next address behind a node: the network after its own.
    fn address(&mut self, host: &str) -> String {
        let mut parts: Vec<u32> = host.split('.').map(|part| part.parse().unwrap()).collect();
        let last = self.addresses.entry(host.into()).or_insert(10);
        *last += 1;
        (parts[2], parts[3]) = (parts[2] + 1 + *last / 250, *last % 250);
        parts.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
    }

    /// What controllers still wait for.
    fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        let mut look = |path: &str, done: &dyn Fn(&Value) -> bool| {
            for object in self.api.items(path) {
                let seen = object["status"]["observedGeneration"].as_i64().unwrap_or(i64::MAX)
                    >= object["metadata"]["generation"].as_i64().unwrap_or(0);
                if !seen || !done(&object) {
                    missing.push(format!(
                        "{path} {}/{}",
                        object["metadata"]["namespace"], object["metadata"]["name"]
                    ));
                }
            }
        };
        let number = |value: &Value| value.as_i64().unwrap_or(0);
        let replicas = |object: &Value| object["spec"]["replicas"].as_i64().unwrap_or(1);
        look("/apis/apps/v1/deployments", &|object| {
            number(&object["status"]["availableReplicas"]) == replicas(object)
        });
        look("/apis/apps/v1/statefulsets", &|object| {
            number(&object["status"]["availableReplicas"]) == replicas(object)
        });
        look("/apis/apps/v1/daemonsets", &|object| {
            object["status"].get("desiredNumberScheduled").is_some()
                && object["status"]["numberAvailable"].as_i64().unwrap_or(0)
                    == number(&object["status"]["desiredNumberScheduled"])
        });
        look("/apis/batch/v1/jobs", &|object| object["status"].get("completionTime").is_some());
        look("/api/v1/persistentvolumeclaims", &|object| object["status"]["phase"] == "Bound");
        look("/api/v1/pods", &|object| object["status"]["phase"] != "Pending");
        missing
    }

    /// Resource version of every object but Leases and Events.
    fn versions(&self) -> BTreeMap<String, String> {
        let mut versions = BTreeMap::new();
        for resource in preferred(&self.api) {
            if ["leases.coordination.k8s.io", "events", "events.events.k8s.io", "componentstatuses"]
                .contains(&resource.key().as_str())
            {
                continue;
            }
            for object in self.api.items(&resource.path("")) {
                let metadata = &object["metadata"];
                let id = format!("{} {}/{}", resource.key(), metadata["namespace"], metadata["name"]);
                versions.insert(id, metadata["resourceVersion"].to_string());
            }
        }
        versions
    }

    /// Warnings of controllers.
    fn complaints(&self) -> String {
        let events = self.api.items("/api/v1/events");
        let warnings = events.iter().filter(|event| event["type"] == "Warning");
        let mut lines: Vec<String> = warnings
            .map(|event| format!("{}: {}", event["involvedObject"]["name"], event["message"]))
            .collect();
        lines.sort();
        lines.dedup();
        lines.join("\n")
    }
}

fn path(pod: &Value) -> String {
    let metadata = &pod["metadata"];
    format!(
        "/api/v1/namespaces/{}/pods/{}",
        metadata["namespace"].as_str().unwrap(),
        metadata["name"].as_str().unwrap()
    )
}

/// The node that a pod asks for, and among several the one with the fewest pods of its kind, then of any.
fn choose<'n>(pod: &Value, nodes: impl Iterator<Item = &'n Value>, placed: &[Value]) -> Option<String> {
    let named = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
        .as_array()
        .into_iter()
        .flatten()
        .find_map(|term| term["matchFields"][0]["values"][0].as_str());
    let selector = pod["spec"]["nodeSelector"].as_object();
    let fits = |node: &&Value| {
        named.is_none_or(|name| node["metadata"]["name"] == name)
            && selector.into_iter().flatten().all(|(key, value)| node["metadata"]["labels"][key] == *value)
    };
    let load = |node: &Value| {
        let here: Vec<&Value> =
            placed.iter().filter(|other| other["spec"]["nodeName"] == node["metadata"]["name"]).collect();
        let owner = |pod: &Value| pod["metadata"]["ownerReferences"][0]["uid"].clone();
        (
            here.iter().filter(|other| owner(other) == owner(pod)).count(),
            here.len(),
            node["metadata"]["name"].to_string(),
        )
    };
    let node = nodes.filter(fits).min_by_key(|node| load(node))?;
    node["metadata"]["name"].as_str().map(str::to_string)
}

fn containers(pod: &Value, list: &str, ends: bool, at: &str) -> Value {
    let made = pod["spec"][list].as_array().into_iter().flatten().map(|container| {
        let image = container["image"].as_str().unwrap();
        let ended = ends || (list == "initContainers" && container["restartPolicy"] != "Always");
        let id = Digest::of(format!("{} {}", pod["metadata"]["uid"], container["name"]).as_bytes()).hex();
        let id = format!("containerd://{id}");
        let state = match ended {
            true => json!({"terminated": {"containerID": id, "exitCode": 0, "reason": "Completed", "startedAt": at, "finishedAt": at}}),
            false => json!({"running": {"startedAt": at}}),
        };
        json!({"name": container["name"], "image": image, "imageID": image_id(image), "containerID": id, "ready": !ended || list == "initContainers", "started": !ended,
               "restartCount": 0, "state": state})
    });
    made.collect()
}
