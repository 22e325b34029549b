//! `nachweis diff` as a user runs it: two folders of manifests, two bundles, text, JSON and exit code.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: payments, labels: {note: NOTE}}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: registry.example/api:1
        securityContext: {privileged: PRIVILEGED}
";

fn nachweis(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nachweis")).args(args).env("NO_COLOR", "1").output().unwrap()
}

/// A bundle of one deployment, assessed as of a day of November 2026.
fn bundle(folder: &Path, name: &str, privileged: &str, note: &str, day: u32) -> PathBuf {
    let input = folder.join(format!("{name}-input"));
    std::fs::create_dir(&input).unwrap();
    let text = DEPLOYMENT.replace("PRIVILEGED", privileged).replace("NOTE", note);
    std::fs::write(input.join("api.yaml"), text).unwrap();
    std::fs::write(input.join("ns.yaml"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: payments}\n")
        .unwrap();
    let out = folder.join(name);
    let at = format!("2026-11-{day:02}T06:00:00Z");
    let done = nachweis(&[
        "assess",
        input.to_str().unwrap(),
        "--cluster",
        "prod",
        "--at",
        &at,
        "--complete",
        "all",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(matches!(done.status.code(), Some(0 | 3 | 4)), "{}", String::from_utf8_lossy(&done.stderr));
    out
}

fn diff(old: &Path, new: &Path, more: &[&str]) -> (i32, String) {
    let mut args = vec!["diff", old.to_str().unwrap(), new.to_str().unwrap()];
    args.extend(more);
    let done = nachweis(&args);
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
}

#[test]
fn text_json_and_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let old = bundle(folder.path(), "old", "false", "plain", 20);
    let new = bundle(folder.path(), "new", "true", "\"\\u202e\\e[31m\"", 21);

    let (code, text) = diff(&old, &old, &[]);
    assert_eq!(code, 0);
    assert!(text.starts_with("diff: nothing differs\n"), "{text}");

    let (code, text) = diff(&old, &new, &[]);
    assert_eq!(code, 3, "{text}");
    for part in [
        "privileged-containers",
        "because cluster changed",
        "kubernetes/apps/Deployment/payments/api [changed",
        "/spec/template/spec/containers/0/securityContext/privileged: false -> true",
        "instant changed",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
    assert!(!text.contains(steers), "{text:?}");

    let (code, back) = diff(&new, &old, &["--items", "1"]);
    assert_eq!(code, 0, "{back}");
    assert!(back.contains("FIXED  privileged-containers"), "{back}");

    let (code, json) = diff(&old, &new, &["--format", "json"]);
    assert_eq!(code, 3);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["format"], "nachweis-delta/1");
    assert_eq!(value["objects"]["changed"], 1);
    let findings = value["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["control"] == "privileged-containers").unwrap();
    assert_eq!(found["class"], "new");
    assert_eq!(found["items"][0]["presence"], "changed");
}

#[test]
fn what_is_no_bundle_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let old = bundle(folder.path(), "old", "false", "plain", 20);
    let done = nachweis(&["diff", old.to_str().unwrap(), folder.path().join("nowhere").to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).starts_with("error[input-missing]"));
    assert_eq!(nachweis(&["diff", old.to_str().unwrap()]).status.code(), Some(2));
}
