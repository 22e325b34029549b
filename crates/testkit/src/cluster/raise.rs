//! A described platform on a real API server: its manifests are applied, controllers and driver do the rest.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Applier, Cluster, Driver, Options};
use crate::fintech::{Manifests, manifests};

/// Service network of the example's cluster.
const SERVICES: &str = "--service-cluster-ip-range=172.20.0.0/16";

/// What nobody answers behind, so that it comes when everything is there.
const LAST: [&str; 2] = ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"];

/// Starts a cluster for the example platform, and describes that as of the cluster's birth, by the server's clock.
pub fn platform_cluster(assets: &Path) -> (Cluster, Manifests) {
    let flags = vec![SERVICES.to_string()];
    let options = Options { controllers: true, controller_flags: flags.clone(), flags, ..Options::default() };
    let cluster = Cluster::start(assets, options);
    let system = cluster.admin().get("/api/v1/namespaces/kube-system").json();
    let born = system["metadata"]["creationTimestamp"].as_str().unwrap().parse().unwrap();
    (cluster, manifests(born))
}

/// Applies a platform and lets everything run.
pub fn raise(cluster: &Cluster, platform: &Manifests) {
    let api = cluster.admin();
    let mut applier = Applier::new(api.clone());
    let first = ["CustomResourceDefinition", "Namespace"];
    let (first, rest): (Vec<Value>, Vec<Value>) = platform
        .objects
        .iter()
        .cloned()
        .partition(|object| first.contains(&object["kind"].as_str().unwrap()));
    let (last, rest): (Vec<Value>, Vec<Value>) =
        rest.into_iter().partition(|object| LAST.contains(&object["kind"].as_str().unwrap()));
    applier.apply(&first);
    applier.apply(&platform.stand_ins);
    in_force(cluster, &first);
    applier.apply(&rest);
    let mut driver = Driver::new(api.clone());
    driver.settle();
    for object in &platform.stand_ins {
        api.delete(&applier.resource(object).unwrap().path_of(object));
    }
    applier.apply(&last);
    driver.settle();
}

/// A policy of admission takes a moment to act; until then pods would come without what it adds.
fn in_force(cluster: &Cluster, objects: &[Value]) {
    let meshed = |object: &&Value| object["metadata"]["labels"]["istio-injection"] == "enabled";
    let namespace = objects.iter().find(meshed).unwrap()["metadata"]["name"].as_str().unwrap();
    let pod = json!({
        "metadata": {"name": "probe", "labels": {"app": "probe"}},
        "spec": {"containers": [{"name": "c", "image": "c", "resources": {"limits": {"cpu": "10m", "memory": "16Mi"}}}]},
    });
    let (api, until) = (cluster.admin(), Instant::now() + Duration::from_secs(180));
    loop {
        let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
        let reply = api.call("POST", &path, "application/json", pod.to_string().into_bytes()).unwrap();
        if reply.good() && reply.json()["spec"].get("initContainers").is_some() {
            return;
        }
        assert!(Instant::now() < until, "the stand-in does not act: {}", reply.text());
        std::thread::sleep(Duration::from_millis(200));
    }
}
