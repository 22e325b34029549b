//! The example platform: from a readable description to what people and operators declare, and from the cluster on
//! which that runs to the dump that is shipped.
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
mod record;
mod workloads;
mod yaml;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use nachweis_model::Instant;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::entries::{Entries, root};
use build::Build;
use description::Platform;
pub use record::{Files, Recording, record};

/// What the description gives.
pub struct Manifests {
    /// name of the cluster
    pub cluster: String,
    /// what people declare and what operators, kubelets and the cloud report; nothing that the API server or its
    /// controllers make
    pub objects: Vec<Value>,
    /// what stands in, while pods are made, for webhooks that nobody answers
    pub stand_ins: Vec<Value>,
    /// documents beside the cluster: path and content
    pub documents: Vec<(String, Arc<[u8]>)>,
}

/// The manifests of `examples/fintech/platform.yaml`. Backups, certificates and the last runs of jobs are some time
/// old at `instant`, when they are applied.
///
/// # Panics
/// With a mistake of the description.
pub fn manifests(instant: Instant) -> Manifests {
    let folder = root().join("examples/fintech");
    let platform: Platform = parse(&fs::read(folder.join("platform.yaml")).unwrap()).unwrap();
    let mut build = Build::new(&platform, instant);
    cluster::nodes(&mut build);
    cluster::namespaces(&mut build);
    cluster::classes(&mut build);
    for workload in build.workloads() {
        workloads::workload(&mut build, &workload);
        access::of_workload(&mut build, &workload).unwrap();
        custom::webhooks(&mut build, &workload);
    }
    for component in &platform.components {
        custom::definitions(&mut build, component).unwrap();
        custom::addon(&mut build, component);
    }
    access::people(&mut build).unwrap();
    network::policies(&mut build);
    network::mesh(&mut build);
    custom::gitops(&mut build);
    custom::backups(&mut build);
    custom::resources(&mut build);

    let mut seen = BTreeSet::new();
    let twice = build.objects.iter().map(object::identity).find(|identity| !seen.insert(identity.clone()));
    assert_eq!(twice, None, "described twice");
    let mut documents: Vec<(String, Arc<[u8]>)> = evidence::bills(&build)
        .into_iter()
        .map(|(name, bill)| (format!("evidence/sboms/{name}"), format!("{bill:#}\n").into_bytes().into()))
        .collect();
    let policy = fs::read(folder.join("audit-policy.yaml")).unwrap();
    documents.push(("evidence/audit-policy.yaml".into(), policy.into()));
    Manifests {
        cluster: platform.cluster.name.clone(),
        stand_ins: pods::injector(&platform.mesh),
        objects: build.objects,
        documents,
    }
}

impl Manifests {
    /// The same as files of an input.
    pub fn entries(&self) -> Entries {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": self.objects});
        let mut files = vec![("platform.json".to_string(), list.to_string().into_bytes().into())];
        files.extend(self.documents.iter().cloned());
        Entries { files, unread: Vec::new() }
    }
}

/// The one YAML document of a text. Repeated keys are an error here: nobody writes one on purpose.
fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    let mut documents = Vec::new();
    for document in nachweis_yaml::read(text, &nachweis_yaml::Limits::default()) {
        documents.push(document.map_err(|unread| unread.to_string())?);
    }
    let [document] = documents.as_slice() else {
        return Err(format!("expected one document, found {}", documents.len()));
    };
    if let Some(again) = document.duplicates.first() {
        return Err(format!("key given twice: {again:?}"));
    }
    let text = document.value.canonical();
    serde_json::from_slice(&text).map_err(|error| {
        let at = error.column().saturating_sub(120);
        let near = String::from_utf8_lossy(&text[at..error.column().min(text.len())]).into_owned();
        format!("{error}, after …{near}")
    })
}
