//! A hundred and more definitions and what six projects, a bank, a shop and a deliberately insecure tenant declare, as
//! published: applied to a real API server, they come back with the same meaning.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod round_trip;
#[path = "round_trip/assembly.rs"]
mod served;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use nachweis_model::catalogue::Overlay;
use nachweis_testkit::cluster::{Applier, Cluster, Options as ClusterOptions, assets};
use nachweis_testkit::{Entries, Options, corpus, seal, seal_live};
use round_trip::{compare, verdicts};
use serde_json::{Value, json};
use served::{REFUSED, SERVED};

const ASSEMBLY: &str = "assembly/assembly-with-crds.yaml.gz";

/// On how many items both sides have a verdict. The assembly declares no pods and no controller makes any, so controls of
/// pods speak of templates on one side and of nothing on the other.
const LEAST: [(&str, usize); 2] = [("secret-wildcard-roles", 83), ("operator-image-digests", 16)];

/// Namespaces that are used and not declared.
const BY_HAND: &[&str] = &["argocd", "bank-of-anthos", "online-boutique"];

/// The documents, the members of typed lists apart.
fn objects(text: &[u8]) -> Vec<Value> {
    let mut objects = Vec::new();
    for document in nachweis_yaml::read(text, &nachweis_yaml::Limits::default()) {
        let mut value: Value = serde_json::from_slice(&document.unwrap().value.canonical()).unwrap();
        let Some(Value::Array(items)) = value.get_mut("items").map(Value::take) else {
            objects.push(value);
            continue;
        };
        let kind = value["kind"].as_str().unwrap().trim_end_matches("List").to_string();
        for mut item in items {
            item["apiVersion"] = value["apiVersion"].clone();
            item["kind"] = kind.clone().into();
            objects.push(item);
        }
    }
    objects
}

#[test]
fn the_assembly_comes_back_with_the_same_meaning() {
    let (Some(path), Some(assets)) = (corpus(ASSEMBLY), assets()) else { return };
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut text).unwrap();
    let mut objects = objects(&text);
    // Somebody makes the namespaces by hand before installing.
    for name in BY_HAND {
        objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }
    assert!(objects.len() > 690, "{} objects", objects.len());

    // No controllers: nothing but the server itself adds anything.
    let cluster = Cluster::start(&assets, ClusterOptions::default());
    let refused = Applier::new(cluster.admin()).try_apply(&objects);
    let unexpected: Vec<_> = refused
        .iter()
        .filter(|(name, answer)| {
            !REFUSED.iter().any(|(known, word, _)| known == name && answer.contains(word))
        })
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    assert_eq!(refused.len(), REFUSED.len(), "{:?}", refused.keys());

    let live = seal_live(&cluster.kubeconfig(&cluster.admin_login()), &[]);
    let kept: Vec<Value> = objects
        .into_iter()
        .filter(|object| {
            let word = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
            let name = format!("{} {}/{}", object["kind"].as_str().unwrap(), word("namespace"), word("name"));
            !refused.contains_key(&name)
        })
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": kept});
    let files = vec![("assembly.json".to_string(), list.to_string().into_bytes().into())];
    let options =
        Options { at: Some(live.sealed.seal.collected_to), ..Options::default() }.complete(&["all"]);
    let declared = seal(&Entries { files, unread: Vec::new() }, &options).unwrap();
    compare(&declared.bodies(), &live.bodies(), &[SERVED]);
    let compared = verdicts(&declared, &live, &Overlay::default(), &BTreeMap::new());
    for (control, least) in LEAST {
        assert!(compared[control] >= least, "{control}: {compared:?}");
    }
}
