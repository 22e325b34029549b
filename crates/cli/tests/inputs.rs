//! Every recorded cluster: sealed, assessed, signed, verified; and what is refused when two are given.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::path::{Path, PathBuf};

use common::run;
use serde_json::Value;

/// A file of the corpora. `None`, loudly, where they are absent; a failure where `CI` is set.
fn corpus(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NACHWEIS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    let found = root.join(path);
    if found.exists() {
        return found.canonicalize().ok();
    }
    assert!(std::env::var_os("CI").is_none(), "the corpora are missing: {}", found.display());
    eprintln!("SKIPPED: no corpora at {}", root.display());
    None
}

/// Path, items, kinds, unread parts, withheld values at least.
type Known = (&'static str, u64, u64, u64, u64);

const FAST: &[Known] = &[
    ("clusters/harvester-rke2-v1.21-2022-03-22.tar.gz", 1_156, 83, 0, 0),
    ("clusters/k3s-troubleshoot-baseline.tar.gz", 276, 22, 41, 0),
    ("clusters/k3s-troubleshoot-older.tar.gz", 205, 18, 44, 0),
    ("clusters/kurl-longhorn-velero-3node.tar.gz", 201, 19, 21, 200),
    ("assembly/assembly-with-crds.yaml.gz", 699, 44, 0, 0),
];

const LARGE: &[Known] = &[
    ("clusters/moj-live-2026-01-30.tar.gz", 10_651, 19, 1, 0),
    ("clusters/moj-live-2026-02-27.tar.gz", 10_835, 19, 1, 0),
    ("clusters/kwok-scale-15267-objects.json.zip", 15_267, 7, 0, 0),
];

fn assess_and_verify(known: &Known) {
    let (path, items, kinds, unread, withheld) = *known;
    let Some(input) = corpus(path) else { return };
    let input = input.display().to_string();
    let home = tempfile::tempdir().unwrap();
    let go = |arguments: &[&str], codes: &[i32]| -> Value {
        let done = run(home.path(), arguments);
        assert!(codes.contains(&done.code), "{path}: {arguments:?}: {done:?}");
        serde_json::from_str(&done.out).unwrap_or(Value::Null)
    };
    let at = ["--at", "2026-11-24T06:00:00Z", "--format", "json"];
    let sealed = go(&[&["snapshot", &input, "-o", "snapshot"], &at[..]].concat(), &[0]);
    let figure = |value: &Value| value.as_u64().unwrap();
    let seen = (
        figure(&sealed["items"]),
        figure(&sealed["kinds"]),
        sealed["unread"].as_array().unwrap().len() as u64,
    );
    assert_eq!(seen, (items, kinds, unread), "{path}");
    assert!(figure(&sealed["withheld"]) >= withheld, "{path}");
    go(&["key", "generate", "--out", "audit.key"], &[0]);
    let assessed =
        go(&["assess", "snapshot", "--key", "audit.key", "-o", "b.tar", "--format", "json"], &[3, 4]);
    assert_eq!(
        assessed["snapshot"]["id"].as_str().or(assessed["snapshot"].as_str()),
        sealed["snapshot"].as_str()
    );
    go(&["verify", "b.tar", "--trust", "audit.key.pub"], &[0]);
    // From the files at once: the same snapshot, the same verdicts.
    go(&[&["assess", &input, "-o", "again"], &at[..]].concat(), &[3, 4]);
    let diff = run(home.path(), &["diff", "b.tar", "again"]);
    assert_eq!(diff.code, 0, "{path}: {}", diff.out);
}

#[test]
fn every_small_archive() {
    FAST.iter().for_each(assess_and_verify);
}

#[test]
#[ignore = "a minute without optimisation; scripts/inputs.sh does the same with the release build"]
fn every_large_archive() {
    LARGE.iter().for_each(assess_and_verify);
}

#[test]
fn no_archive_is_forgotten() {
    let Some(folder) = corpus("clusters") else { return };
    let there =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in there {
        let known = FAST.iter().chain(LARGE).any(|row| Path::new(row.0).ends_with(&name));
        assert!(known, "{name} is in no table of this file");
    }
}

#[test]
fn two_clusters_are_refused_and_two_inputs_of_one_are_merged() {
    let (Some(one), Some(other)) = (
        corpus("clusters/k3s-troubleshoot-baseline.tar.gz"),
        corpus("clusters/kurl-longhorn-velero-3node.tar.gz"),
    ) else {
        return;
    };
    let (one, other) = (one.display().to_string(), other.display().to_string());
    let home = tempfile::tempdir().unwrap();
    let refused = run(home.path(), &["snapshot", &one, &other]);
    assert_eq!(refused.code, 1);
    let expected = "the input shows several clusters: kube-system has the uids 31bd2c15-4640-4fc9-8e4e-789844cfd1a0, a1e2ac37-8183-4adf-ad53-e7bc5abce4b4";
    assert!(refused.err.contains(expected), "{}", refused.err);
    assert!(!home.path().join("nachweis-snapshot").exists());

    // A list of what the bundle lacks, of the same cluster: one snapshot of both.
    let webhook = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"w","uid":"w-1"}}]}"#;
    std::fs::write(home.path().join("more.json"), webhook).unwrap();
    let at = ["--at", "2026-11-24T06:00:00Z", "--format", "json"];
    let alone = run(home.path(), &[&["snapshot", &one], &at[..]].concat()).json();
    let sealed = run(home.path(), &[&["snapshot", &one, "more.json"], &at[..]].concat()).json();
    let back = run(home.path(), &[&["snapshot", "more.json", &one], &at[..]].concat()).json();
    assert_eq!(sealed["items"].as_u64().unwrap(), alone["items"].as_u64().unwrap() + 1);
    assert_eq!(sealed["snapshot"], back["snapshot"], "the order of inputs leaves no trace");
    assert_eq!(sealed["cluster"]["uid"], "a1e2ac37-8183-4adf-ad53-e7bc5abce4b4");
    // The same input twice is the same snapshot.
    let twice = run(home.path(), &[&["snapshot", &one, &one], &at[..]].concat()).json();
    assert_eq!(twice["snapshot"], alone["snapshot"]);
}
