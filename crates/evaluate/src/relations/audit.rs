//! `related.auditLevels`: the level at which an audit policy records requests that matter.
//!
//! Rules match as the API server matches them (`audit.k8s.io/v1`): the first rule decides, without one nothing is
//! recorded. The probe is an ordinary authenticated user in an ordinary namespace: a rule for named users,
//! namespaces or objects does not speak for it.

use nachweis_canon::Json;

use super::{Index, Relation, Subject, record};

pub const LEVELS: Relation = Relation {
    name: "auditLevels",
    subjects: &["policies.audit.k8s.io"],
    own: &[&["rules"], &["omitStages"]],
    looks: &[],
    value: "[AuditLevelRecord]",
    shapes: &[(
        "AuditLevelRecord",
        &[
            ("verb", "string"),
            ("group", "string"),
            ("resource", "string"),
            ("subresource", "string"),
            ("level", "string"),
        ],
    )],
    build,
};

struct Probe {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const CHANGES: [&str; 4] = ["create", "update", "patch", "delete"];

fn probes() -> Vec<Probe> {
    let mut out = Vec::new();
    for verb in CHANGES {
        for resource in ["roles", "rolebindings", "clusterroles", "clusterrolebindings"] {
            out.push(Probe { verb, group: RBAC, resource, subresource: "" });
        }
        out.push(Probe { verb, group: "networking.k8s.io", resource: "networkpolicies", subresource: "" });
    }
    for resource in ["secrets", "configmaps"] {
        for verb in ["get", "list", "watch", "create", "update", "patch", "delete"] {
            out.push(Probe { verb, group: "", resource, subresource: "" });
        }
    }
    out.push(Probe {
        verb: "create",
        group: "authentication.k8s.io",
        resource: "tokenreviews",
        subresource: "",
    });
    out.push(Probe { verb: "create", group: "", resource: "serviceaccounts", subresource: "token" });
    out
}

fn has(list: &[Json<'_>], word: &str) -> bool {
    list.iter().any(|entry| entry.as_str() == Some(word))
}

/// Resources of the probes whose objects are in no namespace; for a rule they are in the one named by the empty text.
const CLUSTER_SCOPED: [&str; 3] = ["clusterroles", "clusterrolebindings", "tokenreviews"];

/// True where the rule speaks for every ordinary user, namespace and object.
fn is_general(rule: &Json<'_>, probe: &Probe) -> bool {
    let namespaces = rule.list(&["namespaces"]);
    let groups = rule.list(&["userGroups"]);
    rule.list(&["users"]).is_empty()
        && (groups.is_empty() || has(groups, "system:authenticated"))
        && (namespaces.is_empty() || CLUSTER_SCOPED.contains(&probe.resource) && has(namespaces, ""))
}

fn matches_resource(rule: &Json<'_>, probe: &Probe) -> bool {
    let resources = rule.list(&["resources"]);
    if resources.is_empty() {
        return !rule.list(&["namespaces"]).is_empty() || rule.list(&["nonResourceURLs"]).is_empty();
    }
    let combined = match probe.subresource {
        "" => probe.resource.to_string(),
        sub => format!("{}/{sub}", probe.resource),
    };
    resources.iter().any(|entry| {
        let names = entry.list(&["resources"]);
        entry.text(&["group"]).unwrap_or_default() == probe.group
            && (names.is_empty()
                || entry.list(&["resourceNames"]).is_empty()
                    && names.iter().filter_map(Json::as_str).any(|name| {
                        name == combined
                            || name == "*"
                            || (!probe.subresource.is_empty()
                                && name.strip_prefix("*/") == Some(probe.subresource))
                            || name.strip_suffix("/*") == Some(probe.resource)
                    }))
    })
}

fn level<'p>(policy: &'p Json<'_>, probe: &Probe) -> &'p str {
    let rule = policy.list(&["rules"]).iter().find(|rule| {
        let verbs = rule.list(&["verbs"]);
        is_general(rule, probe)
            && (verbs.is_empty() || has(verbs, probe.verb))
            && matches_resource(rule, probe)
    });
    let Some(rule) = rule else { return "None" };
    // Without the stage ResponseComplete nothing tells that the request was answered, or how.
    if has(rule.list(&["omitStages"]), "ResponseComplete")
        || has(policy.list(&["omitStages"]), "ResponseComplete")
    {
        return "None";
    }
    rule.text(&["level"]).unwrap_or("None")
}

fn build(_: &Index, subject: &Subject<'_>) -> Json<'static> {
    let levels = probes().into_iter().map(|probe| {
        let level = level(subject.object, &probe).to_string();
        record([
            ("verb", Json::str(probe.verb)),
            ("group", Json::str(probe.group)),
            ("resource", Json::str(probe.resource)),
            ("subresource", Json::str(probe.subresource)),
            ("level", Json::str(level)),
        ])
    });
    Json::Arr(levels.collect())
}
