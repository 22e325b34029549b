//! Small worlds in which the two evaluators once disagreed. Each says what is right, and why.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::path::Path;

use common::both;
use nachweis_canon::Json;
use nachweis_model::Verdict;
use nachweis_model::assessment::Finding;
use nachweis_model::catalogue::Overlay;
use nachweis_testkit::{Entries, Options, Platform, catalogue, json, seal, set};

/// The input of a case of a shipped control, to be changed.
fn case(control: &str, case: &str) -> Platform {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog/controls");
    Platform::new(&Entries::read(&root.join(control).join("cases").join(case).join("input")))
}

/// Both agree; the finding of the control.
fn agreed(platform: &mut Platform, control: &str) -> Finding {
    platform.recount();
    let kept = seal(&platform.entries(), &Options::default()).unwrap();
    let wrong = both(&kept, catalogue(), &Overlay::default(), None);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let findings = kept.assess(&Overlay::default()).findings;
    findings.into_iter().find(|finding| finding.control == control).unwrap()
}

/// A Namespace that is declared in two ways is one all the same: its pods have to be closed, too.
#[test]
fn a_namespace_in_conflict_still_has_to_be_closed() {
    let mut platform = case("privileged-containers", "satisfied");
    let place = platform.of_kind("Namespace")[0];
    let name = platform.object(place).text(&["metadata", "name"]).unwrap().to_string();
    let mut other = platform.object(place).clone();
    set(&mut other, "/metadata", "labels", json(r#"{"a":"another"}"#));
    platform.add("other.yaml", vec![other]);
    // Pods are closed in every namespace but this one.
    let names: Vec<String> = platform
        .of_kind("Namespace")
        .into_iter()
        .map(|place| platform.object(place).text(&["metadata", "name"]).unwrap().to_string())
        .filter(|other| *other != name)
        .collect();
    let rows = platform.rows().unwrap();
    rows.retain(|row| row.text(&["resource"]) != Some("pods"));
    for scope in &names {
        rows.push(Json::object([
            ("resource", Json::str("pods")),
            ("scope", Json::str(scope.clone())),
            ("status", Json::str("complete")),
            ("count", Json::Int(0)),
        ]));
    }
    assert_ne!(agreed(&mut platform, "privileged-containers").verdict, Verdict::Satisfied);
}

/// The data file says: add-ons that it does not list have no known workloads, a check that needs them is indeterminate.
#[test]
fn an_unknown_addon_is_indeterminate() {
    let mut platform = case("addon-sboms", "satisfied");
    let place = platform.of_kind("Addon")[0];
    platform.edit(place, |addon| set(addon, "/spec", "name", Json::str("from-the-marketplace")));
    assert_eq!(agreed(&mut platform, "addon-sboms").verdict, Verdict::Indeterminate);
}

/// The images of an add-on are those of running pods: one that was evicted with the last version says nothing.
#[test]
fn an_evicted_pod_runs_no_image() {
    let mut platform = case("addon-sboms", "satisfied");
    let mut evicted = platform.object(platform.of_kind("Pod")[0]).clone();
    set(&mut evicted, "/metadata", "name", Json::str("evicted"));
    set(&mut evicted, "/status", "phase", Json::str("Failed"));
    let id = format!("x@sha256:{}", "0".repeat(64));
    let statuses = format!(r#"[{{"name":"coredns","image":"x:0","imageID":"{id}"}}]"#);
    set(&mut evicted, "/status", "containerStatuses", json(&statuses));
    platform.add("evicted.yaml", vec![evicted]);
    assert_eq!(agreed(&mut platform, "addon-sboms").verdict, Verdict::Satisfied);
}

/// The API server knows a service account as a user, too, and `*/status` is the status of every kind of the group.
#[test]
fn operators_are_seen_by_their_other_names() {
    let before = agreed(&mut case("operator-image-digests", "no-operator"), "operator-image-digests").total;
    for subject in [
        r#"{"kind":"ServiceAccount","namespace":"NS","name":"SA"}"#,
        r#"{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"system:serviceaccount:NS:SA"}"#,
    ] {
        let mut platform = case("operator-image-digests", "no-operator");
        let place = platform.of_kind("Deployment")[0];
        platform.edit(place, |owner| {
            set(owner, "/spec/template/spec", "serviceAccountName", Json::str("other-names"));
        });
        let namespace = platform.object(place).text(&["metadata", "namespace"]).unwrap().to_string();
        let subject = subject.replace("NS", &namespace).replace("SA", "other-names");
        platform.add(
            "operator-by-another-name.yaml",
            vec![
                json(
                    r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
                    "metadata":{"name":"things.example.org"},
                    "spec":{"group":"example.org","names":{"plural":"things","kind":"Thing"},"scope":"Namespaced"}}"#,
                ),
                json(
                    r#"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"things"},
                    "rules":[{"apiGroups":["example.org"],"resources":["*/status"],"verbs":["update"]}]}"#,
                ),
                json(&format!(
                    r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",
                    "metadata":{{"name":"things"}},"subjects":[{subject}],
                    "roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"things"}}}}"#
                )),
            ],
        );
        let finding = agreed(&mut platform, "operator-image-digests");
        assert_eq!(finding.total, before + 1, "{subject}");
    }
}

/// For an audit policy, objects outside of namespaces are in the one that is named by the empty text.
#[test]
fn cluster_scoped_requests_are_in_the_namespace_without_a_name() {
    let mut platform = case("audit-policy-levels", "satisfied");
    assert_eq!(agreed(&mut platform, "audit-policy-levels").verdict, Verdict::Satisfied);
    let place = platform.of_kind("Policy")[0];
    platform.edit(place, |policy| {
        let first = json(
            r#"{"level":"None","namespaces":[""],
            "resources":[{"group":"rbac.authorization.k8s.io","resources":["clusterroles"]}]}"#,
        );
        let rules = [&[first], policy.list(&["rules"])].concat();
        set(policy, "", "rules", Json::Arr(rules));
    });
    assert_eq!(agreed(&mut platform, "audit-policy-levels").verdict, Verdict::NotSatisfied);
}

/// A Deployment that a custom resource controls is nobody's template but its own; a ReplicaSet has its Deployment.
#[test]
fn what_a_custom_resource_controls_is_judged() {
    let template =
        r#"{"spec":{"containers":[{"name":"a","image":"a","securityContext":{"privileged":true}}]}}"#;
    let workload = |kind: &str, name: &str, above: &str, owner: &str| {
        json(&format!(
            r#"{{"apiVersion":"apps/v1","kind":"{kind}","metadata":{{"namespace":"a","name":"{name}",
            "ownerReferences":[{{"apiVersion":"x/v1","kind":"{above}","name":"{owner}","uid":"1","controller":true}}]}},
            "spec":{{"template":{template}}}}}"#
        ))
    };
    let entries = Entries {
        files: [
            workload("Deployment", "api", "Kafka", "k"),
            workload("ReplicaSet", "api-1", "Deployment", "api"),
        ]
        .iter()
        .enumerate()
        .map(|(at, object)| (format!("{at}.json"), object.canonical().into()))
        .collect(),
        unread: Vec::new(),
    };
    let kept = seal(&entries, &Options::fixed()).unwrap();
    let wrong = both(&kept, catalogue(), &Overlay::default(), None);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let findings = kept.assess(&Overlay::default()).findings;
    let finding = findings.iter().find(|finding| finding.control == "privileged-containers").unwrap();
    assert_eq!((finding.verdict, finding.total), (Verdict::NotSatisfied, 1));
}
