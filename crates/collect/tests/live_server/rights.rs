//! Goal: the scanner's own rights never make a verdict better (bar 2).
//! Method: one cluster, collected with all rights, without one kind that a control reads at a time, in single
//! namespaces only, and with the two shipped roles.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use nachweis_model::Verdict;
use nachweis_model::assessment::Assessment;
use nachweis_model::seal::CollectionStatus;
use nachweis_testkit::cluster::{Applier, Cluster, Options, assets, preferred};
use nachweis_testkit::{Entries, catalogue, example, example_overlay};
use serde_json::{Value, json};

use super::help::{settings, take};

/// Puts what a server of today takes of the example platform on the cluster.
fn platform(cluster: &Cluster) {
    let mut objects: Vec<Value> = Vec::new();
    for (_, bytes) in Entries::read(&example()).files {
        for document in nachweis_yaml::read(&bytes, &nachweis_yaml::Limits::default()).flatten() {
            let value: Value = serde_json::from_slice(&document.value.canonical()).unwrap();
            match value.get("items").and_then(Value::as_array) {
                Some(items) => objects.extend(items.iter().cloned()),
                None => objects.push(value),
            }
        }
    }
    objects.retain(|object| object["metadata"]["name"].is_string());
    for object in &mut objects {
        let metadata = object["metadata"].as_object_mut().unwrap();
        for own in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"]
        {
            metadata.remove(own);
        }
        // Nobody owns anything here: no controllers run.
        metadata.remove("ownerReferences");
    }
    let (first, rest): (Vec<Value>, Vec<Value>) = objects.into_iter().partition(|object| {
        ["CustomResourceDefinition", "Namespace"].contains(&object["kind"].as_str().unwrap_or_default())
    });
    let mut applier = Applier::new(cluster.admin());
    applier.apply(&first);
    let webhook =
        |object: &Value| object["kind"].as_str().unwrap_or_default().ends_with("WebhookConfiguration");
    let served: Vec<Value> =
        rest.into_iter().filter(|object| applier.resource(object).is_some() && !webhook(object)).collect();
    let all = served.len();
    let mut refused = 0;
    for object in served {
        // What a server of today refuses is left out: rights are compared, not platforms.
        refused += usize::from(catch_unwind(AssertUnwindSafe(|| applier.apply(&[object]))).is_err());
    }
    assert!(refused * 4 < all, "{refused} of {all} objects were refused");
}

/// Rules that allow to list everything but some resources.
fn all_but(resources: &[(String, String)], without: &str) -> Value {
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (group, plural) in resources {
        let key = if group.is_empty() { plural.clone() } else { format!("{plural}.{group}") };
        if key != without {
            groups.entry(group).or_default().push(plural);
        }
    }
    let rule = |(group, plurals): (&str, Vec<&str>)| json!({"apiGroups": [group], "resources": plurals, "verbs": ["list"]});
    let mut rules: Vec<Value> = groups.into_iter().map(rule).collect();
    rules.push(json!({"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]}));
    Value::Array(rules)
}

fn role(name: &str, rules: &Value) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
}

fn binding(name: &str, role: &str, user: &str, namespace: Option<&str>) -> Value {
    let kind = if namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" };
    let mut out = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    });
    if let Some(namespace) = namespace {
        out["metadata"]["namespace"] = json!(namespace);
    }
    out
}

/// What got better, and controls that changed without naming a denied resource.
fn compare(full: &Assessment, less: &Assessment, why: &str, problems: &mut Vec<String>) -> usize {
    let mut changed = 0;
    for (before, after) in full.findings.iter().zip(&less.findings) {
        assert_eq!(before.control, after.control);
        let good = matches!(after.verdict, Verdict::Satisfied | Verdict::Attested | Verdict::NotApplicable);
        if before.verdict == after.verdict {
            continue;
        }
        changed += 1;
        let told = format!("{why}: {} was {:?} and is {:?}", before.control, before.verdict, after.verdict);
        if good {
            problems.push(told.clone());
        }
        let named = after.missing.iter().any(|missing| missing.status == CollectionStatus::Denied);
        if !named {
            problems.push(format!("{told}, naming {:?}", after.missing));
        }
    }
    changed
}

#[test]
fn fewer_rights_never_make_a_verdict_better() {
    let Some(assets) = assets() else { return };
    // The example's services have addresses of this network.
    let options = Options::default().flag("--service-cluster-ip-range=172.20.0.0/16");
    let cluster = Cluster::start(&assets, options);
    platform(&cluster);
    let served: Vec<(String, String)> = preferred(&cluster.admin())
        .into_iter()
        .map(|resource| {
            let group = resource.version.split_once('/').map_or("", |(group, _)| group);
            (group.to_string(), resource.plural.clone())
        })
        .collect();
    let keys: BTreeSet<String> = served
        .iter()
        .map(|(group, plural)| if group.is_empty() { plural.clone() } else { format!("{plural}.{group}") })
        .collect();
    let read: BTreeSet<&String> = catalogue()
        .controls
        .iter()
        .flat_map(|control| control.reads.iter().map(|read| &read.resource))
        .collect();
    let read: Vec<&String> = read.into_iter().filter(|key| keys.contains(*key)).collect();
    let namespaces: Vec<String> = cluster
        .admin()
        .items("/api/v1/namespaces")
        .iter()
        .map(|namespace| namespace["metadata"]["name"].as_str().unwrap().to_string())
        .take(10)
        .collect();
    assert!(read.len() > 15 && namespaces.len() == 10, "{read:?} {namespaces:?}");

    // Roles and bindings are part of the cluster: all of them are there before the first collection.
    let mut rbac = vec![
        role("everything", &all_but(&served, "")),
        binding("everything", "everything", "everything", None),
    ];
    for key in &read {
        let name = format!("without-{key}");
        rbac.extend([role(&name, &all_but(&served, key)), binding(&name, &name, &name, None)]);
    }
    for namespace in &namespaces {
        let name = format!("only-{namespace}");
        rbac.push(binding(&name, "everything", &name, Some(namespace)));
    }
    for file in ["clusterrole.yaml", "clusterrole-secrets.yaml"] {
        let bytes =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operating").join(file))
                .unwrap();
        let document =
            nachweis_yaml::read(&bytes, &nachweis_yaml::Limits::default()).next().unwrap().unwrap();
        rbac.push(serde_json::from_slice(&document.value.canonical()).unwrap());
    }
    for (name, role) in [
        ("shipped", "nachweis-collector"),
        ("shipped-secrets", "nachweis-collector"),
        ("more", "nachweis-collector-secrets"),
    ] {
        let user = if name == "more" { "shipped-secrets" } else { name };
        rbac.push(binding(name, role, user, None));
    }
    Applier::new(cluster.admin()).apply(&rbac);

    let overlay = example_overlay();
    let collect = |user: &str, namespaces: &[String]| {
        let mut settings = settings(cluster.kubeconfig(&cluster.admin_login()));
        settings.as_user = Some(user.to_string());
        settings.namespaces = namespaces.to_vec();
        take(&settings)
    };
    let full = collect("everything", &[]);
    // The example names an aggregated API whose server is not there.
    assert!(full.open().keys().all(|key| key.ends_with(".metrics.k8s.io")), "{:?}", full.open());
    let full = full.kept.assess(&overlay);
    let satisfied = full.findings.iter().filter(|finding| finding.verdict == Verdict::Satisfied).count();
    assert!(satisfied >= 3, "too little is satisfied for a comparison");

    let mut problems = Vec::new();
    let (mut changed, mut named) = (0, 0);
    for key in &read {
        let less = collect(&format!("without-{key}"), &[]);
        assert_eq!(less.denied, [(*key).clone()]);
        assert_eq!(less.row(key).status, CollectionStatus::Denied);
        let less = less.kept.assess(&overlay);
        changed += compare(&full, &less, &format!("without {key}"), &mut problems);
        // Whoever reads it names it, also where another fault decides the verdict.
        for control in &catalogue().controls {
            if !control.reads.iter().any(|read| read.resource == **key) {
                continue;
            }
            let finding = less.findings.iter().find(|finding| finding.control == control.id).unwrap();
            let told = finding
                .missing
                .iter()
                .any(|missing| missing.resource == **key && missing.status == CollectionStatus::Denied);
            if !told {
                problems.push(format!(
                    "{} reads {key}, which is denied, and names {:?}",
                    control.id, finding.missing
                ));
            }
            named += 1;
        }
    }
    assert!(changed > 10, "only {changed} verdicts depend on rights");
    for namespace in &namespaces {
        let less = collect(&format!("only-{namespace}"), std::slice::from_ref(namespace));
        assert_eq!(less.row("pods").status, CollectionStatus::Denied);
        let inside = less.kept.collection("pods", namespace).unwrap();
        assert_eq!(inside.status, CollectionStatus::Complete);
        compare(&full, &less.kept.assess(&overlay), &format!("only {namespace}"), &mut problems);
    }
    let shipped = collect("shipped", &[]);
    assert!(shipped.denied.contains(&"secrets".to_string()));
    let denied: Vec<&&String> = read.iter().filter(|key| shipped.denied.contains(**key)).collect();
    assert!(denied.is_empty(), "the shipped role lacks what controls read: {denied:?}");
    compare(&full, &shipped.kept.assess(&overlay), "shipped role", &mut problems);
    let secrets = collect("shipped-secrets", &[]);
    assert_eq!(secrets.row("secrets").status, CollectionStatus::Complete);
    compare(&full, &secrets.kept.assess(&overlay), "both shipped roles", &mut problems);
    eprintln!(
        "{} reduced roles, {changed} verdicts changed, none for the better; {named} findings name what they lack",
        read.len()
    );
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
