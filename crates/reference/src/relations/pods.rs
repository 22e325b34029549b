//! Selectors: which policies select a pod, which pods a Service selects, which budgets protect them.

use nachweis_canon::Json;
use nachweis_model::ItemId;

use super::is_finished;
use crate::world::World;

/// The label's value.
fn label<'l>(labels: &'l Json<'_>, key: &str) -> Option<&'l str> {
    labels.get(key).and_then(Json::as_str)
}

/// Whether a `metav1.LabelSelector` selects these labels; `None` for a form that no API server accepts.
pub(super) fn selects(selector: &Json<'_>, labels: &Json<'_>) -> Option<bool> {
    let mut all = true;
    let members = selector.as_object()?;
    match members.get("matchLabels") {
        None | Some(Json::Null) => {}
        Some(Json::Obj(pairs)) => {
            for (key, wanted) in pairs.iter() {
                all &= label(labels, key) == Some(wanted.as_str()?);
            }
        }
        Some(_) => return None,
    }
    match members.get("matchExpressions") {
        None | Some(Json::Null) => {}
        Some(Json::Arr(expressions)) => {
            for expression in expressions {
                let found = label(labels, expression.text(&["key"])?);
                let mut values = Vec::new();
                for value in expression.list(&["values"]) {
                    values.push(value.as_str()?);
                }
                let among = found.is_some_and(|found| values.contains(&found));
                all &= match (expression.text(&["operator"])?, values.is_empty()) {
                    ("In", false) => among,
                    ("NotIn", false) => !among,
                    ("Exists", true) => found.is_some(),
                    ("DoesNotExist", true) => found.is_none(),
                    _ => return None,
                };
            }
        }
        Some(_) => return None,
    }
    Some(all)
}

/// Whether a NetworkPolicy selects a pod of its namespace. Without a selector it selects all.
pub(super) fn policy_selects(policy: &Json<'_>, labels: &Json<'_>) -> Option<bool> {
    match policy.at(&["spec", "podSelector"]) {
        None | Some(Json::Null) => Some(true),
        Some(selector) => selects(selector, labels),
    }
}

fn labels<'o>(object: &'o Json<'_>, path: &[&str]) -> &'o Json<'o> {
    object.at(path).unwrap_or(&Json::Null)
}

pub(super) fn network_policies(world: &World, id: &ItemId, pod: &Json<'_>) -> Json<'static> {
    let labels = labels(pod, &["metadata", "labels"]);
    let mut out = Vec::new();
    for thing in world.within("networkpolicies.networking.k8s.io", &id.namespace) {
        let Some(body) = thing.body(&["v1"]) else { continue };
        if policy_selects(body, labels) != Some(true) {
            continue;
        }
        let types = body.list(&["spec", "policyTypes"]);
        let named = |word: &str| types.iter().any(|kind| kind.as_str() == Some(word));
        let (ingress, egress) = match types.is_empty() {
            true => (true, !body.list(&["spec", "egress"]).is_empty()),
            false => (named("Ingress"), named("Egress")),
        };
        out.push(Json::object([
            ("namespace", Json::str(id.namespace.clone())),
            ("name", Json::str(thing.id.name.clone())),
            ("ingress", Json::Bool(ingress)),
            ("egress", Json::Bool(egress)),
        ]));
    }
    Json::Arr(out)
}

/// Pods of a namespace that have not ended.
fn live<'w>(world: &'w World, namespace: &'w str) -> impl Iterator<Item = (&'w str, &'w Json<'static>)> {
    world
        .within("pods", namespace)
        .filter_map(|thing| Some((thing.id.name.as_str(), thing.body(&["v1"])?)))
        .filter(|(_, body)| !is_finished(body))
}

/// `related.pods` of a Service.
pub(super) fn of_service(world: &World, id: &ItemId, service: &Json<'_>) -> Json<'static> {
    // Only texts are labels; a Service without a selector selects nothing.
    let wanted: Vec<(&str, &str)> = match service.at(&["spec", "selector"]) {
        Some(Json::Obj(pairs)) => {
            pairs.iter().filter_map(|(key, value)| Some((key, value.as_str()?))).collect()
        }
        _ => Vec::new(),
    };
    let mut out = Vec::new();
    for (name, pod) in live(world, &id.namespace).filter(|_| !wanted.is_empty()) {
        let labels = labels(pod, &["metadata", "labels"]);
        if !wanted.iter().all(|(key, value)| label(labels, key) == Some(value)) {
            continue;
        }
        let mut budgets = Vec::new();
        let mut protected = false;
        for thing in world.within("poddisruptionbudgets.policy", &id.namespace) {
            let Some(budget) = thing.body(&["v1"]) else { continue };
            let Some(selector) = budget.at(&["spec", "selector"]) else { continue };
            if selects(selector, labels) != Some(true) {
                continue;
            }
            let pods = live(world, &id.namespace)
                .filter(|(_, pod)| {
                    selects(selector, self::labels(pod, &["metadata", "labels"])) == Some(true)
                })
                .count();
            let Some(must_stay) = must_stay(budget, pods as i128) else { continue };
            let protects = must_stay > 0;
            protected |= protects;
            budgets.push(Json::object([
                ("namespace", Json::str(id.namespace.clone())),
                ("name", Json::str(thing.id.name.clone())),
                ("protects", Json::Bool(protects)),
            ]));
        }
        out.push(Json::object([
            ("namespace", Json::str(id.namespace.clone())),
            ("name", Json::str(name.to_string())),
            ("budgets", Json::Arr(budgets)),
            ("protected", Json::Bool(protected)),
        ]));
    }
    Json::Arr(out)
}

/// How many of so many pods a budget keeps, as the disruption controller of Kubernetes reckons: shares are rounded up.
/// `None` for a figure that no API server accepts.
pub(super) fn must_stay(budget: &Json<'_>, pods: i128) -> Option<i128> {
    let figure = |name: &str| match budget.at(&["spec", name]) {
        None | Some(Json::Null) => None,
        Some(Json::Int(count)) if *count >= 0 => Some(Ok(i128::from(*count))),
        Some(Json::Str(share)) => {
            let digits =
                share.strip_suffix('%').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
            let percent =
                digits.and_then(|digits| digits.parse::<i128>().ok()).filter(|percent| *percent <= 100);
            Some(percent.map(|percent| (pods * percent + 99) / 100).ok_or(()))
        }
        Some(_) => Some(Err(())),
    };
    match (figure("maxUnavailable"), figure("minAvailable")) {
        (Some(missing), _) => missing.ok().map(|missing| pods - missing),
        (None, Some(least)) => least.ok(),
        (None, None) => Some(pods),
    }
}
