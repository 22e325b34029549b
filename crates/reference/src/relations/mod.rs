//! `related.NAME`, computed anew for every item by going through all items.
//!
//! What a relation is, is told in `spec/control.md` and in the head of the data file that it uses.

mod access;
mod agents;
mod audit;
mod mesh;
mod pods;

use std::collections::BTreeMap;

use nachweis_canon::Json;
use nachweis_model::ItemId;
use serde_json::Value;

use crate::world::World;

/// Data files of a catalogue, by name.
pub type Data = BTreeMap<String, Value>;

/// How far around an item a relation looks.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// the item's namespace
    Own,
    /// the item's namespace and this one
    OwnAnd(&'static str),
    /// everywhere
    Cluster,
}

/// Versions of which relations know the fields, for every resource that one of them looks at.
pub const UNDERSTOOD: [(&str, &[&str]); 17] = [
    ("namespaces", &["v1"]),
    ("pods", &["v1"]),
    ("networkpolicies.networking.k8s.io", &["v1"]),
    ("daemonsets.apps", &["v1"]),
    ("deployments.apps", &["v1"]),
    ("replicasets.apps", &["v1"]),
    ("nodes", &["v1"]),
    ("boms.cyclonedx.org", &["v1"]),
    ("peerauthentications.security.istio.io", &["v1", "v1beta1"]),
    ("poddisruptionbudgets.policy", &["v1"]),
    ("serviceaccounts", &["v1"]),
    ("clusterroles.rbac.authorization.k8s.io", &["v1"]),
    ("clusterrolebindings.rbac.authorization.k8s.io", &["v1"]),
    ("customresourcedefinitions.apiextensions.k8s.io", &["v1"]),
    ("services", &["v1"]),
    (WEBHOOKS[0], &["v1"]),
    (WEBHOOKS[1], &["v1"]),
];

/// Webhook configurations are two kinds with one form.
pub const WEBHOOKS: [&str; 2] = [
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
];

/// Where the relations look, and how far.
pub fn looks(relation: &str) -> Vec<(&'static str, Reach)> {
    use Reach::{Cluster, Own, OwnAnd};
    match relation {
        "networkPolicies" => vec![("networkpolicies.networking.k8s.io", Own)],
        "enforcers" => {
            vec![
                ("daemonsets.apps", Cluster),
                ("deployments.apps", Cluster),
                ("pods", Cluster),
                ("nodes", Cluster),
            ]
        }
        "mtls" => vec![("peerauthentications.security.istio.io", OwnAnd("istio-system"))],
        "pods" => vec![("pods", Own), ("poddisruptionbudgets.policy", Own)],
        "serviceAccounts" => vec![("serviceaccounts", Cluster)],
        "operator" => vec![
            ("customresourcedefinitions.apiextensions.k8s.io", Cluster),
            (WEBHOOKS[0], Cluster),
            (WEBHOOKS[1], Cluster),
            ("services", Own),
            ("clusterroles.rbac.authorization.k8s.io", Cluster),
            ("clusterrolebindings.rbac.authorization.k8s.io", Cluster),
        ],
        "images" => vec![
            ("deployments.apps", Cluster),
            ("daemonsets.apps", Cluster),
            ("replicasets.apps", Cluster),
            ("pods", Cluster),
            ("boms.cyclonedx.org", Cluster),
        ],
        _ => Vec::new(),
    }
}

/// Paths of the item itself that its record is joined by.
pub fn own_paths(relation: &str) -> &'static [&'static str] {
    match relation {
        "networkPolicies" | "mtls" => &["metadata.labels"],
        "enforcers" => &["spec.nodeName"],
        "pods" => &["spec.selector"],
        "serviceAccounts" => &["subjects"],
        "operator" => &["spec.template.metadata.labels", "spec.template.spec.serviceAccountName"],
        "images" => &["spec.name"],
        "auditLevels" => &["rules", "omitStages"],
        "bootstrap" => &["rules"],
        _ => &[],
    }
}

/// Paths that some relation reads in items of the resource.
pub fn paths(resource: &str) -> &'static [&'static str] {
    match resource {
        "pods" => &[
            "metadata.labels",
            "metadata.ownerReferences",
            "spec.nodeName",
            "status.phase",
            "status.containerStatuses",
            "status.initContainerStatuses",
        ],
        "replicasets.apps" => &["metadata.ownerReferences"],
        "daemonsets.apps" | "deployments.apps" => &["spec.template.spec.containers.*.image"],
        "networkpolicies.networking.k8s.io" => &["spec.podSelector", "spec.policyTypes"],
        "peerauthentications.security.istio.io" => &["spec", "metadata.creationTimestamp"],
        "poddisruptionbudgets.policy" => &["spec"],
        "clusterroles.rbac.authorization.k8s.io" => &["rules"],
        "clusterrolebindings.rbac.authorization.k8s.io" => &["roleRef", "subjects"],
        "customresourcedefinitions.apiextensions.k8s.io" => {
            &["spec.group", "spec.names.plural", "spec.conversion.webhook.clientConfig.service"]
        }
        "services" => &["spec.selector"],
        name if WEBHOOKS.contains(&name) => &["webhooks.*.clientConfig.service"],
        _ => &[],
    }
}

/// True for a form that nobody should guess at.
pub fn is_strange(resource: &str, body: &Json<'_>, data: &Data) -> bool {
    match resource {
        "networkpolicies.networking.k8s.io" => pods::policy_selects(body, &Json::Null).is_none(),
        "poddisruptionbudgets.policy" => {
            let selector = body.at(&["spec", "selector"]);
            matches!(selector, Some(node) if *node != Json::Null && pods::selects(node, &Json::Null).is_none())
                || pods::must_stay(body, 1).is_none()
        }
        "daemonsets.apps" => agents::hides_settings("DaemonSet", body, data),
        "deployments.apps" => agents::hides_settings("Deployment", body, data),
        _ => false,
    }
}

/// True where something that the relation looks at is not closed around the item, or is there and cannot be read;
/// also for an add-on of which nobody knows what it runs.
pub fn is_open(world: &World, data: &Data, relation: &str, namespace: &str, object: &Json<'_>) -> bool {
    let addon = object.text(&["spec", "name"]).unwrap_or_default();
    if relation == "images" && !agents::is_known_addon(data, addon) {
        return true;
    }
    looks(relation).into_iter().any(|(resource, reach)| {
        let here = |place: &str| {
            !world.closed_in(resource, place) || world.within(resource, place).any(|thing| thing.doubtful)
        };
        match reach {
            Reach::Own => here(namespace),
            Reach::OwnAnd(other) => here(namespace) || here(other),
            Reach::Cluster => !world.closed(resource) || world.of(resource).any(|thing| thing.doubtful),
        }
    })
}

/// The record of a relation for one item.
pub fn record(world: &World, data: &Data, relation: &str, id: &ItemId, object: &Json<'_>) -> Json<'static> {
    match relation {
        "networkPolicies" => pods::network_policies(world, id, object),
        "pods" => pods::of_service(world, id, object),
        "enforcers" => agents::enforcers(world, data, object),
        "images" => agents::images(world, data, object),
        "mtls" => mesh::mtls(world, id, object),
        "auditLevels" => audit::levels(object),
        "bootstrap" => access::bootstrap(data, id, object),
        "serviceAccounts" => access::service_accounts(world, id, object),
        "operator" => access::operator(world, id, object),
        _ => Json::Null,
    }
}

/// Kind and name of the owner that is marked as the controller.
pub fn controller(body: &Json<'_>) -> Option<(String, String)> {
    let owners = body.list(&["metadata", "ownerReferences"]);
    let owner = owners.iter().find(|owner| owner.get("controller") == Some(&Json::Bool(true)))?;
    Some((owner.text(&["kind"])?.to_string(), owner.text(&["name"])?.to_string()))
}

/// True for a pod that has ended.
pub fn is_finished(pod: &Json<'_>) -> bool {
    ["Succeeded", "Failed"].iter().any(|phase| pod.text(&["status", "phase"]) == Some(phase))
}

fn words<'a>(node: &'a Json<'_>, list: &str) -> Vec<&'a str> {
    node.list(&[list]).iter().filter_map(Json::as_str).collect()
}
