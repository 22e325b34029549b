//! `related.operator`: why a workload counts as an operator.
//!
//! An operator is a workload that can change what others run: it serves webhooks, owns custom resources, or its
//! service account holds cluster-wide rights to everything, to RBAC, to webhooks or to secrets.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::ItemId;

use super::{Index, Look, Reach, Relation, Subject, record};
use crate::selector::{Labels, Selector, labels};

const fn cluster(resource: &'static str) -> Look {
    Look { resource, versions: &["v1"], reach: Reach::Cluster }
}

pub const OPERATOR: Relation = Relation {
    name: "operator",
    subjects: &["deployments.apps", "statefulsets.apps", "daemonsets.apps"],
    own: &[&["spec", "template", "metadata", "labels"], &["spec", "template", "spec", "serviceAccountName"]],
    looks: &[
        cluster("customresourcedefinitions.apiextensions.k8s.io"),
        cluster("validatingwebhookconfigurations.admissionregistration.k8s.io"),
        cluster("mutatingwebhookconfigurations.admissionregistration.k8s.io"),
        Look { resource: "services", versions: &["v1"], reach: Reach::Own },
        cluster("clusterroles.rbac.authorization.k8s.io"),
        cluster("clusterrolebindings.rbac.authorization.k8s.io"),
    ],
    value: "OperatorRecord",
    shapes: &[("OperatorRecord", &[("evidence", "[string]")])],
    build,
};

/// What a cluster role lets its holder do, as far as it makes an operator.
#[derive(Clone, Default)]
struct Powers {
    wildcard: bool,
    writes_rbac: bool,
    writes_webhooks: bool,
    writes_secrets: bool,
    /// `(group, resource)` whose status or finalizers it may update
    owns: BTreeSet<(String, String)>,
}

/// Roles, bindings, CRDs, webhooks and services, joined by `finish`.
#[derive(Default)]
pub struct Operators {
    roles: BTreeMap<String, Powers>,
    /// subject -> cluster roles; a subject is `ns/name` of a service account, or `group:NAME`
    bound: BTreeMap<String, BTreeSet<String>>,
    crds: BTreeSet<(String, String)>,
    conversion: BTreeSet<(String, String)>,
    admission: BTreeSet<(String, String)>,
    /// services with a selector that serve webhooks, by namespace, filled by `finish`
    services: BTreeMap<(String, String), Selector>,
    servers: BTreeMap<String, Vec<(Selector, &'static str)>>,
}

fn words<'a>(rule: &'a Json<'_>, list: &str) -> Vec<&'a str> {
    rule.list(&[list]).iter().filter_map(Json::as_str).collect()
}

fn powers(rules: &[Json<'_>]) -> Powers {
    let mut out = Powers::default();
    for rule in rules {
        let (verbs, groups, resources) =
            (words(rule, "verbs"), words(rule, "apiGroups"), words(rule, "resources"));
        let any =
            |list: &[&str], names: &[&str]| list.iter().any(|word| *word == "*" || names.contains(word));
        if resources.is_empty() {
            continue;
        }
        out.wildcard |= [&verbs, &groups, &resources].iter().any(|list| list.contains(&"*"));
        let named = !rule.list(&["resourceNames"]).is_empty();
        let changes =
            any(&verbs, &["create", "update", "patch", "delete", "deletecollection", "escalate", "bind"]);
        if changes && !named {
            let rbac = ["roles", "clusterroles", "rolebindings", "clusterrolebindings"];
            let hooks = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"];
            out.writes_rbac |= any(&groups, &["rbac.authorization.k8s.io"]) && any(&resources, &rbac);
            out.writes_webhooks |= any(&groups, &["admissionregistration.k8s.io"]) && any(&resources, &hooks);
            out.writes_secrets |= any(&groups, &[""]) && any(&resources, &["secrets"]);
        }
        if any(&verbs, &["update", "patch"]) {
            for resource in &resources {
                let parent =
                    resource.strip_suffix("/status").or_else(|| resource.strip_suffix("/finalizers"));
                let owned =
                    parent.into_iter().flat_map(|parent| groups.iter().map(move |group| (group, parent)));
                out.owns.extend(owned.map(|(group, parent)| (group.to_string(), parent.to_string())));
            }
        }
    }
    out
}

fn service(node: Option<&Json<'_>>) -> Option<(String, String)> {
    let node = node?;
    Some((node.text(&["namespace"])?.to_string(), node.text(&["name"])?.to_string()))
}

impl Operators {
    pub fn observe_role(&mut self, id: &ItemId, body: &Json<'_>) {
        self.roles.insert(id.name.clone(), powers(body.list(&["rules"])));
    }

    pub fn observe_binding(&mut self, body: &Json<'_>) {
        let Some(role) = body.text(&["roleRef", "name"]) else { return };
        for subject in body.list(&["subjects"]) {
            let name = subject.text(&["name"]).unwrap_or_default();
            let holder = match subject.text(&["kind"]) {
                Some("ServiceAccount") => {
                    format!("{}/{name}", subject.text(&["namespace"]).unwrap_or_default())
                }
                Some("Group") => format!("group:{name}"),
                // The API server knows a service account as the user `system:serviceaccount:NAMESPACE:NAME`.
                Some("User") => {
                    match name.strip_prefix("system:serviceaccount:").and_then(|a| a.split_once(':')) {
                        Some((namespace, account)) => format!("{namespace}/{account}"),
                        None => continue,
                    }
                }
                _ => continue,
            };
            self.bound.entry(holder).or_default().insert(role.to_string());
        }
    }

    pub fn observe_crd(&mut self, body: &Json<'_>) {
        if let (Some(group), Some(plural)) =
            (body.text(&["spec", "group"]), body.text(&["spec", "names", "plural"]))
        {
            self.crds.insert((group.to_string(), plural.to_string()));
        }
        self.conversion.extend(service(body.at(&[
            "spec",
            "conversion",
            "webhook",
            "clientConfig",
            "service",
        ])));
    }

    pub fn observe_webhooks(&mut self, body: &Json<'_>) {
        let hooks = body.list(&["webhooks"]).iter();
        self.admission.extend(hooks.filter_map(|hook| service(hook.at(&["clientConfig", "service"]))));
    }

    pub fn observe_service(&mut self, id: &ItemId, body: &Json<'_>) {
        let pairs = labels(body.at(&["spec", "selector"]));
        if !pairs.is_empty() {
            self.services.insert((id.namespace.clone(), id.name.clone()), Selector::of_pairs(pairs));
        }
    }

    pub fn finish(&mut self) {
        for (key, selector) in std::mem::take(&mut self.services) {
            for (set, code) in [
                (&self.conversion, "serves-conversion-webhook"),
                (&self.admission, "serves-admission-webhook"),
            ] {
                if set.contains(&key) {
                    self.servers.entry(key.0.clone()).or_default().push((selector.clone(), code));
                }
            }
        }
    }

    fn serves(&self, namespace: &str, labels: &Labels, evidence: &mut BTreeSet<&'static str>) {
        let here = self.servers.get(namespace).map_or(&[][..], Vec::as_slice);
        evidence.extend(here.iter().filter(|(selector, _)| selector.selects(labels)).map(|(_, code)| *code));
    }

    fn holds(&self, namespace: &str, account: &str, evidence: &mut BTreeSet<&'static str>) {
        let holders = [
            format!("{namespace}/{account}"),
            format!("group:system:serviceaccounts:{namespace}"),
            "group:system:serviceaccounts".to_string(),
            "group:system:authenticated".to_string(),
        ];
        let roles = holders.iter().filter_map(|holder| self.bound.get(holder)).flatten();
        for powers in roles.filter_map(|role| self.roles.get(role)) {
            // `*/status` is the status of every kind of the group.
            let owns = powers.owns.iter().any(|(group, plural)| {
                self.crds.iter().any(|crd| crd.0 == *group && (crd.1 == *plural || plural == "*"))
            });
            let codes = [
                (powers.wildcard, "wildcard-clusterrole"),
                (powers.writes_rbac, "writes-rbac"),
                (powers.writes_webhooks, "writes-webhooks"),
                (powers.writes_secrets, "writes-secrets"),
                (owns, "owns-crd"),
            ];
            evidence.extend(codes.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code));
        }
    }
}

fn build(index: &Index, subject: &Subject<'_>) -> Json<'static> {
    let template = subject.object.at(&["spec", "template"]);
    let pod = template.unwrap_or(&Json::Null);
    let account =
        pod.text(&["spec", "serviceAccountName"]).filter(|name| !name.is_empty()).unwrap_or("default");
    let mut evidence = BTreeSet::new();
    index.operators.serves(&subject.id.namespace, &labels(pod.at(&["metadata", "labels"])), &mut evidence);
    index.operators.holds(&subject.id.namespace, account, &mut evidence);
    record([("evidence", Json::Arr(evidence.into_iter().map(Json::str).collect()))])
}
