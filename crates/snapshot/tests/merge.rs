//! Which objects become which items.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Files, inline, seal, settings, try_seal};
use nachweis_snapshot::SealError;

fn ids(files: &Files) -> Vec<String> {
    seal(settings(), files).ids()
}

fn one(name: &str, text: &str) -> Vec<String> {
    ids(&inline(&[(name, text)]))
}

#[test]
fn the_sealed_order_is_source_namespace_group_kind_name() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: z}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: a}
---
apiVersion: v1
kind: Pod
metadata: {name: B, namespace: a}
---
apiVersion: v1
kind: Node
metadata: {name: node1}
---
apiVersion: audit.k8s.io/v1
kind: Policy
rules: []
---
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: a}
"#;
    assert_eq!(
        one("dir/all.yaml", text),
        [
            "file/audit.k8s.io/Policy//dir%2Fall.yaml",
            "kubernetes//Node//node1",
            "kubernetes//Pod/a/B",
            "kubernetes//Pod/a/a",
            "kubernetes/apps/Deployment/a/a",
            "kubernetes//Pod/z/b",
        ]
    );
}

#[test]
fn every_form_of_list_is_read() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"x"}}"#;
    let expected = ["kubernetes//Pod/x/a"];
    for text in [
        pod.to_string(),
        format!(r#"{{"apiVersion":"v1","kind":"List","metadata":{{"resourceVersion":""}},"items":[{pod}]}}"#),
        format!(
            r#"{{"apiVersion":"v1","kind":"List","items":[{{"apiVersion":"v1","kind":"List","items":[{pod}]}}]}}"#
        ),
        r#"{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a","namespace":"x"}}]}"#.into(),
        format!(r#"{{"metadata":{{}},"items":[{pod}]}}"#),
        format!("[{pod}]"),
        format!(r#"{{"/v1/x/Pod/a":{pod}}}"#),
        format!("{pod}\n{pod}"),
        "kind: PodList\napiVersion: v1\nitems:\n- metadata: {name: a, namespace: x}\n".into(),
    ] {
        let kept = seal(settings(), &inline(&[("f.json", &text)]));
        assert_eq!(kept.ids(), expected, "{text}");
        assert_eq!(kept.unread(), [], "{text}");
        let body = kept.bodies(expected[0]);
        assert_eq!(body, [r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","namespace":"x"}}"#]);
    }
    let empty =
        seal(settings(), &inline(&[("f.json", r#"{"apiVersion":"v1","kind":"PodList","items":null}"#)]));
    assert_eq!((empty.ids().len(), empty.unread().len()), (0, 0));
}

#[test]
fn a_large_list_is_read_as_a_small_one() {
    let filler = "x".repeat(300 << 10);
    let text = |wrap: &str| {
        let pods = format!(
            r#"{{"metadata":{{"name":"a","namespace":"x"}},"spec":{{"f":"{filler}"}}}},{{"metadata":{{"name":"b"}}}},7"#
        );
        wrap.replace("PODS", &pods)
    };
    let kept = seal(
        settings(),
        &inline(&[("f.json", &text(r#"{"apiVersion":"v1","kind":"PodList","items":[PODS]}"#))]),
    );
    assert_eq!(kept.ids(), ["kubernetes//Pod/default/b", "kubernetes//Pod/x/a"]);
    assert_eq!(kept.unread(), [("f.json", "not-an-object")]);
    let kept = seal(settings(), &inline(&[("f.json", &text(r#"{"a":[PODS]}"#))]));
    assert_eq!(kept.unread(), [("f.json", "not-an-object")]);
    let single = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"a"}},"items":[],"data":{{"f":"{filler}"}}}}"#
    );
    assert_eq!(one("f.json", &single), ["kubernetes//ConfigMap/default/a"]);
}

#[test]
fn a_missing_namespace() {
    let text = r#"
apiVersion: v1
kind: Pod
metadata: {name: declared}
---
apiVersion: example.org/v1
kind: Widget
metadata: {name: unknown-declared}
---
apiVersion: example.org/v1
kind: Widget
metadata: {name: served, uid: u1}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: known-cluster}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: cluster-with-namespace, namespace: x}
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: well-known-cluster}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAnything
metadata: {name: by-group}
"#;
    let kept = seal(settings(), &inline(&[("f.yaml", text)]));
    assert_eq!(
        kept.ids(),
        [
            "kubernetes/cert-manager.io/ClusterIssuer//well-known-cluster",
            "kubernetes/constraints.gatekeeper.sh/K8sAnything//by-group",
            "kubernetes/example.org/Widget//served",
            "kubernetes/rbac.authorization.k8s.io/ClusterRole//cluster-with-namespace",
            "kubernetes/rbac.authorization.k8s.io/ClusterRole//known-cluster",
            "kubernetes//Pod/default/declared",
            "kubernetes/example.org/Widget/default/unknown-declared",
        ]
    );
    assert_eq!(kept.sealed.seal.defaulted_namespaces, 2);
}

#[test]
fn a_definition_of_the_input_gives_scope_and_plural_wherever_it_stands() {
    let crd = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgetz.example.org}
spec: {group: example.org, scope: Cluster, names: {kind: Widget, plural: widgetz, shortNames: [wd]}}
"#;
    let widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: a}\n";
    for files in [[("a.yaml", crd), ("b.yaml", widget)], [("b.yaml", widget), ("a.yaml", crd)]] {
        let kept = seal(common::complete(&["wd"]), &inline(&files));
        assert!(kept.ids().contains(&"kubernetes/example.org/Widget//a".to_string()));
        assert_eq!(kept.status("widgetz.example.org", "*"), "complete");
        assert_eq!(kept.sealed.seal.defaulted_namespaces, 0);
    }
}

#[test]
fn equal_declarations_are_one_item_and_different_ones_a_conflict() {
    let config = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: x}}\ndata: {{k: {value}}}\n"
        )
    };
    let (one, two, three) = (config("one"), config("two"), config("three"));
    let files = [("a.yaml", &*one), ("b.yaml", &*one)];
    let kept = seal(settings(), &inline(&files));
    assert_eq!(kept.ids().len(), 1);
    assert_eq!(kept.sealed.seal.conflicts, []);

    let files = [("a.yaml", &*one), ("b.yaml", &*two), ("c.yaml", &*one), ("d.yaml", &*three)];
    let kept = seal(settings(), &inline(&files));
    let seal = &kept.sealed.seal;
    assert_eq!((seal.items, kept.row("configmaps", "*").unwrap().count), (1, 1));
    let conflict = &seal.conflicts[0];
    assert_eq!((conflict.item, conflict.bodies.len()), (0, 3));
    assert_eq!(conflict.files, ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]);
    let bodies = kept.bodies("kubernetes//ConfigMap/x/a");
    let digests: Vec<_> = bodies.iter().map(|b| nachweis_canon::Digest::of(b.as_bytes())).collect();
    assert_eq!(digests, conflict.bodies);
    let reversed: Files = inline(&files).into_iter().rev().collect();
    assert_eq!(common::seal(settings(), &reversed).sealed.id, kept.sealed.id);
}

#[test]
fn what_moves_makes_no_conflict() {
    let pod = |version: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, namespace: x, resourceVersion: '{version}'}}\n"
        )
    };
    let (one, two) = (pod("1"), pod("2"));
    let kept = seal(settings(), &inline(&[("a.yaml", &one), ("b.yaml", &two)]));
    assert_eq!(kept.sealed.seal.conflicts, []);
}

#[test]
fn one_uid_under_two_groups_is_one_item() {
    let ingress = |version: &str, spec: &str| {
        format!(
            "apiVersion: {version}\nkind: Ingress\nmetadata: {{name: a, namespace: x, uid: u1}}\nspec: {{{spec}}}\n"
        )
    };
    let (old, new) = (ingress("extensions/v1beta1", "old: 1"), ingress("networking.k8s.io/v1", "new: 1"));
    for files in [[("a.yaml", &*old), ("b.yaml", &*new)], [("a.yaml", &*new), ("b.yaml", &*old)]] {
        let kept = seal(settings(), &inline(&files));
        assert_eq!(kept.ids(), ["kubernetes/networking.k8s.io/Ingress/x/a"]);
        assert!(kept.bodies("kubernetes/networking.k8s.io/Ingress/x/a")[0].contains("\"new\""));
        assert_eq!(kept.sealed.seal.aliases[0].group, "extensions");
        assert_eq!(kept.sealed.seal.conflicts, []);
    }
    // Without a uid, or with another name, they are two.
    let declared = old.replace(", uid: u1", "");
    assert_eq!(ids(&inline(&[("a.yaml", &declared), ("b.yaml", &new)])).len(), 2);
    let other = old.replace("name: a", "name: b");
    assert_eq!(ids(&inline(&[("a.yaml", &other), ("b.yaml", &new)])).len(), 2);
}

#[test]
fn one_state_at_two_versions_is_one_declaration() {
    let hpa = |version: &str, state: &str| {
        format!(
            "apiVersion: autoscaling/{version}\nkind: HorizontalPodAutoscaler\nmetadata: {{name: a, namespace: x, uid: u, resourceVersion: '{state}'}}\nspec: {{in: {version}}}\n"
        )
    };
    let id = "kubernetes/autoscaling/HorizontalPodAutoscaler/x/a";
    let (one, two, later) = (hpa("v1", "7"), hpa("v2", "7"), hpa("v2", "8"));
    let kept = seal(settings(), &inline(&[("a.yaml", &one), ("b.yaml", &two)]));
    assert_eq!(kept.sealed.seal.conflicts, []);
    assert!(kept.bodies(id)[0].contains("autoscaling/v2"));
    let kept = seal(settings(), &inline(&[("a.yaml", &one), ("b.yaml", &later)]));
    assert_eq!(kept.bodies(id).len(), 2);
}

#[test]
fn documents_that_are_no_kubernetes_objects() {
    let bom = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}"#;
    let encryption = r#"
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - aescbc: {keys: [{name: k1, secret: c2VjcmV0c2VjcmV0}]}
"#;
    let named =
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmetadata: {name: node-1}\n";
    let files = [("sbom/a b.json", bom), ("etc/enc.yaml", encryption), ("kubelet.yaml", named)];
    let kept = seal(settings(), &inline(&files));
    assert_eq!(
        kept.ids(),
        [
            "file/apiserver.config.k8s.io/EncryptionConfiguration//etc%2Fenc.yaml",
            "file/cyclonedx.org/Bom//sbom%2Fa%20b.json",
            "file/kubelet.config.k8s.io/KubeletConfiguration//node-1",
        ]
    );
    assert_eq!(kept.sealed.seal.withheld[0].item, 0);
    assert_eq!(kept.sealed.seal.withheld[0].pointers, ["/resources/0/providers/0/aescbc/keys/0/secret"]);
    let row = kept.row("boms.cyclonedx.org", "*").unwrap();
    assert_eq!((row.count, row.status.as_str()), (1, "partial"));
}

#[test]
fn two_clusters_are_refused() {
    let system =
        |uid: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: kube-system, uid: {uid}}}\n");
    let (one, two) = (system("u1"), system("u2"));
    let kept = seal(settings(), &inline(&[("a.yaml", &one), ("b.yaml", &one)]));
    assert_eq!(kept.sealed.seal.cluster.uid.as_deref(), Some("u1"));
    match try_seal(settings(), &inline(&[("a.yaml", &one), ("b.yaml", &two)])) {
        Err(SealError::TwoClusters { uids }) => assert_eq!(uids, ["u1", "u2"]),
        other => panic!("{:?}", other.map(|kept| kept.sealed.id)),
    }
}

#[test]
fn duplicate_keys_are_listed_and_the_last_one_wins() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: one\n  k: two\n";
    let kept = seal(settings(), &inline(&[("a.yaml", text)]));
    let row = &kept.sealed.seal.duplicate_keys[0];
    assert_eq!((&*row.file, row.line, &*row.key), ("a.yaml", 6, "k"));
    assert!(kept.bodies("kubernetes//ConfigMap/default/a")[0].contains("two"));
}

#[test]
fn secrets_never_enter() {
    let text = r#"
apiVersion: v1
kind: Secret
metadata:
  name: a
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"data":{"p":"aHVudGVyMg=="}}'
data: {p: aHVudGVyMg==}
stringData: {q: hunter2}
"#;
    let kept = seal(settings(), &inline(&[("a.yaml", text)]));
    let line = &kept.bodies("kubernetes//Secret/default/a")[0];
    assert!(
        !line.contains("hunter2") && !line.contains("aHVudGVyMg") && !line.contains("last-applied"),
        "{line}"
    );
    assert_eq!(kept.sealed.seal.withheld[0].pointers, ["/data/p", "/stringData/q"]);
}
