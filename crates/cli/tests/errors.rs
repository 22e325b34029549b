//! Every error code: a run that provokes it, its message as a golden text, its page.
//!
//! `NACHWEIS_UPDATE_GOLDEN=1` writes `tests/errors.txt` anew, for a reader of the diff to judge.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use common::{Run, run};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: [{name: c, image: d}]}\n";

/// Codes that no run of this file provokes, and why.
const ELSEWHERE: &[(&str, &[&str])] = &[
    (
        "needs a failing disk, a full disk or rights that root has",
        &[
            "input-denied",
            "input-unreadable",
            "temporary-storage",
            "output-write",
            "output-move",
            "output-remove",
            "file-write",
            "report-write",
            "stdout-write",
            "snapshot-copy",
            "storage-failed",
            "file-too-large",
        ],
    ),
    (
        "a mistake of the program, or a damaged program",
        &[
            "worker-ended",
            "randomness",
            "key-encode",
            "sign",
            "catalogue-unreadable",
            "schemas-unreadable",
            "trace",
        ],
    ),
    ("needs a machine without git", &["git-missing"]),
    ("encrypted keys: tests of the command key", &["key-password"]),
    ("more objects than a test makes", &["too-many-items"]),
    ("a proof for another item: proof.rs", &["inclusion-proof"]),
    (
        "forged bundles: crates/testkit, crates/verify",
        &[
            "signature-invalid",
            "envelope-unreadable",
            "statement-mismatch",
            "catalogue-altered",
            "assessment-not-canonical",
            "assessment-differs",
            "verdict-differs",
            "not-recomputed",
            "semantics-unknown",
            "snapshot-read",
        ],
    ),
    (
        "layouts of every kind of damage: crates/oci",
        &[
            "layout-not-a-file",
            "layout-stray",
            "index-empty",
            "index-ambiguous",
            "manifest-malformed",
            "manifest-content",
            "document-too-big",
            "blob-size-mismatch",
            "blob-unreferenced",
            "archive-entry-refused",
            "archive-too-big",
            "layer-malformed",
            "layer-content-mismatch",
            "layer-undeclared",
            "layer-line",
            "tag-invalid",
        ],
    ),
    (
        "mistakes of a control file: tests/author.rs, crates/catalog, crates/evaluate",
        &[
            "id-differs",
            "key-unknown",
            "key-missing",
            "key-repeated",
            "text-missing",
            "unit-missing",
            "list-empty",
            "value-unknown",
            "value-type",
            "value-form",
            "default-type",
            "threshold-form",
            "code-repeated",
            "condition-unreachable",
            "empty-unused",
            "obligation-repeated",
            "expression-invalid",
            "expression-type",
            "field-unknown",
            "resource-unknown",
            "version-unknown",
            "read-undeclared",
            "relation-unknown",
            "relation-subject",
            "parameter-undeclared",
            "parameter-unused",
            "parameter-repeated",
            "placeholder-unknown",
            "field-unexpected",
            "control-unusable",
            "control-file-missing",
            "catalogue-unusable",
            "finding-missing",
            "item-unknown",
            "item-ambiguous",
        ],
    ),
];

/// Codes of all pages, as the document has them.
fn documented() -> BTreeSet<String> {
    let pages =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/errors.md"))
            .unwrap();
    pages.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_string).collect()
}

/// A folder with a key, a bundle, and inputs that are wrong in one way each.
fn folder() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("pod.yaml", POD);
    put("occupied/mine.txt", "x");
    put("no-controls/readme.txt", "x");
    put(
        "clusters.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, uid: 11111111-1111-4111-8111-111111111111}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system, uid: 22222222-2222-4222-8222-222222222222}\n",
    );
    put("o-parameter/params.yaml", "format: nachweis-params/1\nparams: {nonsense: 1}\n");
    put("o-file/readme.txt", "x");
    put("o-empty/params.yaml", "");
    put("o-two/params.yaml", "format: nachweis-params/1\n---\nformat: nachweis-params/1\n");
    put("o-broken/params.yaml", "format: [\n");
    put("o-format/params.yaml", "format: nachweis-params/9\nparams: {}\n");
    put("o-float/params.yaml", "format: nachweis-params/1\nparams: {restore_interval_days_max: 1.5}\n");
    let exemption = |id: &str, extra: &str| format!("  - {{id: {id}, control: resource-limits, {extra}}}\n");
    let head = "format: nachweis-exemptions/1\nexemptions:\n";
    let good = "reason: r, owner: a, approver: b, approved: 2026-01-01T00:00:00Z, expires: 2027-01-01T00:00:00Z, items: [\"kubernetes//Pod/b/a\"]";
    put("o-id/exemptions.yaml", &format!("{head}{}{}", exemption("one", good), exemption("one", good)));
    put(
        "o-owner/exemptions.yaml",
        &format!("{head}{}", exemption("one", &good.replace("approver: b", "approver: A"))),
    );
    put(
        "o-reason/exemptions.yaml",
        &format!("{head}{}", exemption("one", &good.replace("reason: r", "reason: ' '"))),
    );
    put("o-expiry/exemptions.yaml", &format!("{head}{}", exemption("one", &good.replace("2027", "2025"))));
    put(
        "o-items/exemptions.yaml",
        &format!("{head}{}", exemption("one", &good.replace("[\"kubernetes//Pod/b/a\"]", "[]"))),
    );
    put("broken.tar", "no tar");
    put("old-layout/oci-layout", "{\"imageLayoutVersion\":\"9.9.9\"}");
    put("old-layout/index.json", "{}");
    put("bad-index/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    put("bad-index/index.json", "[]");
    assert_eq!(run(home.path(), &["key", "generate", "--out", "audit.key"]).code, 0);
    assert_eq!(run(home.path(), &["key", "generate", "--out", "other.key"]).code, 0);
    for (name, key) in [("signed", Some("audit.key")), ("unsigned", None), ("gap", None), ("changed", None)] {
        let mut arguments = vec!["assess", "pod.yaml", "--at", "2026-11-24T06:00:00Z", "--out", name];
        arguments.extend(key.iter().flat_map(|key| ["--key", key]));
        assert!([3, 4].contains(&run(home.path(), &arguments).code));
    }
    let blob = |bundle: &str| {
        let blobs = fs::read_dir(home.path().join(bundle).join("blobs/sha256")).unwrap();
        let mut blobs: Vec<_> = blobs.map(|entry| entry.unwrap().path()).collect();
        // The largest blob is the catalogue.
        blobs.sort_by_key(|path| fs::metadata(path).unwrap().len());
        blobs.pop().unwrap()
    };
    fs::remove_file(blob("gap")).unwrap();
    let mut bytes = fs::read(blob("changed")).unwrap();
    bytes[0] ^= 1;
    fs::write(blob("changed"), bytes).unwrap();
    home
}

fn overlay(name: &str) -> Vec<&str> {
    vec!["assess", "pod.yaml", "--overlay", name]
}

#[test]
fn every_code_is_provoked_or_said_to_be_elsewhere() {
    let home = folder();
    let cases: Vec<(&str, Vec<&str>)> = vec![
        ("input-not-found", vec!["assess", "nowhere"]),
        ("input-missing", vec!["verify", "nowhere"]),
        ("file-read", vec!["assess", "pod.yaml", "--key", "nowhere"]),
        ("two-clusters", vec!["snapshot", "clusters.yaml"]),
        (
            "evidence-repeated",
            vec!["snapshot", "pod.yaml", "--evidence", "kubelet=k.yaml", "--evidence", "kubelet=l.yaml"],
        ),
        ("git-refused", vec!["snapshot", "--git", ".@HEAD"]),
        ("already-sealed", vec!["assess", "unsigned", "--complete", "all"]),
        ("kind-unknown", vec!["snapshot", "pod.yaml", "--complete", "nonsense"]),
        ("output-occupied", vec!["snapshot", "pod.yaml", "--out", "occupied"]),
        ("key-write", vec!["key", "generate", "--out", "pod.yaml"]),
        ("key-read", vec!["key", "show", "pod.yaml"]),
        ("signature-missing", vec!["verify", "unsigned", "--trust", "audit.key.pub"]),
        ("signer-not-trusted", vec!["verify", "signed", "--trust", "other.key.pub"]),
        ("catalogue-unknown", vec!["assess", "pod.yaml", "--catalog", "1.2.3"]),
        ("pack-unknown", vec!["assess", "pod.yaml", "--pack", "nonsense"]),
        ("control-unknown", vec!["explain", "nonsense"]),
        ("obligation-unknown", vec!["explain", "DORA-99(9)"]),
        ("bundle-missing", vec!["explain", "Pod/b/a"]),
        ("control-id", vec!["catalog", "new", "Not An Id", "--obligation", "DORA-12(6)"]),
        ("controls-missing", vec!["catalog", "lint", "no-controls"]),
        ("parameter-unknown", overlay("o-parameter")),
        ("overlay-unusable", overlay("o-file")),
        ("overlay-file-unknown", overlay("o-file")),
        ("file-empty", overlay("o-empty")),
        ("file-has-more", overlay("o-two")),
        ("file-unreadable", overlay("o-broken")),
        ("format-unknown", overlay("o-format")),
        ("value-not-exact", overlay("o-float")),
        ("id-repeated", overlay("o-id")),
        ("approver-is-owner", overlay("o-owner")),
        ("reason-missing", overlay("o-reason")),
        ("expiry-before-approval", overlay("o-expiry")),
        ("items-missing", overlay("o-items")),
        ("layout-missing", vec!["verify", "occupied"]),
        ("layout-version", vec!["report", "old-layout", "--format", "json"]),
        ("index-malformed", vec!["report", "bad-index", "--format", "json"]),
        ("archive-malformed", vec!["report", "broken.tar", "--format", "json"]),
        ("blob-missing", vec!["verify", "gap"]),
        ("blob-digest-mismatch", vec!["verify", "changed"]),
        ("document-unreadable", vec!["report", "gap", "--format", "json"]),
        ("snapshot-unreadable", vec!["report", "bad-snapshot", "--format", "json"]),
    ];
    // A bundle whose seal is gone: the smallest blob with the seal's format.
    copy(&home.path().join("unsigned"), &home.path().join("bad-snapshot"));
    for blob in fs::read_dir(home.path().join("bad-snapshot/blobs/sha256")).unwrap() {
        let path = blob.unwrap().path();
        if fs::read(&path).unwrap().windows(21).any(|part| part == b"\"nachweis-snapshot/1\"") {
            fs::remove_file(path).unwrap();
        }
    }
    let mut text = BTreeMap::new();
    let mut wrong = Vec::new();
    for (code, arguments) in &cases {
        let found: Run = run(home.path(), arguments);
        let said = format!("{}{}", found.err, if arguments[0] == "verify" { &found.out } else { "" });
        let place = home.path().display().to_string();
        let lines: Vec<String> = said
            .replace(&place, "HERE")
            .lines()
            .filter(|line| found.err.contains(*line) || line.contains(code))
            .map(str::to_string)
            .collect();
        if !said.contains(code) || ![1, 2, 4, 5].contains(&found.code) {
            wrong.push(format!("{code} by {arguments:?}: exit {} {said}", found.code));
        }
        let page = run(home.path(), &["explain", code]);
        assert_eq!((page.code, page.err.as_str()), (0, ""), "{code}");
        assert!(page.out.starts_with(&format!("error {code}\n\nWhat happened: ")), "{code}: {}", page.out);
        text.insert(
            *code,
            format!("$ nachweis {}\nexit {}\n{}\n", arguments.join(" "), found.code, hide(&lines.join("\n"))),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let provoked: BTreeSet<String> = cases.iter().map(|(code, _)| code.to_string()).collect();
    let elsewhere: BTreeSet<String> =
        ELSEWHERE.iter().flat_map(|(_, codes)| codes.iter()).map(|c| c.to_string()).collect();
    assert_eq!(provoked.intersection(&elsewhere).collect::<Vec<_>>(), Vec::<&String>::new());
    let all: BTreeSet<String> = provoked.union(&elsewhere).cloned().collect();
    assert_eq!(all, documented(), "a code without a case, or a case without a page");

    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors.txt");
    let all: String = text.values().map(|part| format!("{part}\n")).collect();
    if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
        return fs::write(golden, all).unwrap();
    }
    assert_eq!(
        all,
        fs::read_to_string(golden).unwrap_or_default(),
        "NACHWEIS_UPDATE_GOLDEN=1 writes it anew"
    );
}

/// Digests and keyids differ from run to run and from release to release.
fn hide(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        out.push_str(&rest[..at]);
        let word: usize = rest[at..].chars().take_while(char::is_ascii_hexdigit).count();
        let long = word >= 12;
        out.push_str(if long { "HEX" } else { &rest[at..at + word] });
        rest = &rest[at + word..];
    }
    out + rest
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}
