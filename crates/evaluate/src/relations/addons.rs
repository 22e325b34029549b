//! `related.images`: the images of an EKS add-on, and the SBOMs in the input that describe each.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::ItemId;
use serde::Deserialize;
use serde_json::Value;

use super::pods::{Pods, controller, digest_of};
use super::{Index, Look, Reach, Relation, Subject, record};

const fn cluster(resource: &'static str) -> Look {
    Look { resource, versions: &["v1"], reach: Reach::Cluster }
}

pub const IMAGES: Relation = Relation {
    name: "images",
    subjects: &["addons.eks.services.k8s.aws"],
    own: &[&["spec", "name"]],
    looks: &[
        cluster("deployments.apps"),
        cluster("daemonsets.apps"),
        cluster("replicasets.apps"),
        cluster("pods"),
        cluster("boms.cyclonedx.org"),
    ],
    value: "[ImageRecord]",
    shapes: &[("ImageRecord", &[("image", "string"), ("digest", "string"), ("sboms", "integer")])],
    build,
};

#[derive(Deserialize)]
struct AddonRow {
    addon: String,
    namespace: String,
    workloads: Vec<Workload>,
}

#[derive(Clone, Deserialize)]
struct Workload {
    kind: String,
    name: String,
}

type Key = (String, String, String);

/// Workloads of each add-on, images of each workload, SBOMs by digest.
#[derive(Default)]
pub struct Addons {
    rows: Vec<AddonRow>,
    exists: BTreeSet<Key>,
    /// ReplicaSet -> its controller
    owner: BTreeMap<(String, String), (String, String)>,
    images: BTreeMap<Key, BTreeSet<(String, String)>>,
    boms: BTreeMap<String, i64>,
}

impl Addons {
    pub fn new(data: Option<&Value>) -> Self {
        let rows = data.and_then(|data| data.get("addons")).cloned().unwrap_or_default();
        Addons { rows: serde_json::from_value(rows).unwrap_or_default(), ..Addons::default() }
    }

    pub fn observe_workload(&mut self, id: &ItemId, body: &Json<'_>) {
        if id.kind == "ReplicaSet"
            && let Some(owner) = controller(body)
        {
            self.owner.insert((id.namespace.clone(), id.name.clone()), owner);
        }
        self.exists.insert((id.namespace.clone(), id.kind.clone(), id.name.clone()));
    }

    /// True for an add-on whose workloads the data file names. Of another one nobody knows what it runs.
    pub fn knows(&self, addon: &Json<'_>) -> bool {
        let name = addon.text(&["spec", "name"]).unwrap_or_default();
        self.rows.iter().any(|row| row.addon == name)
    }

    /// A CycloneDX document describes the digests that its main component names: as SHA-256 hash, in its purl,
    /// or as its version.
    pub fn observe_bom(&mut self, body: &Json<'_>) {
        let Some(component) = body.at(&["metadata", "component"]) else { return };
        let mut digests = BTreeSet::new();
        for hash in component.list(&["hashes"]) {
            if let (Some("SHA-256"), Some(hex)) = (hash.text(&["alg"]), hash.text(&["content"])) {
                digests.insert(format!("sha256:{}", hex.to_ascii_lowercase()));
            }
        }
        for field in ["version", "purl"] {
            let text = component.text(&[field]).unwrap_or_default().replace("%3A", ":").replace("%3a", ":");
            let plain = text.split(['?', '#']).next().unwrap_or_default();
            digests.extend(digest_of(plain));
        }
        for digest in digests {
            *self.boms.entry(digest).or_default() += 1;
        }
    }

    pub fn finish(&mut self, pods: &Pods) {
        for pod in pods.iter().filter(|pod| !pod.finished) {
            let Some((kind, name)) = pod.owner.clone() else { continue };
            let (kind, name) = match kind.as_str() {
                "ReplicaSet" => {
                    self.owner.get(&(pod.namespace.clone(), name.clone())).cloned().unwrap_or((kind, name))
                }
                _ => (kind, name),
            };
            let images = self.images.entry((pod.namespace.clone(), kind, name)).or_default();
            images.extend(pod.images.iter().cloned());
        }
    }
}

fn build(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let addons = &index.addons;
    let name = subject.object.text(&["spec", "name"]).unwrap_or_default();
    let row = addons.rows.iter().find(|row| row.addon == name);
    let workloads = row.into_iter().flat_map(|row| {
        row.workloads
            .iter()
            .map(|workload| (row.namespace.clone(), workload.kind.clone(), workload.name.clone()))
    });
    let images: BTreeSet<&(String, String)> = workloads
        .filter(|key| addons.exists.contains(key))
        .filter_map(|key| addons.images.get(&key))
        .flatten()
        .collect();
    let records = images.into_iter().map(|(image, digest)| {
        record([
            ("image", Json::str(image.clone())),
            ("digest", Json::str(digest.clone())),
            ("sboms", Json::Int(addons.boms.get(digest).copied().unwrap_or(0))),
        ])
    });
    Json::Arr(records.collect())
}
