//! Pods as relations see them.

use std::collections::BTreeMap;

use nachweis_canon::Json;
use nachweis_cel::is_withheld;
use nachweis_model::ItemId;

use crate::selector::{Labels, Selector, labels};

/// What relations keep of a pod.
pub struct PodRecord {
    /// position in the sealed order
    pub position: u32,
    /// namespace
    pub namespace: String,
    /// name
    pub name: String,
    /// labels
    pub labels: Labels,
    /// node that it runs on; empty where it was not scheduled
    pub node: String,
    /// kind and name of the controller
    pub owner: Option<(String, String)>,
    /// condition Ready is True
    pub ready: bool,
    /// phase is Succeeded or Failed
    pub finished: bool,
    /// image and digest of each container status
    pub images: Vec<(String, String)>,
}

impl PodRecord {
    fn read(position: u32, id: &ItemId, body: &Json<'_>) -> Self {
        let ready = body
            .list(&["status", "conditions"])
            .iter()
            .any(|c| c.text(&["type"]) == Some("Ready") && c.text(&["status"]) == Some("True"));
        let statuses = ["initContainerStatuses", "containerStatuses"];
        let images = statuses.iter().flat_map(|list| body.list(&["status", list])).filter_map(|status| {
            let digest = digest_of(status.text(&["imageID"])?)?;
            Some((status.text(&["image"]).unwrap_or_default().to_string(), digest))
        });
        PodRecord {
            position,
            namespace: id.namespace.clone(),
            name: id.name.clone(),
            labels: labels(body.at(&["metadata", "labels"])),
            // A node whose name was withheld is none that others could share.
            node: body
                .text(&["spec", "nodeName"])
                .filter(|name| !is_withheld(name))
                .unwrap_or_default()
                .to_string(),
            owner: controller(body),
            ready,
            finished: matches!(body.text(&["status", "phase"]), Some("Succeeded" | "Failed")),
            images: images.collect(),
        }
    }
}

/// Kind and name of the controlling owner.
pub fn controller(body: &Json<'_>) -> Option<(String, String)> {
    let owners = body.list(&["metadata", "ownerReferences"]);
    let owner = owners.iter().find(|owner| owner.get("controller").and_then(Json::as_bool) == Some(true))?;
    Some((owner.text(&["kind"])?.to_string(), owner.text(&["name"])?.to_string()))
}

/// The `sha256:` digest at the end of an image reference or image id.
pub fn digest_of(reference: &str) -> Option<String> {
    let at = reference.rfind("sha256:")?;
    let digest = &reference[at..];
    let hex = &digest["sha256:".len()..];
    (hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| digest.to_string())
}

/// All pods, found by namespace and label without comparing everything with everything.
#[derive(Default)]
pub struct Pods {
    all: Vec<PodRecord>,
    by_namespace: BTreeMap<String, InNamespace>,
}

#[derive(Default)]
struct InNamespace {
    pods: Vec<usize>,
    by_label: BTreeMap<(String, String), Vec<usize>>,
}

impl Pods {
    /// Takes in a pod.
    pub fn observe(&mut self, position: u32, id: &ItemId, body: &Json<'_>) {
        let record = PodRecord::read(position, id, body);
        let at = self.all.len();
        let place = self.by_namespace.entry(record.namespace.clone()).or_default();
        place.pods.push(at);
        for (key, value) in &record.labels {
            place.by_label.entry((key.clone(), value.clone())).or_default().push(at);
        }
        self.all.push(record);
    }

    /// All pods in sealed order.
    pub fn iter(&self) -> impl Iterator<Item = &PodRecord> {
        self.all.iter()
    }

    /// Pods of a namespace that a selector selects.
    pub fn select<'s>(&'s self, namespace: &str, selector: &'s Selector) -> Vec<&'s PodRecord> {
        let Some(place) = self.by_namespace.get(namespace) else { return Vec::new() };
        let rarest = selector
            .pairs()
            .iter()
            .map(|(key, value)| {
                place.by_label.get(&(key.clone(), value.clone())).map_or(&[][..], Vec::as_slice)
            })
            .min_by_key(|pods| pods.len());
        let candidates = rarest.unwrap_or(&place.pods);
        candidates.iter().map(|&at| &self.all[at]).filter(|pod| selector.selects(&pod.labels)).collect()
    }
}
