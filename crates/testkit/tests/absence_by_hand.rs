//! What happens to the example when a certain piece of evidence is not there: by hand, piece by piece.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use nachweis_canon::Json;
use nachweis_model::Verdict::{Indeterminate, NotSatisfied, Satisfied};
use nachweis_model::catalogue::Overlay;
use nachweis_model::control::WORKLOAD_PODS;
use nachweis_testkit::changes::deny_all;
use nachweis_testkit::{
    Entries, Options, Place, Platform, Resolved, at, catalogue, example, example_overlay, json, resolve,
    seal, set,
};

static OVERLAY: LazyLock<Overlay> = LazyLock::new(example_overlay);
static EXAMPLE: LazyLock<Platform> = LazyLock::new(|| Platform::new(&Entries::read(&example())));
static BEFORE: LazyLock<Resolved> = LazyLock::new(|| rows(&EXAMPLE));

fn rows_of(entries: &Entries) -> Resolved {
    let kept = seal(entries, &Options::default()).unwrap();
    resolve(&kept.assess(&OVERLAY), &kept.names())
}

fn rows(platform: &Platform) -> Resolved {
    rows_of(&platform.entries())
}

/// The rows of the example after a change; the index counts what is there.
fn after(change: impl FnOnce(&mut Platform)) -> Resolved {
    let mut platform = EXAMPLE.clone();
    change(&mut platform);
    platform.recount();
    rows(&platform)
}

#[test]
fn each_file_removed_in_turn() {
    let entries = EXAMPLE.entries();
    let kept = seal(&entries, &Options::default()).unwrap();
    let resource: BTreeMap<(&str, &str), &str> = kept
        .sealed
        .seal
        .kinds
        .iter()
        .map(|row| ((row.group.as_str(), row.kind.as_str()), row.resource.as_str()))
        .collect();
    let reads = |control: &str| -> BTreeSet<&str> {
        let control = catalogue().control(control).unwrap();
        let pods = control.population.of.iter().any(|name| name == WORKLOAD_PODS).then_some("pods");
        control.reads.iter().map(|read| read.resource.as_str()).chain(pods).collect()
    };
    for file in &EXAMPLE.files {
        let lost: BTreeSet<&str> = file
            .objects()
            .map(|object| match object.text(&["apiVersion"]) {
                Some(version) => {
                    let group = version.split_once('/').map_or("", |(group, _)| group);
                    resource[&(group, object.text(&["kind"]).unwrap())]
                }
                None => "boms.cyclonedx.org",
            })
            .collect();
        for (control, row) in rows_of(&entries.without(&file.path)) {
            let old = &BEFORE[&control];
            let missing: BTreeSet<&str> = lost.intersection(&reads(&control)).copied().collect();
            let what = format!("{} removed: {control} {} -> {}", file.path, old.short(), row.short());
            if missing.is_empty() {
                assert_eq!(&row, old, "{what}");
                continue;
            }
            assert!(row.missing().is_superset(&missing), "{what} does not name {missing:?}");
            let stays = old.verdict == NotSatisfied && row.verdict == NotSatisfied;
            assert!(row.verdict == Indeterminate || stays, "{what}");
        }
    }
}

#[test]
fn without_the_index_nothing_is_satisfied() {
    let mut platform = EXAMPLE.clone();
    platform.drop_index();
    for (control, row) in rows(&platform) {
        assert!(!row.is_good(), "{control}: {}", row.short());
        assert!(!row.missing.is_empty(), "{control} names nothing");
    }
}

#[test]
fn an_emptied_list_is_a_finding() {
    let emptied = |kind: &str| {
        after(|platform| {
            assert!(platform.remove_where(|o| o.text(&["kind"]) == Some(kind)) > 0);
        })
    };
    let backups = emptied("Backup");
    assert_eq!(backups["restore-tested"].verdict, NotSatisfied);
    assert_eq!(backups["restore-tested"].counts["backups"], 0);
    let policy = emptied("Policy");
    assert_eq!(policy["audit-policy-levels"].verdict, NotSatisfied);
    assert_eq!(policy["audit-policy-levels"].reasons["no-audit-policy"], 1);
    let networks = emptied("NetworkPolicy");
    let row = &networks["network-policy-coverage"];
    assert_eq!((row.verdict, row.covered, row.total), (NotSatisfied, 0, 36));
}

fn enforcer(platform: &Platform) -> Place {
    platform.find("DaemonSet", "kube-system", "aws-node")
}

/// The example with a policy for every pod: only enforcement is left to be seen.
fn all_selected(platform: &mut Platform) {
    for namespace in ["backoffice", "staging", "tenant-borealis", "tenant-cygnus"] {
        deny_all(platform, namespace);
    }
}

fn switched_off(platform: &mut Platform, argument: &str) {
    let place = enforcer(platform);
    platform.edit(place, |owner| {
        let args = at(owner, "/spec/template/spec/containers/1/args").unwrap();
        let Json::Arr(words) = args else { panic!("no list of arguments") };
        let word =
            words.iter_mut().find(|word| word.as_str() == Some("--enable-network-policy=true")).unwrap();
        *word = Json::str(argument.to_string());
    });
}

#[test]
fn an_enforcer_that_does_not_enforce() {
    let row = |change: fn(&mut Platform)| after(change).remove("network-policy-coverage").unwrap();
    let off = row(|platform| switched_off(platform, "--enable-network-policy=false"));
    assert_eq!((off.verdict, off.covered, off.indeterminate), (NotSatisfied, 0, 0));
    assert_eq!(off.reasons["enforcement-inactive"], 24);
    let flannel = row(|platform| {
        let place = enforcer(platform);
        platform.edit(place, |owner| {
            let containers = r#"[{"name":"kube-flannel","image":"docker.io/flannel/flannel:v0.26.1"}]"#;
            set(owner, "/spec/template/spec", "containers", json(containers));
        });
    });
    assert_eq!((flannel.verdict, flannel.covered), (NotSatisfied, 0));
    assert_eq!(flannel.reasons["enforcement-inactive"], 24);
}

#[test]
fn an_enforcer_that_was_not_seen() {
    let gone = |platform: &mut Platform| platform.remove(enforcer(platform));
    // The twelve pods that no policy selects fail whatever enforces; the others cannot be judged.
    let row = &after(gone)["network-policy-coverage"];
    assert_eq!((row.verdict, row.covered, row.indeterminate), (NotSatisfied, 0, 24));
    assert_eq!(row.reasons["enforcement-not-seen"], 24);
    let row = &after(|platform| {
        all_selected(platform);
        gone(platform);
    })["network-policy-coverage"];
    assert_eq!((row.verdict, row.covered, row.indeterminate), (Indeterminate, 0, 36));
    let row = &after(all_selected)["network-policy-coverage"];
    assert_eq!((row.verdict, row.covered, row.total), (Satisfied, 36, 36));
}

#[test]
fn a_conflicting_duplicate() {
    let first_pod = |platform: &Platform| -> (String, String) {
        let pods = platform.of_kind("Pod").into_iter().map(|place| platform.object(place));
        let pod =
            pods.into_iter().find(|pod| pod.text(&["metadata", "namespace"]) == Some("payments")).unwrap();
        ("Pod".into(), pod.text(&["metadata", "name"]).unwrap().into())
    };
    let pod = first_pod(&EXAMPLE);
    // The item itself is judged, or a relation would have needed it.
    for (control, kind, namespace, name, of_itself) in [
        ("network-policy-coverage", "Pod", "payments", pod.1.as_str(), true),
        ("mesh-mtls-strict", "Pod", "payments", &pod.1, true),
        ("production-image-tags", "Pod", "payments", &pod.1, true),
        ("secret-wildcard-roles", "Role", "tenant-borealis", "onboarding", true),
        ("binding-subjects", "RoleBinding", "fraud", "team-view", true),
        ("operator-image-digests", "Deployment", "cert-manager", "cert-manager", true),
        ("payment-path-budgets", "Service", "payments", "ledger", true),
        ("payment-path-budgets", "PodDisruptionBudget", "payments", "ledger", false),
        ("mesh-mtls-strict", "PeerAuthentication", "istio-system", "default", false),
    ] {
        let rows = after(|platform| {
            let place = platform.find(kind, namespace, name);
            let mut other = platform.object(place).clone();
            match other.at(&["metadata", "labels"]) {
                Some(_) => set(&mut other, "/metadata/labels", "declared", Json::str("elsewhere")),
                None => set(&mut other, "/metadata", "labels", json(r#"{"declared":"elsewhere"}"#)),
            }
            platform.add("other/duplicate.yaml", vec![other]);
        });
        let row = &rows[control];
        let what = format!("{kind} {namespace}/{name}: {control} {} {:?}", row.short(), row.reasons);
        assert_ne!(row.verdict, Satisfied, "{what}");
        assert!(row.indeterminate > 0, "{what}");
        if of_itself {
            let unknown: Vec<_> =
                row.items.iter().filter(|(.., reason)| reason == "conflicting-declarations").collect();
            assert_eq!(unknown.len(), 1, "{what}");
            assert!(unknown[0].0.ends_with(&format!("/{kind}/{namespace}/{name}")), "{what}: {unknown:?}");
            assert_eq!(unknown[0].1, "indeterminate");
        }
    }
}

type Edit = fn(&mut Platform);

/// Values that were not stored may not speak: neither for the item nor through a relation.
#[test]
fn a_withheld_value_is_no_other_value() {
    const MARK: &str = "nachweis:withheld";
    let cases: [(&str, &str, Edit, Edit); 7] = [
        (
            "network-policy-coverage",
            "the argument that switches the enforcer off",
            |p| switched_off(p, "--enable-network-policy=false"),
            |p| switched_off(p, MARK),
        ),
        (
            "payment-path-budgets",
            "the share that a budget lets go",
            |p| budget(p, "100%"),
            |p| budget(p, MARK),
        ),
        (
            "payment-path-budgets",
            "the label by which a Service selects an unprotected pod",
            |p| unprotected(p, None),
            |p| unprotected(p, Some(MARK)),
        ),
        (
            "mesh-mtls-strict",
            "the selector of an exception",
            |p| exception(p, "ledger"),
            |p| exception(p, MARK),
        ),
        ("audit-policy-levels", "the verb of a rule", |p| audit(p, "create"), |p| audit(p, MARK)),
        (
            "operator-image-digests",
            "the verb that makes an operator",
            |p| operator(p, "*"),
            |p| operator(p, MARK),
        ),
        (
            "operator-image-digests",
            "the account of a binding that makes an operator",
            |p| operator_account(p, "wide"),
            |p| operator_account(p, MARK),
        ),
    ];
    let mut wrong = Vec::new();
    for (control, what, shown, withheld) in cases {
        let seen = &after(|p| {
            all_selected(p);
            shown(p)
        })[control];
        assert_eq!(seen.verdict, NotSatisfied, "{what}: {}", seen.short());
        let hidden = &after(|p| {
            all_selected(p);
            withheld(p)
        })[control];
        if hidden.is_good() {
            wrong.push(format!("{what} withheld: {control} {} -> {}", seen.short(), hidden.short()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn budget(platform: &mut Platform, share: &'static str) {
    let place = platform.find("PodDisruptionBudget", "payments", "ledger");
    platform.edit(place, |budget| {
        at(budget, "/spec").unwrap().as_object_mut().unwrap().remove("minAvailable");
        set(budget, "/spec", "maxUnavailable", Json::str(share));
    });
}

/// A pod that only its `app.kubernetes.io/name` ties to the Service, and that no budget selects.
fn unprotected(platform: &mut Platform, name: Option<&'static str>) {
    let pod = platform.of_kind("Pod").into_iter().find(|place| {
        platform.object(*place).text(&["metadata", "labels", "app.kubernetes.io/name"]) == Some("ledger")
    });
    let mut extra = platform.object(pod.unwrap()).clone();
    set(&mut extra, "/metadata", "name", Json::str("ledger-extra"));
    set(&mut extra, "/metadata", "uid", Json::str("0e3cbb51-7a0c-4b0e-8a57-1f9b8f6c1c11"));
    set(&mut extra, "/metadata/labels", "unprotected", Json::str("true"));
    if let Some(name) = name {
        set(&mut extra, "/metadata/labels", "app.kubernetes.io/name", Json::str(name));
    }
    platform.add("namespaces/payments/extra.yaml", vec![extra]);
    let place = platform.find("PodDisruptionBudget", "payments", "ledger");
    let selector = r#"{"matchLabels":{"app.kubernetes.io/name":"ledger"},
        "matchExpressions":[{"key":"unprotected","operator":"DoesNotExist"}]}"#;
    platform.edit(place, |budget| set(budget, "/spec", "selector", json(selector)));
}

fn exception(platform: &mut Platform, name: &str) {
    for namespace in ["tenant-aurora", "tenant-borealis", "tenant-cygnus"] {
        let place = platform.find("PeerAuthentication", namespace, "default");
        platform.edit(place, |mode| set(mode, "/spec/mtls", "mode", Json::str("STRICT")));
    }
    let text = format!(
        r#"{{"apiVersion":"security.istio.io/v1","kind":"PeerAuthentication",
            "metadata":{{"namespace":"payments","name":"exception"}},
            "spec":{{"selector":{{"matchLabels":{{"app.kubernetes.io/name":"{name}"}}}},"mtls":{{"mode":"DISABLE"}}}}}}"#
    );
    platform.add("namespaces/payments/exception.yaml", vec![json(&text)]);
}

fn audit(platform: &mut Platform, verb: &str) {
    let rule = json(&format!(
        r#"{{"level":"None","verbs":["{verb}"],"resources":[{{"group":"rbac.authorization.k8s.io"}}]}}"#
    ));
    let place = platform.of_kind("Policy")[0];
    platform.edit(place, |policy| {
        let Some(Json::Arr(rules)) = at(policy, "/rules") else { panic!("no rules") };
        rules.insert(0, rule);
    });
}

fn operator_objects(platform: &mut Platform, verb: &str, account: &str) {
    let texts = [
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"backoffice","name":"wide"},
            "spec":{"selector":{"matchLabels":{"app":"wide"}},"template":{"metadata":{"labels":{"app":"wide"}},
            "spec":{"serviceAccountName":"wide","containers":[{"name":"wide","image":"example.org/wide:v1"}]}}}}"#
            .to_string(),
        format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{{"name":"wide"}},
                "rules":[{{"apiGroups":["apps"],"resources":["deployments"],"verbs":["{verb}"]}}]}}"#
        ),
        format!(
            r#"{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{{"name":"wide"}},
                "roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"wide"}},
                "subjects":[{{"kind":"ServiceAccount","namespace":"backoffice","name":"{account}"}}]}}"#
        ),
    ];
    platform.add("other/wide.yaml", texts.iter().map(|text| json(text)).collect());
}

fn operator(platform: &mut Platform, verb: &str) {
    operator_objects(platform, verb, "wide");
}

fn operator_account(platform: &mut Platform, account: &str) {
    operator_objects(platform, "*", account);
}
