//! The example platform: from a readable description to the objects that its API server would return.
//!
//! Nothing here looks at a clock, at random numbers or at figures that an assessment should show.

mod access;
mod build;
mod cluster;
mod custom;
mod description;
mod evidence;
mod network;
mod object;
mod pods;
mod workloads;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::files::{self, Files};
use build::Build;
use description::Platform;

/// The example's folder below the repository's root.
pub const FOLDER: &str = "examples/fintech";

/// What the description gives.
pub struct Dump {
    /// content of the folder `dump`
    pub files: Files,
    /// objects of the API
    pub objects: usize,
    /// evidence documents beside them
    pub documents: usize,
}

/// Generates the dump from the description and the files beside it.
pub fn generate(root: &Path) -> Result<Dump, String> {
    let folder = root.join(FOLDER);
    let platform: Platform = files::yaml(&folder.join("platform.yaml"))?;
    let bootstrap: access::Bootstrap = files::yaml(&folder.join("bootstrap-roles.yaml"))?;
    let build = objects(&platform, &bootstrap)?;

    let mut files = lists(&build.objects);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for object in &build.objects {
        *counts.entry(object::resource(object)).or_default() += 1;
    }
    // Kinds that the API serves and of which there is nothing were listed too.
    for line in platform.components.iter().flat_map(|component| &component.crds) {
        counts.entry(line.split(' ').next().unwrap_or_default().to_string()).or_default();
    }
    for resource in ["ingresses.networking.k8s.io", "replicationcontrollers"] {
        counts.entry(resource.to_string()).or_default();
    }
    let bills = evidence::bills(&build);
    counts.insert("boms.cyclonedx.org".into(), bills.len());
    counts.insert("policies.audit.k8s.io".into(), 1);
    let documents = bills.len() + 1;
    for (name, bill) in bills {
        let text = serde_json::to_string_pretty(&bill).map_err(|error| error.to_string())?;
        files.insert(format!("evidence/sboms/{name}"), format!("{text}\n").into_bytes());
    }
    files.insert("evidence/audit-policy.yaml".into(), files::bytes(&folder.join("audit-policy.yaml"))?);
    files.insert("collections.json".into(), collections(&platform, &counts)?);
    Ok(Dump { files, objects: build.objects.len(), documents })
}

fn objects<'a>(platform: &'a Platform, bootstrap: &access::Bootstrap) -> Result<Build<'a>, String> {
    let mut build = Build::new(platform);
    cluster::nodes(&mut build);
    cluster::namespaces(&mut build);
    cluster::classes(&mut build);
    access::bootstrap(&mut build, bootstrap)?;
    for workload in build.workloads() {
        workloads::workload(&mut build, &workload);
        access::of_workload(&mut build, &workload)?;
        custom::webhooks(&mut build, &workload);
        custom::api_service(&mut build, &workload);
    }
    for component in &platform.components {
        custom::definitions(&mut build, component)?;
        custom::addon(&mut build, component);
    }
    access::people(&mut build)?;
    network::policies(&mut build);
    network::mesh(&mut build);
    custom::gitops(&mut build);
    custom::backups(&mut build);
    custom::resources(&mut build);
    unique(&build.objects)?;
    Ok(build)
}

/// Two objects of one identity would be a mistake of the description.
fn unique(objects: &[Value]) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    for object in objects {
        let metadata = &object["metadata"];
        let name = format!("{} {}/{}", object::resource(object), metadata["namespace"], metadata["name"]);
        if !seen.insert(name.clone()) {
            return Err(format!("described twice: {name}"));
        }
    }
    Ok(())
}

/// One file for each kind and namespace, as `kubectl get -o yaml` writes a list.
fn lists(objects: &[Value]) -> Files {
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for object in objects {
        let resource = object::resource(object);
        let path = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("namespaces/{namespace}/{resource}.yaml"),
            None => format!("cluster/{resource}.yaml"),
        };
        groups.entry(path).or_default().push(object);
    }
    let list = |mut objects: Vec<&Value>| {
        objects.sort_by_key(|object| object["metadata"]["name"].as_str());
        crate::yaml::document(&json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": objects}))
    };
    groups.into_iter().map(|(path, objects)| (path, list(objects))).collect()
}

/// The index that closes what was listed.
fn collections(platform: &Platform, counts: &BTreeMap<String, usize>) -> Result<Vec<u8>, String> {
    let rows: Vec<Value> = counts
        .iter()
        .map(|(resource, count)| json!({"resource": resource, "scope": "*", "status": "complete", "count": count}))
        .collect();
    let index = json!({
        "format": "nachweis-collections/1",
        "cluster": {"name": platform.cluster.name, "uid": object::uid(&object::identity("Namespace", "", "kube-system"))},
        "instant": platform.cluster.instant.to_string(),
        "collections": rows,
    });
    let text = serde_json::to_string_pretty(&index).map_err(|error| error.to_string())?;
    Ok(format!("{text}\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_dump_is_what_the_description_gives() {
        let root = files::root();
        let dump = generate(&root).unwrap();
        let differing = files::differences(&root.join(FOLDER).join("dump"), &dump.files).unwrap();
        assert!(differing.is_empty(), "run `cargo xtask example`, these differ: {differing:?}");
    }

    #[test]
    fn it_is_as_large_as_promised_and_no_larger() {
        let dump = generate(&files::root()).unwrap();
        let bytes: usize = dump.files.values().map(Vec::len).sum();
        assert!(dump.objects >= 400, "{} objects", dump.objects);
        assert!(bytes < 1_500_000, "{bytes} bytes");
    }
}
