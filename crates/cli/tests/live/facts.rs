//! Goal: what a control plane shows through its API server is sealed, and a control can decide on it: API server flags of
//! static pods, kubeadm's ConfigMap, provider ids of nodes.
//! Method: three controls of an overlay, each for one of them, before and after the fact changes.

use std::fs;
use std::path::Path;

use nachweis_testkit::cluster::{Cluster, Options, assets};
use serde_json::{Value, json};

use crate::common::run;
use crate::server::kubeconfig;

/// One control of the overlay: id, resource, condition of its population, predicate.
const CONTROLS: [(&str, &str, &str, &str); 3] = [
    (
        "own-api-server-flags",
        "pods",
        "object.metadata.namespace == 'kube-system' && object.metadata.?labels[?'component'].orValue('') == 'kube-apiserver'",
        "object.spec.containers.exists(c, c.?command.orValue([]).exists(f, f == '--anonymous-auth=false'))",
    ),
    (
        "own-kubeadm-config",
        "configmaps",
        "object.metadata.namespace == 'kube-system' && object.metadata.name == 'kubeadm-config'",
        "object.?data[?'ClusterConfiguration'].orValue('').contains('encryption-provider-config')",
    ),
    (
        "own-cloud-region",
        "nodes",
        "true",
        "object.spec.?providerID.orValue('').startsWith('aws:///eu-central-1')",
    ),
];

fn put(overlay: &Path, (id, resource, population, predicate): (&str, &str, &str, &str)) {
    let control = json!({
        "format": "nachweis-control/1", "id": id, "title": {"en": id, "de": id}, "severity": "high",
        "obligations": [{"id": "DORA-9(4)(c)", "relationship": "intersects-with", "rationale": {"en": "a", "de": "a"}}],
        "reads": [{"resource": resource, "versions": ["v1"]}],
        "population": {"of": [resource], "where": population}, "unit": {"en": "objects", "de": "Objekte"},
        "predicate": predicate, "on_empty": "not-satisfied",
        "empty": {"code": "none", "text": {"en": "There is none.", "de": "Es gibt keins."}},
        "remediation": {"en": "a", "de": "a"}, "limits": {"en": "a", "de": "a"},
    });
    let folder = overlay.join("controls").join(id);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("control.yaml"), control.to_string()).unwrap();
}

/// What an assessment of the running cluster says of these controls.
fn verdicts(cluster: &Cluster, home: &Path) -> Vec<String> {
    let config = kubeconfig(cluster, "facts", None).display().to_string();
    let made = run(
        home,
        &[
            "assess",
            "--live",
            "--kubeconfig",
            &config,
            "--overlay",
            "overlay",
            "--out",
            "bundle",
            "--format",
            "json",
        ],
    );
    assert!([3, 4].contains(&made.code), "{made:?}");
    let assessment: Value = made.json();
    let findings = assessment["findings"].as_array().unwrap();
    let of = |id: &str| findings.iter().find(|finding| finding["control"] == id).unwrap()["verdict"].clone();
    CONTROLS.iter().map(|(id, ..)| of(id).as_str().unwrap().to_string()).collect()
}

#[test]
fn a_control_plane_shows_its_settings() {
    let Some(assets) = assets() else { return };
    let cluster = Cluster::start(&assets, Options::default());
    let home = tempfile::tempdir().unwrap();
    CONTROLS.iter().for_each(|control| put(&home.path().join("overlay"), *control));
    assert_eq!(verdicts(&cluster, home.path()), ["not-satisfied"; 3], "nothing is there yet");

    let admin = cluster.admin();
    let pod = |flag: &str| {
        json!({"metadata": {"name": "kube-apiserver-cp-1", "labels": {"component": "kube-apiserver", "tier": "control-plane"},
                            "annotations": {"kubernetes.io/config.source": "file"}},
               "spec": {"nodeName": "cp-1", "hostNetwork": true, "containers": [{"name": "kube-apiserver",
                        "image": "registry.k8s.io/kube-apiserver:v1.36.3", "command": ["kube-apiserver", flag]}]}})
    };
    let config = |flag: &str| {
        let text = format!(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n  - {{name: {flag}, value: a}}\n"
        );
        json!({"metadata": {"name": "kubeadm-config"}, "data": {"ClusterConfiguration": text}})
    };
    let node = |zone: &str| json!({"metadata": {"name": "cp-1"}, "spec": {"providerID": format!("aws:///{zone}/i-1")}});
    admin.create("/api/v1/namespaces/kube-system/pods", &pod("--anonymous-auth=false"));
    admin.create("/api/v1/namespaces/kube-system/configmaps", &config("encryption-provider-config"));
    admin.create("/api/v1/nodes", &node("eu-central-1a"));
    assert_eq!(verdicts(&cluster, home.path()), ["satisfied"; 3]);

    admin.delete("/api/v1/namespaces/kube-system/pods/kube-apiserver-cp-1?gracePeriodSeconds=0");
    admin.create("/api/v1/namespaces/kube-system/pods", &pod("--anonymous-auth=true"));
    admin.merge("/api/v1/namespaces/kube-system/configmaps/kubeadm-config", &config("profiling"));
    admin.delete("/api/v1/nodes/cp-1");
    admin.create("/api/v1/nodes", &node("us-east-1a"));
    assert_eq!(verdicts(&cluster, home.path()), ["not-satisfied"; 3]);
}
