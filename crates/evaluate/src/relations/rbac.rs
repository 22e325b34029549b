//! `related.bootstrap` and `related.serviceAccounts`: what Kubernetes made itself, and who exists.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::{Digest, Json};
use nachweis_model::ItemId;
use serde_json::Value;

use super::{Index, Look, Reach, Relation, Subject, record};

pub const BOOTSTRAP: Relation = Relation {
    name: "bootstrap",
    subjects: &["roles.rbac.authorization.k8s.io", "clusterroles.rbac.authorization.k8s.io"],
    own: &[&["rules"]],
    looks: &[],
    value: "BootstrapRecord",
    shapes: &[("BootstrapRecord", &[("name", "boolean"), ("content", "boolean")])],
    build: bootstrap,
};

pub const SERVICE_ACCOUNTS: Relation = Relation {
    name: "serviceAccounts",
    subjects: &["rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"],
    own: &[&["subjects"]],
    looks: &[Look { resource: "serviceaccounts", versions: &["v1"], reach: Reach::Cluster }],
    value: "[ServiceAccountRecord]",
    shapes: &[("ServiceAccountRecord", &[("namespace", "string"), ("name", "string")])],
    build: service_accounts,
};

/// Bootstrap roles by scope and name with the digests of their released rules; service accounts that exist.
#[derive(Default)]
pub struct Rbac {
    bootstrap: BTreeMap<(String, String), BTreeSet<String>>,
    accounts: BTreeSet<(String, String)>,
}

impl Rbac {
    pub fn new(data: Option<&Value>) -> Self {
        let mut bootstrap: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        let rows = data.and_then(|data| data.get("roles")).and_then(Value::as_array);
        for row in rows.into_iter().flatten() {
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
            let digests = row.get("rules").and_then(Value::as_array);
            let digests = digests.into_iter().flatten().filter_map(|rules| rules.get("digest")?.as_str());
            bootstrap
                .entry((text("namespace"), text("name")))
                .or_default()
                .extend(digests.map(str::to_string));
        }
        Rbac { bootstrap, accounts: BTreeSet::new() }
    }

    pub fn observe_service_account(&mut self, id: &ItemId) {
        self.accounts.insert((id.namespace.clone(), id.name.clone()));
    }
}

/// Digest of rules without regard to their order: string lists of each rule sorted, then the rules by their
/// canonical bytes. The data file `bootstrap-roles` is made the same way.
pub fn rules_digest(rules: &[Json<'_>]) -> Digest {
    let mut sorted: Vec<Vec<u8>> = rules
        .iter()
        .map(|rule| {
            let mut rule = rule.clone();
            for (_, list) in rule.as_object_mut().into_iter().flat_map(|members| members.iter_mut()) {
                if let Json::Arr(words) = list {
                    words.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
                }
            }
            rule.canonical()
        })
        .collect();
    sorted.sort();
    let mut bytes = vec![b'['];
    bytes.extend(sorted.join(&b','));
    bytes.push(b']');
    Digest::of(&bytes)
}

fn bootstrap(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let known = index.rbac.bootstrap.get(&(subject.id.namespace.clone(), subject.id.name.clone()));
    let content = known
        .is_some_and(|digests| digests.contains(&rules_digest(subject.object.list(&["rules"])).to_string()));
    record([("name", Json::Bool(known.is_some())), ("content", Json::Bool(content))])
}

fn service_accounts(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let accounts = subject.object.list(&["subjects"]).iter().filter_map(|entry| {
        if entry.text(&["kind"]) != Some("ServiceAccount") {
            return None;
        }
        let namespace = entry.text(&["namespace"]).unwrap_or(&subject.id.namespace).to_string();
        let name = entry.text(&["name"])?.to_string();
        index
            .rbac
            .accounts
            .contains(&(namespace.clone(), name.clone()))
            .then(|| record([("namespace", Json::str(namespace)), ("name", Json::str(name))]))
    });
    Json::Arr(accounts.collect())
}
