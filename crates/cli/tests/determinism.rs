//! The same input gives the same ids through the program: whatever time zone, locale, folder, packing, number of
//! threads and, where `NACHWEIS_RELEASE_BIN` names another build of the program, build profile.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{command, example, in_example};
use serde_json::Value;

/// Snapshot id, assessment digest, manifest digest.
type Ids = (Value, Value, String);

/// One run in a folder of its own.
fn ids(program: &str, input: &Path, threads: &str, environment: &[(&str, &str)]) -> Ids {
    let home = tempfile::tempdir().unwrap();
    let mut run = command(program, home.path());
    run.args(["assess", &input.display().to_string(), "--overlay", &in_example("overlay")]);
    run.args(["--at", "2026-11-24T06:00:00Z", "--threads", threads, "--format", "json", "--out", "bundle"]);
    run.envs(environment.iter().copied());
    let output = run.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let out: Value = serde_json::from_slice(&output.stdout).unwrap();
    let index: Value =
        serde_json::from_slice(&fs::read(home.path().join("bundle/index.json")).unwrap()).unwrap();
    let manifest = index["manifests"][0]["digest"].as_str().unwrap().to_string();
    (out["snapshot"].clone(), out["digest"].clone(), manifest)
}

#[test]
fn one_input_one_result() {
    let this = env!("CARGO_BIN_EXE_nachweis");
    let dump = example().join("dump");
    let expected = ids(this, &dump, "1", &[]);
    let elsewhere = tempfile::tempdir().unwrap();
    let archive = elsewhere.path().join("dump.tar.gz");
    let packed =
        Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(&dump).arg(".").status().unwrap();
    assert!(packed.success());
    let unpacked = elsewhere.path().join("another folder");
    fs::create_dir(&unpacked).unwrap();
    assert!(
        Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&unpacked).status().unwrap().success()
    );
    type Run<'r> = (&'r str, &'r Path, &'r str, &'r [(&'r str, &'r str)]);
    let runs: [Run<'_>; 9] = [
        ("again", &dump, "1", &[]),
        ("2 threads", &dump, "2", &[]),
        ("8 threads", &dump, "8", &[]),
        ("a time zone ahead", &dump, "2", &[("TZ", "Pacific/Kiritimati")]),
        ("a time zone behind", &dump, "2", &[("TZ", "America/St_Johns")]),
        ("German", &dump, "2", &[("LANG", "de_DE.UTF-8"), ("LC_ALL", "de_DE.UTF-8")]),
        ("Turkish", &dump, "2", &[("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")]),
        ("an archive", &archive, "2", &[]),
        ("another folder", &unpacked, "2", &[]),
    ];
    for (what, input, threads, environment) in runs {
        assert_eq!(ids(this, input, threads, environment), expected, "{what}");
    }
    match std::env::var("NACHWEIS_RELEASE_BIN") {
        Ok(release) => assert_eq!(ids(&release, &dump, "2", &[]), expected, "another build profile"),
        Err(_) => {
            eprintln!("SKIPPED: another build profile; NACHWEIS_RELEASE_BIN names the other program");
            assert!(std::env::var_os("CI").is_none(), "a skipped factor is a failure there");
        }
    }
}
