//! Roles and who holds them: `related.bootstrap`, `related.serviceAccounts`, `related.operator`.

use std::collections::BTreeSet;

use nachweis_canon::{Digest, Json};
use nachweis_model::ItemId;

use super::{Data, WEBHOOKS, words};
use crate::world::World;

/// Digest of rules without regard to order, as the head of the data file `bootstrap-roles` describes it.
fn rules_digest(rules: &[Json<'_>]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for rule in rules {
        let sorted = match rule {
            Json::Obj(members) => Json::object(members.iter().map(|(key, value)| {
                let value = match value {
                    Json::Arr(items) => {
                        let mut items = items.clone();
                        items.sort_by_key(|item| item.as_str().map(str::to_string));
                        Json::Arr(items)
                    }
                    other => other.clone(),
                };
                (key.to_string(), value)
            })),
            other => other.clone(),
        };
        texts.push(String::from_utf8(sorted.canonical()).unwrap_or_default());
    }
    texts.sort();
    Digest::of(format!("[{}]", texts.join(",")).as_bytes()).to_string()
}

pub(super) fn bootstrap(data: &Data, id: &ItemId, role: &Json<'_>) -> Json<'static> {
    let digest = rules_digest(role.list(&["rules"]));
    let (mut name, mut content) = (false, false);
    let rows = data.get("bootstrap-roles").and_then(|data| data["roles"].as_array());
    for row in rows.into_iter().flatten() {
        let namespace = row["namespace"].as_str().unwrap_or_default();
        if row["name"].as_str() != Some(&id.name) || namespace != id.namespace {
            continue;
        }
        name = true;
        let known = row["rules"].as_array();
        content |= known.into_iter().flatten().any(|rules| rules["digest"].as_str() == Some(&digest));
    }
    Json::object([("name", Json::Bool(name)), ("content", Json::Bool(content))])
}

pub(super) fn service_accounts(world: &World, id: &ItemId, binding: &Json<'_>) -> Json<'static> {
    let mut out = Vec::new();
    for subject in binding.list(&["subjects"]) {
        let namespace = subject.text(&["namespace"]).unwrap_or(&id.namespace);
        let Some(name) = subject.text(&["name"]) else { continue };
        let is_account = subject.text(&["kind"]) == Some("ServiceAccount");
        let mut accounts = world.within("serviceaccounts", namespace);
        if is_account && accounts.any(|thing| thing.id.name == name && thing.body(&["v1"]).is_some()) {
            out.push(Json::object([
                ("namespace", Json::str(namespace.to_string())),
                ("name", Json::str(name.to_string())),
            ]));
        }
    }
    Json::Arr(out)
}

/// Namespace and name of a `service` reference of a webhook.
fn service<'a>(node: Option<&'a Json<'_>>) -> Option<(&'a str, &'a str)> {
    Some((node?.text(&["namespace"])?, node?.text(&["name"])?))
}

/// Names of all ClusterRoles that a service account holds by ClusterRoleBindings, itself or by its groups.
fn held_roles<'w>(world: &'w World, namespace: &str, account: &str) -> Vec<&'w str> {
    let groups = [
        format!("system:serviceaccounts:{namespace}"),
        "system:serviceaccounts".to_string(),
        "system:authenticated".to_string(),
    ];
    let user = format!("system:serviceaccount:{namespace}:{account}");
    let holds = |subject: &Json<'_>| {
        let name = subject.text(&["name"]).unwrap_or_default();
        match subject.text(&["kind"]) {
            Some("ServiceAccount") => {
                name == account && subject.text(&["namespace"]).unwrap_or_default() == namespace
            }
            Some("Group") => groups.iter().any(|group| group == name),
            // The API server knows a service account as this user.
            Some("User") => name == user,
            _ => false,
        }
    };
    let bindings = world.of("clusterrolebindings.rbac.authorization.k8s.io").filter_map(|t| t.body(&["v1"]));
    bindings
        .filter(|binding| binding.list(&["subjects"]).iter().any(holds))
        .filter_map(|binding| binding.text(&["roleRef", "name"]))
        .collect()
}

/// What one rule lets its holder do, as far as it makes an operator.
fn powers(world: &World, rule: &Json<'_>, evidence: &mut BTreeSet<&'static str>) {
    let (verbs, groups, resources) =
        (words(rule, "verbs"), words(rule, "apiGroups"), words(rule, "resources"));
    if resources.is_empty() {
        return;
    }
    let any = |list: &[&str], wanted: &[&str]| list.iter().any(|word| *word == "*" || wanted.contains(word));
    if verbs.contains(&"*") || groups.contains(&"*") || resources.contains(&"*") {
        evidence.insert("wildcard-clusterrole");
    }
    let changes = ["create", "update", "patch", "delete", "deletecollection", "escalate", "bind"];
    if any(&verbs, &changes) && rule.list(&["resourceNames"]).is_empty() {
        for (group, kinds, code) in [
            (
                "rbac.authorization.k8s.io",
                &["roles", "clusterroles", "rolebindings", "clusterrolebindings"][..],
                "writes-rbac",
            ),
            (
                "admissionregistration.k8s.io",
                &["validatingwebhookconfigurations", "mutatingwebhookconfigurations"][..],
                "writes-webhooks",
            ),
            ("", &["secrets"][..], "writes-secrets"),
        ] {
            if any(&groups, &[group]) && any(&resources, kinds) {
                evidence.insert(code);
            }
        }
    }
    if !any(&verbs, &["update", "patch"]) {
        return;
    }
    for thing in world.of("customresourcedefinitions.apiextensions.k8s.io") {
        let Some(crd) = thing.body(&["v1"]) else { continue };
        let (Some(group), Some(plural)) =
            (crd.text(&["spec", "group"]), crd.text(&["spec", "names", "plural"]))
        else {
            continue;
        };
        let owned = ["status", "finalizers"].into_iter().any(|part| {
            resources.contains(&format!("{plural}/{part}").as_str())
                || resources.contains(&format!("*/{part}").as_str())
        });
        if owned && groups.contains(&group) {
            evidence.insert("owns-crd");
        }
    }
}

pub(super) fn operator(world: &World, id: &ItemId, workload: &Json<'_>) -> Json<'static> {
    let mut evidence = BTreeSet::new();
    let namespace = id.namespace.as_str();
    let account = workload.text(&["spec", "template", "spec", "serviceAccountName"]).unwrap_or_default();
    let account = if account.is_empty() { "default" } else { account };
    let held = held_roles(world, namespace, account);
    for thing in world.of("clusterroles.rbac.authorization.k8s.io") {
        if let Some(role) = thing.body(&["v1"])
            && held.contains(&thing.id.name.as_str())
        {
            role.list(&["rules"]).iter().for_each(|rule| powers(world, rule, &mut evidence));
        }
    }
    for thing in world.within("services", namespace) {
        let Some(Json::Obj(pairs)) = thing.body(&["v1"]).and_then(|body| body.at(&["spec", "selector"]))
        else {
            continue;
        };
        let pairs: Vec<(&str, &str)> = pairs.iter().filter_map(|(k, v)| Some((k, v.as_str()?))).collect();
        let has = |key: &str, value: &str| {
            workload.text(&["spec", "template", "metadata", "labels", key]) == Some(value)
        };
        if pairs.is_empty() || !pairs.iter().all(|(key, value)| has(key, value)) {
            continue;
        }
        let this = Some((namespace, thing.id.name.as_str()));
        for kind in WEBHOOKS {
            let bodies = world.of(kind).filter_map(|t| t.body(&["v1"]));
            let mut hooks = bodies.flat_map(|body| body.list(&["webhooks"]));
            if hooks.any(|hook| service(hook.at(&["clientConfig", "service"])) == this) {
                evidence.insert("serves-admission-webhook");
            }
        }
        let mut crds =
            world.of("customresourcedefinitions.apiextensions.k8s.io").filter_map(|t| t.body(&["v1"]));
        let path = ["spec", "conversion", "webhook", "clientConfig", "service"];
        if crds.any(|crd| service(crd.at(&path)) == this) {
            evidence.insert("serves-conversion-webhook");
        }
    }
    Json::object([("evidence", Json::Arr(evidence.into_iter().map(Json::str).collect()))])
}
