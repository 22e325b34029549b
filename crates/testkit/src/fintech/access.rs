//! Roles and bindings of components and of people. The API server makes its own.

use serde_json::{Value, json};

use super::build::Build;
use super::description::{Binding, Workload};
use super::object::object;
use super::pods::account;

const API_VERSION: &str = "rbac.authorization.k8s.io/v1";
const API_GROUP: &str = "rbac.authorization.k8s.io";

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

fn role(namespace: &str, name: &str, texts: &[String]) -> Result<Value, String> {
    let kind = if namespace.is_empty() { "ClusterRole" } else { "Role" };
    let mut made = object(API_VERSION, kind, namespace, name);
    made["rules"] = rules(texts)?;
    Ok(made)
}

fn binding(binding: &Binding) -> Value {
    let namespace = binding.namespace.as_str();
    let cluster = namespace.is_empty();
    let kind = if cluster { "ClusterRoleBinding" } else { "RoleBinding" };
    let mut made = object(API_VERSION, kind, namespace, &binding.name);
    let (role_kind, role) = match (&binding.role, &binding.cluster_role) {
        (Some(role), _) if !cluster => ("Role", role),
        (Some(role), _) | (None, Some(role)) => ("ClusterRole", role),
        (None, None) => ("ClusterRole", &binding.name),
    };
    made["roleRef"] = json!({"apiGroup": API_GROUP, "kind": role_kind, "name": role});
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
        made["subjects"] = json!(subjects);
    }
    made
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
        build.add(role("", name, &workload.cluster_rules)?);
        build.add(binding(&bind("", name)));
    }
    if let Some(name) = &workload.cluster_role {
        let mut bound = bind("", name);
        bound.name = workload.name.clone();
        build.add(binding(&bound));
    }
    if !workload.namespace_rules.is_empty() {
        build.add(role(&workload.namespace, &workload.name, &workload.namespace_rules)?);
        build.add(binding(&bind(&workload.namespace, &workload.name)));
    }
    Ok(())
}

/// Roles and bindings of people and pipelines.
pub fn people(build: &mut Build<'_>) -> Result<(), String> {
    let access = &build.platform.access;
    for role_of in access.cluster_roles.iter().chain(&access.roles) {
        build.add(role(&role_of.namespace, &role_of.name, &role_of.rules)?);
    }
    for bound in access.cluster_bindings.iter().chain(&access.bindings) {
        build.add(binding(bound));
    }
    for account in &access.service_accounts {
        build.add(object("v1", "ServiceAccount", &account.namespace, &account.name));
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
