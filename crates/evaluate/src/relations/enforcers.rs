//! `related.enforcers`: the network-policy agents that were seen on a pod's node.
//!
//! An agent counts where a DaemonSet that runs it exists and owns a pod on the node: neither the object alone nor
//! an orphaned pod shows that every node gets it.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::ItemId;
use serde_json::Value;

use super::agents::{Hidden, Row, hides_settings};
use super::pods::Pods;
use super::{Index, Look, Reach, Relation, Subject, record};

pub const ENFORCERS: Relation = Relation {
    name: "enforcers",
    subjects: &["pods"],
    own: &[&["spec", "nodeName"]],
    looks: &[
        Look { resource: "daemonsets.apps", versions: &["v1"], reach: Reach::Cluster },
        Look { resource: "deployments.apps", versions: &["v1"], reach: Reach::Cluster },
        Look { resource: "pods", versions: &["v1"], reach: Reach::Cluster },
        Look { resource: "nodes", versions: &["v1"], reach: Reach::Cluster },
    ],
    value: "[EnforcerRecord]",
    shapes: &[(
        "EnforcerRecord",
        &[
            ("id", "string"),
            ("name", "string"),
            ("enforces", "boolean"),
            ("ready", "boolean"),
            ("daemonset", "string"),
        ],
    )],
    build,
};

/// An agent on a node.
struct Seen {
    row: usize,
    ready: bool,
    daemonset: String,
}

/// Rows of the data file, the DaemonSets that match one, and the agents by node.
#[derive(Default)]
pub struct Agents {
    rows: Vec<Row>,
    hidden: Vec<Hidden>,
    daemonsets: BTreeMap<(String, String), usize>,
    /// rows that a workload was seen to switch off
    overridden: BTreeSet<String>,
    /// rows that a workload could switch off, was seen, and does not
    confirmed: BTreeSet<String>,
    maybe_hidden: BTreeSet<String>,
    on_node: BTreeMap<String, Vec<Seen>>,
}

impl Agents {
    pub fn new(data: Option<&Value>) -> Self {
        let list = |name: &str| data.and_then(|data| data.get(name)).cloned().unwrap_or_default();
        Agents {
            rows: serde_json::from_value(list("enforcers")).unwrap_or_default(),
            hidden: serde_json::from_value(list("hidden_enforcers")).unwrap_or_default(),
            ..Agents::default()
        }
    }

    /// A DaemonSet: the first row that its template matches says what it runs.
    pub fn observe(&mut self, id: &ItemId, body: &Json<'_>) {
        self.override_rows("DaemonSet", body);
        let Some(template) = body.at(&["spec", "template"]) else { return };
        if let Some(row) = self.rows.iter().position(|row| row.pattern.matches("DaemonSet", template)) {
            self.daemonsets.insert((id.namespace.clone(), id.name.clone()), row);
        }
    }

    /// A workload may switch rows off in the whole cluster. Such rows enforce only where it was seen not to:
    /// otherwise leaving it out of the evidence would switch them on.
    pub fn override_rows(&mut self, kind: &str, body: &Json<'_>) {
        let Some(template) = body.at(&["spec", "template"]) else { return };
        for row in self.rows.iter().filter(|row| !row.overrides.is_empty()) {
            if row.pattern.matches(kind, template) {
                self.overridden.extend(row.overrides.iter().cloned());
            } else if row.pattern.without_settings().matches(kind, template) && !hides_settings(template) {
                self.confirmed.extend(row.overrides.iter().cloned());
            }
        }
    }

    /// True for a workload of an enforcer whose arguments or environment were withheld in part.
    pub fn hides_settings(&self, kind: &str, body: &Json<'_>) -> bool {
        let Some(template) = body.at(&["spec", "template"]) else { return false };
        hides_settings(template)
            && self.rows.iter().any(|row| row.pattern.without_settings().matches(kind, template))
    }

    fn enforces(&self, row: &Row) -> bool {
        let can_be_switched_off = self.rows.iter().any(|other| other.overrides.contains(&row.id));
        row.enforces
            && !self.overridden.contains(&row.id)
            && (!can_be_switched_off || self.confirmed.contains(&row.id))
    }

    /// A node that may run an enforcer which no workload shows.
    pub fn observe_node(&mut self, id: &ItemId, body: &Json<'_>) {
        if self.hidden.iter().any(|hidden| hidden.may_run_on(body)) {
            self.maybe_hidden.insert(id.name.clone());
        }
    }

    pub fn finish(&mut self, pods: &Pods) {
        for pod in pods.iter() {
            let Some((kind, name)) = &pod.owner else { continue };
            let row = self.daemonsets.get(&(pod.namespace.clone(), name.clone()));
            if let (Some(row), true, false) = (row, kind == "DaemonSet", pod.node.is_empty()) {
                let daemonset = format!("{}/{name}", pod.namespace);
                let seen = Seen { row: *row, ready: pod.ready, daemonset };
                self.on_node.entry(pod.node.clone()).or_default().push(seen);
            }
        }
    }
}

fn build(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let node = subject.object.text(&["spec", "nodeName"]).unwrap_or_default();
    let agents = &index.enforcers;
    let seen = agents.on_node.get(node).map_or(&[][..], Vec::as_slice).iter().filter_map(|seen| {
        let row = &agents.rows[seen.row];
        let enforces = agents.enforces(row);
        // Where another enforcer may run unseen, an idle one does not show that nothing enforces.
        if !enforces && agents.maybe_hidden.contains(node) {
            return None;
        }
        Some(record([
            ("id", Json::str(row.id.clone())),
            ("name", Json::str(row.name.clone())),
            ("enforces", Json::Bool(enforces)),
            ("ready", Json::Bool(seen.ready)),
            ("daemonset", Json::str(seen.daemonset.clone())),
        ]))
    });
    Json::Arr(seen.collect())
}
