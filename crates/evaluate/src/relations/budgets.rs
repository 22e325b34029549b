//! `related.pods`: the pods that a Service selects, and whether a PodDisruptionBudget protects each.

use std::collections::BTreeMap;

use nachweis_canon::Json;
use nachweis_model::ItemId;

use super::{Index, Look, PodRecord, Reach, Relation, Subject, pods, record};
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
    rule: Rule,
    protects: bool,
}

/// Budgets by namespace.
#[derive(Default)]
pub struct Budgets(BTreeMap<String, Vec<Budget>>);

/// A number of pods, or a share in percent.
#[derive(Clone, Copy)]
enum Figure {
    Pods(i64),
    Percent(i64),
}

/// How a budget limits evictions.
#[derive(Clone, Copy)]
enum Rule {
    /// so many pods stay
    MinAvailable(Figure),
    /// so many pods may be missing
    MaxUnavailable(Figure),
    /// neither is said, and no eviction is allowed
    Unsaid,
}

/// True where the specification has a form that no API server accepts.
pub fn unreadable(body: &Json<'_>) -> bool {
    let selector = body.at(&["spec", "selector"]);
    let odd = !matches!(selector, None | Some(Json::Null)) && Selector::read(selector).is_none();
    odd || Rule::read(body).is_none()
}

impl Figure {
    fn read(node: &Json<'_>) -> Option<Self> {
        match node {
            Json::Int(pods) => (*pods >= 0).then_some(Figure::Pods(*pods)),
            Json::Str(share) => {
                let digits = share.strip_suffix('%')?;
                let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                let percent = plain.then(|| digits.parse().ok()).flatten()?;
                (percent <= 100).then_some(Figure::Percent(percent))
            }
            _ => None,
        }
    }
}

impl Rule {
    fn read(body: &Json<'_>) -> Option<Self> {
        let given = |name| body.at(&["spec", name]).filter(|node| **node != Json::Null);
        // The controller looks at maxUnavailable first; the API server refuses both.
        match (given("minAvailable"), given("maxUnavailable")) {
            (_, Some(node)) => Figure::read(node).map(Rule::MaxUnavailable),
            (Some(node), None) => Figure::read(node).map(Rule::MinAvailable),
            (None, None) => Some(Rule::Unsaid),
        }
    }

    /// Whether one of so many pods has to stay: a budget that allows every pod to go at once protects none. Shares
    /// are rounded up to whole pods, as Kubernetes' disruption controller does.
    fn keeps_one_of(self, pods: i64) -> bool {
        match self {
            Rule::MinAvailable(Figure::Pods(least)) => least > 0,
            Rule::MinAvailable(Figure::Percent(least)) => least > 0,
            Rule::MaxUnavailable(Figure::Pods(missing)) => missing < pods,
            // missing = ⌈pods × percent / 100⌉ < pods
            Rule::MaxUnavailable(Figure::Percent(missing)) => pods.saturating_mul(100 - missing) >= 100,
            Rule::Unsaid => true,
        }
    }
}

impl Budgets {
    pub fn observe(&mut self, id: &ItemId, body: &Json<'_>) {
        // In policy/v1 an absent selector selects nothing, the empty one everything.
        let Some(selector) = Selector::read(body.at(&["spec", "selector"])) else { return };
        let Some(rule) = Rule::read(body) else { return };
        let budget = Budget { name: id.name.clone(), selector, rule, protects: false };
        self.0.entry(id.namespace.clone()).or_default().push(budget);
    }

    /// Counts the pods of each budget, once. Kubernetes counts the replicas that the pods' controllers want; the pods
    /// that are there and have not ended are what a snapshot shows of every workload.
    pub fn finish(&mut self, pods: &pods::Pods) {
        for (namespace, budgets) in &mut self.0 {
            for budget in budgets {
                let selected = pods.select(namespace, &budget.selector);
                let running = selected.iter().filter(|pod| !pod.finished).count();
                budget.protects = budget.rule.keeps_one_of(i64::try_from(running).unwrap_or(i64::MAX));
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse};

    fn rule(spec: &str) -> Option<Rule> {
        Rule::read(&parse(&format!(r#"{{"spec":{spec}}}"#), &Limits::OURS).unwrap().value)
    }

    #[test]
    fn a_budget_that_lets_every_pod_go_keeps_none() {
        // specification, pods, whether one has to stay
        let table = [
            (r#"{"minAvailable":0}"#, 3, false),
            (r#"{"minAvailable":1}"#, 1, true),
            (r#"{"minAvailable":5}"#, 2, true),
            (r#"{"minAvailable":"0%"}"#, 3, false),
            (r#"{"minAvailable":"00%"}"#, 3, false),
            (r#"{"minAvailable":"1%"}"#, 1, true),
            (r#"{"maxUnavailable":0}"#, 1, true),
            (r#"{"maxUnavailable":1}"#, 1, false),
            (r#"{"maxUnavailable":1}"#, 2, true),
            (r#"{"maxUnavailable":2}"#, 2, false),
            (r#"{"maxUnavailable":5}"#, 2, false),
            (r#"{"maxUnavailable":"0%"}"#, 1, true),
            (r#"{"maxUnavailable":"1%"}"#, 1, false),
            (r#"{"maxUnavailable":"50%"}"#, 1, false),
            (r#"{"maxUnavailable":"50%"}"#, 2, true),
            (r#"{"maxUnavailable":"51%"}"#, 2, false),
            (r#"{"maxUnavailable":"66%"}"#, 3, true),
            (r#"{"maxUnavailable":"67%"}"#, 3, false),
            (r#"{"maxUnavailable":"100%"}"#, 1000, false),
            (r#"{"minAvailable":1,"maxUnavailable":null}"#, 2, true),
            (r#"{"minAvailable":1,"maxUnavailable":"100%"}"#, 2, false),
            ("{}", 1, true),
        ];
        for (spec, pods, kept) in table {
            assert_eq!(rule(spec).unwrap().keeps_one_of(pods), kept, "{spec} over {pods}");
        }
        // The rounding, said the other way round.
        for pods in 1..=250 {
            for percent in 0..=100 {
                let missing = (pods * percent + 99) / 100;
                let kept = Rule::MaxUnavailable(Figure::Percent(percent)).keeps_one_of(pods);
                assert_eq!(kept, missing < pods, "{percent}% of {pods}");
            }
        }
    }

    #[test]
    fn forms_that_no_server_accepts_are_not_guessed_at() {
        for figure in
            ["-1", r#""2""#, r#""%""#, r#""101%""#, r#""-1%""#, r#""+1%""#, r#""1.5%""#, "1.5", "true", "[]"]
        {
            for name in ["minAvailable", "maxUnavailable"] {
                assert!(rule(&format!(r#"{{"{name}":{figure}}}"#)).is_none(), "{name}: {figure}");
            }
        }
    }
}
