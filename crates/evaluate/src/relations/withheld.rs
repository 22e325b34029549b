//! Values that were not stored, where relations would read them.
//!
//! A mark in place of a label, a verb or an account is no other value: what the item means is open, as if it had
//! not been read. Marks elsewhere in the item, such as in a container's environment, harm nobody.

use nachweis_canon::Json;
use nachweis_cel::is_withheld;

/// Paths that relations read, by resource; `*` stands for every element of a list.
const READ: &[(&str, &[&[&str]])] = &[
    (
        "pods",
        &[
            &["metadata", "labels"],
            &["metadata", "ownerReferences"],
            &["spec", "nodeName"],
            &["status", "phase"],
            &["status", "containerStatuses"],
            &["status", "initContainerStatuses"],
        ],
    ),
    ("replicasets.apps", &[&["metadata", "ownerReferences"]]),
    ("daemonsets.apps", &[&["spec", "template", "spec", "containers", "*", "image"]]),
    ("deployments.apps", &[&["spec", "template", "spec", "containers", "*", "image"]]),
    ("networkpolicies.networking.k8s.io", &[&["spec", "podSelector"], &["spec", "policyTypes"]]),
    ("peerauthentications.security.istio.io", &[&["spec"], &["metadata", "creationTimestamp"]]),
    ("poddisruptionbudgets.policy", &[&["spec"]]),
    ("clusterroles.rbac.authorization.k8s.io", &[&["rules"]]),
    ("clusterrolebindings.rbac.authorization.k8s.io", &[&["roleRef"], &["subjects"]]),
    (
        "customresourcedefinitions.apiextensions.k8s.io",
        &[
            &["spec", "group"],
            &["spec", "names", "plural"],
            &["spec", "conversion", "webhook", "clientConfig", "service"],
        ],
    ),
    ("validatingwebhookconfigurations.admissionregistration.k8s.io", WEBHOOKS),
    ("mutatingwebhookconfigurations.admissionregistration.k8s.io", WEBHOOKS),
    ("services", &[&["spec", "selector"]]),
];

const WEBHOOKS: &[&[&str]] = &[&["webhooks", "*", "clientConfig", "service"]];

/// True where a value that some relation reads was withheld.
pub fn matters(resource: &str, body: &Json<'_>) -> bool {
    let row = READ.iter().find(|(name, _)| *name == resource);
    row.is_some_and(|(_, paths)| paths.iter().any(|path| hides(body, path)))
}

fn hides(value: &Json<'_>, path: &[&str]) -> bool {
    match path {
        [] => holds(value),
        ["*", rest @ ..] => value.as_array().is_some_and(|items| items.iter().any(|item| hides(item, rest))),
        [key, rest @ ..] => value.get(key).is_some_and(|member| hides(member, rest)),
    }
}

/// True where a mark stands anywhere in the value.
pub fn holds(value: &Json<'_>) -> bool {
    match value {
        Json::Str(text) => is_withheld(text),
        Json::Arr(items) => items.iter().any(holds),
        Json::Obj(members) => members.iter().any(|(_, member)| holds(member)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nachweis_canon::{Limits, parse};

    #[test]
    fn marks_count_where_they_are_read() {
        let read = |text: &str| parse(text, &Limits::OURS).unwrap().value.into_owned();
        let pod = read(r#"{"metadata":{"labels":{"app":"nachweis:withheld"}}}"#);
        assert!(matters("pods", &pod));
        let env = read(r#"{"spec":{"containers":[{"env":[{"value":"nachweis:withheld"}]}]}}"#);
        assert!(!matters("pods", &env));
        let hook = read(r#"{"webhooks":[{},{"clientConfig":{"service":{"name":"***HIDDEN***"}}}]}"#);
        assert!(matters("mutatingwebhookconfigurations.admissionregistration.k8s.io", &hook));
        let bundle = read(r#"{"webhooks":[{"clientConfig":{"caBundle":"nachweis:withheld"}}]}"#);
        assert!(!matters("mutatingwebhookconfigurations.admissionregistration.k8s.io", &bundle));
    }
}
