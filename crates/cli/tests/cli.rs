//! The command line: help texts, error shapes, exit codes, stdin, and the JSON that scripts rely on.
//!
//! Help texts are golden files; `NACHWEIS_UPDATE_GOLDEN=1` writes them anew, for a reader of the diff to judge.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{Run, in_example, run, run_with};
use serde_json::Value;
use tempfile::TempDir;

/// The example, assessed and signed once for all tests of this file.
struct Assessed {
    home: TempDir,
    run: Run,
}

static ASSESSED: LazyLock<Assessed> = LazyLock::new(|| {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(home.path(), &["key", "generate", "--out", "audit.key"]).code, 0);
    assert_eq!(run(home.path(), &["key", "generate", "--out", "other.key"]).code, 0);
    let run = run(
        home.path(),
        &[
            "assess",
            &in_example("dump"),
            "--overlay",
            &in_example("overlay"),
            "--key",
            "audit.key",
            "--out",
            "bundle",
            "--format",
            "json",
        ],
    );
    Assessed { home, run }
});

fn home() -> &'static Path {
    ASSESSED.home.path()
}

fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
        return fs::write(path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name} is another text now; NACHWEIS_UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn help_is_what_was_reviewed() {
    let home = tempfile::tempdir().unwrap();
    let mut all = BTreeSet::new();
    for (name, arguments) in [
        ("help.txt", &["--help"][..]),
        ("help-snapshot.txt", &["snapshot", "--help"]),
        ("help-init.txt", &["init", "--help"]),
        ("help-assess.txt", &["assess", "--help"]),
        ("help-verify.txt", &["verify", "--help"]),
        ("help-report.txt", &["report", "--help"]),
        ("help-key.txt", &["key", "--help"]),
        ("help-key-generate.txt", &["key", "generate", "--help"]),
        ("help-version.txt", &["version", "--help"]),
    ] {
        let help = run(home.path(), arguments);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{arguments:?}");
        golden(name, &help.out);
        all.insert(name.to_string());
        if !["help-key-generate.txt", "help-version.txt"].contains(&name) {
            assert!(help.out.contains("Examples:"), "{name} has no example");
        }
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let there: BTreeSet<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, all, "a golden file that no test reads");
}

/// Code, then place, meaning and way out, each on its line.
#[track_caller]
fn fails(arguments: &[&str], code: i32, error: &str, words: &[&str]) {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("something.txt"), "x").unwrap();
    fs::write(home.path().join("pod.yaml"), POD).unwrap();
    fs::create_dir(home.path().join("occupied")).unwrap();
    fs::write(home.path().join("occupied/mine.txt"), "x").unwrap();
    fs::create_dir(home.path().join("overlay")).unwrap();
    fs::write(home.path().join("overlay/params.yaml"), "format: nachweis-params/1\nparams: {nonsense: 1}\n")
        .unwrap();
    let found = run(home.path(), arguments);
    assert_eq!((found.code, found.out.as_str()), (code, ""), "{arguments:?}: {found:?}");
    assert!(found.err.starts_with(&format!("error[{error}]: ")), "{arguments:?}: {}", found.err);
    for line in found.err.lines().skip(1) {
        let shape = ["  --> ", "  note: ", "  help: "].iter().any(|start| line.starts_with(start));
        assert!(shape, "{arguments:?}: {line}");
    }
    assert!(!found.err.trim_end().ends_with('.'), "{}", found.err);
    for word in words {
        assert!(found.err.contains(word), "{arguments:?}: no `{word}` in {}", found.err);
    }
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !left.iter().any(|name| name == "nachweis-bundle"),
        "{arguments:?} left a bundle behind: {left:?}"
    );
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: [{name: c, image: d}]}\n";

/// What `kubectl get` gives where there is nothing.
const EMPTY: &str = r#"{"apiVersion":"v1","kind":"List","items":[]}"#;

#[test]
fn errors_say_what_where_and_what_to_do() {
    fails(&["assess", "nowhere"], 1, "input-not-found", &["`nowhere`", "help: "]);
    fails(&["snapshot", "nowhere"], 1, "input-not-found", &["`nowhere`", "help: "]);
    fails(&["verify", "nowhere"], 1, "input-missing", &["--> nowhere"]);
    fails(&["report", "nowhere", "--format", "html"], 1, "input-missing", &["--> nowhere"]);
    fails(
        &["assess", "pod.yaml", "--complete", "nonsense"],
        2,
        "kind-unknown",
        &["`nonsense`", "plural.group"],
    );
    fails(&["assess", "pod.yaml", "--complete", "Event"], 2, "kind-unknown", &["several"]);
    fails(&["assess", "pod.yaml", "--catalog", "1.2.3"], 2, "catalogue-unknown", &["`1.2.3`", "2026."]);
    fails(&["assess", "pod.yaml", "--pack", "nonsense"], 2, "pack-unknown", &["nonsense"]);
    fails(&["assess", "pod.yaml", "--out", "occupied"], 1, "output-occupied", &["--> occupied", "--out"]);
    fails(&["assess", "pod.yaml", "--key", "something.txt"], 1, "key-read", &["--> something.txt"]);
    fails(&["assess", "pod.yaml", "--key", "nowhere"], 1, "file-read", &["--> nowhere"]);
    fails(&["assess", "pod.yaml", "--overlay", "overlay"], 1, "parameter-unknown", &["`nonsense`", "help: "]);
    fails(&["key", "generate", "--out", "pod.yaml"], 1, "key-write", &["--> pod.yaml", "help: "]);
}

#[test]
fn wrong_usage_is_two() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [
        &[][..],
        &["assess"],
        &["nonsense"],
        &["assess", "x", "--fail-on", "never-ever"],
        &["assess", "x", "--min-severity", "terrible"],
        &["assess", "x", "--at", "yesterday"],
        &["assess", "x", "--as-of", "2026-13-01T00:00:00Z"],
        &["verify", "x", "--accept-catalog", "sha256:12"],
        &["report", "x"],
        &["report", "x", "--format", "pdf-of-my-own"],
        &["snapshot", "x", "--format", "yaml"],
    ] {
        let found = run(home.path(), arguments);
        assert_eq!(found.code, 2, "{arguments:?}: {found:?}");
        assert!(found.out.is_empty() && !found.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn exit_codes_of_assess() {
    let manifest = |extra: &str| {
        format!("{POD}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: b}}\n---\n{extra}")
    };
    let assess = |input: &str, arguments: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        let all = [&["assess", "-", "--at", "2026-11-24T06:00:00Z"], arguments].concat();
        run_with(home.path(), &all, input.as_bytes()).code
    };
    let limits = ["--complete", "pods,ns"];
    assert_eq!(assess(&manifest(""), &limits), 3, "no limits: not satisfied");
    assert_eq!(assess(EMPTY, &[]), 4, "nothing was seen");
    assert_eq!(assess(&manifest(""), &["--fail-on", "never"]), 0);
    assert_eq!(assess(EMPTY, &["--fail-on", "not-satisfied"]), 0);
    assert_eq!(assess(&manifest(""), &["--complete", "pods,ns", "--fail-on", "not-satisfied"]), 3);
    assert_eq!(assess(EMPTY, &["--min-severity", "critical"]), 4, "restore-tested is critical and open");
    let restores = ["--complete", "restores.velero.io,backups.velero.io", "--min-severity", "critical"];
    assert_eq!(assess(EMPTY, &restores), 3, "no restore is on record");
}

#[test]
fn stdin_is_read_in_every_form() {
    let list = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, json_pod());
    for (what, input) in [("YAML", POD.to_string()), ("JSON", json_pod()), ("a list", list)] {
        let home = tempfile::tempdir().unwrap();
        let found = run_with(home.path(), &["snapshot", "-", "--format", "json"], input.as_bytes());
        assert_eq!(found.code, 0, "{what}: {found:?}");
        assert_eq!(found.json()["items"], 1, "{what}");
    }
    let home = tempfile::tempdir().unwrap();
    let broken = run_with(home.path(), &["snapshot", "-", "--format", "json"], b"{{ template }}\n");
    assert_eq!(broken.code, 0, "what cannot be read is listed, the run goes on");
    let unread = &broken.json()["unread"][0];
    assert_eq!((unread["file"].as_str(), unread["reason"].is_string()), (Some("-"), true));
}

fn json_pod() -> String {
    r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"b","name":"a"},"spec":{"containers":[]}}"#
        .into()
}

/// Every member that the issue promises is there.
#[track_caller]
fn has(value: &Value, members: &[&str]) {
    for member in members {
        assert!(value.get(member).is_some(), "no `{member}` in {value}");
    }
}

#[test]
fn json_of_snapshot() {
    let home = tempfile::tempdir().unwrap();
    let found = run(home.path(), &["snapshot", &in_example("dump"), "--format", "json"]);
    assert_eq!(found.code, 0);
    let out = found.json();
    has(
        &out,
        &[
            "snapshot",
            "cluster",
            "identity_source",
            "instant_source",
            "collected_to",
            "items",
            "kinds",
            "collections",
            "withheld",
            "unread",
            "conflicts",
        ],
    );
    has(&out["collections"][0], &["resource", "scope", "status", "count"]);
    assert!(out["items"].as_u64().unwrap() >= 400);
    assert_eq!(
        (out["identity_source"].as_str(), out["cluster"]["name"].as_str()),
        (Some("dump"), Some("payments-prod"))
    );
    assert!(out["withheld"].as_u64().unwrap() > 0, "the example has Secrets");
    // The sealed folder can be assessed, and gives the same verdicts as the input.
    let sealed = run(
        home.path(),
        &["assess", "nachweis-snapshot", "--overlay", &in_example("overlay"), "--format", "json"],
    );
    assert_eq!(sealed.code, 3);
    assert_eq!(sealed.json()["snapshot"], out["snapshot"]);
    assert_eq!(sealed.json()["digest"], ASSESSED.run.json()["digest"]);
}

#[test]
fn json_of_assess() {
    assert_eq!(ASSESSED.run.code, 3, "{:?}", ASSESSED.run);
    assert_eq!(ASSESSED.run.err, "", "quiet where no terminal is");
    let out = ASSESSED.run.json();
    has(
        &out,
        &[
            "snapshot",
            "catalogue",
            "overlay",
            "semantics",
            "as_of",
            "totals",
            "findings",
            "obligations",
            "bundle",
            "digest",
        ],
    );
    has(
        &out["totals"],
        &["satisfied", "not_satisfied", "indeterminate", "not_applicable", "attested", "exempted"],
    );
    let findings = out["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 12);
    for finding in findings {
        has(finding, &["control", "verdict", "covered", "total", "unit", "reasons", "items", "obligations"]);
    }
    let network = findings.iter().find(|f| f["control"] == "network-policy-coverage").unwrap();
    assert_eq!((&network["covered"], &network["total"]), (&24.into(), &36.into()));
    let items = network["items"].as_array().unwrap();
    assert_eq!(items.len(), 12);
    has(&items[0], &["id", "verdict", "reason"]);
    assert!(items[0]["id"].as_str().unwrap().starts_with("kubernetes//Pod/"));
    has(&out["obligations"][0], &["id", "state", "controls"]);
    assert_eq!(out["bundle"], "bundle");
}

#[test]
fn verify_answers_five_questions_with_four_codes() {
    let verify = |arguments: &[&str]| {
        let found = run(home(), &[&["verify", "bundle", "--format", "json"], arguments].concat());
        let out = found.json();
        has(&out, &["bytes", "verdicts", "signer", "catalogue", "origin", "problems", "exit"]);
        for question in ["bytes", "verdicts", "signer", "catalogue", "origin"] {
            has(&out[question], &["state", "detail"]);
        }
        assert_eq!(out["exit"], found.code);
        (found.code, out)
    };
    LazyLock::force(&ASSESSED);
    let (code, out) = verify(&["--trust", "audit.key.pub"]);
    assert_eq!((code, &out["problems"]), (0, &Value::Array(Vec::new())));
    let (code, out) = verify(&[]);
    assert_eq!((code, out["signer"]["state"].as_str()), (4, Some("unknown")));
    let (code, out) = verify(&["--trust", "other.key.pub"]);
    assert_eq!(code, 5);
    has(&out["problems"][0], &["code", "where", "message"]);
    assert_eq!(out["problems"][0]["code"], "signer-not-trusted");
}

#[test]
fn verify_names_a_changed_blob() {
    LazyLock::force(&ASSESSED);
    let forged = tempfile::tempdir().unwrap();
    for entry in walk(&home().join("bundle")) {
        let target = forged.path().join("bundle").join(entry.strip_prefix(home().join("bundle")).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(entry, target).unwrap();
    }
    let blob = walk(&forged.path().join("bundle/blobs")).into_iter().next().unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    bytes[0] ^= 1;
    fs::write(&blob, bytes).unwrap();
    let found = run(forged.path(), &["verify", "bundle"]);
    assert_eq!(found.code, 5);
    assert!(found.out.contains(blob.file_name().unwrap().to_str().unwrap()), "{}", found.out);
    assert!(found.out.contains("nobody dropped or changed objects before the snapshot"), "{}", found.out);
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn report_in_every_form() {
    LazyLock::force(&ASSESSED);
    let report = |format: &str| {
        let found = run(home(), &["report", "bundle", "--format", format]);
        assert_eq!((found.code, found.err.as_str()), (0, ""), "{format}");
        found.out
    };
    let json: Value = serde_json::from_str(&report("json")).unwrap();
    assert_eq!(json["digest"], ASSESSED.run.json()["digest"]);
    assert_eq!(json["findings"], ASSESSED.run.json()["findings"]);
    let html = report("html");
    assert!(html.starts_with("<!doctype html>") || html.starts_with("<!DOCTYPE html>"), "{}", &html[..40]);
    assert!(html.contains("24 / 36") || html.contains("24/36"));
    let csv = report("csv");
    let header = csv.lines().next().unwrap();
    assert!(header.contains("control") && header.contains("verdict"), "{header}");
    let named =
        csv.lines().filter(|l| l.contains("network-policy-coverage") && l.contains("not-selected")).count();
    assert_eq!(named, 12);
    assert_eq!(
        run(home(), &["report", "bundle", "--format", "html", "--lang", "de", "--out", "de.html"]).code,
        0
    );
    let german = fs::read_to_string(home().join("de.html")).unwrap();
    assert!(german.contains("lang=\"de\"") && german.contains("nicht bestanden"), "{}", &german[..200]);
}

#[test]
fn the_first_screen_in_a_pipe_is_plain_text() {
    let home = tempfile::tempdir().unwrap();
    let found = run(home.path(), &["assess", &in_example("dump"), "--overlay", &in_example("overlay")]);
    assert_eq!((found.code, found.err.as_str()), (3, ""));
    assert!(!found.out.contains('\u{1b}'), "no colours in a pipe");
    for word in ["24", "36", "nachweis verify nachweis-bundle", "network"] {
        assert!(found.out.contains(word), "no `{word}` in\n{}", found.out);
    }
}

#[test]
fn version_names_what_a_report_depends_on() {
    let home = tempfile::tempdir().unwrap();
    let out = run(home.path(), &["version", "--json"]).json();
    has(&out, &["engine", "semantics", "catalogue", "formats"]);
    assert_eq!(out["catalogue"]["digest"], ASSESSED.run.json()["catalogue"]);
    assert_eq!(out["semantics"], ASSESSED.run.json()["semantics"]);
}

#[test]
fn keys_are_private_and_never_overwritten() {
    let home = tempfile::tempdir().unwrap();
    let made = run(home.path(), &["key", "generate", "--out", "a.key"]);
    assert_eq!(made.code, 0);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(home.path().join("a.key")).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = fs::read(home.path().join("a.key")).unwrap();
    assert_eq!(run(home.path(), &["key", "generate", "--out", "a.key"]).code, 1);
    assert_eq!(fs::read(home.path().join("a.key")).unwrap(), before);
    let private = run(home.path(), &["key", "show", "a.key"]);
    let public = run(home.path(), &["key", "show", "a.key.pub"]);
    assert_eq!((private.code, &private.out), (0, &public.out));
    assert!(!private.out.contains("PRIVATE"), "{}", private.out);
}

#[test]
fn evidence_is_what_the_operator_says_it_is() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("pod.yaml"), POD).unwrap();
    let policy = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n";
    fs::write(home.path().join("audit.conf"), policy).unwrap();
    let seal =
        |flag: &str| run(home.path(), &["snapshot", "pod.yaml", "--evidence", flag, "--format", "json"]);
    let sealed = seal("audit-policy=audit.conf").json();
    let rows = sealed["collections"].as_array().unwrap();
    let row = rows.iter().find(|row| row["resource"] == "policies.audit.k8s.io").unwrap();
    assert_eq!((&row["status"], &row["basis"]), (&"complete".into(), &"operator".into()));
    assert!(!sealed.to_string().contains("audit.conf"), "the path of the file is not sealed");
    for wrong in ["audit-policy", "audit-policy=", "nonsense=audit.conf", "=x", "kubelet/=x", "kubelet/a/b=x"]
    {
        assert_eq!(seal(wrong).code, 2, "{wrong}");
    }
    assert_eq!(seal("audit-policy=nowhere").code, 1);
}

#[test]
fn a_tar_file_is_the_same_bytes_and_taken_again() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("pod.yaml"), POD).unwrap();
    let at = ["--at", "2026-11-24T06:00:00Z"];
    for out in ["a.tar", "b.tar", "a.tar"] {
        let run = run(home.path(), &[&["snapshot", "pod.yaml", "-o", out], &at[..]].concat());
        assert_eq!((run.code, run.err.as_str()), (0, ""));
    }
    let bytes = |name: &str| fs::read(home.path().join(name)).unwrap();
    assert!(bytes("a.tar") == bytes("b.tar"), "the same layout, the same bytes");
    assert!([3, 4].contains(&run(home.path(), &["assess", "a.tar", "-o", "c.tar"]).code));
    assert_eq!(run(home.path(), &["verify", "c.tar"]).code, 4);
    assert!([3, 4].contains(&run(home.path(), &["assess", "c.tar", "--out", "folder"]).code));
    assert!([3, 4].contains(&run(home.path(), &["assess", "folder", "--out", "d.tar"]).code));
    assert!(bytes("c.tar") == bytes("d.tar"));
    fs::write(home.path().join("mine.tar"), "x").unwrap();
    assert_eq!(run(home.path(), &["snapshot", "pod.yaml", "--out", "mine.tar"]).code, 1);
    assert_eq!(bytes("mine.tar"), b"x");
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("partial")), "{left:?}");
}

#[test]
fn a_commit_is_sealed_with_its_id() {
    let home = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let done = std::process::Command::new("git")
            .current_dir(home.path())
            .args(identity)
            .args(arguments)
            .output();
        let done = done.unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_string()
    };
    git(&["init", "-q"]);
    fs::create_dir(home.path().join("prod")).unwrap();
    fs::write(home.path().join("prod/pod.yaml"), POD).unwrap();
    git(&["add", "."]);
    git(&["commit", "-qm", "x"]);
    let id = git(&["rev-parse", "HEAD"]);
    let mut command = common::program(home.path());
    let path = std::env::var_os("PATH").unwrap();
    let out = command
        .args(["snapshot", "--git", ".@HEAD:prod", "--format", "json"])
        .env("PATH", path)
        .output()
        .unwrap();
    let sealed: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(sealed["origins"][0]["name"], format!("{id}:prod"));
    assert_eq!((&sealed["items"], sealed["unread"].as_array().unwrap().len()), (&1.into(), 0));
}

/// The lines of a file hold what never was sealed: they are shown only where nothing of that can stand in them.
#[test]
fn lines_of_a_file_show_nothing_that_is_not_sealed() {
    let home = tempfile::tempdir().unwrap();
    let pod = |name: &str, container: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: pay}}\nspec:\n  containers:\n{container}"
        )
    };
    let image = "      image: registry.example/web:1\n";
    let pods = [
        pod("plain", &format!("    - name: plain\n{image}")),
        pod(
            "secret",
            &format!(
                "    - env: [{{name: DB_PASSWORD, value: hunter2-hunter2}}]\n      name: secret\n{image}"
            ),
        ),
        pod("noted", &format!("    - name: noted\n      # it was correct-horse-battery\n{image}")),
        pod("twice", &format!("    - name: twice\n      args: [swordfish-one]\n      args: [two]\n{image}")),
    ];
    for (at, pod) in pods.iter().enumerate() {
        std::fs::write(home.path().join(format!("{at}.yaml")), pod).unwrap();
        let name = format!("{at}.yaml");
        let found = run(home.path(), &["assess", &name, "--out", &format!("bundle-{at}")]);
        assert_eq!(found.code, 3, "{found:?}");
        assert_eq!(found.out.contains("- name: plain"), at == 0, "{}", found.out);
        for secret in ["hunter2", "horse", "swordfish-one"] {
            assert!(!found.out.contains(secret), "{secret} is on the screen\n{}", found.out);
        }
    }
}
