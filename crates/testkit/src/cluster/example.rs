//! The shipped example on a real API server: its manifests are applied, controllers and driver do the rest.

use std::path::Path;
use std::time::{Duration, Instant};

use nachweis_canon::Digest;
use serde_json::{Value, json};

use super::{Api, Applier, Cluster, Driver, Options};
use crate::entries::Entries;

/// Service network of the example's cluster.
const SERVICES: &str = "--service-cluster-ip-range=172.20.0.0/16";

/// Starts the cluster that the example needs.
pub fn example_cluster(assets: &Path, mut options: Options) -> Cluster {
    options.controllers = true;
    options.flags.push(SERVICES.into());
    options.controller_flags.push(SERVICES.into());
    Cluster::start(assets, options)
}

/// The objects of a folder of manifests, in the order of its files.
pub fn manifests(folder: &Path) -> Vec<Value> {
    let mut objects = Vec::new();
    for (path, bytes) in &Entries::read(folder).files {
        for document in nachweis_yaml::read(bytes, &nachweis_yaml::Limits::default()) {
            let document = document.unwrap_or_else(|unread| panic!("{path}: {unread}"));
            let mut value: Value = serde_json::from_slice(&document.value.canonical()).unwrap();
            match value.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => objects.extend(items),
                _ => objects.push(value),
            }
        }
    }
    objects
}

/// Applies manifests, with `stand_ins` in force while pods are made, and lets everything run.
pub fn raise(cluster: &Cluster, manifests: &[Value], stand_ins: &[Value]) {
    let api = cluster.admin();
    let mut applier = Applier::new(api.clone());
    let of = |kinds: &[&str], wanted: bool| -> Vec<Value> {
        let is = |object: &&Value| kinds.contains(&object["kind"].as_str().unwrap()) == wanted;
        manifests.iter().filter(is).cloned().collect()
    };
    let first = ["CustomResourceDefinition", "Namespace"];
    let last = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];
    applier.apply(&of(&first, true));
    applier.apply(stand_ins);
    if !stand_ins.is_empty() {
        in_force(cluster);
    }
    applier.apply(&of(&[first, last].concat(), false));
    let mut driver = Driver::new(api.clone());
    driver.settle();
    policy_endpoints(&api, &mut applier);
    for object in stand_ins {
        api.delete(&applier.resource(object).unwrap().path_of(object));
    }
    // Nobody answers behind them, so they come when everything is there.
    applier.apply(&of(&last, true));
    driver.settle();
}

/// A policy of admission takes a moment; until then pods would come without what it adds.
fn in_force(cluster: &Cluster) {
    let api = cluster.admin();
    let labels = json!({"istio-injection": "enabled"});
    api.create("/api/v1/namespaces", &json!({"metadata": {"name": "probe", "labels": labels}}));
    let account = "/api/v1/namespaces/probe/serviceaccounts/default";
    let pod = json!({"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "c", "image": "c"}]}});
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let path = "/api/v1/namespaces/probe/pods?dryRun=All";
        let reply = api.call("POST", path, "application/json", pod.to_string().into_bytes()).unwrap();
        if api.get(account).good() && reply.good() && reply.json()["spec"].get("initContainers").is_some() {
            break;
        }
        assert!(Instant::now() < until, "the stand-in does not act: {}", reply.text());
        std::thread::sleep(Duration::from_millis(200));
    }
    api.delete("/api/v1/namespaces/probe");
    while api.get("/api/v1/namespaces/probe").good() {
        assert!(Instant::now() < until, "the namespace of the probe does not end");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What the network controller of the cloud writes: for each policy the pods that it selects.
fn policy_endpoints(api: &Api, applier: &mut Applier) {
    let pods = api.items("/api/v1/pods");
    let mut made = Vec::new();
    for policy in api.items("/apis/networking.k8s.io/v1/networkpolicies") {
        let (namespace, name) =
            (&policy["metadata"]["namespace"], policy["metadata"]["name"].as_str().unwrap());
        let wanted = policy["spec"]["podSelector"]["matchLabels"].as_object();
        let selected: Vec<Value> = pods
            .iter()
            .filter(|pod| pod["metadata"]["namespace"] == *namespace)
            .filter(|pod| wanted.into_iter().flatten().all(|(key, value)| pod["metadata"]["labels"][key] == *value))
            .map(|pod| json!({"name": pod["metadata"]["name"], "namespace": namespace, "podIP": pod["status"]["podIP"]}))
            .collect();
        let suffix = &Digest::of(format!("endpoint {namespace}/{name}").as_bytes()).hex()[..5];
        made.push(json!({
            "apiVersion": "networking.k8s.aws/v1alpha1", "kind": "PolicyEndpoint",
            "metadata": {
                "name": format!("{name}-{suffix}"), "namespace": namespace,
                "ownerReferences": [{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "name": name, "controller": true, "blockOwnerDeletion": true}],
            },
            "spec": {
                "podIsolation": policy["spec"]["policyTypes"], "podSelector": policy["spec"]["podSelector"],
                "podSelectorEndpoints": selected,
                "policyRef": {"name": name, "namespace": namespace},
            },
        }));
    }
    if made.iter().all(|object| applier.resource(object).is_some()) {
        applier.apply(&made);
    }
}

/// Kinds that a recording leaves out: they say when something was done and by whom, and never stand still.
const LEFT_OUT: [&str; 4] =
    ["componentstatuses", "events", "events.events.k8s.io", "leases.coordination.k8s.io"];

/// Everything that the server lists, each resource at the version that its group prefers, as `kubectl get -o yaml` shows
/// it: without `managedFields`, with kind and version in each object. Key is `plural.group`.
pub fn recorded(api: &Api) -> Vec<(String, Vec<Value>)> {
    let mut lists = Vec::new();
    for resource in super::preferred(api) {
        if LEFT_OUT.contains(&resource.key().as_str()) {
            continue;
        }
        let mut items = api.items(&resource.path(""));
        for item in &mut items {
            item["apiVersion"] = resource.version.clone().into();
            item["kind"] = resource.kind.clone().into();
            item["metadata"].as_object_mut().unwrap().remove("managedFields");
        }
        lists.push((resource.key(), items));
    }
    lists
}
