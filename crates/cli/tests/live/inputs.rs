//! Goal: what kubectl writes of a cluster and what the program reads of it are the same items; with a key, nobody's name
//! is in what a live collection leaves behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Once;

use nachweis_testkit::cluster::Cluster;
use serde_json::{Value, json};

use crate::common::{self, Run};
use crate::server::{cluster, kubeconfig};

const PERSON: &str = "ada.lovelace@example.org";

#[track_caller]
fn go(home: &Path, arguments: &[&str]) -> Run {
    let done = common::run(home, arguments);
    assert_eq!(done.code, 0, "{arguments:?}: {done:?}");
    done
}

/// One object of every kind that `kubectl cluster-info dump` lists, and one of a person.
fn fill(cluster: &Cluster) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let api = cluster.admin();
        let labels = json!({"app": "api"});
        let template = json!({
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "api", "image": "registry.example/api:1"}]},
        });
        let spec = json!({"selector": {"matchLabels": labels}, "template": template});
        let named = |spec: &Value| json!({"metadata": {"name": "api"}, "spec": spec});
        api.create("/api/v1/namespaces", &json!({"metadata": {"name": "dumped"}}));
        for kind in ["deployments", "daemonsets", "replicasets"] {
            api.create(&format!("/apis/apps/v1/namespaces/dumped/{kind}"), &named(&spec));
        }
        let controller = json!({"replicas": 0, "selector": labels, "template": template});
        api.create("/api/v1/namespaces/dumped/replicationcontrollers", &named(&controller));
        api.create("/api/v1/namespaces/dumped/services", &named(&json!({"ports": [{"port": 443}]})));
        api.create("/api/v1/nodes", &json!({"metadata": {"name": "node-1"}}));
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"});
        let subject = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": PERSON});
        api.create(
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            &json!({"metadata": {"name": "reader"}, "roleRef": role, "subjects": [subject]}),
        );
    });
}

/// A line without `managedFields`, which kubectl leaves out.
fn plain(line: &[u8]) -> Value {
    let mut line: Value = serde_json::from_slice(line).unwrap();
    line["body"]["metadata"].as_object_mut().unwrap().remove("managedFields");
    line
}

/// Ids and lines of a snapshot.
fn lines(snapshot: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut blobs = Vec::new();
    common::blobs(snapshot, &mut blobs);
    let mut out = BTreeMap::new();
    for (_, layer) in blobs.iter().filter(|(place, _)| place.ends_with(" unpacked")) {
        for line in layer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let item: Value = serde_json::from_slice(line).unwrap();
            out.insert(item["id"].as_str().unwrap().to_string(), line.to_vec());
        }
    }
    out
}

#[test]
fn a_dump_that_kubectl_wrote_holds_what_the_server_gives() {
    let Some(cluster) = cluster() else { return };
    fill(cluster);
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let dump = home.join("dump").display().to_string();
    cluster.kubectl(&["cluster-info", "dump", "--all-namespaces", "--output-directory", &dump]);
    let config = kubeconfig(cluster, "dumper", None).display().to_string();
    let seal = go(home, &["snapshot", "dump", "--out", "dumped", "--format", "json"]).json();
    assert_eq!(seal["unread"], json!([]), "{seal}");
    assert_eq!(seal["origins"][0]["form"], "cluster-info-dump", "{seal}");
    let live = ["snapshot", "--live", "--kubeconfig", &config, "--out", "live", "--format", "json"];
    let kinds = go(home, &live).json()["kind_counts"].take();
    let (dumped, live) = (lines(&home.join("dumped")), lines(&home.join("live")));
    for kind in ["Deployment", "DaemonSet", "ReplicaSet", "ReplicationController", "Service", "Node"] {
        assert!(dumped.keys().any(|id| id.contains(&format!("/{kind}/"))), "{kind}: {:?}", dumped.keys());
    }
    // Other tests write to the same server: what is compared is this one's.
    for (id, line) in dumped.iter().filter(|(id, _)| id.contains("/dumped/") || id.ends_with("/node-1")) {
        let other = live.get(id).unwrap_or_else(|| panic!("{id} is not in the live snapshot"));
        assert_eq!(plain(line), plain(other));
    }
    // What the dump closes, the server confirms: it has no other object of that kind there.
    let kinds = kinds.as_array().unwrap();
    let mut closed = 0;
    let here = |row: &&Value| row["status"] == "complete" && row["scope"] == "dumped";
    for row in seal["collections"].as_array().unwrap().iter().filter(here) {
        let Some(kind) = kinds.iter().find(|kind| kind["resource"] == row["resource"]) else { continue };
        let text = |value: &Value| value.as_str().unwrap().to_string();
        let place = format!("kubernetes/{}/{}/dumped/", text(&kind["group"]), text(&kind["kind"]));
        let served = live.keys().filter(|id| id.starts_with(&place)).count();
        assert_eq!(row["count"], json!(served), "{row}");
        closed += 1;
    }
    assert!(closed >= 5, "{closed}");
}

#[test]
fn nobody_is_named_in_a_live_snapshot_with_a_key() {
    let Some(cluster) = cluster() else { return };
    fill(cluster);
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let config = kubeconfig(cluster, "hider", None).display().to_string();
    go(home, &["key", "pseudonyms", "--out", "people.key"]);
    let take = |out: &str, more: &[&str]| {
        let live = ["snapshot", "--live", "--kubeconfig", &config, "--out", out, "--format", "json"];
        go(home, &[&live, more].concat())
    };
    take("plain", &[]);
    let seal = take("hidden", &["--pseudonymise", "people.key"]).json();
    let (plain, hidden) = (lines(&home.join("plain")), lines(&home.join("hidden")));
    let named = |lines: &BTreeMap<String, Vec<u8>>| {
        let name = PERSON.as_bytes();
        lines.values().filter(|line| line.windows(name.len()).any(|window| window == name)).count()
    };
    assert!(named(&plain) > 0 && named(&hidden) == 0);
    assert!(seal["pseudonyms"]["people"].as_u64().is_some_and(|people| people > 0), "{seal}");
    let reader = "kubernetes/rbac.authorization.k8s.io/ClusterRoleBinding//reader";
    assert!(hidden.contains_key(reader), "{:?}", hidden.keys());
    let maps = |lines: &BTreeMap<String, Vec<u8>>| lines.keys().filter(|id| id.contains("/map-")).count();
    assert_eq!(maps(&plain), maps(&hidden));
}
