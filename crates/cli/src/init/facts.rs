//! What a snapshot shows of the choices of its owner: labels, names of subjects, registries, regions. Counted, in order.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_evaluate::workload::TEMPLATES;
use nachweis_evaluate::{Evidence, Item};
use nachweis_snapshot::Resources;

use crate::fail::Failure;

/// Different values that are kept of one thing; hostile input must not fill the memory.
const KINDS_MAX: usize = 50_000;
/// Longest text that becomes a guess; names of Kubernetes end at 253, label values at 63.
const TEXT_MAX: usize = 253;

/// A label.
pub type Label = (String, String);

/// Counted choices.
#[derive(Default)]
pub struct Facts {
    /// names of namespaces, with their labels
    pub namespaces: BTreeMap<String, BTreeSet<Label>>,
    /// label -> services that carry it
    pub services: BTreeMap<Label, BTreeSet<String>>,
    /// label -> workloads that carry it
    pub workloads: BTreeMap<Label, BTreeSet<String>>,
    /// names of users and groups in bindings -> bindings
    pub subjects: BTreeMap<String, u64>,
    /// prefixes that the API server or its configuration file names -> where
    pub prefixes: BTreeMap<String, String>,
    /// image as written -> namespaces that use it
    pub images: BTreeMap<String, BTreeSet<String>>,
    /// region -> nodes
    pub regions: BTreeMap<String, BTreeSet<String>>,
    /// region of a storage location -> its name
    pub stores: BTreeMap<String, BTreeSet<String>>,
    /// namespaces that hold a workload
    pub used: BTreeSet<String>,
    /// namespaces with an operator: a workload whose service account is bound cluster-wide
    pub operators: BTreeSet<String>,
    /// namespace and service account -> workloads that run as it
    accounts: BTreeMap<Label, u64>,
    bound: BTreeSet<Label>,
}

/// True for a text that stands in a file as it is: nothing unseen, no quotes, not endless.
fn plain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= TEXT_MAX
        && text.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\')
}

fn count<K: Ord>(map: &mut BTreeMap<K, BTreeSet<String>>, key: K, name: &str) {
    if map.len() < KINDS_MAX || map.contains_key(&key) {
        map.entry(key).or_default().insert(name.to_string());
    }
}

fn labels<'j>(body: &'j Json<'_>, path: &[&str]) -> impl Iterator<Item = Label> + use<'j> {
    let members = body.at(path).and_then(Json::as_object);
    let pairs = members.into_iter().flat_map(|members| members.iter());
    pairs
        .filter_map(|(key, value)| Some((key.to_string(), value.as_str()?.to_string())))
        .filter(|(key, value)| plain(key) && plain(value))
}

impl Facts {
    /// Reads all items once.
    pub fn read(evidence: &dyn Evidence) -> Result<Self, Failure> {
        let mut facts = Facts::default();
        evidence
            .read(&|_, _| true, &mut |item| facts.item(item))
            .map_err(|error| Failure::new("snapshot-read", error.to_string()))?;
        let bound = facts.accounts.keys().filter(|account| facts.bound.contains(*account));
        facts.operators = bound.map(|(namespace, _)| namespace.clone()).collect();
        Ok(facts)
    }

    fn item(&mut self, item: &Item<'_>) {
        let id = item.id;
        if !plain(&id.name) || !(id.namespace.is_empty() || plain(&id.namespace)) {
            return;
        }
        let place = id.place();
        for body in item.bodies {
            match (id.group.as_str(), id.kind.as_str()) {
                ("", "Namespace") => {
                    let found = labels(body, &["metadata", "labels"]);
                    self.namespaces.entry(id.name.clone()).or_default().extend(found);
                }
                ("", "Service") => {
                    labels(body, &["metadata", "labels"])
                        .for_each(|label| count(&mut self.services, label, &place));
                }
                ("", "Node") => self.node(&id.name, body),
                ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
                    self.binding(&id.namespace, body);
                }
                ("velero.io", "BackupStorageLocation") => {
                    if let Some(region) = body.text(&["spec", "config", "region"]).filter(|text| plain(text))
                    {
                        count(&mut self.stores, region.to_string(), &place);
                    }
                }
                (_, "AuthenticationConfiguration") => self.authentication(body),
                _ => self.workload(&id.group, &id.kind, &id.namespace, &place, body),
            }
        }
    }

    fn node(&mut self, name: &str, body: &Json<'_>) {
        for (key, value) in labels(body, &["metadata", "labels"]) {
            if key == "topology.kubernetes.io/region" {
                count(&mut self.regions, value, name);
            }
        }
    }

    fn binding(&mut self, namespace: &str, body: &Json<'_>) {
        for subject in body.list(&["subjects"]) {
            let Some(name) = subject.text(&["name"]).filter(|name| plain(name)) else { continue };
            match subject.text(&["kind"]) {
                Some("User" | "Group") if self.subjects.len() < KINDS_MAX => {
                    *self.subjects.entry(name.to_string()).or_default() += 1;
                }
                Some("ServiceAccount") if namespace.is_empty() => {
                    let of = subject.text(&["namespace"]).unwrap_or_default();
                    self.bound.insert((of.to_string(), name.to_string()));
                }
                _ => {}
            }
        }
    }

    fn authentication(&mut self, body: &Json<'_>) {
        for issuer in body.list(&["jwt"]) {
            for claim in ["username", "groups"] {
                if let Some(prefix) = issuer.text(&["claimMappings", claim, "prefix"]).filter(|p| plain(p)) {
                    let place = format!("the AuthenticationConfiguration, claim {claim}");
                    self.prefixes.entry(prefix.to_string()).or_insert(place);
                }
            }
        }
    }

    fn workload(&mut self, group: &str, kind: &str, namespace: &str, place: &str, body: &Json<'_>) {
        let resource = Resources::built_in().key_of(group, kind);
        let template = TEMPLATES.iter().find(|(name, ..)| *name == resource);
        let path: &[&str] = match template {
            Some((.., path)) => path,
            None if resource == "pods" => &[],
            None => return,
        };
        let at =
            |more: &[&str]| -> Vec<String> { path.iter().chain(more).map(|part| part.to_string()).collect() };
        let of = |more: &[&str]| -> Option<&Json<'_>> {
            let path = at(more);
            body.at(&path.iter().map(String::as_str).collect::<Vec<_>>())
        };
        self.used.insert(namespace.to_string());
        labels(body, &["metadata", "labels"]).for_each(|label| count(&mut self.workloads, label, place));
        let account = of(&["spec", "serviceAccountName"]).and_then(Json::as_str).unwrap_or("default");
        *self.accounts.entry((namespace.to_string(), account.to_string())).or_default() += 1;
        for list in ["containers", "initContainers"] {
            for container in of(&["spec", list]).and_then(Json::as_array).unwrap_or_default() {
                if let Some(image) = container.text(&["image"]).filter(|image| plain(image)) {
                    count(&mut self.images, image.to_string(), namespace);
                }
                for list in ["command", "args"] {
                    container.list(&[list]).iter().filter_map(Json::as_str).for_each(|word| self.flag(word));
                }
            }
        }
    }

    /// Flags of the API server that set a prefix.
    fn flag(&mut self, word: &str) {
        for flag in ["--oidc-username-prefix=", "--oidc-groups-prefix="] {
            if let Some(prefix) = word.strip_prefix(flag).filter(|prefix| plain(prefix) && *prefix != "-") {
                let place = format!("the flag {} of the API server", flag.trim_end_matches('='));
                self.prefixes.entry(prefix.to_string()).or_insert(place);
            }
        }
    }
}
