//! `related.mtls`: the mutual-TLS mode that Istio applies to a pod.
//!
//! Precedence as Istio documents it: a PeerAuthentication that selects the workload, then the one of the
//! namespace, then the one of the root namespace, then PERMISSIVE. `UNSET` inherits. Of several at one level the
//! oldest counts.

use std::collections::BTreeMap;

use nachweis_canon::Json;
use nachweis_model::ItemId;

use super::{Index, Look, Reach, Relation, Subject, record};
use crate::selector::{Selector, labels};

const ROOT: &str = "istio-system";

pub const MTLS: Relation = Relation {
    name: "mtls",
    subjects: &["pods"],
    own: &[&["metadata", "labels"]],
    looks: &[Look {
        resource: "peerauthentications.security.istio.io",
        versions: &["v1", "v1beta1"],
        reach: Reach::OwnAnd(ROOT),
    }],
    value: "MtlsRecord",
    shapes: &[("MtlsRecord", &[("mode", "string"), ("source", "string"), ("weakPorts", "[integer]")])],
    build,
};

struct Authentication {
    created: String,
    name: String,
    selector: Option<Selector>,
    mode: Option<String>,
    ports: Vec<(i64, String)>,
}

/// PeerAuthentications by namespace, oldest first.
#[derive(Default)]
pub struct Mesh(BTreeMap<String, Vec<Authentication>>);

fn mode(node: Option<&Json<'_>>) -> Option<String> {
    node?.text(&["mode"]).filter(|mode| *mode != "UNSET").map(str::to_string)
}

impl Mesh {
    pub fn observe(&mut self, id: &ItemId, body: &Json<'_>) {
        let pairs = labels(body.at(&["spec", "selector", "matchLabels"]));
        let ports = body.at(&["spec", "portLevelMtls"]).and_then(Json::as_object);
        let ports = ports.map(|ports| ports.iter()).into_iter().flatten();
        let entry = Authentication {
            created: body.text(&["metadata", "creationTimestamp"]).unwrap_or_default().to_string(),
            name: id.name.clone(),
            selector: (!pairs.is_empty()).then(|| Selector::of_pairs(pairs)),
            mode: mode(body.at(&["spec", "mtls"])),
            ports: ports.filter_map(|(port, node)| Some((port.parse().ok()?, mode(Some(node))?))).collect(),
        };
        let here = self.0.entry(id.namespace.clone()).or_default();
        here.push(entry);
        here.sort_by(|a, b| (&a.created, &a.name).cmp(&(&b.created, &b.name)));
    }
}

fn build(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let namespace = subject.id.namespace.as_str();
    let labels = labels(subject.object.at(&["metadata", "labels"]));
    let level = |place: &str, own: bool| {
        let here = index.mesh.0.get(place).map_or(&[][..], Vec::as_slice);
        here.iter().find(|entry| match &entry.selector {
            Some(selector) => own && selector.selects(&labels),
            None => !own,
        })
    };
    let workload = level(namespace, true);
    let levels = [
        workload.map(|e| (namespace, e)),
        level(namespace, false).map(|e| (namespace, e)),
        level(ROOT, false).map(|e| (ROOT, e)),
    ];
    let effective = levels
        .into_iter()
        .flatten()
        .find_map(|(place, entry)| entry.mode.clone().map(|mode| (mode, format!("{place}/{}", entry.name))));
    let (mode, source) = effective.unwrap_or_else(|| ("PERMISSIVE".to_string(), String::new()));
    let ports = workload.map_or(&[][..], |entry| entry.ports.as_slice());
    let weak = ports.iter().filter(|(_, mode)| mode != "STRICT").map(|(port, _)| Json::Int(*port));
    record([
        ("mode", Json::str(mode)),
        ("source", Json::str(source)),
        ("weakPorts", Json::Arr(weak.collect())),
    ])
}
