//! Recorded clusters under every control. Everything is compared; of the scale set every sixteenth pod is left in,
//! because the reference looks for the agents of a node among all pods, once for every pod. With
//! `NACHWEIS_EVERY_POD=1` the other fifteen sixteenths follow, one after the other, so that each pod is compared once.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::BTreeMap;

use common::both;
use nachweis_canon::{Json, Limits, parse_bytes};
use nachweis_model::catalogue::Overlay;
use nachweis_testkit::{Entries, Options, catalogue, corpus, example_overlay, seal};

/// Compares the input as it is, and declared complete; without parameters, and with those of the example.
fn agree(path: &str, ignore: &[&str]) {
    let Some(path) = corpus(path) else { return };
    agree_on(&Entries::read(&path), ignore);
}

fn agree_on(entries: &Entries, ignore: &[&str]) {
    let mut all =
        Options::fixed().complete(&["all", "pods", "nodes", "replicasets.apps", "restores.velero.io"]);
    all.ignore.extend(ignore.iter().map(|file| file.to_string()));
    let values = BTreeMap::from([
        ("identity_provider_prefix".to_string(), "oidc:".into()),
        ("production_namespaces".to_string(), serde_json::json!({})),
        ("payment_path_label".to_string(), serde_json::json!({"app": "web"})),
    ]);
    let set = Overlay { params: values, ..example_overlay() };
    let mut wrong = Vec::new();
    for (options, overlay) in [(Options::fixed(), Overlay::default()), (all, set)] {
        let kept = seal(entries, &options).unwrap();
        wrong.extend(both(&kept, catalogue(), &overlay, None));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn harvester() {
    agree("clusters/harvester-rke2-v1.21-2022-03-22.tar.gz", &[]);
}

#[test]
fn moj_january() {
    agree("clusters/moj-live-2026-01-30.tar.gz", &["monitoring/oidc-components-secret.yaml"]);
}

#[test]
fn moj_february() {
    agree("clusters/moj-live-2026-02-27.tar.gz", &["monitoring/oidc-components-secret.yaml"]);
}

#[test]
fn scale() {
    let Some(path) = corpus("clusters/kwok-scale-15267-objects.json.zip") else { return };
    let entries = Entries::read(&path);
    let every_pod = std::env::var_os("NACHWEIS_EVERY_POD").is_some();
    for part in 0..if every_pod { PARTS } else { 1 } {
        agree_on(&thinned(entries.clone(), part), &[]);
    }
}

const PARTS: u32 = 16;

/// The same with one sixteenth of the pods. The input is one document that has the objects as its members.
fn thinned(mut entries: Entries, part: u32) -> Entries {
    for (_, bytes) in &mut entries.files {
        let Json::Obj(objects) = parse_bytes(bytes, &Limits::OURS).unwrap().value.into_owned() else {
            panic!()
        };
        let mut pods = 0;
        let mut keep = |object: &Json<'_>| {
            let is_pod = object.text(&["kind"]) == Some("Pod");
            pods += u32::from(is_pod);
            !is_pod || pods % PARTS == part
        };
        let kept = objects.into_members().into_iter().filter(|(_, object)| keep(object)).collect();
        *bytes = Json::Obj(kept).canonical().into();
    }
    entries
}

#[test]
fn kurl() {
    agree("clusters/kurl-longhorn-velero-3node.tar.gz", &[]);
}

#[test]
fn k3s() {
    agree("clusters/k3s-troubleshoot-baseline.tar.gz", &[]);
    agree("clusters/k3s-troubleshoot-older.tar.gz", &[]);
}

#[test]
fn assembly() {
    agree("assembly/assembly-with-crds.yaml.gz", &[]);
}
