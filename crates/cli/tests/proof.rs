//! Inclusion proofs: `items --show` gives one, `verify --proof` bears it out or names what contradicts.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;

use common::run;
use serde_json::Value;

const PODS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: b}
spec: {containers: [{name: c, image: d}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other, namespace: b}
spec: {containers: [{name: c, image: d}]}
";

#[test]
fn a_proof_for_another_item_is_a_contradiction_that_verify_names() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("pods.yaml"), PODS).unwrap();
    let made = run(home.path(), &["assess", "pods.yaml", "--at", "2026-11-20T06:00:00Z", "--out", "bundle"]);
    assert_eq!(made.code, 3, "{made:?}");
    let proof = |id: &str| -> Value {
        let shown = run(home.path(), &["items", "bundle", "--show", id, "--format", "json"]);
        assert_eq!(shown.code, 0, "{shown:?}");
        serde_json::from_str(&shown.out).unwrap()
    };
    let (one, other) = (proof("kubernetes//Pod/b/a"), proof("kubernetes//Pod/b/other"));
    let verify = |value: &Value| {
        fs::write(home.path().join("proof.json"), serde_json::to_vec(value).unwrap()).unwrap();
        run(home.path(), &["verify", "bundle", "--proof", "proof.json"])
    };
    assert_eq!(verify(&one).code, 4, "the proof holds; only the signature is missing");
    for field in ["line", "proof", "id"] {
        let mut forged = one.clone();
        forged[field] = other[field].clone();
        let found = verify(&forged);
        assert_eq!(found.code, 5, "{field}: {found:?}");
        assert!(
            found.out.contains("inclusion-proof") && found.out.contains("proof 1"),
            "{field}: {}",
            found.out
        );
    }
    let mut forged = one.clone();
    forged["index"] = other["index"].clone();
    assert_eq!(verify(&forged).code, 5);
    let unreadable = verify(&Value::Null);
    assert_eq!(
        (unreadable.code, unreadable.out.contains("document-unreadable")),
        (5, true),
        "{unreadable:?}"
    );
}
