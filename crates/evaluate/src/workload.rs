//! The population `workload-pods`: live pods, or the pods that templates describe (docs/concepts/verdicts.md).

use nachweis_canon::{Json, Object};
use nachweis_model::ItemId;
use nachweis_model::seal::{IdentitySource, Seal};

/// Resources whose templates stand for pods where only declarations were read, with the versions that are
/// understood and the path of the template. A person declares these; ReplicaSets are made by controllers.
pub const TEMPLATES: &[(&str, &str, &[&str])] = &[
    ("cronjobs.batch", "v1", &["spec", "jobTemplate", "spec", "template"]),
    ("daemonsets.apps", "v1", &["spec", "template"]),
    ("deployments.apps", "v1", &["spec", "template"]),
    ("jobs.batch", "v1", &["spec", "template"]),
    ("replicasets.apps", "v1", &["spec", "template"]),
    ("statefulsets.apps", "v1", &["spec", "template"]),
];

/// Kinds of the resources with templates.
const TEMPLATE_KINDS: [&str; 6] = ["CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"];

/// Where pods come from in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pods {
    /// Pod objects
    Live,
    /// templates of their owners
    Templates,
}

impl Pods {
    /// Templates only where files were declared and no Pod is among them.
    pub fn of(seal: &Seal) -> Self {
        let any_pod =
            seal.kinds.iter().any(|kind| kind.group.is_empty() && kind.kind == "Pod" && kind.count > 0);
        if seal.identity_source == IdentitySource::Declared && !any_pod {
            Pods::Templates
        } else {
            Pods::Live
        }
    }

    /// What the population counts, as assessments write it.
    pub fn unit(self) -> &'static str {
        match self {
            Pods::Live => "pods",
            Pods::Templates => "pod-templates",
        }
    }

    /// Resources whose items stand for pods.
    pub fn resources(self) -> Vec<&'static str> {
        match self {
            Pods::Live => vec!["pods"],
            Pods::Templates => TEMPLATES.iter().map(|(resource, ..)| *resource).collect(),
        }
    }

    /// Resources that have to be closed for the population to be closed.
    pub fn closing(self) -> Vec<&'static str> {
        self.resources().into_iter().filter(|resource| *resource != "replicasets.apps").collect()
    }
}

/// True where a pod has ended: it holds no workload any more.
pub fn is_finished(pod: &Json<'_>) -> bool {
    matches!(pod.text(&["status", "phase"]), Some("Succeeded" | "Failed"))
}

/// The pod that an owner's template describes: namespace, labels, annotations, the owner's name and the spec.
/// `None` for an owner whose controller has a template, too: that one stands for its pods. The controller of an
/// operator has none.
pub fn template_pod(resource: &str, id: &ItemId, owner: &Json<'_>) -> Option<Json<'static>> {
    let (_, _, path) = TEMPLATES.iter().find(|(name, ..)| *name == resource)?;
    let above = crate::relations::controller(owner);
    if above.is_some_and(|(kind, _)| TEMPLATE_KINDS.contains(&kind.as_str())) {
        return None;
    }
    let template = owner.at(path).unwrap_or(&Json::Null);
    let mut metadata = Object::new();
    metadata.insert("name", Json::str(id.name.clone()));
    metadata.insert("namespace", Json::str(id.namespace.clone()));
    for field in ["labels", "annotations"] {
        if let Some(map) = template.at(&["metadata", field]) {
            metadata.insert(field, map.clone().into_owned());
        }
    }
    let spec = template.get("spec").cloned().unwrap_or(Json::Null).into_owned();
    Some(Json::object([
        ("apiVersion", Json::str("v1")),
        ("kind", Json::str("Pod")),
        ("metadata", Json::Obj(metadata)),
        ("spec", spec),
    ]))
}
