//! `related.auditLevels`: what the API server's audit policy says of the requests that matter, for an ordinary
//! authenticated user in an ordinary namespace. The first rule that matches decides; without one nothing is logged.

use nachweis_canon::Json;

use super::words;

/// verb, group, resource, subresource, lives in a namespace
type Request = (&'static str, &'static str, &'static str, &'static str, bool);

fn requests() -> Vec<Request> {
    let mut out = Vec::new();
    for verb in ["create", "update", "patch", "delete"] {
        for (resource, namespaced) in
            [("roles", true), ("rolebindings", true), ("clusterroles", false), ("clusterrolebindings", false)]
        {
            out.push((verb, "rbac.authorization.k8s.io", resource, "", namespaced));
        }
        out.push((verb, "networking.k8s.io", "networkpolicies", "", true));
    }
    for resource in ["secrets", "configmaps"] {
        for verb in ["get", "list", "watch", "create", "update", "patch", "delete"] {
            out.push((verb, "", resource, "", true));
        }
    }
    out.push(("create", "authentication.k8s.io", "tokenreviews", "", false));
    out.push(("create", "", "serviceaccounts", "token", true));
    out
}

/// As `ruleMatches` of the API server reads the rule.
fn matches(rule: &Json<'_>, (verb, group, resource, subresource, namespaced): Request) -> bool {
    let (groups, verbs, namespaces) =
        (words(rule, "userGroups"), words(rule, "verbs"), words(rule, "namespaces"));
    // Nobody in particular, and no namespace in particular; objects outside of namespaces are in the one named "".
    if !rule.list(&["users"]).is_empty()
        || !(rule.list(&["userGroups"]).is_empty() || groups.contains(&"system:authenticated"))
        || !(rule.list(&["verbs"]).is_empty() || verbs.contains(&verb))
        || !(rule.list(&["namespaces"]).is_empty() || (!namespaced && namespaces.contains(&"")))
    {
        return false;
    }
    let resources = rule.list(&["resources"]);
    if resources.is_empty() {
        return !rule.list(&["namespaces"]).is_empty() || rule.list(&["nonResourceURLs"]).is_empty();
    }
    let combined =
        if subresource.is_empty() { resource.to_string() } else { format!("{resource}/{subresource}") };
    let fits = |name: &str| {
        name == combined
            || name == "*"
            || name == format!("{resource}/*")
            || (!subresource.is_empty() && name == format!("*/{subresource}"))
    };
    resources.iter().any(|entry| {
        let names = entry.list(&["resources"]);
        let any_object = entry.list(&["resourceNames"]).is_empty();
        entry.text(&["group"]).unwrap_or_default() == group
            && (names.is_empty() || (any_object && words(entry, "resources").into_iter().any(fits)))
    })
}

pub(super) fn levels(policy: &Json<'_>) -> Json<'static> {
    let mut out = Vec::new();
    for request in requests() {
        let rule = policy.list(&["rules"]).iter().find(|rule| matches(rule, request));
        // What is not logged when it is done tells nobody that it was done.
        let silent = |node: &Json<'_>| words(node, "omitStages").contains(&"ResponseComplete");
        let level = match rule {
            Some(rule) if !silent(rule) && !silent(policy) => rule.text(&["level"]).unwrap_or("None"),
            _ => "None",
        };
        let (verb, group, resource, subresource, _) = request;
        let record = [("verb", verb), ("group", group), ("resource", resource), ("subresource", subresource)];
        let record = record.into_iter().chain([("level", level)]);
        out.push(Json::object(record.map(|(name, text)| (name, Json::str(text.to_string())))));
    }
    Json::Arr(out)
}
