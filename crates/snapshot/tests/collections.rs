//! What closes a population, and what opens it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Files, complete, inline, seal, settings, try_seal};
use nachweis_model::seal::{CollectionBasis, IdentitySource, InstantSource, Unread};
use nachweis_snapshot::{Ingest, NameError, Resources, SealError, Settings};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: x}\n";
const POLICY: &str =
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: x}\n";

#[test]
fn plain_files_close_nothing() {
    let kept = seal(settings(), &inline(&[("a.yaml", POD), ("b.yaml", POLICY)]));
    let rows: Vec<_> =
        kept.sealed.seal.collections.iter().map(|r| (&*r.resource, &*r.scope, r.basis)).collect();
    let found = CollectionBasis::Found;
    assert_eq!(rows, [("networkpolicies.networking.k8s.io", "*", found), ("pods", "*", found)]);
    assert!(kept.sealed.seal.collections.iter().all(|row| row.status.as_str() == "partial"));
    assert_eq!(kept.sealed.seal.identity_source, IdentitySource::Declared);
}

#[test]
fn the_operator_declares_by_any_name() {
    let files = inline(&[("a.yaml", POD), ("b.yaml", POLICY)]);
    let kept = seal(complete(&["netpol", "Service", "pods"]), &files);
    for resource in ["networkpolicies.networking.k8s.io", "services", "pods"] {
        let row = kept.row(resource, "*").unwrap();
        assert_eq!((row.status.as_str(), row.basis), ("complete", CollectionBasis::Operator), "{resource}");
    }
    assert_eq!(kept.row("services", "*").unwrap().count, 0);
    let refused = |name: &str| match try_seal(complete(&[name]), &files) {
        Err(SealError::Name(error)) => error,
        _ => panic!("{name}"),
    };
    assert!(matches!(refused("Event"), NameError::Ambiguous { candidates, .. } if candidates.len() == 2));
    assert!(matches!(refused("netpoll"), NameError::Unknown { .. }));
}

#[test]
fn all_is_what_people_declare() {
    let widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: a}\n";
    let kept = seal(complete(&["all"]), &inline(&[("a.yaml", POD), ("b.yaml", widget)]));
    for closed in [
        "deployments.apps",
        "networkpolicies.networking.k8s.io",
        "namespaces",
        "widgets.example.org",
        "boms.cyclonedx.org",
        "policies.audit.k8s.io",
        "schedules.velero.io",
    ] {
        assert_eq!(kept.status(closed, "*"), "complete", "{closed}");
    }
    assert_eq!(kept.status("pods", "*"), "partial", "found, and made by controllers");
    for open in ["nodes", "events", "leases.coordination.k8s.io", "replicasets.apps", "restores.velero.io"] {
        assert_eq!(kept.status(open, "*"), "none", "{open}");
    }
    assert_eq!(
        seal(complete(&["all", "Pod", "nodes"]), &inline(&[("a.yaml", POD)])).status("nodes", "*"),
        "complete"
    );
}

#[test]
fn an_unread_file_opens_what_only_a_declaration_closed() {
    let broken = "apiVersion: v1\nkind: [\n";
    let files =
        inline(&[("a.yaml", POD), ("deep/broken.yaml", broken), ("README.md", "# hello"), ("x.png", "\0\0")]);
    let mut declared = complete(&["pods"]);
    let kept = seal(declared.clone(), &files);
    let row = kept.row("pods", "*").unwrap();
    assert_eq!((row.status.as_str(), row.count), ("partial", 1));
    assert!(row.detail.as_deref().unwrap().contains("deep/broken.yaml"));
    for path in ["deep/broken.yaml", "./deep/broken.yaml", "deep", "deep/"] {
        declared.ignore = vec![path.into()];
        let kept = seal(declared.clone(), &files);
        assert_eq!(kept.status("pods", "*"), "complete", "{path}");
        let ignored: Vec<_> =
            kept.sealed.seal.unread.iter().map(|u| (&*u.file, &*u.reason, u.ignored)).collect();
        assert_eq!(ignored[0], ("README.md", "not-an-input-format", false));
        assert!(ignored[1].0 == "deep/broken.yaml" && ignored[1].2);
    }
    for path in ["deep/broken.yam", "dee", "broken.yaml", ""] {
        declared.ignore = vec![path.into()];
        assert_eq!(seal(declared.clone(), &files).status("pods", "*"), "partial", "{path}");
    }
    // Files that cannot hold manifests by their name open nothing; they are listed all the same.
    let kept =
        seal(complete(&["pods"]), &inline(&[("a.yaml", POD), ("README.md", "# hello"), ("LICENSE", "x")]));
    assert_eq!(kept.status("pods", "*"), "complete");
    assert_eq!(kept.unread().len(), 2);
}

#[test]
fn ignoring_a_file_does_not_hide_its_objects() {
    let text = format!("{POD}---\n{{{{ template }}}}\n");
    let mut declared = complete(&["pods"]);
    declared.ignore = vec!["a.yaml".into()];
    let kept = seal(declared, &inline(&[("a.yaml", &text)]));
    assert_eq!(kept.ids(), ["kubernetes//Pod/x/a"]);
    assert!(kept.sealed.seal.unread.iter().all(|u| u.ignored));
}

#[test]
fn a_file_without_ending_is_read_if_it_looks_like_a_manifest() {
    let kept = seal(settings(), &inline(&[("pods", POD), ("-", POLICY), ("Makefile", "all:\n\ttrue\n")]));
    assert_eq!(kept.ids().len(), 2);
    assert_eq!(kept.unread(), [("Makefile", "not-an-input-format")]);
    let cipher = [("secret".to_string(), b"\0GITCRYPT\0abc".to_vec()), ("a.yaml".into(), POD.into())];
    let kept = seal(complete(&["pods"]), &cipher);
    assert_eq!(kept.unread(), [("secret", "git-crypt")]);
    assert_eq!(kept.status("pods", "*"), "partial");
}

#[test]
fn what_a_collector_could_not_read_opens_too() {
    let status = |file: &str, reason: &str| {
        let store = nachweis_oci::MemoryStore::new();
        let mut ingest = Ingest::new(complete(&["pods"]), Resources::built_in(), Vec::new());
        ingest.entry("a.yaml", POD.into());
        ingest.unread(Unread {
            file: file.into(),
            line: 0,
            column: 0,
            reason: reason.into(),
            detail: String::new(),
            ignored: false,
        });
        let sealed = ingest.finish(&store).unwrap();
        sealed.seal.collections.iter().find(|row| row.resource == "pods").unwrap().status.as_str()
    };
    assert_eq!(status("b.yaml", "link"), "partial");
    assert_eq!(status("folder.d", "permission-denied"), "partial");
    assert_eq!(status("b.tar.gz", "broken-archive"), "partial");
    assert_eq!(status(".git", "version-control"), "complete");
    assert_eq!(status("video.mp4", "too-large"), "complete");
    assert_eq!(status("big.yaml", "too-large"), "partial");
}

fn index(rows: &str) -> String {
    format!(
        r#"{{"format":"nachweis-collections/1","cluster":{{"name":"prod","uid":"u9"}},
            "instant":"2026-11-20T06:00:00Z","collections":[{rows}]}}"#
    )
}

#[test]
fn an_index_closes_what_it_lists_and_counts() {
    let row =
        |count: u32| format!(r#"{{"resource":"pods","scope":"*","status":"complete","count":{count}}}"#);
    let with = |rows: &str| {
        let index = index(rows);
        let files = inline(&[("a.yaml", POD), ("b.yaml", POLICY), ("collections.json", &index)]);
        seal(Settings { at: None, ..settings() }, &files)
    };
    let kept = with(&row(1));
    assert_eq!(
        (kept.status("pods", "*"), kept.row("pods", "*").unwrap().basis),
        ("complete", CollectionBasis::Dump)
    );
    assert_eq!(kept.status("networkpolicies.networking.k8s.io", "*"), "partial");
    let seal = &kept.sealed.seal;
    assert_eq!(
        (seal.identity_source, seal.instant_source),
        (IdentitySource::Dump, InstantSource::DumpMetadata)
    );
    assert_eq!(seal.collected_from.to_string(), "2026-11-20T06:00:00Z");
    assert_eq!((seal.cluster.name.as_deref(), seal.cluster.uid.as_deref()), (Some("prod"), Some("u9")));
    assert_eq!(seal.unread, []);

    let kept = with(&row(2));
    assert_eq!(kept.row("pods", "*").unwrap().detail.as_deref(), Some("the index counts 2, found 1"));
    assert_eq!(kept.status("pods", "*"), "partial");
    for status in ["partial", "denied", "error", "not-collected"] {
        let kept = with(&format!(r#"{{"resource":"pods","scope":"*","status":"{status}","count":1}}"#));
        assert_eq!(kept.status("pods", "*"), status);
    }
    let kept = with(
        r#"{"resource":"pods","scope":"*","status":"not-served"},{"resource":"backups.velero.io","scope":"*","status":"not-served"}"#,
    );
    assert_eq!(kept.status("pods", "*"), "partial", "it was found");
    assert_eq!(kept.status("backups.velero.io", "*"), "not-served");
    let kept = with(r#"{"resource":"pods","scope":"*","status":"complete"}"#);
    assert_eq!(kept.status("pods", "*"), "partial", "no count, nothing to check");
    let kept = with(r#"{"resource":"netpol","scope":"x","status":"complete","count":1}"#);
    assert_eq!(kept.status("networkpolicies.networking.k8s.io", "x"), "complete");
    assert_eq!(kept.status("networkpolicies.networking.k8s.io", "*"), "none");
}

#[test]
fn an_index_that_contradicts_itself_closes_less() {
    let rows = r#"{"resource":"pods","scope":"*","status":"complete","count":1},
        {"resource":"pods","scope":"y","status":"denied","count":0}"#;
    let kept = seal(settings(), &inline(&[("a.yaml", POD), ("collections.json", &index(rows))]));
    assert_eq!((kept.status("pods", "*"), kept.status("pods", "y")), ("partial", "denied"));
}

#[test]
fn a_bad_index_is_unread_and_closes_nothing() {
    for text in ["{", "{}", r#"{"format":"other/1","collections":[]}"#] {
        let kept = seal(complete(&["pods"]), &inline(&[("a.yaml", POD), ("collections.json", text)]));
        assert_eq!(kept.status("pods", "*"), "partial", "{text}");
        assert_eq!(kept.unread().len(), 1, "{text}");
    }
}

#[test]
fn an_index_and_its_namespace_must_show_one_cluster() {
    let system = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, uid: other}\n";
    let index = index("");
    let files = inline(&[("a.yaml", system), ("collections.json", &index)]);
    assert!(matches!(try_seal(settings(), &files), Err(SealError::TwoClusters { .. })));
}

const METADATA: &str = "kubernetesversion: v1.30.2\nbundlecreatedat: '2026-11-20T06:00:00Z'\n";

fn dump(files: &[(&str, &str)]) -> Files {
    let mut all = inline(files);
    all.push(("top/metadata.yaml".into(), METADATA.into()));
    all
}

#[test]
fn a_dump_closes_the_files_it_has() {
    let list = |items: &str| format!("apiVersion: v1\nkind: List\nitems: {items}\n");
    let pods = list("[{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}]");
    let empty = list("[]");
    let cut = "apiVersion: v1\nkind: List\nmetadata: {continue: abc}\nitems: []\n";
    let quoted_null = "apiVersion: v1\nkind: List\nmetadata: {continue: 'null'}\nitems: []\n";
    let half = format!("{pods}---\nkind: [\n");
    let status = list(
        "[{apiVersion: v1, kind: ComponentStatus, metadata: {name: etcd}}, {apiVersion: a.b/v1, kind: Thing, metadata: {name: t}}]",
    );
    let kept = seal(
        settings(),
        &dump(&[
            ("top/yamls/namespaced/x/v1/pods.yaml", &pods),
            ("top/yamls/namespaced/x/v1/services.yaml", &empty),
            ("top/yamls/namespaced/x/v1/secrets.yaml", "kind: [\n"),
            ("top/yamls/namespaced/x/v1/configmaps.yaml", cut),
            ("top/yamls/namespaced/x/v1/endpoints.yaml", quoted_null),
            ("top/yamls/namespaced/x/v1/serviceaccounts.yaml", ""),
            ("top/yamls/namespaced/y/v1/pods.yaml", &half),
            ("top/yamls/namespaced/x/a.b/v1/odd-plural.yaml", &empty),
            ("top/yamls/cluster/a.b/v1/thingies.yaml", &status),
            ("other/yamls/cluster/v1/nodes.yaml", &empty),
        ]),
    );
    for (resource, scope, expected) in [
        ("pods", "x", "complete"),
        ("services", "x", "complete"),
        ("secrets", "x", "error"),
        ("configmaps", "x", "partial"),
        ("endpoints", "x", "complete"),
        ("serviceaccounts", "x", "error"),
        ("pods", "y", "partial"),
        ("odd-plural.a.b", "x", "complete"),
        ("thingies.a.b", "*", "complete"),
        ("componentstatuses", "*", "partial"),
        ("nodes", "*", "none"),
    ] {
        assert_eq!(kept.status(resource, scope), expected, "{resource} in {scope}");
    }
    assert_eq!(kept.row("pods", "x").unwrap().count, 1);
    assert_eq!(kept.row("services", "x").unwrap().count, 0);
    // An object of a dump's cluster folder is cluster-scoped, known or not.
    assert!(kept.ids().contains(&"kubernetes/a.b/Thing//t".to_string()));
    assert_eq!(kept.sealed.seal.defaulted_namespaces, 0);
    assert_eq!(kept.sealed.seal.cluster.version.as_deref(), Some("v1.30.2"));
}

#[test]
fn a_dump_without_its_metadata_is_a_folder() {
    let pods = "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x}}]\n";
    let kept = seal(settings(), &inline(&[("top/yamls/namespaced/x/v1/pods.yaml", pods)]));
    assert_eq!((kept.status("pods", "x"), kept.status("pods", "*")), ("none", "partial"));
    assert_eq!(kept.sealed.seal.identity_source, IdentitySource::Declared);
}

#[test]
fn nothing_closes_kinds_that_are_left_out() {
    let event = "apiVersion: v1\nkind: Event\nmetadata: {name: a, namespace: x}\n";
    let rows = r#"{"resource":"events","scope":"*","status":"complete","count":1}"#;
    let kept = seal(complete(&["leases"]), &inline(&[("a.yaml", event), ("collections.json", &index(rows))]));
    assert_eq!(kept.status("events", "*"), "partial");
    assert_eq!(kept.status("leases.coordination.k8s.io", "*"), "partial");
    assert_eq!(kept.sealed.seal.left_out[0].count, 1);
}
