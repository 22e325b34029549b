//! Roles and bindings: the API server's own, those of components, and those of people.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::build::{Build, merge};
use super::description::{Binding, Role, Workload};
use super::pods::account;

const API_VERSION: &str = "rbac.authorization.k8s.io/v1";
const API_GROUP: &str = "rbac.authorization.k8s.io";

/// `examples/fintech/bootstrap-roles.yaml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bootstrap {
    cluster_roles: BTreeMap<String, Vec<String>>,
    /// role -> the aggregation label's last word
    aggregated: BTreeMap<String, String>,
    aggregates_to: BTreeMap<String, String>,
    controllers: BTreeMap<String, Vec<String>>,
    cluster_bindings: Vec<Binding>,
    roles: Vec<Role>,
    bindings: Vec<Binding>,
    without_account: Vec<String>,
}

/// A rule from the notation `verbs resources[@groups][#names]`, or `verbs /path,...`.
pub fn rule(text: &str) -> Result<Value, String> {
    let (verbs, rest) =
        text.split_once(' ').ok_or_else(|| format!("`{text}` is no rule like `get,list pods`"))?;
    let list = |text: &str| -> Vec<String> {
        text.split(',').map(|word| if word == "core" { String::new() } else { word.to_string() }).collect()
    };
    if rest.starts_with('/') {
        // `/*` stands for every path, which the API writes without the slash
        let paths = if rest == "/*" { vec!["*".to_string()] } else { list(rest) };
        return Ok(json!({"nonResourceURLs": paths, "verbs": list(verbs)}));
    }
    let (rest, names) = rest.split_once('#').map_or((rest, None), |(rest, names)| (rest, Some(names)));
    let (resources, groups) = rest.split_once('@').unwrap_or((rest, "core"));
    let mut rule = json!({"apiGroups": list(groups), "resources": list(resources), "verbs": list(verbs)});
    if let Some(names) = names {
        rule["resourceNames"] = json!(list(names));
    }
    Ok(rule)
}

fn rules(texts: &[String]) -> Result<Value, String> {
    texts.iter().map(|text| rule(text)).collect::<Result<Vec<Value>, String>>().map(Value::from)
}

fn role(build: &Build<'_>, namespace: &str, name: &str, texts: &[String]) -> Result<Value, String> {
    let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
    let mut object = build.object(API_VERSION, kind, namespace, name);
    object["rules"] = rules(texts)?;
    Ok(object)
}

fn binding(build: &Build<'_>, binding: &Binding) -> Value {
    let namespace = binding.namespace.as_str();
    let cluster = namespace.is_empty();
    let kind = if cluster { "ClusterRoleBinding" } else { "RoleBinding" };
    let mut object = build.object(API_VERSION, kind, namespace, &binding.name);
    let (role_kind, role) = match (&binding.role, &binding.cluster_role) {
        (Some(role), _) if !cluster => ("Role", role),
        (Some(role), _) | (None, Some(role)) => ("ClusterRole", role),
        (None, None) => ("ClusterRole", &binding.name),
    };
    object["roleRef"] = json!({"apiGroup": API_GROUP, "kind": role_kind, "name": role});
    let mut subjects = Vec::new();
    for (kind, names) in [("User", &binding.users), ("Group", &binding.groups)] {
        subjects.extend(names.iter().map(|name| json!({"apiGroup": API_GROUP, "kind": kind, "name": name})));
    }
    for name in &binding.service_accounts {
        let (space, name) =
            name.split_once('/').unwrap_or((if cluster { "kube-system" } else { namespace }, name));
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": space}));
    }
    if !subjects.is_empty() {
        object["subjects"] = json!(subjects);
    }
    object
}

fn mark(mut object: Value, labels: Value) -> Value {
    object["metadata"]["annotations"] = json!({"rbac.authorization.kubernetes.io/autoupdate": "true"});
    object["metadata"]["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    merge(&mut object["metadata"]["labels"], labels);
    object
}

fn aggregation_label(target: &str) -> String {
    format!("rbac.authorization.k8s.io/aggregate-to-{target}")
}

/// What the API server writes for itself at start.
pub fn bootstrap(build: &mut Build<'_>, known: &Bootstrap) -> Result<(), String> {
    let labels = |name: &str| match known.aggregates_to.get(name) {
        Some(target) => json!({aggregation_label(target): "true"}),
        None => json!({}),
    };
    for (name, texts) in &known.cluster_roles {
        let object = role(build, "", name, texts)?;
        build.add(mark(object, labels(name)));
    }
    for (name, target) in &known.aggregated {
        let mut object = build.object(API_VERSION, "ClusterRole", "", name);
        object["aggregationRule"] =
            json!({"clusterRoleSelectors": [{"matchLabels": {aggregation_label(target): "true"}}]});
        object["rules"] = json!(collected(known, target)?);
        build.add(mark(object, labels(name)));
    }
    for (name, texts) in &known.controllers {
        let full = format!("system:controller:{name}");
        let object = role(build, "", &full, texts)?;
        build.add(mark(object, json!({})));
        let bound = Binding {
            namespace: String::new(),
            name: full.clone(),
            role: Some(full),
            cluster_role: None,
            groups: Vec::new(),
            users: Vec::new(),
            service_accounts: vec![name.clone()],
        };
        build.add(mark(binding(build, &bound), json!({})));
        if !known.without_account.contains(name) {
            let object = build.object("v1", "ServiceAccount", "kube-system", name);
            build.add(object);
        }
    }
    for role_of in &known.roles {
        let object = role(build, &role_of.namespace, &role_of.name, &role_of.rules)?;
        build.add(mark(object, json!({})));
    }
    for bound in known.cluster_bindings.iter().chain(&known.bindings) {
        build.add(mark(binding(build, bound), json!({})));
    }
    Ok(())
}

/// The rules that the aggregation controller collects for a role, from roles and from aggregated roles.
fn collected(known: &Bootstrap, target: &str) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for (name, _) in known.aggregates_to.iter().filter(|(_, to)| to.as_str() == target) {
        let rules_of = match known.cluster_roles.get(name) {
            Some(texts) => texts.iter().map(|text| rule(text)).collect::<Result<Vec<_>, _>>()?,
            None => collected(known, name)?,
        };
        for rule in rules_of {
            if !found.contains(&rule) {
                found.push(rule);
            }
        }
    }
    Ok(found)
}

/// Roles and bindings of the account that a workload of the platform runs under.
pub fn of_workload(build: &mut Build<'_>, workload: &Workload) -> Result<(), String> {
    let bind = |namespace: &str, role: &str| Binding {
        namespace: namespace.to_string(),
        name: role.to_string(),
        role: Some(role.to_string()),
        cluster_role: None,
        groups: Vec::new(),
        users: Vec::new(),
        service_accounts: vec![format!("{}/{}", workload.namespace, account(workload))],
    };
    if !workload.cluster_rules.is_empty() {
        let name = workload.cluster_role_name.as_deref().unwrap_or(&workload.name);
        let object = role(build, "", name, &workload.cluster_rules)?;
        build.add(object);
        build.add(binding(build, &bind("", name)));
    }
    if let Some(name) = &workload.cluster_role {
        let mut bound = bind("", name);
        bound.name = workload.name.clone();
        build.add(binding(build, &bound));
    }
    if !workload.namespace_rules.is_empty() {
        let object = role(build, &workload.namespace, &workload.name, &workload.namespace_rules)?;
        build.add(object);
        build.add(binding(build, &bind(&workload.namespace, &workload.name)));
    }
    Ok(())
}

/// Roles and bindings of people and pipelines.
pub fn people(build: &mut Build<'_>) -> Result<(), String> {
    let access = &build.platform.access;
    for role_of in access.cluster_roles.iter().chain(&access.roles) {
        let object = role(build, &role_of.namespace, &role_of.name, &role_of.rules)?;
        build.add(object);
    }
    for bound in access.cluster_bindings.iter().chain(&access.bindings) {
        build.add(binding(build, bound));
    }
    for account in &access.service_accounts {
        let object = build.object("v1", "ServiceAccount", &account.namespace, &account.name);
        build.add(object);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_in_short_notation() {
        let short = "get,update leases@coordination.k8s.io,core#kube-scheduler";
        let long = json!({"apiGroups": ["coordination.k8s.io", ""], "resourceNames": ["kube-scheduler"], "resources": ["leases"], "verbs": ["get", "update"]});
        assert_eq!(rule(short).unwrap(), long);
        assert_eq!(rule("get /healthz,/livez/*").unwrap()["nonResourceURLs"][1], "/livez/*");
        assert!(rule("get").is_err());
    }
}
