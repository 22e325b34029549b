//! Charts and kustomizations: unread as a whole, with what to run instead, and once.
#![allow(clippy::unwrap_used)]

mod common;

use common::{complete, inline, seal, settings};

const BASE: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api, namespace: shop}\nspec: {replicas: 1}\n";

#[test]
fn a_chart_is_one_entry() {
    let chart = "apiVersion: v2\nname: api\nversion: 1.0.0\n";
    let template = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n";
    let files = inline(&[
        ("charts/api/Chart.yaml", chart),
        ("charts/api/values.yaml", "replicas: 1\n"),
        ("charts/api/templates/a.yaml", template),
        ("charts/api/templates/b.yaml", "{{- if .Values.x }}\na: b\n{{- end }}\n"),
        ("charts/api/templates/static.yaml", BASE),
        ("charts/api/charts/db/Chart.yaml", chart),
        ("charts/api/charts/db/templates/a.yaml", template),
        ("charts/api/crds/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"),
        ("plain/a.yaml", BASE),
    ]);
    let kept = seal(complete(&["deploy"]), &files);
    assert_eq!(kept.unread(), [("charts/api/Chart.yaml", "helm-chart")]);
    let detail = &kept.sealed.seal.unread[0].detail;
    assert_eq!(detail, "a Helm chart of 7 files: read the output of `helm template api charts/api` instead");
    assert_eq!(kept.ids(), ["kubernetes//ConfigMap/default/c", "kubernetes/apps/Deployment/shop/api"]);
    assert_eq!(kept.status("deployments.apps", "*"), "partial", "the chart may hold more");
    let mut ignoring = complete(&["deploy"]);
    ignoring.ignore = vec!["charts/api".into()];
    assert_eq!(seal(ignoring, &files).status("deployments.apps", "*"), "complete");
}

#[test]
fn what_kustomize_changes_is_not_taken() {
    let files = inline(&[
        ("base/kustomization.yaml", "resources: [deploy.yaml]\n"),
        ("base/deploy.yaml", BASE),
        ("prod/kustomization.yaml", "resources: [../base, more.yaml]\npatches: [{path: patch.yaml}]\n"),
        (
            "prod/patch.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\nspec: {replicas: 9}\n",
        ),
        ("prod/more.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\n"),
        ("plain/cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n"),
    ]);
    let kept = seal(settings(), &files);
    assert_eq!(kept.ids(), ["kubernetes//ConfigMap/default/plain"]);
    assert_eq!(
        kept.unread(),
        [("base/kustomization.yaml", "kustomize-list"), ("prod/kustomization.yaml", "kustomization")]
    );
    let detail = &kept.sealed.seal.unread[1].detail;
    assert_eq!(
        detail,
        "kustomize changes 3 files by it: read the output of `kubectl kustomize prod` instead"
    );
}

#[test]
fn a_list_of_files_opens_nothing_and_a_remote_one_does() {
    let local = inline(&[("a/kustomization.yaml", "resources: [d.yaml]\n"), ("a/d.yaml", BASE)]);
    let kept = seal(complete(&["deploy"]), &local);
    assert_eq!((kept.ids().len(), kept.status("deployments.apps", "*")), (1, "complete"));
    let remote = inline(&[
        ("a/kustomization.yaml", "resources: [d.yaml, 'https://example.org/x']\n"),
        ("a/d.yaml", BASE),
    ]);
    let kept = seal(complete(&["deploy"]), &remote);
    assert_eq!((kept.ids().len(), kept.status("deployments.apps", "*")), (1, "partial"));
    let cycle = inline(&[
        ("a/kustomization.yaml", "resources: [../b]\nnamePrefix: x\n"),
        ("b/kustomization.yaml", "resources: [../a]\nnamePrefix: x\n"),
    ]);
    assert_eq!(seal(settings(), &cycle).unread().len(), 2);
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux}\n";
    let flux = inline(&[("kustomization.yaml", flux)]);
    assert_eq!(seal(settings(), &flux).ids().len(), 1, "an object of Flux, not an instruction");
}

#[test]
fn many_charts_and_long_chains_end_in_time() {
    let mut files = Vec::new();
    for at in 0..3_000 {
        files.push((format!("c{at}/Chart.yaml"), b"apiVersion: v2\nname: a\nversion: '1'\n".to_vec()));
        let next = format!("namePrefix: x\nresources: [../k{}]\n", at + 1);
        files.push((format!("k{at}/kustomization.yaml"), next.into_bytes()));
    }
    let kept = seal(settings(), &files);
    assert_eq!(kept.unread().len(), 6_000);
}
