//! Goal: a collection that somebody or the deadline ends leaves nothing, or with `--allow-partial` a snapshot that says
//! what is missing.
//! Method: a gate before the server holds the answers in the middle of the ConfigMaps; then the signal is sent.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nachweis_testkit::cluster::Cluster;
use serde_json::Value;

use crate::common::{Run, run};
use crate::server::{MAPS, Running, cluster, gate, kubeconfig};

/// What ends the collection.
#[derive(Clone, Copy, Debug)]
enum End {
    Signal(&'static str),
    Deadline,
}

/// Runs `command` until the middle of the ConfigMaps, and ends it there.
fn ended(cluster: &Cluster, folder: &Path, command: &str, end: End, more: &[&str]) -> Run {
    let gate = gate(cluster);
    let config = kubeconfig(cluster, "ended", Some(gate.port())).display().to_string();
    let mut arguments =
        vec![command, "--live", "--kubeconfig", &config, "--concurrency", "1", "--out", "out"];
    if let End::Deadline = end {
        arguments.extend(["--deadline", "8s"]);
    }
    arguments.extend(more);
    let running = Running::start(folder, &arguments);
    gate.wait();
    let began = Instant::now();
    if let End::Signal(name) = end {
        running.signal(name);
    }
    let run = running.end();
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?} to end", began.elapsed());
    run
}

#[test]
fn without_leave_nothing_is_left() {
    let Some(cluster) = cluster() else { return };
    for (command, end, why) in [
        ("snapshot", End::Signal("INT"), "the collection was interrupted"),
        ("snapshot", End::Signal("TERM"), "the collection was interrupted"),
        ("assess", End::Signal("INT"), "the collection was interrupted"),
        ("snapshot", End::Deadline, "the deadline of 8 s was reached"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let run = ended(cluster, home.path(), command, end, &[]);
        assert_eq!((run.code, &*run.out), (1, ""), "{end:?}: {run:?}");
        assert!(run.err.contains(&format!("error[collection-interrupted]: {why}")), "{}", run.err);
        assert!(run.err.contains("not complete: configmaps: stopped after"), "{}", run.err);
        let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{end:?} leaves {left:?}");
    }
}

#[test]
fn what_stood_at_the_place_before_stays() {
    let Some(cluster) = cluster() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a.yaml"), "{apiVersion: v1, kind: Namespace, metadata: {name: a}}").unwrap();
    assert_eq!(run(home.path(), &["snapshot", "a.yaml", "--out", "out"]).code, 0);
    let before = fs::read(home.path().join("out/index.json")).unwrap();
    assert_eq!(ended(cluster, home.path(), "snapshot", End::Signal("INT"), &[]).code, 1);
    assert_eq!(fs::read(home.path().join("out/index.json")).unwrap(), before);
    assert!(!home.path().join("out.partial").exists());
}

#[test]
fn with_leave_the_snapshot_says_what_is_missing() {
    let Some(cluster) = cluster() else { return };
    for (end, why) in [
        (End::Signal("INT"), "the collection was interrupted"),
        (End::Signal("TERM"), "the collection was interrupted"),
        (End::Deadline, "the deadline of 8 s was reached"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let run = ended(cluster, home.path(), "snapshot", end, &["--allow-partial", "--format", "json"]);
        assert_eq!(run.code, 0, "{end:?}: {run:?}");
        let seal: Value = run.json();
        let row = |resource: &str| {
            let rows = seal["collections"].as_array().unwrap();
            rows.iter().find(|row| row["resource"] == resource).unwrap().clone()
        };
        let maps = row("configmaps");
        let count = maps["count"].as_u64().unwrap();
        assert_eq!(maps["status"], "partial", "{maps}");
        assert!(count > 0 && count < MAPS as u64, "{maps}");
        assert_eq!(maps["detail"], format!("stopped after {count} objects: {why}"));
        let pods = row("pods");
        assert_eq!((&pods["status"], &pods["count"]), (&"error".into(), &0.into()), "{pods}");
        assert_eq!(pods["detail"], format!("not read: {why}"));
        assert_eq!(seal["identity_source"], "live");
        assert!(run.err.contains("not complete: pods: not read"), "{}", run.err);
        assessed(home.path());
    }
}

/// What was sealed is read, verified, and leaves nothing satisfied whose population is missing.
fn assessed(home: &Path) {
    let made = run(home, &["assess", "out", "--out", "bundle", "--format", "json"]);
    assert!([3, 4].contains(&made.code), "{made:?}");
    let assessment = made.json();
    let mut open = 0;
    for finding in assessment["findings"].as_array().unwrap() {
        if finding["population"] == "pods" {
            open += 1;
            assert_eq!(finding["verdict"], "indeterminate", "{finding}");
            let missing = finding["missing"].as_array().unwrap();
            let named = missing.iter().any(|one| one["resource"] == "pods" && one["status"] == "error");
            assert!(named, "{finding}");
        }
    }
    assert!(open > 3, "{open} controls judge pods");
    // 4: nobody signed it.
    let verified = run(home, &["verify", "bundle"]);
    assert_eq!(verified.code, 4, "{verified:?}");
}

#[test]
fn an_interrupted_assessment_with_leave_is_a_bundle() {
    let Some(cluster) = cluster() else { return };
    let home = tempfile::tempdir().unwrap();
    let made = ended(cluster, home.path(), "assess", End::Signal("TERM"), &["--allow-partial"]);
    assert!([3, 4].contains(&made.code), "{made:?}");
    assert_eq!(run(home.path(), &["verify", "out"]).code, 4);
}
