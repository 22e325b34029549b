//! Layouts of collectors: what each closes, and what opens it again.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Files, Kept, corpus, files, inline, seal, settings};
use nachweis_model::seal::{CollectionBasis, IdentitySource, InstantSource};
use nachweis_snapshot::Settings;

const NETPOL: &str = "networkpolicies.networking.k8s.io";

/// What whole inputs say of their instant counts only where the operator does not.
fn undated(files: &Files) -> Kept {
    seal(Settings { at: None, ..settings() }, files)
}

fn list(kind: &str, version: &str, items: &[&str]) -> String {
    format!(
        r#"{{"kind":"{kind}List","apiVersion":"{version}","metadata":{{"resourceVersion":"1"}},"items":[{}]}}"#,
        items.join(",")
    )
}

fn object(name: &str, namespace: &str) -> String {
    format!(r#"{{"metadata":{{"name":"{name}","namespace":"{namespace}","uid":"u-{namespace}-{name}"}}}}"#)
}

/// A folder of `kubectl cluster-info dump`.
fn cluster_info() -> Vec<(String, String)> {
    let mut out =
        vec![("d/nodes.json".to_string(), list("Node", "v1", &[r#"{"metadata":{"name":"n","uid":"n"}}"#]))];
    for namespace in ["default", "kube-system"] {
        for (file, kind, version) in [
            ("events", "Event", "v1"),
            ("replication-controllers", "ReplicationController", "v1"),
            ("services", "Service", "v1"),
            ("daemonsets", "DaemonSet", "apps/v1"),
            ("deployments", "Deployment", "apps/v1"),
            ("replicasets", "ReplicaSet", "apps/v1"),
            ("pods", "Pod", "v1"),
        ] {
            let items = if kind == "Pod" { vec![object("p", namespace)] } else { vec![] };
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            out.push((format!("d/{namespace}/{file}.json"), list(kind, version, &items)));
        }
    }
    out
}

fn bytes(files: &[(String, String)]) -> Files {
    files.iter().map(|(path, text)| (path.clone(), text.as_bytes().to_vec())).collect()
}

#[test]
fn a_cluster_info_dump_closes_seven_kinds_of_each_namespace() {
    let kept = undated(&bytes(&cluster_info()));
    assert_eq!(kept.sealed.seal.identity_source, IdentitySource::Dump);
    assert_eq!(
        kept.ids(),
        ["kubernetes//Node//n", "kubernetes//Pod/default/p", "kubernetes//Pod/kube-system/p"]
    );
    for resource in ["pods", "deployments.apps", "services", "replicationcontrollers"] {
        assert_eq!(kept.status(resource, "default"), "complete", "{resource}");
        assert_eq!(kept.status(resource, "*"), "none", "which namespaces there are, nobody says");
    }
    assert_eq!((kept.status("nodes", "*"), kept.status(NETPOL, "default")), ("complete", "none"));
    assert_eq!(kept.sealed.seal.origins[0].form, "cluster-info-dump");
}

#[test]
fn a_cluster_info_dump_that_stopped_closes_nothing_of_its_last_namespace() {
    let mut all = cluster_info();
    all.retain(|(path, _)| path != "d/kube-system/pods.json");
    let kept = undated(&bytes(&all));
    assert_eq!(kept.status("deployments.apps", "kube-system"), "none");
    assert_eq!(kept.status("deployments.apps", "default"), "complete");
    // The same files without the typed list of nodes are anybody's.
    all.retain(|(path, _)| path != "d/nodes.json");
    let kept = undated(&bytes(&all));
    assert_eq!((kept.status("pods", "default"), kept.status("pods", "*")), ("none", "partial"));
    let mut all = cluster_info();
    all[7].1 = all[7]
        .1
        .replace("PodList", "List")
        .replace(r#"{"metadata""#, r#"{"apiVersion":"v1","kind":"Pod","metadata""#);
    assert_eq!(undated(&bytes(&all)).status("pods", "default"), "partial", "kubectl get wrote this one");
}

const BACKUP: &str = r#"{"kind":"Backup","apiVersion":"velero.io/v1","metadata":{"name":"daily","namespace":"velero"},"spec":SPEC,
  "status":{"phase":"Completed","startTimestamp":"2026-03-01T01:00:00Z","completionTimestamp":"2026-03-01T01:05:00Z"}}"#;

fn velero(spec: &str) -> Files {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"shop","uid":"1","resourceVersion":"5"}}"#;
    let namespace = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","uid":"2","resourceVersion":"6"}}"#;
    let mut all = inline(&[
        ("daily/daily.tar.gz/metadata/version", "1.1.0\n"),
        ("daily/daily.tar.gz/resources/pods/namespaces/shop/p.json", pod),
        ("daily/daily.tar.gz/resources/pods/v1-preferredversion/namespaces/shop/p.json", pod),
        ("daily/daily.tar.gz/resources/namespaces/cluster/shop.json", namespace),
        ("daily/daily.tar.gz/resources/namespaces/v1-preferredversion/cluster/shop.json", namespace),
    ]);
    if !spec.is_empty() {
        all.push(("daily/velero-backup.json".into(), BACKUP.replace("SPEC", spec).into_bytes()));
    }
    all
}

#[test]
fn a_backup_of_everything_closes_every_kind() {
    let kept = undated(&velero(r#"{"includedNamespaces":["*"],"excludedNamespaces":null}"#));
    assert_eq!(kept.unread(), []);
    assert_eq!(
        (kept.ids().len(), kept.sealed.seal.conflicts.len()),
        (3, 0),
        "the preferred version is a double"
    );
    for closed in ["pods", "namespaces", NETPOL, "clusterroles.rbac.authorization.k8s.io"] {
        let row = kept.row(closed, "*").unwrap();
        assert_eq!((row.status.as_str(), row.basis), ("complete", CollectionBasis::Dump), "{closed}");
    }
    let seal = &kept.sealed.seal;
    assert_eq!(seal.instant_source, InstantSource::DumpMetadata);
    assert_eq!(
        (seal.collected_from.to_string(), seal.collected_to.to_string()),
        ("2026-03-01T01:00:00Z".into(), "2026-03-01T01:05:00Z".into())
    );
    assert_eq!((seal.origins.len(), seal.origins[0].name.as_deref()), (1, Some("daily")));
    for never in ["policies.audit.k8s.io", "events"] {
        assert_ne!(kept.status(never, "*"), "complete", "{never}");
    }
}

#[test]
fn a_backup_closes_what_it_includes() {
    let some = undated(&velero(r#"{"includedNamespaces":["shop"],"excludedResources":["secrets"]}"#));
    assert_eq!(
        (some.status("pods", "shop"), some.status(NETPOL, "shop"), some.status("secrets", "shop")),
        ("complete", "complete", "none")
    );
    assert_eq!(
        (some.status("pods", "*"), some.status("namespaces", "*"), some.status("nodes", "*")),
        ("none", "partial", "none")
    );
    let kinds = undated(&velero(r#"{"includedResources":["po"],"includeClusterResources":true}"#));
    assert_eq!(
        (kinds.status("pods", "*"), kinds.status("services", "*"), kinds.status("nodes", "*")),
        ("complete", "none", "none")
    );
    let not = undated(&velero(r#"{"excludedNamespaces":["kube-system"]}"#));
    assert_eq!(
        (not.status("pods", "shop"), not.status("pods", "*"), not.status("nodes", "*")),
        ("complete", "none", "none")
    );
    let new = undated(&velero(
        r#"{"includedNamespaceScopedResources":["pods"],"includedClusterScopedResources":["nodes"]}"#,
    ));
    assert_eq!(
        (
            new.status("pods", "*"),
            new.status("services", "*"),
            new.status("nodes", "*"),
            new.status("namespaces", "*")
        ),
        ("complete", "none", "complete", "partial")
    );
}

#[test]
fn a_backup_that_may_lack_something_closes_nothing() {
    for spec in [
        r#"{"labelSelector":{"matchLabels":{"a":"b"}}}"#,
        r#"{"orLabelSelectors":[{"matchLabels":{"a":"b"}}]}"#,
        r#"{"resourcePolicy":{"kind":"configmap","name":"x"}}"#,
        r#"{"includedNamespaces":["sh*"]}"#,
        r#"{"excludedResources":["*"]}"#,
        "",
    ] {
        let kept = undated(&velero(spec));
        let closed = kept.sealed.seal.collections.iter().find(|row| row.status.closes());
        assert_eq!(closed, None, "{spec}");
        assert_eq!(kept.row("pods", "*").or(kept.row("pods", "shop")).unwrap().status.as_str(), "partial");
    }
    let mut failed = velero("{}");
    let last = failed.last_mut().unwrap();
    last.1 = String::from_utf8(last.1.clone()).unwrap().replace("Completed", "PartiallyFailed").into_bytes();
    let kept = undated(&failed);
    assert_eq!((kept.status("pods", "*"), kept.status(NETPOL, "*")), ("partial", "none"));
    let mut broken = velero("{}");
    broken.push(("daily/daily.tar.gz/resources/secrets/namespaces/shop/s.json".into(), b"{".to_vec()));
    assert_eq!(undated(&broken).status(NETPOL, "*"), "none", "what was not read may be anything");
}

#[test]
fn a_must_gather_closes_the_lists_of_inspected_namespaces() {
    let pods = list("Pod", "v1", &[&object("p", "shop")]);
    let namespace = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","uid":"2"}}"#;
    let node = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","uid":"3"}}"#;
    let mut all = inline(&[
        (
            "m/timestamp",
            "2026-03-01 10:11:12.131415 +0100 CET m=+0.1\n2026-03-01 10:21:12 +0100 CET m=+600.1\n",
        ),
        ("m/image/version", "openshift/must-gather\n4.16.0\n"),
        ("m/image/namespaces/shop/shop.yaml", namespace),
        ("m/image/namespaces/shop/core/pods.yaml", &pods),
        ("m/image/namespaces/other/core/pods.yaml", &pods.replace("shop", "other")),
        ("m/image/cluster-scoped-resources/core/nodes/n.yaml", node),
    ]);
    let kept = undated(&all);
    assert_eq!(kept.unread(), []);
    assert_eq!(
        (kept.status("pods", "shop"), kept.status("pods", "other"), kept.status("pods", "*")),
        ("complete", "none", "partial")
    );
    assert_eq!((kept.status("nodes", "*"), kept.status("namespaces", "*")), ("partial", "partial"));
    assert_eq!(kept.sealed.seal.collected_to.to_string(), "2026-03-01T09:21:12Z");
    all.retain(|(path, _)| !path.ends_with("timestamp") && !path.ends_with("version"));
    assert_eq!(undated(&all).status("pods", "shop"), "none", "a folder that only looks like one");
}

#[test]
fn a_troubleshoot_bundle_says_what_it_could_not_read() {
    let version = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec: {versionNumber: v1}\n";
    let empty = list("Pod", "v1", &[]);
    let mut all = inline(&[
        ("b/version.yaml", version),
        ("b/analysis.json", "[{\"name\":\"x\"}]"),
        ("b/cluster-resources/auth-cani-list/shop.json", "[{\"verbs\":[\"*\"]}]"),
        ("b/cluster-resources/namespaces.json", r#"[{"metadata":{"name":"shop","uid":"2"}}]"#),
        ("b/cluster-resources/pods/shop.json", &empty),
        ("b/cluster-resources/pods-errors.json", "null"),
        (
            "b/cluster-resources/network-policy-errors.json",
            r#"{"shop":"networkpolicies is forbidden: User x"}"#,
        ),
        ("b/cluster-resources/clusterroles-errors.json", r#"["the server was unable to return a response"]"#),
    ]);
    let kept = undated(&all);
    assert_eq!(kept.status("pods", "shop"), "complete", "empty is collected and empty");
    assert_eq!(kept.status("namespaces", "*"), "partial", "it was told which ones to look at");
    assert_eq!(kept.ids(), ["kubernetes//Namespace//shop"]);
    assert_eq!(
        (kept.status(NETPOL, "shop"), kept.status("clusterroles.rbac.authorization.k8s.io", "*")),
        ("denied", "error")
    );
    let record = "collector-record";
    assert_eq!(
        kept.unread(),
        [("b/analysis.json", record), ("b/cluster-resources/auth-cani-list/shop.json", record)]
    );
    let discovery =
        r#"[{"groupVersion":"v1","resources":[{"name":"pods"},{"name":"pods/log"},{"name":"namespaces"}]}]"#;
    all.push(("b/cluster-resources/resources.json".into(), discovery.into()));
    let kept = undated(&all);
    assert_eq!(
        (kept.status("schedules.velero.io", "*"), kept.status("services", "*")),
        ("not-served", "not-served")
    );
    assert_eq!(kept.status("policies.audit.k8s.io", "*"), "none", "no server serves it");
    all.push((
        "b/cluster-resources/groups-resources-errors.json".into(),
        br#"["metrics.k8s.io/v1beta1: the server"]"#.to_vec(),
    ));
    assert_eq!(undated(&all).status("schedules.velero.io", "*"), "none", "discovery has a gap");
    all.retain(|(path, _)| !path.ends_with("version.yaml"));
    let kept = undated(&all);
    assert_eq!((kept.status("pods", "shop"), kept.status(NETPOL, "shop")), ("none", "none"));
    assert!(kept.unread().contains(&("b/cluster-resources/network-policy-errors.json", "not-an-object")));
}

#[test]
fn recorded_support_bundles_close_what_they_list() {
    for (archive, items, version, open) in [
        ("k3s-troubleshoot-baseline", 276, "v1.31.2+k3s1", 0),
        ("k3s-troubleshoot-older", 205, "v1.24.4+k3s1", 0),
        // Three lists of Longhorn that a redaction broke.
        ("kurl-longhorn-velero-3node", 201, "v1.23.5", 3),
    ] {
        let Some(path) = corpus(&format!("clusters/{archive}.tar.gz")) else { return };
        let (all, _) = files(&path);
        let kept = undated(&all);
        let seal = &kept.sealed.seal;
        assert_eq!((seal.items, seal.cluster.version.as_deref()), (items, Some(version)), "{archive}");
        assert_eq!(seal.identity_source, IdentitySource::Dump);
        assert_eq!(seal.conflicts, []);
        for closed in ["namespaces", "nodes", "customresourcedefinitions.apiextensions.k8s.io"] {
            assert_eq!(kept.status(closed, "*"), "complete", "{archive} {closed}");
        }
        assert_eq!(kept.status("pods", "kube-public"), "complete", "{archive}");
        assert_eq!(kept.status(NETPOL, "*"), "none", "{archive}: by namespace, or not collected");
        let errors = seal.collections.iter().filter(|row| row.status.as_str() == "error").count();
        let bad = kept
            .unread()
            .iter()
            .filter(|(_, why)| !matches!(*why, "collector-record" | "not-an-input-format"))
            .count();
        assert_eq!((errors, bad), (open, open), "{archive}: {:?}", kept.unread());
    }
}

/// Newer collectors of troubleshoot lay a link beside each file of custom resources.
#[test]
fn a_link_to_a_file_that_was_read_takes_nothing_from_it() {
    use nachweis_model::seal::Unread;
    let status = |with_file: bool| {
        let store = nachweis_oci::MemoryStore::new();
        let resources = nachweis_snapshot::Resources::built_in();
        let mut ingest = nachweis_snapshot::Ingest::new(settings(), resources, Vec::new());
        let version = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec: {versionNumber: v1}\n";
        ingest.entry("version.yaml", version.into());
        let folder = "cluster-resources/custom-resources/backups.velero.io";
        if with_file {
            let backup = r#"[{"apiVersion":"velero.io/v1","kind":"Backup","metadata":{"name":"b","namespace":"velero"}}]"#;
            ingest.entry(&format!("{folder}/velero.json"), backup.into());
        }
        ingest.unread(Unread {
            file: format!("{folder}/velero.yaml"),
            line: 0,
            column: 0,
            reason: "link".into(),
            detail: "a link".into(),
            ignored: false,
        });
        let rows = ingest.finish(&store).unwrap().seal.collections;
        let row = rows.into_iter().find(|row| row.resource == "backups.velero.io" && row.scope == "velero");
        row.map(|row| row.status.as_str())
    };
    assert_eq!(status(true), Some("complete"));
    assert_eq!(status(false), Some("error"), "a link alone is a list that nobody read");
}
