//! Support bundles of troubleshoot.sh (kURL, Embedded Cluster, k3s and many vendors).
//!
//! `cluster-resources/<kind>/<namespace>.json` and `cluster-resources/<kind>.json` beside `version.yaml` or
//! `cluster-info/cluster_version.json`. The collector lists a kind of one namespace without a selector and writes the
//! answer, so each file is a whole list, an empty one too. What it could not list stands in `<kind>-errors.json`.
//! It may have been told to look at named namespaces only; then `namespaces.json` is an array or one object and no list
//! of the server. Beside each file of custom resources newer collectors lay a link `.yaml` to the `.json`
//! (`pkg/collect/cluster_resources.go` after v0.133).

use nachweis_canon::Json;
use nachweis_model::seal::EVERYWHERE;

use super::{Discovery, DumpError, Form, Marker, Place};
use crate::resources;

const FOLDER: &str = "cluster-resources/";

/// Names of folders and files, with group, version, kind and plural of the objects.
const KINDS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "certificatesigningrequests",
        "certificates.k8s.io",
        "v1",
        "CertificateSigningRequest",
        "certificatesigningrequests",
    ),
    ("clusterRoleBindings", "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings"),
    ("clusterrolebindings", "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings"),
    ("clusterroles", "rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles"),
    ("configmaps", "", "v1", "ConfigMap", "configmaps"),
    ("cronjobs", "batch", "v1", "CronJob", "cronjobs"),
    (
        "custom-resource-definitions",
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
    ),
    ("daemonsets", "apps", "v1", "DaemonSet", "daemonsets"),
    ("deployments", "apps", "v1", "Deployment", "deployments"),
    ("endpoints", "", "v1", "Endpoints", "endpoints"),
    ("endpointslices", "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    ("events", "", "v1", "Event", "events"),
    ("ingress", "networking.k8s.io", "v1", "Ingress", "ingresses"),
    ("ingress-classes", "networking.k8s.io", "v1", "IngressClass", "ingressclasses"),
    ("jobs", "batch", "v1", "Job", "jobs"),
    ("leases", "coordination.k8s.io", "v1", "Lease", "leases"),
    ("limitranges", "", "v1", "LimitRange", "limitranges"),
    (
        "mutating-webhook-configurations",
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
    ),
    ("namespaces", "", "v1", "Namespace", "namespaces"),
    ("network-policy", "networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    ("nodes", "", "v1", "Node", "nodes"),
    ("pod-disruption-budgets", "policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    ("pods", "", "v1", "Pod", "pods"),
    ("priorityclasses", "scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses"),
    ("pvcs", "", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    ("pvs", "", "v1", "PersistentVolume", "persistentvolumes"),
    ("replicasets", "apps", "v1", "ReplicaSet", "replicasets"),
    ("resource-quota", "", "v1", "ResourceQuota", "resourcequotas"),
    ("resource-quotas", "", "v1", "ResourceQuota", "resourcequotas"),
    ("rolebindings", "rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    ("roles", "rbac.authorization.k8s.io", "v1", "Role", "roles"),
    ("serviceaccounts", "", "v1", "ServiceAccount", "serviceaccounts"),
    ("services", "", "v1", "Service", "services"),
    ("statefulsets", "apps", "v1", "StatefulSet", "statefulsets"),
    ("storage-classes", "storage.k8s.io", "v1", "StorageClass", "storageclasses"),
    (
        "validating-webhook-configurations",
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    ),
    ("volumeattachments", "storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments"),
];

/// The bundle's root, and the path below `cluster-resources/`.
fn split(path: &str) -> Option<(&str, &str)> {
    super::below(path, FOLDER)
}

pub(super) fn place(path: &str) -> Option<Place<'_>> {
    let (root, rest) = split(path)?;
    let place =
        |scope, group, plural| Place { form: Form::Troubleshoot, root, scope, group, plural, list: true };
    let parts: Vec<&str> = rest.split('/').collect();
    let known = |name: &str| KINDS.iter().find(|row| row.0 == name);
    match parts[..] {
        [file] => known(super::stem(file)?).map(|row| place(EVERYWHERE, row.1, row.4)),
        ["custom-resources", file] => {
            let (plural, group) = super::stem(file)?.split_once('.')?;
            Some(place(EVERYWHERE, group, plural))
        }
        ["custom-resources", folder, file] => {
            let (plural, group) = folder.split_once('.')?;
            Some(place(super::stem(file)?, group, plural))
        }
        [folder, file] => {
            let row = known(folder)?;
            Some(place(super::stem(file)?, row.1, row.4))
        }
        _ => None,
    }
}

/// What the elements of a file are where they do not say so: older collectors wrote lists without kinds.
pub(super) fn list_kind(path: &str) -> Option<(String, &'static str)> {
    let (_, rest) = split(path)?;
    let name = match rest.split_once('/') {
        Some((folder, file)) if !file.contains('/') => folder,
        Some(_) => return None,
        None => super::stem(rest)?,
    };
    let (_, group, version, kind, _) = KINDS.iter().find(|row| row.0 == name)?;
    let api_version = if group.is_empty() { (*version).to_string() } else { format!("{group}/{version}") };
    Some((api_version, kind))
}

pub(super) fn marker(path: &str, value: &Json<'_>) -> Option<Marker> {
    if let Some(root) = super::root_of(path, "version.yaml") {
        let bundle = value.text(&["kind"]) == Some("SupportBundle")
            && value.text(&["apiVersion"]).is_some_and(|version| version.starts_with("troubleshoot.sh/"));
        return bundle.then(|| Marker::new(Form::Troubleshoot, root));
    }
    let root = super::root_of(path, "cluster-info/cluster_version.json")?;
    let version = value.text(&["info", "gitVersion"])?.to_string();
    Some(Marker { version: Some(version), ..Marker::new(Form::Troubleshoot, root) })
}

/// Reads `<kind>-errors.json`: messages by namespace, or a list of them.
pub(super) fn errors(path: &str, value: &Json<'_>) -> Option<Vec<DumpError>> {
    let (root, rest) = split(path)?;
    let name = super::stem(rest).filter(|_| !rest.contains('/'))?.strip_suffix("-errors")?;
    // What went wrong in discovery concerns no kind, and keeps discovery from saying what is not served.
    let discovery = ("", "", "", "", "");
    let row = KINDS.iter().find(|row| row.0 == name).or((name == "groups-resources").then_some(&discovery))?;
    let error = |scope: &str, message: &Json<'_>| {
        // Only a word of the message is looked at; it may hold names of anything.
        let denied = message.as_str().is_some_and(|text| text.contains("forbidden"));
        DumpError {
            form: Form::Troubleshoot,
            root: root.into(),
            group: row.1.into(),
            plural: row.4.into(),
            scope: scope.into(),
            file: path.into(),
            denied,
        }
    };
    Some(match value {
        Json::Obj(members) => members.iter().map(|(scope, message)| error(scope, message)).collect(),
        Json::Arr(messages) => messages.iter().map(|message| error(EVERYWHERE, message)).collect(),
        Json::Null => Vec::new(),
        _ => return None,
    })
}

/// `cluster-resources/resources.json`: lists of resources by group and version.
pub(super) fn is_discovery(path: &str) -> bool {
    split(path).is_some_and(|(_, rest)| rest == "resources.json")
}

pub(super) fn discovery(path: &str, value: &Json<'_>) -> Option<Discovery> {
    let (root, _) = split(path).filter(|_| is_discovery(path))?;
    let Json::Arr(lists) = value else { return None };
    let mut served = std::collections::BTreeSet::new();
    for list in lists {
        let group = list.text(&["groupVersion"])?.split_once('/').map_or("", |(group, _)| group);
        let names = list.list(&["resources"]).iter().filter_map(|resource| resource.text(&["name"]));
        served.extend(names.filter(|name| !name.contains('/')).map(|name| resources::key(name, group)));
    }
    Some(Discovery { form: Form::Troubleshoot, root: root.into(), served })
}

/// The file that a link of this path is another name of.
pub(super) fn linked(path: &str) -> Option<String> {
    let (_, rest) = split(path)?;
    let stem = path.strip_suffix(".yaml")?;
    rest.starts_with("custom-resources/").then(|| format!("{stem}.json"))
}

/// True for what the collector wrote beside the cluster's objects: results of its own checks, discovery, rights.
pub(super) fn is_record(root: &str, path: &str) -> bool {
    let below = path.strip_prefix(root).unwrap_or(path);
    match below.strip_prefix(FOLDER) {
        None => true,
        Some(rest) => {
            rest.starts_with("auth-cani-list/")
                || rest.starts_with("image-pull-secrets/")
                || matches!(rest, "groups.json" | "resources.json")
                || super::stem(rest).is_some_and(|stem| stem.ends_with("-errors"))
        }
    }
}
