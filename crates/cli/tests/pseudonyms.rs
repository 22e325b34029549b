//! `--pseudonymise`: people planted in odd places are in no byte that leaves the program, and no verdict changes.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;
#[path = "pseudonyms/people.rs"]
mod people;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Run, blobs, copy, in_example, run};
use people::people;
use serde_json::Value;

const AT: [&str; 2] = ["--at", "2026-11-24T06:00:00Z"];

fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(bytes)
}

#[track_caller]
fn go(home: &Path, arguments: &[&str], codes: &[i32]) -> Run {
    let done = run(home, arguments);
    assert!(codes.contains(&done.code), "{arguments:?}: {done:?}");
    done
}

/// Verdict, covered, total, reasons and counts of each finding: what must not change.
fn findings(home: &Path, bundle: &str) -> Vec<Value> {
    let report = go(home, &["report", bundle, "--format", "json"], &[0]).json();
    let mut findings = report["findings"].as_array().unwrap().clone();
    for finding in &mut findings {
        // The names of some items have changed, and with them the order; what was said of each has not.
        for list in ["items", "exempted"] {
            let rows = finding[list].as_array_mut().unwrap();
            rows.iter_mut().for_each(|row| drop(row.as_object_mut().unwrap().remove("id").unwrap()));
            rows.sort_by_key(Value::to_string);
        }
    }
    findings.push(report["totals"].clone());
    findings
}

/// An input with and without the flag: the same findings. Returns the number of people.
fn same_verdicts(input: &str, more: &[&str]) -> u64 {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    go(home, &["key", "pseudonyms", "--out", "people.key"], &[0]);
    let assess = |out: &str, flags: &[&str]| {
        go(home, &[&["assess", input, "--out", out], more, flags].concat(), &[0, 3, 4]);
    };
    assess("plain", &[]);
    assess("hidden", &["--pseudonymise", "people.key"]);
    let (plain, hidden) = (findings(home, "plain"), findings(home, "hidden"));
    assert_eq!(plain.len(), hidden.len(), "{input}");
    for (one, other) in plain.iter().zip(&hidden) {
        assert_eq!(one, other, "{input}");
    }
    let verified = run(home, &["verify", "hidden", "--format", "json"]);
    assert!([0, 4].contains(&verified.code), "{verified:?}");
    go(
        home,
        &["snapshot", input, AT[0], AT[1], "--pseudonymise", "people.key", "--format", "json", "--out", "s"],
        &[0],
    )
    .json()["pseudonyms"]["people"]
        .as_u64()
        .unwrap()
}

fn corpora() -> PathBuf {
    std::env::var_os("NACHWEIS_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"), PathBuf::from)
}

fn corpus(path: &str) -> Option<String> {
    let found = corpora().join(path);
    if found.exists() {
        return Some(found.canonicalize().unwrap().display().to_string());
    }
    assert!(std::env::var_os("CI").is_none(), "the corpora are missing: {}", found.display());
    eprintln!("SKIPPED: no corpora at {}", found.display());
    None
}

#[test]
fn people_are_in_no_byte_that_leaves_the_program() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    copy(Path::new(&in_example("dump")), &home.join("in"));
    let planted = people(&base64);
    let folder = home.join("in/planted");
    fs::create_dir_all(&folder).unwrap();
    for (at, person) in planted.iter().enumerate() {
        fs::write(folder.join(format!("{at}.json")), person.object.to_string()).unwrap();
    }
    // In the way of files, in what is not read, in a key that is given twice, in who declares differently.
    let path = folder.join("quafynbro.x@pay.example");
    fs::create_dir_all(&path).unwrap();
    let map = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: two, namespace: x}}\ndata: {{a: {value}}}\n"
        )
    };
    fs::write(path.join("one.yaml"), map("one")).unwrap();
    fs::write(path.join("two.yaml"), map("two")).unwrap();
    fs::write(path.join("broken.yaml"), "a: [quafynbro.x@pay.example\n").unwrap();
    fs::write(path.join("twice.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\ndata:\n  quafynbro.x@pay.example: a\n  quafynbro.x@pay.example: b\n").unwrap();
    go(home, &["key", "pseudonyms", "--out", "people.key"], &[0]);
    let mut outputs: Vec<(String, Vec<u8>)> = Vec::new();
    let mut say = |arguments: &[&str], codes: &[i32]| {
        let found = go(home, arguments, codes);
        outputs.push((format!("{arguments:?}, stdout"), found.out.clone().into_bytes()));
        outputs.push((format!("{arguments:?}, stderr"), found.err.into_bytes()));
        found.out
    };
    let hidden = ["--pseudonymise", "people.key"];
    let overlay = in_example("overlay");
    say(&[&["assess", "in", "--overlay", &overlay, "--out", "bundle"], &hidden[..]].concat(), &[3, 4]);
    say(&[&["snapshot", "in", "--out", "sealed", "--format", "json"], &hidden[..]].concat(), &[0]);
    say(&[&["snapshot", "in", "--out", "shown"], &hidden[..]].concat(), &[0]);
    for format in ["text", "html", "csv", "json", "sarif", "junit"] {
        say(&["report", "bundle", "--format", format], &[0]);
    }
    say(&["verify", "bundle"], &[4]);
    let listed = say(&["items", "bundle"], &[0]);
    for id in listed.split_whitespace().filter(|word| word.contains("planted") && word.contains('/')) {
        say(&["items", "bundle", "--show", id], &[0]);
    }
    blobs(&home.join("bundle"), &mut outputs);
    blobs(&home.join("sealed"), &mut outputs);
    let shown = outputs.iter().any(|(_, bytes)| memchr::memmem::find(bytes, b"person-at-0").is_some());
    assert!(shown, "the search finds what is there");

    let mut wanted: Vec<(String, Vec<u8>)> = Vec::new();
    for person in &planted {
        for name in &person.names {
            for form in [
                name.clone(),
                name[..1].to_uppercase() + &name[1..],
                base64(name.as_bytes())[..12].to_string(),
            ] {
                wanted.push((format!("{}: {form}", person.place), form.into_bytes()));
            }
        }
    }
    wanted.push(("the way of a file".into(), b"quafynbro".to_vec()));
    let search = aho_corasick::AhoCorasick::new(wanted.iter().map(|(_, form)| form)).unwrap();
    let mut leaks = BTreeSet::new();
    for (place, bytes) in &outputs {
        leaks.extend(
            search.find_overlapping_iter(bytes).map(|at| (wanted[at.pattern()].0.clone(), place.clone())),
        );
    }
    assert!(leaks.is_empty(), "{} leaks:\n{:#?}", leaks.len(), leaks.iter().take(40).collect::<Vec<_>>());
}

#[test]
fn no_verdict_of_the_example_changes() {
    assert!(same_verdicts(&in_example("dump"), &["--overlay", &in_example("overlay")]) > 0);
}

#[test]
fn no_verdict_of_the_planted_people_changes() {
    let home = tempfile::tempdir().unwrap();
    for (at, person) in people(&base64).iter().enumerate() {
        fs::write(home.path().join(format!("{at}.json")), person.object.to_string()).unwrap();
    }
    let input = home.path().display().to_string();
    let people = same_verdicts(
        &input,
        &[&AT[..], &["--complete", "all", "--overlay", &in_example("overlay")]].concat(),
    );
    assert!(people > 45, "{people}");
}

#[test]
fn no_verdict_of_the_assembly_changes() {
    let Some(input) = corpus("assembly/assembly-with-crds.yaml.gz") else { return };
    same_verdicts(&input, &[&AT[..], &["--complete", "all"]].concat());
}

#[test]
fn no_verdict_of_a_dump_changes() {
    let Some(input) = corpus("clusters/harvester-rke2-v1.21-2022-03-22.tar.gz") else { return };
    same_verdicts(&input, &AT);
}

#[test]
fn no_verdict_of_a_large_cluster_changes() {
    let Some(input) = corpus("clusters/moj-live-2026-01-30.tar.gz") else { return };
    assert!(same_verdicts(&input, &[&AT[..], &["--complete", "all"]].concat()) > 100);
}

/// Who is bound under which name, by the place of the binding.
fn users(home: &Path, snapshot: &str) -> Vec<String> {
    let listed = go(home, &["items", snapshot, "--kind", "RoleBinding"], &[0]).out;
    let ids = listed.split_whitespace().filter(|word| word.contains("RoleBinding/"));
    ids.map(|id| go(home, &["items", snapshot, "--show", id], &[0]).out).collect()
}

#[test]
fn one_person_has_one_pseudonym_and_two_have_two() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let binding = |name: &str, user: &str| {
        format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {name}, namespace: a}}\nsubjects: [{{kind: User, name: '{user}'}}]\nroleRef: {{kind: Role, name: r}}\n"
        )
    };
    fs::create_dir(home.join("in")).unwrap();
    let names = [
        "oidc:anna@pay.example",
        "anna@pay.example",
        "anna@other.example",
        "anna",
        "oidc:anna",
        "Anna",
        "anna2",
    ];
    for (at, name) in names.iter().enumerate() {
        fs::write(home.join(format!("in/{at}.yaml")), binding(&format!("b{at}"), name)).unwrap();
    }
    for key in ["one.key", "two.key"] {
        go(home, &["key", "pseudonyms", "--out", key], &[0]);
    }
    let mut ids = Vec::new();
    for (out, key, threads) in [("a", "one.key", "1"), ("b", "one.key", "4"), ("c", "two.key", "1")] {
        let flags = ["--pseudonymise", key, "--threads", threads, "--format", "json"];
        ids.push(go(home, &[&["snapshot", "in", "--out", out], &AT[..], &flags].concat(), &[0]).json());
    }
    assert_eq!(ids[0]["snapshot"], ids[1]["snapshot"], "the same key gives the same snapshot");
    assert_ne!(ids[0]["pseudonyms"]["key"], ids[2]["pseudonyms"]["key"]);
    // Of seven names two pairs are one person each.
    assert_eq!(ids[0]["pseudonyms"]["people"], 5);
    let shown = users(home, "a");
    let person = |text: &str| text[text.find("person-").unwrap()..][..23].to_string();
    let people: Vec<String> = shown.iter().map(|text| person(text)).collect();
    assert_eq!((&people[0], &people[3]), (&people[1], &people[4]));
    assert!(shown[0].contains(&format!("oidc:{}@pay.example", people[0])), "{}", shown[0]);
    assert!(users(home, "c").iter().all(|text| !people.contains(&person(text))));
}

#[test]
fn verify_and_diff_tell_keys_apart() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let dump = in_example("dump");
    for key in ["one.key", "two.key"] {
        go(home, &["key", "pseudonyms", "--out", key], &[0]);
    }
    go(home, &["assess", &dump, "--out", "plain"], &[3]);
    for (out, key) in [("one", "one.key"), ("two", "two.key")] {
        go(home, &["assess", &dump, "--out", out, "--pseudonymise", key], &[3]);
    }
    assert!(go(home, &["verify", "one"], &[4]).out.contains("names of people are pseudonyms of the key "));
    assert!(go(home, &["diff", "plain", "one"], &[0]).out.contains("pseudonyms on one side alone"));
    assert!(go(home, &["diff", "one", "two"], &[0]).out.contains("two different keys"));
    assert!(!go(home, &["diff", "one", "one"], &[0]).out.contains("pseudonyms"));
}

/// An exemption and a parameter that name people, with and without the key.
#[test]
fn what_the_overlay_says_of_people_still_holds() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: anna@pay.example}\nsubjects: [{kind: User, name: corp~anna}]\nroleRef: {kind: ClusterRole, name: view}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: ben}\nsubjects: [{kind: User, name: ben}]\nroleRef: {kind: ClusterRole, name: view}\n";
    fs::write(home.join("in.yaml"), binding).unwrap();
    fs::create_dir(home.join("overlay")).unwrap();
    fs::write(
        home.join("overlay/params.yaml"),
        "format: nachweis-params/1\nparams: {identity_provider_prefix: 'corp~'}\n",
    )
    .unwrap();
    let exempt = "format: nachweis-exemptions/1\nexemptions:\n  - {id: one, control: binding-subjects, items: ['kubernetes/rbac.authorization.k8s.io/ClusterRoleBinding//ben', 'kubernetes/rbac.authorization.k8s.io/ClusterRoleBinding//anna%40pay.example'], reason: r, owner: carla@pay.example, approver: dora, approved: 2026-01-01T00:00:00Z, expires: 2027-01-01T00:00:00Z}\n";
    fs::write(home.join("overlay/exemptions.yaml"), exempt).unwrap();
    go(home, &["key", "pseudonyms", "--out", "people.key"], &[0]);
    let declared = ["--complete", "all", "--overlay", "overlay"];
    let assess = |input: &str, out: &str, more: &[&str]| {
        go(home, &[&["assess", input, "--out", out, "--overlay", "overlay"], more].concat(), &[0, 3, 4]);
        findings(home, out)
    };
    let plain = assess("in.yaml", "plain", &[&AT[..], &declared[..2]].concat());
    let of =
        |all: &[Value]| all.iter().find(|finding| finding["control"] == "binding-subjects").unwrap().clone();
    assert_eq!((&of(&plain)["covered"], &of(&plain)["total"]), (&1.into(), &2.into()), "{}", of(&plain));
    let key = ["--pseudonymise", "people.key"];
    let hidden = assess("in.yaml", "hidden", &[&AT[..], &declared[..2], &key].concat());
    assert_eq!(plain, hidden);
    // From the sealed snapshot: with the key the same, without it refused.
    assert_eq!(assess("hidden", "again", &key), plain);
    let refused = run(home, &["assess", "hidden", "--overlay", "overlay", "--out", "no"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("error[overlay-names-people]") && refused.err.contains("anna%40pay.example"),
        "{refused:?}"
    );
    // A prefix that nobody named when names were replaced.
    go(home, &[&["snapshot", "in.yaml", "--out", "sealed"], &AT[..], &key].concat(), &[0]);
    let refused =
        run(home, &[&["assess", "sealed", "--overlay", "overlay", "--out", "no"], &key[..]].concat());
    assert!(
        refused.err.contains("error[overlay-names-people]") && refused.err.contains("`corp~`"),
        "{refused:?}"
    );
    // Nobody of the overlay is in the bundle, owners of exemptions included.
    let mut bytes = Vec::new();
    blobs(&home.join("hidden"), &mut bytes);
    for name in ["anna@", "anna%40", "carla"] {
        assert!(
            bytes.iter().all(|(_, bytes)| memchr::memmem::find(bytes, name.as_bytes()).is_none()),
            "{name}"
        );
    }
}

/// A commit's author is not read, with the flag or without; what its files say is.
#[test]
fn commits_bring_no_author() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let repo = home.join("repo");
    fs::create_dir(&repo).unwrap();
    fs::write(
        repo.join("map.yaml"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: a}\ndata: {by: vixen@pay.example}\n",
    )
    .unwrap();
    let git = |arguments: &[&str]| {
        let done = Command::new("git").current_dir(&repo).env("HOME", home).args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&[
        "-c",
        "user.name=Vixen Quaz",
        "-c",
        "user.email=vixen@pay.example",
        "commit",
        "-q",
        "-m",
        "by Vixen",
    ]);
    go(home, &["key", "pseudonyms", "--out", "people.key"], &[0]);
    let mut command = common::program(home);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    let done = command
        .args(["snapshot", "--git", "repo@HEAD", "--pseudonymise", "people.key", "--out", "s"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    let mut all = Vec::new();
    blobs(&home.join("s"), &mut all);
    assert!(all.iter().any(|(_, bytes)| memchr::memmem::find(bytes, b"@pay.example").is_some()));
    for (place, bytes) in &all {
        assert!(memchr::memmem::find(&bytes.to_ascii_lowercase(), b"vixen").is_none(), "{place}");
    }
}
