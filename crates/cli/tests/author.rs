//! The workbench of a control author: lint, test, new, list, show, coverage, trace; and what explain says.
//!
//! Texts are golden files; `NACHWEIS_UPDATE_GOLDEN=1` writes them anew, for a reader of the diff to judge.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::run;
use serde_json::Value;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

#[track_caller]
fn golden(name: &str, text: &str) {
    let path = tests().join("author/golden").join(name);
    if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
        return fs::write(path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{name} is another text now; NACHWEIS_UPDATE_GOLDEN=1 writes it anew");
}

#[test]
fn help_is_what_was_reviewed() {
    let home = tempfile::tempdir().unwrap();
    for (name, command) in [
        ("help-explain.txt", "explain"),
        ("help-items.txt", "items"),
        ("help-catalog.txt", "catalog"),
        ("help-catalog-lint.txt", "catalog lint"),
        ("help-catalog-test.txt", "catalog test"),
        ("help-catalog-new.txt", "catalog new"),
        ("help-catalog-docs.txt", "catalog docs"),
        ("help-catalog-release.txt", "catalog release"),
    ] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = run(home.path(), &arguments);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command}");
        golden(name, &help.out);
    }
}

/// The pages about the shipped controls say what the controls say.
#[test]
fn the_committed_pages_are_current() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(home.path(), &["catalog", "docs", "--out", "pages"]).code, 0);
    let committed = tests().join("../../../docs/reference/controls");
    if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
        let _ = fs::remove_dir_all(&committed);
        fs::create_dir_all(&committed).unwrap();
        for page in fs::read_dir(home.path().join("pages")).unwrap() {
            let page = page.unwrap();
            fs::copy(page.path(), committed.join(page.file_name())).unwrap();
        }
    }
    let read = |folder: &Path| -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        let mut pages: Vec<(String, String)> = entries
            .map(|entry| {
                (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        pages.sort();
        pages
    };
    let (made, found) = (read(&home.path().join("pages")), read(&committed));
    assert!(made.len() >= 13, "{} pages", made.len());
    assert!(made == found, "run `nachweis catalog docs --out docs/reference/controls`");
}

/// One file with the mistakes that authors make: each is told at its line and column, all in one run.
#[test]
fn every_mistake_of_a_file_is_told_at_its_place_in_one_run() {
    let found = run(&tests(), &["catalog", "lint", "author"]);
    assert_eq!((found.code, found.err.as_str()), (1, ""));
    golden("lint.txt", &found.out);

    let json = run(&tests(), &["catalog", "lint", "author", "--format", "json"]);
    assert_eq!(json.code, 1);
    let problems = json.json()["problems"].as_array().unwrap().clone();
    let rows: Vec<(&str, u64, u64)> = problems
        .iter()
        .map(|row| {
            (row["code"].as_str().unwrap(), row["line"].as_u64().unwrap(), row["column"].as_u64().unwrap())
        })
        .collect();
    for wanted in [
        ("id-differs", 2, 5),
        ("text-missing", 3, 1),
        ("key-unknown", 5, 1),
        ("obligation-unknown", 7, 9),
        ("value-unknown", 8, 19),
        ("resource-unknown", 12, 16),
        ("version-unknown", 14, 16),
        ("unit-missing", 21, 5),
        ("parameter-unused", 25, 11),
        ("default-type", 28, 14),
        // in quotes, in a block, plain, over an escaped line break, in a folded block
        ("field-unknown", 32, 61),
        ("expression-type", 36, 16),
        // in the same expression, which does not compile
        ("field-unknown", 38, 18),
        ("parameter-undeclared", 41, 72),
        ("placeholder-unknown", 42, 28),
        ("relation-unknown", 44, 20),
        ("field-unknown", 45, 26),
        ("code-repeated", 50, 11),
        ("condition-unreachable", 51, 11),
        ("field-unknown", 53, 23),
        ("expression-invalid", 56, 40),
        ("threshold-form", 58, 12),
        ("key-repeated", 60, 1),
        ("relation-unknown", 61, 19),
        ("value-type", 63, 9),
    ] {
        assert!(rows.contains(&wanted), "{wanted:?} is not in {rows:#?}");
    }
    assert!(rows.is_sorted_by_key(|(_, line, column)| (*line, *column)), "{rows:?}");
}

#[test]
fn the_shipped_catalogue_has_no_problem_and_its_cases_hold() {
    let catalog = tests().join("../../../catalog").display().to_string();
    let lint = run(&tests(), &["catalog", "lint", &catalog]);
    assert_eq!((lint.code, lint.err.as_str()), (0, ""), "{}", lint.out);
    let test = run(&tests(), &["catalog", "test", &catalog]);
    assert_eq!((test.code, test.err.as_str()), (0, ""), "{}", test.out);
}

/// Mistakes in an overlay's own files: each at its line and column, all in one run.
#[test]
fn every_mistake_of_an_overlay_is_told_at_its_place_in_one_run() {
    let arguments = ["catalog", "lint", "author/overlay", "--as-of", "2026-11-24T00:00:00Z"];
    let found = run(&tests(), &arguments);
    assert_eq!((found.code, found.err.as_str()), (1, ""));
    golden("lint-overlay.txt", &found.out);
    let json = run(&tests(), &[&arguments[..], &["--format", "json"]].concat()).json();
    let rows: Vec<(&str, u64, u64)> = json["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["code"].as_str().unwrap(), row["line"].as_u64().unwrap(), row["column"].as_u64().unwrap())
        })
        .collect();
    for wanted in [
        ("parameter-unknown", 3, 3),
        ("parameter-type", 4, 30),
        ("parameter-type", 5, 24),
        ("value-not-exact", 6, 3),
        ("key-unknown", 7, 1),
        ("control-unknown", 4, 14),
        ("approver-is-owner", 8, 15),
        ("exemption-expired", 10, 14),
        ("id-repeated", 11, 9),
        ("key-unknown", 13, 5),
        ("value-form", 17, 15),
        ("expiry-before-approval", 26, 14),
        ("key-missing", 20, 5),
    ] {
        assert!(rows.contains(&wanted), "{wanted:?} is not in {rows:#?}");
    }
    assert!(rows.iter().any(|(code, ..)| *code == "overlay-file-unknown"), "{rows:#?}");
}

/// The command gives the committed release again, says what changed, and never changes a release by itself.
#[test]
fn a_release_is_frozen_and_stays() {
    let home = tempfile::tempdir().unwrap();
    let catalog = tests().join("../../../catalog");
    let committed = fs::read(catalog.join("releases/2026.11.0.json")).unwrap();
    let folder = catalog.display().to_string();
    let release = |version: &str, dir: &str, more: &[&str]| {
        let arguments = ["catalog", "release", version, dir, "--out", "releases"];
        run(home.path(), &[&arguments[..], more].concat())
    };
    let instant = ["--valid-from", "2026-11-24T00:00:00Z"];
    let unsaid = release("2026.11.0", &folder, &[]);
    assert!(unsaid.code == 2 && unsaid.err.contains("error[release-instant]"), "{unsaid:?}");
    let made = release("2026.11.0", &folder, &instant);
    assert_eq!((made.code, made.err.as_str()), (0, ""), "{}", made.out);
    let again = "run `cargo xtask release 2026.11.0 --replace`";
    assert!(fs::read(home.path().join("releases/2026.11.0.json")).unwrap() == committed, "{again}");
    let list = fs::read(catalog.join("releases/2026.11.0.yaml")).unwrap();
    assert!(fs::read(home.path().join("releases/2026.11.0.yaml")).unwrap() == list, "{again}");

    assert_eq!(run(home.path(), &["catalog", "new", "owner-named", "--dir", "own/controls"]).code, 0);
    let differs = release("2026.11.0", "own", &[]);
    assert!(differs.code == 1 && differs.err.contains("error[release-differs]"), "{differs:?}");
    let own = release("2027.1.0", "own", &["--valid-from", "2027-01-15T00:00:00Z"]);
    assert!(own.code == 0 && own.out.contains("controls added    owner-named"), "{}", own.out);

    let control = home.path().join("own/controls/owner-named/control.yaml");
    let text = fs::read_to_string(&control).unwrap();
    fs::write(&control, text.replace("names its owner\n", "names an owner\n")).unwrap();
    let words = release("2027.1.0", "own", &["--replace"]);
    assert!(words.code == 0 && words.out.contains("words changed     owner-named"), "{}", words.out);
    assert!(!words.out.contains("logic changed"), "{}", words.out);
    fs::write(&control, text.replace("!= ''", "!= 'nobody'")).unwrap();
    let failing = release("2027.2.0", "own", &["--valid-from", "2027-02-15T00:00:00Z"]);
    assert!(failing.code == 1 && failing.out.ends_with("nothing was released\n"), "{}", failing.out);
    fs::write(&control, text.replace("severity: medium", "severity: midium")).unwrap();
    let mistaken = release("2027.2.0", "own", &["--valid-from", "2027-02-15T00:00:00Z"]);
    assert!(mistaken.code == 1 && mistaken.out.contains("error[value-unknown]"), "{}", mistaken.out);
    assert!(!home.path().join("releases/2027.2.0.json").exists());
}

/// The author changes a file, and the cases run again.
#[test]
fn a_watched_control_is_tested_again_when_a_file_changes() {
    use std::io::{BufRead, BufReader};
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(home.path(), &["catalog", "new", "owner-named"]).code, 0);
    let mut command = common::program(home.path());
    command.args(["catalog", "test", "--watch"]).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut next = |part: &str| lines.by_ref().find(|line| line.contains(part)).is_some();
    let first = next("all give what they expect") && next("waiting for a change");
    let expected = home.path().join("controls/owner-named/cases/satisfied/expected.yaml");
    fs::write(expected, "verdict: not-satisfied\n").unwrap();
    let second = first && next("differs  owner-named/satisfied") && next("waiting for a change");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first && second, "first run {first}, second run {second}");
}

/// Every shipped control is changed in hundreds of places, and some case notices each of them. What no case can notice
/// stands with its reason in the control's `mutants.yaml`: few rows, or the rows would be the way out.
#[test]
fn no_change_of_a_shipped_control_goes_unnoticed() {
    let catalog = tests().join("../../../catalog").display().to_string();
    let test = run(&tests(), &["catalog", "test", &catalog, "--mutate", "--format", "json"]);
    let found = test.json();
    let rows = found["mutants"].as_array().unwrap();
    let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().unwrap()).sum::<u64>();
    let survivors: Vec<&Value> = rows.iter().flat_map(|row| row["survivors"].as_array().unwrap()).collect();
    assert!(test.code == 0 && survivors.is_empty(), "{survivors:#?}");
    assert!(rows.len() >= 12 && sum("changes") >= 800, "{} controls, {} changes", rows.len(), sum("changes"));
    assert!(rows.iter().all(|row| row["changes"].as_u64().unwrap() >= 20), "{rows:#?}");
    assert!(sum("same") + sum("explained") <= 3, "{rows:#?}");
}

/// What survives is told like a problem of the file: where, and what could stand there.
#[test]
fn a_change_that_no_case_notices_is_told_at_its_place() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(run(home.path(), &["catalog", "new", "owner-named"]).code, 0);
    let started = run(home.path(), &["catalog", "test", "--mutate"]);
    assert_eq!(started.code, 0, "{}", started.out);

    let control = home.path().join("controls/owner-named/control.yaml");
    let text = fs::read_to_string(&control).unwrap();
    let rule = "object.metadata.?labels[?params.owner_label].orValue('') != ''";
    assert!(text.contains(rule));
    fs::write(&control, text.replace(rule, &format!("{rule} &&\n  object.metadata.name != ''"))).unwrap();
    let folder = home.path().join("controls/owner-named");
    let mutated = run(home.path(), &["catalog", "test", "--mutate"]);
    assert_eq!(mutated.code, 1);
    golden("mutants.txt", &mutated.out);

    let list = "mutants:\n  - {field: predicate, was: \"object.metadata.name != ''\", now: left out, because: no object is without}\n";
    fs::write(folder.join("mutants.yaml"), list).unwrap();
    let listed = run(home.path(), &["catalog", "test", "--mutate", "--format", "json"]).json();
    assert_eq!(listed["mutants"][0]["explained"], 1, "{listed}");
    fs::write(&control, text).unwrap();
    let idle = run(home.path(), &["catalog", "test", "--mutate"]);
    assert!(idle.code == 1 && idle.out.contains("survivor[mutant-unknown]"), "{idle:?}");
}

/// A control that was just started passes; a case that does not is told with the items that it is about.
#[test]
fn a_new_control_passes_and_a_wrong_case_shows_its_items() {
    let home = tempfile::tempdir().unwrap();
    let made = run(home.path(), &["catalog", "new", "owner-named"]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!(run(home.path(), &["catalog", "lint"]).code, 0);
    assert_eq!(run(home.path(), &["catalog", "test"]).code, 0);

    let again = run(home.path(), &["catalog", "new", "owner-named"]);
    assert_eq!(again.code, 1);
    assert!(again.err.starts_with("error[output-occupied]"), "{}", again.err);
    let odd = run(home.path(), &["catalog", "new", "Owner_Named"]);
    assert_eq!(odd.code, 2, "{odd:?}");

    fs::create_dir_all(home.path().join("controls/lost")).unwrap();
    fs::write(home.path().join("controls/lost/contrl.yaml"), "format: nachweis-control/1\n").unwrap();
    let stray = run(home.path(), &["catalog", "lint"]);
    assert!(stray.code == 1 && stray.out.contains("error[control-file-missing]"), "{stray:?}");

    let expected = home.path().join("controls/owner-named/cases/satisfied/expected.yaml");
    fs::write(&expected, "verdict: satisfied\ncovered: 7\ntotal: 1\nreasons: {}\n").unwrap();
    let test = run(home.path(), &["catalog", "test", "controls/owner-named"]);
    assert_eq!(test.code, 1);
    assert!(test.out.contains("owner-named/satisfied\n    covered: expected 7, found 1\n"), "{}", test.out);
    assert!(test.out.contains("kubernetes/apps/Deployment/payments/api"), "{}", test.out);
}

#[test]
fn the_catalogue_can_be_read_from_every_side() {
    let home = tempfile::tempdir().unwrap();
    let list = run(home.path(), &["catalog", "list", "--format", "json"]).json();
    let ids: Vec<&str> =
        list["controls"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"restore-tested") && ids.is_sorted());
    let shown = run(home.path(), &["catalog", "show", "restore-tested"]);
    assert!(shown.out.contains("asOf - timestamp(object.status.completionTimestamp)"), "{}", shown.out);
    let trace = run(home.path(), &["catalog", "trace", "DORA-12(6)", "--format", "json"]).json();
    assert_eq!(trace["controls"], serde_json::json!(["restore-tested"]));
    assert!(!trace["frameworks"].as_array().unwrap().is_empty());
    let coverage = run(home.path(), &["catalog", "coverage", "--format", "json"]).json();
    let rows = coverage["provisions"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "DORA-12(6)").unwrap();
    assert_eq!(row["controls"], serde_json::json!(["restore-tested"]));

    let slip = run(home.path(), &["catalog", "show", "restore-testd"]);
    assert_eq!(slip.code, 2);
    assert!(slip.err.contains("did you mean `restore-tested`?"), "{}", slip.err);
}

fn corpora() -> Option<PathBuf> {
    let root = std::env::var_os("NACHWEIS_CORPORA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| tests().join("../../../../shared/corpora"));
    if root.is_dir() {
        return Some(root);
    }
    assert!(std::env::var_os("CI").is_none(), "the corpora are missing and CI is set");
    eprintln!("SKIPPED: no corpora at {}; set NACHWEIS_CORPORA", root.display());
    None
}

/// Three real findings, from the article down to the part of the expression that decided.
#[test]
fn findings_of_a_real_cluster_are_explained() {
    let Some(corpora) = corpora() else { return };
    let home = tempfile::tempdir().unwrap();
    let dump = corpora.join("clusters/harvester-rke2-v1.21-2022-03-22.tar.gz").display().to_string();
    let made = run(home.path(), &["assess", &dump, "--out", "bundle", "--format", "json"]);
    assert!([3, 4].contains(&made.code), "{}", made.err);
    let pod = "Pod/cattle-system/rancher-775b48bfd-shxsh";
    for (name, arguments) in [
        ("explain-network.txt", vec!["explain", "network-policy-coverage", "bundle", "--items", "3"]),
        (
            "explain-limits-de.txt",
            vec!["explain", "resource-limits", "bundle", "--items", "3", "--lang", "de"],
        ),
        ("explain-restore.txt", vec!["explain", "restore-tested", "bundle"]),
        ("explain-pod.txt", vec!["explain", pod, "bundle"]),
        ("explain-obligation.txt", vec!["explain", "DORA-9(4)(b)", "bundle"]),
    ] {
        let explained = run(home.path(), &arguments);
        assert_eq!((explained.code, explained.err.as_str()), (0, ""), "{arguments:?}");
        golden(name, &explained.out);
    }

    let item = run(home.path(), &["items", "bundle", "--show", pod, "--format", "json"]).json();
    assert_eq!(item["bodies"][0]["metadata"]["name"], "rancher-775b48bfd-shxsh");
    let pods = run(home.path(), &["items", "bundle", "--kind", "pod", "--namespace", "cattle-system"]);
    assert!(pods.out.contains(pod.rsplit('/').next().unwrap()), "{}", pods.out);
    let list: Value = run(home.path(), &["items", "bundle", "--format", "json"]).json();
    assert_eq!(list["items"].as_array().unwrap().len() as i64, item["items"].as_i64().unwrap());
    let slip = run(home.path(), &["explain", "Pod/cattle-system/rancher-775b48bfd-shxs", "bundle"]);
    assert_eq!(slip.code, 2);
    assert!(slip.err.contains("did you mean"), "{}", slip.err);
}

/// A key of P-256 that only a password opens, from a file, a variable and a descriptor.
#[test]
fn keys_of_every_kind_sign() {
    let home = tempfile::tempdir().unwrap();
    let made =
        run(home.path(), &["key", "generate", "--out", "p256.key", "--algorithm", "p256", "--encrypt"]);
    assert_eq!(made.code, 1);
    assert!(made.err.starts_with("error[key-password]"), "{}", made.err);
    assert!(!home.path().join("p256.key").exists());

    let with = |password: &str, arguments: &[&str]| {
        let mut command = common::program(home.path());
        command.env("NACHWEIS_KEY_PASSWORD", password).args(arguments);
        command.output().unwrap()
    };
    let made =
        with("correct horse", &["key", "generate", "--out", "p256.key", "--algorithm", "p256", "--encrypt"]);
    assert!(made.status.success(), "{made:?}");
    let pem = fs::read_to_string(home.path().join("p256.key")).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let shown = run(home.path(), &["key", "show", "p256.key.pub"]);
    assert!(shown.out.starts_with("algorithm  ECDSA P-256\n"), "{}", shown.out);
    assert_eq!(with("correct horse", &["key", "show", "p256.key"]).stdout, shown.out.as_bytes());
    let wrong = with("wrong", &["key", "show", "p256.key"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("the password is wrong"), "{wrong:?}");
    fs::write(home.path().join("secret"), "correct horse\n").unwrap();
    let file = common::program(home.path())
        .env("NACHWEIS_KEY_PASSWORD_FILE", "secret")
        .args(["key", "show", "p256.key"])
        .output()
        .unwrap();
    assert_eq!(file.stdout, shown.out.as_bytes());

    let example = common::in_example("dump");
    for place in ["env:AUDIT_KEY", "fd:0"] {
        let bundle = place.replace(':', "-");
        let key = fs::File::open(home.path().join("p256.key")).unwrap();
        let signed = common::program(home.path())
            .env("NACHWEIS_KEY_PASSWORD", "correct horse")
            .env("AUDIT_KEY", &pem)
            .stdin(key)
            .args(["assess", &example, "--fail-on", "never", "--key", place, "--out", &bundle])
            .output()
            .unwrap();
        assert!(signed.status.success(), "{place}: {}", String::from_utf8_lossy(&signed.stderr));
        let verified =
            run(home.path(), &["verify", &bundle, "--trust", "p256.key.pub", "--format", "json"]).json();
        assert!(verified["signer"].to_string().contains("trusted"), "{verified}");
    }
    let unset = run(home.path(), &["key", "show", "env:NOTHING"]);
    assert!(unset.err.contains("`NOTHING` is not set"), "{}", unset.err);
}

/// The example in `spec/delta.md` is what the program writes.
#[test]
fn the_example_of_the_delta_page_is_real() {
    let home = tempfile::tempdir().unwrap();
    let index = |pods: u32, day: &str| {
        format!(
            r#"{{"format": "nachweis-collections/1", "cluster": {{"name": "pay-eu-1"}}, "instant": "2026-11-{day}T06:00:00Z", "collections": [
  {{"resource": "namespaces", "scope": "*", "status": "complete", "count": 1}},
  {{"resource": "pods", "scope": "*", "status": "complete", "count": {pods}}}]}}"#
        )
    };
    let pod = |name: &str, resources: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: pay}}\nspec: {{containers: [{{name: api, image: 'registry.example/pay/api:1.4.0'{resources}}}]}}\nstatus: {{phase: Running}}\n"
        )
    };
    let limits = ", resources: {limits: {memory: 128Mi, cpu: 500m}}";
    for (side, day, pods) in
        [("old", "13", vec![pod("api", limits), pod("batch", limits)]), ("new", "20", vec![pod("api", "")])]
    {
        let folder = home.path().join(format!("{side}.d"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("collections.json"), index(pods.len() as u32, day)).unwrap();
        fs::write(folder.join("pods.yaml"), pods.join("---\n")).unwrap();
        let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: pay}\n";
        fs::write(folder.join("namespaces.yaml"), namespace).unwrap();
        let input = format!("{side}.d");
        let made = run(home.path(), &["assess", &input, "--out", side, "--fail-on", "never"]);
        assert_eq!(made.code, 0, "{}", made.err);
    }
    let diff = run(home.path(), &["diff", "old", "new", "--format", "json"]);
    let found: Value = diff.json();
    let path = tests().join("../../../spec/delta.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once("```json\n").unwrap();
    let (example, after) = rest.split_once("```").unwrap();
    if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
        let text = serde_json::to_string_pretty(&found).unwrap();
        return fs::write(&path, format!("{before}```json\n{text}\n```{after}")).unwrap();
    }
    let example: Value = serde_json::from_str(example).unwrap();
    assert_eq!(example, found, "NACHWEIS_UPDATE_GOLDEN=1 writes it anew");
    // Every member that the page has a row for, and no other.
    let rows: std::collections::BTreeSet<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split(" | ").next().unwrap().split('`').skip(1).step_by(2))
        .collect();
    let members: std::collections::BTreeSet<&str> =
        found.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(rows, members);
    for kind in ["engine", "own-control", "parameter", "new-recording", "cluster"] {
        assert!(page.contains(&format!("`{kind}`")), "{kind}");
    }
}
