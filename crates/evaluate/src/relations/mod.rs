//! Relations: small records that a first pass over all items extracts, joined to the items that controls judge.
//!
//! A control reads them as `related.NAME`. Each relation says which resources it looks at and how far around the
//! item, so that the judge knows when a record that is not there proves nothing (docs/concepts/verdicts.md).

mod addons;
mod agents;
mod audit;
mod budgets;
mod enforcers;
mod mesh;
mod network;
mod operators;
mod pods;
mod rbac;
mod withheld;

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::{Json, Object};
use nachweis_model::ItemId;
use serde_json::Value;

pub use pods::{PodRecord, controller};

/// How far around an item a relation looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// the item's own namespace
    Own,
    /// one namespace by name, beside the item's own
    OwnAnd(&'static str),
    /// the whole cluster, or a cluster-scoped resource
    Cluster,
}

/// A resource that a relation looks at.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// `plural.group`
    pub resource: &'static str,
    /// versions that it understands
    pub versions: &'static [&'static str],
    /// how far around the item
    pub reach: Reach,
}

/// A record type for the catalogue's binding check: `(field, type)`, where a type is written as in field trees:
/// `string`, `integer`, `boolean`, `[T]` for a list, or the name of another record type.
pub type Shape = (&'static str, &'static [(&'static str, &'static str)]);

/// A relation that controls may use.
pub struct Relation {
    /// name after `related.`
    pub name: &'static str,
    /// resources whose items have it; `pods` stands for pod templates too
    pub subjects: &'static [&'static str],
    /// paths of the item itself that the record is joined by: a value withheld there leaves the record open
    pub own: &'static [&'static [&'static str]],
    /// what it looks at; empty where it only reads the item itself and data of the catalogue
    pub looks: &'static [Look],
    /// type of the value: a record type or `[record type]`
    pub value: &'static str,
    /// record types that it uses
    pub shapes: &'static [Shape],
    build: fn(&Index, &Subject<'_>) -> Json<'static>,
}

/// The item that a record is joined to.
pub struct Subject<'a> {
    /// its identity
    pub id: &'a ItemId,
    /// its body, or the pod that its template describes
    pub object: &'a Json<'a>,
}

/// All relations, sorted by name.
pub const ALL: &[Relation] = &[
    audit::LEVELS,
    rbac::BOOTSTRAP,
    enforcers::ENFORCERS,
    addons::IMAGES,
    mesh::MTLS,
    network::POLICIES,
    operators::OPERATOR,
    budgets::PODS,
    rbac::SERVICE_ACCOUNTS,
];

/// The relation with this name, for items of this resource.
pub fn find(name: &str, resource: &str) -> Option<&'static Relation> {
    ALL.iter().find(|relation| relation.name == name && relation.subjects.contains(&resource))
}

impl Relation {
    /// True where the item withholds a value that the record is joined by.
    pub fn is_hidden(&self, object: &Json<'_>) -> bool {
        self.own.iter().any(|path| object.at(path).is_some_and(withheld::holds))
    }

    /// The value of `related.NAME` for one item.
    pub fn record(&self, index: &Index, subject: &Subject<'_>) -> Json<'static> {
        (self.build)(index, subject)
    }
}

/// What the first pass keeps of the snapshot.
#[derive(Default)]
pub struct Index {
    pods: pods::Pods,
    network: network::Policies,
    enforcers: enforcers::Agents,
    mesh: mesh::Mesh,
    budgets: budgets::Budgets,
    rbac: rbac::Rbac,
    operators: operators::Operators,
    addons: addons::Addons,
    /// Namespace objects by name
    pub namespaces: BTreeMap<String, Json<'static>>,
    /// names of all sealed Namespaces, those that cannot be read among them
    pub namespace_names: BTreeSet<String>,
    doubts: BTreeSet<(String, String)>,
}

impl Index {
    /// An index that knows the catalogue's data and no item yet.
    pub fn new(data: &BTreeMap<String, Value>) -> Self {
        Index {
            enforcers: enforcers::Agents::new(data.get("network-policy-enforcers")),
            rbac: rbac::Rbac::new(data.get("bootstrap-roles")),
            addons: addons::Addons::new(data.get("eks-addons")),
            ..Index::default()
        }
    }

    /// Takes in one item that has one body, in a version that some relation understands.
    pub fn observe(&mut self, position: u32, id: &ItemId, resource: &str, body: &Json<'_>) {
        match resource {
            "namespaces" => {
                self.namespaces.insert(id.name.clone(), body.clone().into_owned());
            }
            "pods" => self.pods.observe(position, id, body),
            "networkpolicies.networking.k8s.io" => self.network.observe(id, body),
            "daemonsets.apps" => {
                self.enforcers.observe(id, body);
                self.addons.observe_workload(id, body);
            }
            "deployments.apps" => {
                self.enforcers.override_rows("Deployment", body);
                self.addons.observe_workload(id, body);
            }
            "replicasets.apps" => self.addons.observe_workload(id, body),
            "nodes" => self.enforcers.observe_node(id, body),
            "boms.cyclonedx.org" => self.addons.observe_bom(body),
            "peerauthentications.security.istio.io" => self.mesh.observe(id, body),
            "poddisruptionbudgets.policy" => self.budgets.observe(id, body),
            "serviceaccounts" => self.rbac.observe_service_account(id),
            "clusterroles.rbac.authorization.k8s.io" => self.operators.observe_role(id, body),
            "clusterrolebindings.rbac.authorization.k8s.io" => self.operators.observe_binding(body),
            "customresourcedefinitions.apiextensions.k8s.io" => self.operators.observe_crd(body),
            "validatingwebhookconfigurations.admissionregistration.k8s.io"
            | "mutatingwebhookconfigurations.admissionregistration.k8s.io" => {
                self.operators.observe_webhooks(body);
            }
            "services" => self.operators.observe_service(id, body),
            _ => {}
        }
        if self.unreadable(resource, body) {
            self.doubt(resource, &id.namespace);
        }
    }

    /// True where a relation cannot say what the item means.
    fn unreadable(&self, resource: &str, body: &Json<'_>) -> bool {
        let odd = match resource {
            "networkpolicies.networking.k8s.io" => network::unreadable(body),
            "poddisruptionbudgets.policy" => budgets::unreadable(body),
            "daemonsets.apps" => self.enforcers.hides_settings("DaemonSet", body),
            "deployments.apps" => self.enforcers.hides_settings("Deployment", body),
            _ => false,
        };
        odd || withheld::matters(resource, body)
    }

    /// Notes that an item of the resource exists which cannot be read: in another version, in conflict, or of a
    /// form that nobody should guess at. What a relation does not find there proves nothing.
    pub fn doubt(&mut self, resource: &str, namespace: &str) {
        self.doubts.insert((resource.to_string(), namespace.to_string()));
    }

    /// True where an unreadable item of the resource stands in reach.
    pub fn doubted(&self, look: &Look, namespace: &str) -> bool {
        let has = |namespace: &str| self.doubts.contains(&(look.resource.to_string(), namespace.to_string()));
        match look.reach {
            Reach::Own => has(namespace),
            Reach::OwnAnd(other) => has(namespace) || has(other),
            Reach::Cluster => self.doubts.iter().any(|(resource, _)| resource == look.resource),
        }
    }

    /// True where the relation cannot say anything of the item, whatever was seen around it.
    pub fn is_unknown(&self, relation: &Relation, object: &Json<'_>) -> bool {
        relation.name == addons::IMAGES.name && !self.addons.knows(object)
    }

    /// Joins what needs all items to be seen.
    pub fn finish(&mut self) {
        self.enforcers.finish(&self.pods);
        self.addons.finish(&self.pods);
        self.budgets.finish(&self.pods);
        self.operators.finish();
    }
}

/// The `related` object of an item: the named relations that exist for its resource.
pub fn related(index: &Index, names: &[&'static Relation], subject: &Subject<'_>) -> Json<'static> {
    let members = names.iter().map(|relation| (relation.name.into(), relation.record(index, subject)));
    Json::Obj(members.collect::<Object<'static>>())
}

/// An object with text members, for records.
fn record<const N: usize>(members: [(&'static str, Json<'static>); N]) -> Json<'static> {
    Json::object(members)
}
