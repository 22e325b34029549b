//! Goal: the roles that we ship are those that the collector needs, and no right beyond them.
//! Method: they are made from the table of resources; `NACHWEIS_UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use nachweis_canon::Json;
use nachweis_snapshot::normalise::is_left_out;
use nachweis_snapshot::{KindScope, Resources};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating")
}

const DEFAULT: &str = "\
# Rights for `nachweis snapshot --live`: lists of what is evidence, and nothing else. No Secret, no wildcard, no
# impersonation, no access to kubelets, nothing that writes. Made from the table of resources; a test compares them.
#
# Custom resources that are not named here stay `denied`: add a rule of the same form for those that your own
# controls read. `selfsubjectaccessreviews` asks what the caller itself may do; nothing is stored.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: nachweis-collector
rules:
  - apiGroups: [authorization.k8s.io]
    resources: [selfsubjectaccessreviews]
    verbs: [create]
  # The uid of kube-system says which cluster this is.
  - apiGroups: [\"\"]
    resources: [namespaces]
    resourceNames: [kube-system]
    verbs: [get]
";

const SECRETS: &str = "\
# For names, labels and ages of Secrets. READ docs/operating/live.md BEFORE YOU BIND IT: the collector asks for
# metadata alone, but whoever holds a token with this right can read every value, because Kubernetes has no right to
# metadata alone.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: nachweis-collector-secrets
rules:
  - apiGroups: [\"\"]
    resources: [secrets]
    verbs: [list]
";

/// The default role: every resource of the table that is evidence, group by group.
fn default_role() -> String {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in Resources::built_in().iter() {
        let secret = row.group.is_empty() && row.plural == "secrets";
        // Kinds of older servers moved to groups that are in the table too; `extensions` is gone for good.
        let gone = row.group == "extensions";
        if row.scope != KindScope::File && !is_left_out(&row.group, &row.kind) && !secret && !gone {
            groups.entry(&row.group).or_default().insert(&row.plural);
        }
    }
    let mut out = DEFAULT.to_string();
    for (group, plurals) in groups {
        let group = if group.is_empty() { "\"\"" } else { group };
        out.push_str(&format!("  - apiGroups: [{group}]\n    resources:\n"));
        plurals.iter().for_each(|plural| out.push_str(&format!("      - {plural}\n")));
        out.push_str("    verbs: [list]\n");
    }
    out
}

#[test]
fn the_shipped_roles_are_the_needed_ones() {
    for (name, expected) in
        [("clusterrole.yaml", default_role()), ("clusterrole-secrets.yaml", SECRETS.to_string())]
    {
        let path = folder().join(name);
        if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, expected, "{name}: NACHWEIS_UPDATE_GOLDEN=1 writes it anew");
    }
}

/// Verbs and resources of every rule of a shipped role.
fn rules(name: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let bytes = std::fs::read(folder().join(name)).unwrap();
    let mut out = Vec::new();
    for document in nachweis_yaml::read(&bytes, &nachweis_yaml::Limits::default()) {
        let role = document.unwrap().value;
        assert_eq!(role.text(&["kind"]), Some("ClusterRole"));
        assert!(role.get("aggregationRule").is_none());
        let words = |rule: &Json<'_>, name: &str| -> Vec<String> {
            rule.list(&[name]).iter().map(|word| word.as_str().unwrap().to_string()).collect()
        };
        for rule in role.list(&["rules"]) {
            assert!(rule.get("nonResourceURLs").is_none());
            out.push((words(rule, "verbs"), words(rule, "resources")));
        }
    }
    assert!(!out.is_empty());
    out
}

#[test]
fn no_shipped_role_has_a_right_that_hurts() {
    for name in ["clusterrole.yaml", "clusterrole-secrets.yaml"] {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        for (line, rule) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            assert!(!rule.contains('*') && !rule.contains("impersonate"), "{name}:{}: {rule}", line + 1);
        }
        for (verbs, resources) in rules(name) {
            assert!(resources.iter().all(|resource| !resource.contains('/')), "{name}: {resources:?}");
            let secrets = resources.iter().any(|resource| resource == "secrets");
            assert!(
                !secrets || (name == "clusterrole-secrets.yaml" && verbs == ["list"]),
                "{name}: {verbs:?}"
            );
            match verbs[..].iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["list"] => {}
                ["get"] => assert_eq!(resources, ["namespaces"]),
                ["create"] => assert_eq!(resources, ["selfsubjectaccessreviews"]),
                ref other => panic!("{name}: {other:?}"),
            }
        }
    }
}
