//! `related.pods`: the pods that a Service selects, and whether a PodDisruptionBudget protects each.

use std::collections::BTreeMap;

use nachweis_canon::Json;
use nachweis_model::ItemId;

use super::{Index, Look, PodRecord, Reach, Relation, Subject, record};
use crate::selector::{Selector, labels};

pub const PODS: Relation = Relation {
    name: "pods",
    subjects: &["services"],
    own: &[&["spec", "selector"]],
    looks: &[
        Look { resource: "pods", versions: &["v1"], reach: Reach::Own },
        Look { resource: "poddisruptionbudgets.policy", versions: &["v1"], reach: Reach::Own },
    ],
    value: "[ServicePodRecord]",
    shapes: &[
        (
            "ServicePodRecord",
            &[
                ("namespace", "string"),
                ("name", "string"),
                ("budgets", "[BudgetRecord]"),
                ("protected", "boolean"),
            ],
        ),
        ("BudgetRecord", &[("namespace", "string"), ("name", "string"), ("protects", "boolean")]),
    ],
    build,
};

struct Budget {
    name: String,
    selector: Selector,
    protects: bool,
}

/// Budgets by namespace.
#[derive(Default)]
pub struct Budgets(BTreeMap<String, Vec<Budget>>);

/// True where the selector has a form that no API server accepts.
pub fn unreadable(body: &Json<'_>) -> bool {
    let selector = body.at(&["spec", "selector"]);
    !matches!(selector, None | Some(Json::Null)) && Selector::read(selector).is_none()
}

/// A budget that allows every pod to go at once protects none: nothing has to stay, or all may be missing.
fn protects(body: &Json<'_>) -> bool {
    let figure = |name: &str| body.at(&["spec", name]).map(|node| (node.as_int(), node.as_str()));
    match (figure("minAvailable"), figure("maxUnavailable")) {
        (_, Some((_, Some(share)))) => share != "100%",
        (_, Some((Some(_), _))) => true,
        (Some((Some(pods), _)), _) => pods > 0,
        (Some((_, Some(share))), _) => share != "0%",
        // Neither is given: the API server keeps one pod available.
        _ => true,
    }
}

impl Budgets {
    pub fn observe(&mut self, id: &ItemId, body: &Json<'_>) {
        // In policy/v1 an absent selector selects nothing, the empty one everything.
        let Some(selector) = Selector::read(body.at(&["spec", "selector"])) else { return };
        let budget = Budget { name: id.name.clone(), selector, protects: protects(body) };
        self.0.entry(id.namespace.clone()).or_default().push(budget);
    }
}

fn build(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let pairs = labels(subject.object.at(&["spec", "selector"]));
    if pairs.is_empty() {
        return Json::Arr(Vec::new());
    }
    let selector = Selector::of_pairs(pairs);
    let pods = index.pods.select(&subject.id.namespace, &selector);
    Json::Arr(pods.into_iter().filter(|pod| !pod.finished).map(|pod| pod_record(index, pod)).collect())
}

fn pod_record(index: &Index, pod: &PodRecord) -> Json<'static> {
    let here = index.budgets.0.get(&pod.namespace).map_or(&[][..], Vec::as_slice);
    let budgets: Vec<&Budget> = here.iter().filter(|budget| budget.selector.selects(&pod.labels)).collect();
    let protected = budgets.iter().any(|budget| budget.protects);
    let budgets = budgets.into_iter().map(|budget| {
        record([
            ("namespace", Json::str(pod.namespace.clone())),
            ("name", Json::str(budget.name.clone())),
            ("protects", Json::Bool(budget.protects)),
        ])
    });
    record([
        ("namespace", Json::str(pod.namespace.clone())),
        ("name", Json::str(pod.name.clone())),
        ("budgets", Json::Arr(budgets.collect())),
        ("protected", Json::Bool(protected)),
    ])
}
