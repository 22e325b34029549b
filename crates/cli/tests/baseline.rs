//! `--baseline BUNDLE` and the renderings for CI, as a pipeline runs them.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::Path;

use common::{Run, in_example, run};
use serde_json::Value;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: payments}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: c, image: registry.example/api:1, securityContext: {privileged: PRIVILEGED}}]}
";

fn manifests(home: &Path, deployments: &[(&str, bool)]) {
    let folder = home.join("manifests/apps");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut text = String::from("apiVersion: v1\nkind: Namespace\nmetadata: {name: payments}\n");
    for (name, privileged) in deployments {
        text.push_str("---\n");
        text.push_str(&DEPLOYMENT.replace("NAME", name).replace("PRIVILEGED", &privileged.to_string()));
    }
    fs::write(folder.join("all.yaml"), text).unwrap();
}

fn assess(home: &Path, out: &str, more: &[&str]) -> Run {
    let common = ["assess", "manifests", "--cluster", "prod", "--at", "2026-11-24T06:00:00Z", "--complete"];
    let own = ["all", "--min-severity", "high", "--fail-on", "not-satisfied", "--out", out];
    run(home, &[&common[..], &own[..], more].concat())
}

#[test]
fn only_what_is_new_raises_the_exit_code() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    manifests(home, &[("api", true), ("web", false)]);
    assert_eq!(assess(home, "accepted", &[]).code, 3);
    let same = assess(home, "now", &["--baseline", "accepted"]);
    assert_eq!(same.code, 0, "{same:?}");
    assert!(
        same.out.contains("\nbaseline         0 new, ") && same.out.contains(" known from the baseline\n"),
        "{}",
        same.out
    );

    manifests(home, &[("api", true), ("web", true)]);
    let worse = assess(home, "now", &["--baseline", "accepted"]);
    assert_eq!(worse.code, 3, "{worse:?}");
    assert!(worse.out.contains("✗ privileged-containers: Deployment payments/web, "), "{}", worse.out);
    assert!(!worse.out.contains("✗ privileged-containers: Deployment payments/api, "), "{}", worse.out);

    manifests(home, &[("api", false), ("web", false)]);
    let better = assess(home, "now", &["--baseline", "accepted", "--lang", "de"]);
    assert_eq!(better.code, 0);
    assert!(
        better.out.contains("✓ privileged-containers: Deployment payments/api, jetzt abgedeckt"),
        "{}",
        better.out
    );

    let json = assess(home, "now", &["--baseline", "accepted", "--format", "json"]).json();
    let moved = json["baseline"]["findings"].as_array().unwrap();
    let fixed = moved.iter().find(|news| news["control"] == "privileged-containers").unwrap();
    assert_eq!(fixed["fixed"], serde_json::json!(["kubernetes/apps/Deployment/payments/api"]));
    assert!(json["baseline"]["fixed"].as_u64() >= Some(1));
    // The bundle does not depend on what it was compared with.
    let bytes = |bundle: &str| fs::read(home.join(bundle).join("index.json")).unwrap();
    let compared = bytes("now");
    assess(home, "now", &[]);
    assert_eq!(bytes("now"), compared);
}

#[test]
fn another_cluster_an_unreadable_and_an_old_baseline() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    manifests(home, &[("api", true)]);
    assess(home, "accepted", &[]);
    let other =
        run(home, &["assess", "manifests", "--cluster", "test", "--baseline", "accepted", "--out", "now"]);
    assert_eq!(other.code, 2);
    assert!(
        other
            .err
            .starts_with("error[baseline-other-cluster]: the baseline is of cluster `prod`, this is `test`"),
        "{}",
        other.err
    );
    assert!(!home.join("now").exists(), "a bundle was left");
    for (place, code) in [("nowhere", "input-missing"), ("manifests", "layout-missing")] {
        let found = assess(home, "now", &["--baseline", place]);
        assert_eq!(found.code, 1, "{found:?}");
        assert!(
            found.err.starts_with(&format!("error[{code}]")) && found.err.contains("`--baseline`"),
            "{}",
            found.err
        );
    }
    // An overlay that changes what is asked is told, and what it makes worse is new.
    fs::create_dir(home.join("overlay")).unwrap();
    fs::write(
        home.join("overlay/params.yaml"),
        "format: nachweis-params/1\nparams: {platform_namespaces: [kube-system, payments]}\n",
    )
    .unwrap();
    let changed = assess(home, "now", &["--baseline", "accepted", "--overlay", "overlay"]);
    assert!(changed.out.contains("another overlay"), "{}", changed.out);
    assert!(changed.out.contains("no longer judged"), "{}", changed.out);
}

fn rendered(home: &Path, format: &str, more: &[&str]) -> String {
    let found = run(home, &[&["report", "now", "--format", format][..], more].concat());
    assert_eq!((found.code, found.err.as_str()), (0, ""), "{format}");
    found.out
}

#[test]
fn sarif_points_into_the_declared_files_and_junit_counts() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    manifests(home, &[("api", true)]);
    assess(home, "accepted", &[]);
    manifests(home, &[("api", true), ("web", true)]);
    assess(home, "now", &[]);
    let more = ["--source", "manifests", "--baseline", "accepted"];
    let log: Value = serde_json::from_str(&rendered(home, "sarif", &more)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |name: &str| {
        let named = format!("Deployment payments/{name}");
        let found = results.iter().find(|result| {
            result["ruleId"] == "privileged-containers"
                && result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == named.as_str()
        });
        let found = found.unwrap_or_else(|| panic!("{name}: {log}"));
        let physical = &found["locations"][0]["physicalLocation"];
        let file = physical["artifactLocation"]["uri"].as_str().unwrap().to_string();
        (found["baselineState"].clone(), file, physical["region"]["startLine"].as_u64().unwrap())
    };
    let file = "manifests/apps/all.yaml".to_string();
    assert_eq!(of("api"), ("unchanged".into(), file.clone(), 5));
    assert_eq!(of("web"), ("new".into(), file, 14));
    let xml = rendered(home, "junit", &more);
    assert!(xml.contains("name=\"Deployment payments/web\" time=\"0\" file=\"manifests/apps/all.yaml\" line=\"14\">\n      <failure"), "{xml}");
    assert!(xml.contains("<skipped message=\"known from the baseline"), "{xml}");
    assert_eq!(rendered(home, "sarif", &more), rendered(home, "sarif", &more));
}

/// Against the published schema, with the `jsonschema` package of Python and a schema file that the environment
/// names; neither is part of this repository.
#[test]
fn sarif_is_what_the_published_schema_wants() {
    let Some(schema) = std::env::var_os("NACHWEIS_SARIF_SCHEMA") else {
        return eprintln!("SKIPPED: NACHWEIS_SARIF_SCHEMA names no copy of the schema of SARIF 2.1.0");
    };
    let home = tempfile::tempdir().unwrap();
    let input = [&in_example("dump"), "--overlay", &in_example("overlay")];
    run(home.path(), &[&["assess"][..], &input[..], &["--out", "now"]].concat());
    fs::write(home.path().join("now.sarif"), rendered(home.path(), "sarif", &["--baseline", "now"])).unwrap();
    let script = "import json,sys,jsonschema\nv=jsonschema.Draft4Validator(json.load(open(sys.argv[1])), format_checker=jsonschema.FormatChecker())\ne=[x.message[:200] for x in v.iter_errors(json.load(open(sys.argv[2])))]\nprint(e[:5]); sys.exit(bool(e))";
    let done = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(schema)
        .arg(home.path().join("now.sarif"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}
