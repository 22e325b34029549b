//! From a running cluster to the files of a dump: what its API server lists, without `managedFields` as `kubectl get`
//! shows it, and an index of what a collection of the same cluster says of each list.

use std::collections::BTreeMap;

use nachweis_collect::live::{Event, collect};
use nachweis_model::Instant;
use nachweis_model::seal::CollectionStatus::{Complete, NotCollected};
use nachweis_snapshot::Listed;
use serde_json::{Value, json};

use super::{Manifests, yaml};
use crate::cluster::{Api, Cluster};
use crate::pipeline::live_settings;

/// Files of a folder: path relative to it, with `/`, and content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What was recorded.
pub struct Recording {
    /// the server's clock at its last answer
    pub instant: Instant,
    /// the folder `dump`
    pub files: Files,
    /// objects of the API in it
    pub objects: usize,
}

/// Records a cluster on which `manifests` run and nothing moves any more.
///
/// # Panics
/// Where a list cannot be read completely, or changes meanwhile.
pub fn record(cluster: &Cluster, manifests: &Manifests) -> Recording {
    let mut listed: Vec<Listed> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let settings = live_settings(&cluster.kubeconfig(&cluster.admin_login()));
    let collected = collect(&settings, &mut |event| match event {
        Event::Page { listing, objects, .. } => *seen.entry(listing.path()).or_default() += objects,
        Event::Restart { listing, .. } => _ = seen.remove(&listing.path()),
        Event::Listed(one) => listed.push(one),
        Event::Served(_) | Event::Denied(_) | Event::Planned(_) | Event::Begun(_) => {}
    });
    let head = collected.unwrap_or_else(|error| panic!("{}: {}", error.code, error.message)).head;
    assert!(head.unknown_groups.is_empty(), "{:?}", head.unknown_groups);

    let mut files = Files::new();
    let mut rows = BTreeMap::new();
    let mut objects = 0;
    for one in listed {
        let resource = one.listing.resource();
        let count = match one.status {
            Complete => {
                let items = items(&cluster.admin(), &one);
                assert_eq!(Some(&items.len()), seen.get(&one.listing.path()), "{resource} moves");
                objects += items.len();
                let count = items.len();
                files.extend(lists(&resource, items));
                count
            }
            NotCollected => 0,
            other => panic!("{resource}: {other:?} {:?}", one.detail),
        };
        let status = json!(one.status);
        rows.insert(
            resource.clone(),
            json!({"resource": resource, "scope": one.listing.scope, "status": status, "count": count}),
        );
    }
    // Documents beside the cluster are a collection of their own.
    let bills = manifests.documents.iter().filter(|(path, _)| path.contains("/sboms/")).count();
    for (resource, count) in [("boms.cyclonedx.org", bills), ("policies.audit.k8s.io", 1)] {
        rows.insert(
            resource.into(),
            json!({"resource": resource, "scope": "*", "status": "complete", "count": count}),
        );
    }
    files.extend(manifests.documents.iter().map(|(path, bytes)| (path.clone(), bytes.to_vec())));
    let index = json!({
        "format": "nachweis-collections/1",
        "cluster": {"name": manifests.cluster, "uid": head.uid},
        "instant": head.to.to_string(),
        "collections": rows.into_values().collect::<Vec<_>>(),
    });
    files.insert("collections.json".into(), format!("{index:#}\n").into_bytes());
    Recording { instant: head.to, files, objects }
}

/// The objects of a list, with kind and version in each and without `managedFields`.
fn items(api: &Api, one: &Listed) -> Vec<Value> {
    let mut items = api.items(&format!("/{}", one.listing.path()));
    for item in &mut items {
        item["apiVersion"] = one.listing.api_version().into();
        item["kind"] = one.listing.kind.clone().into();
        item["metadata"].as_object_mut().unwrap().remove("managedFields");
    }
    items
}

/// One file for each namespace.
fn lists(resource: &str, items: Vec<Value>) -> Files {
    let mut spaces: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for item in items {
        let path = match item["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("namespaces/{namespace}/{resource}.yaml"),
            None => format!("cluster/{resource}.yaml"),
        };
        spaces.entry(path).or_default().push(item);
    }
    let list = |mut items: Vec<Value>| {
        items.sort_by_key(|item| item["metadata"]["name"].as_str().map(str::to_string));
        yaml::document(
            &json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}),
        )
    };
    spaces.into_iter().map(|(path, items)| (path, list(items))).collect()
}
