//! `related.networkPolicies`: the NetworkPolicies that select a pod.

use std::collections::BTreeMap;

use nachweis_canon::Json;
use nachweis_model::ItemId;

use super::{Index, Look, Reach, Relation, Subject, record};
use crate::selector::{Selector, labels};

pub const POLICIES: Relation = Relation {
    name: "networkPolicies",
    subjects: &["pods"],
    own: &[&["metadata", "labels"]],
    looks: &[Look { resource: "networkpolicies.networking.k8s.io", versions: &["v1"], reach: Reach::Own }],
    value: "[NetworkPolicyRecord]",
    shapes: &[(
        "NetworkPolicyRecord",
        &[("namespace", "string"), ("name", "string"), ("ingress", "boolean"), ("egress", "boolean")],
    )],
    build,
};

struct Policy {
    name: String,
    selector: Selector,
    ingress: bool,
    egress: bool,
}

/// Policies by namespace.
#[derive(Default)]
pub struct Policies(BTreeMap<String, Vec<Policy>>);

/// True where the pod selector has a form that no API server accepts.
pub fn unreadable(body: &Json<'_>) -> bool {
    selector(body).is_none()
}

/// An absent pod selector is the empty one: it selects every pod of the namespace (networking/v1).
fn selector(body: &Json<'_>) -> Option<Selector> {
    match body.at(&["spec", "podSelector"]) {
        None | Some(Json::Null) => Selector::read(Some(&Json::Obj(nachweis_canon::Object::new()))),
        node => Selector::read(node),
    }
}

impl Policies {
    pub fn observe(&mut self, id: &ItemId, body: &Json<'_>) {
        let Some(selector) = selector(body) else { return };
        let types = body.list(&["spec", "policyTypes"]);
        let named = |word: &str| types.iter().any(|kind| kind.as_str() == Some(word));
        // Without policyTypes a policy is about ingress, and about egress where it has egress rules.
        let has_egress = matches!(body.at(&["spec", "egress"]), Some(Json::Arr(rules)) if !rules.is_empty());
        let (ingress, egress) =
            if types.is_empty() { (true, has_egress) } else { (named("Ingress"), named("Egress")) };
        let policy = Policy { name: id.name.clone(), selector, ingress, egress };
        self.0.entry(id.namespace.clone()).or_default().push(policy);
    }
}

fn build(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let labels = labels(subject.object.at(&["metadata", "labels"]));
    let here = index.network.0.get(&subject.id.namespace).map_or(&[][..], Vec::as_slice);
    let selecting = here.iter().filter(|policy| policy.selector.selects(&labels)).map(|policy| {
        record([
            ("namespace", Json::str(subject.id.namespace.clone())),
            ("name", Json::str(policy.name.clone())),
            ("ingress", Json::Bool(policy.ingress)),
            ("egress", Json::Bool(policy.egress)),
        ])
    });
    Json::Arr(selecting.collect())
}
