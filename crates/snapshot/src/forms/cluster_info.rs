//! `kubectl cluster-info dump --output-directory`.
//!
//! `nodes.json` and `<namespace>/{events,replication-controllers,services,daemonsets,deployments,replicasets,pods}.json`,
//! logs beside them. kubectl lists each kind of a namespace without a selector, writes the typed list, and stops at the
//! first error: a namespace in which all seven files are there was read to its end. Which namespaces the cluster has,
//! the dump does not say: with `--namespaces` it covers some, without `--all-namespaces` two
//! (`staging/src/k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go` of Kubernetes).

use nachweis_model::seal::EVERYWHERE;

use super::{Form, Marker, Place};

/// Files of a namespace, with group and plural.
const FILES: &[(&str, &str, &str)] = &[
    ("daemonsets", "apps", "daemonsets"),
    ("deployments", "apps", "deployments"),
    ("events", "", "events"),
    ("pods", "", "pods"),
    ("replicasets", "apps", "replicasets"),
    ("replication-controllers", "", "replicationcontrollers"),
    ("services", "", "services"),
];

/// How many lists a namespace has that was read to its end.
pub(crate) const LISTS: usize = FILES.len();

pub(super) fn place(path: &str) -> Option<Place<'_>> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = super::stem(file)?;
    let place = |root, scope, group, plural| Place {
        form: Form::ClusterInfo,
        root,
        scope,
        group,
        plural,
        list: true,
    };
    if stem == "nodes" {
        return Some(place(&path[..path.len() - file.len()], EVERYWHERE, "", "nodes"));
    }
    let (_, group, plural) = FILES.iter().find(|row| row.0 == stem)?;
    let namespace = folder.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some(place(&folder[..folder.len() - namespace.len()], namespace, group, plural))
}

/// `nodes.json` with a typed list: `kubectl get` writes an untyped one.
pub(super) fn marker(path: &str, kind: &str) -> Option<Marker> {
    let place = place(path).filter(|place| place.plural == "nodes" && kind == "NodeList")?;
    Some(Marker::new(Form::ClusterInfo, place.root))
}
