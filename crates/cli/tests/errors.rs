//! Every error code: a run that provokes it, its message as a golden text, its page.
//!
//! `tests/errors.txt` has what a user can reach, `tests/errors-inside.txt` what only a test inside of the program
//! can (`src/inside.rs`). `NACHWEIS_UPDATE_GOLDEN=1` writes them anew, for a reader of the diff to judge. Every test
//! that builds a hostile input keeps the digests right that a forger would keep right.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "errors/code.rs"]
mod code;
mod common;
#[path = "errors/forge.rs"]
mod forge;
#[path = "errors/inputs.rs"]
mod inputs;
#[path = "errors/limits.rs"]
mod limits;
#[path = "errors/live.rs"]
mod live;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Run, run};
use nachweis_oci::{Code, FolderStore, LayerReader, Manifest, check, media, publish, select};

/// One provoked error: its code, what was done, what was said.
struct Provoked {
    code: String,
    did: String,
    exit: i32,
    said: String,
}

impl Provoked {
    fn new(code: &str, arguments: &[&str], found: &Run) -> Self {
        // A verification and a lint answer on stdout; of these the lines of this one problem.
        let said = if found.err.is_empty() { problem(&found.out, code) } else { found.err.clone() };
        let did = format!("nachweis {}", arguments.join(" "));
        Provoked { code: code.to_string(), did, exit: found.code, said }
    }

    fn block(&self, home: &Path) -> String {
        let said = hide(&self.said.replace(&home.display().to_string(), "HERE"));
        format!("## {}\n$ {}\nexit {}\n{}\n\n", self.code, self.did, self.exit, said.trim_end())
    }
}

/// The first lines of a longer answer that belong to a code.
fn problem(out: &str, code: &str) -> String {
    let own = [format!("error[{code}]"), format!("{code}: ")];
    let own = |line: &str| own.iter().any(|own| line.starts_with(own));
    // Where it is told inside of another problem only, that one's line.
    let within = |line: &str| line.contains(&format!("[{code}]"));
    let told = out.lines().any(own);
    let from = out.lines().skip_while(|line| if told { !own(line) } else { !within(line) });
    let mut lines: Vec<&str> = Vec::new();
    for line in from {
        if !lines.is_empty() && !line.starts_with([' ']) {
            break;
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn overlay(name: &str) -> Vec<&str> {
    vec!["assess", "pod.yaml", "--out", "refused", "--overlay", name]
}

/// What anybody can type.
fn typed() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut cases = vec![
        ("input-not-found", vec!["assess", "nowhere"]),
        ("input-unreadable", vec!["snapshot", "pod.yaml/below"]),
        ("input-missing", vec!["verify", "nowhere"]),
        ("file-read", vec!["assess", "pod.yaml", "--key", "nowhere"]),
        ("file-too-large", vec!["catalog", "lint", "too-big"]),
        ("two-clusters", vec!["snapshot", "clusters.yaml"]),
        (
            "evidence-repeated",
            vec!["snapshot", "pod.yaml", "--evidence", "kubelet=k.yaml", "--evidence", "kubelet=l.yaml"],
        ),
        ("git-refused", vec!["snapshot", "--git", ".@HEAD"]),
        ("already-sealed", vec!["assess", "unsigned", "--complete", "all"]),
        ("pseudonym-key", vec!["snapshot", "pod.yaml", "--pseudonymise", "audit.key"]),
        (
            "pseudonym-key-differs",
            vec!["assess", "people", "--pseudonymise", "other-people.key", "--out", "refused"],
        ),
        ("overlay-names-people", vec!["assess", "people", "--overlay", "o-people", "--out", "refused"]),
        ("kind-unknown", vec!["snapshot", "pod.yaml", "--complete", "nonsense"]),
        ("output-occupied", vec!["snapshot", "pod.yaml", "--out", "occupied"]),
        ("report-write", vec!["report", "unsigned", "--format", "csv", "--out", "nowhere/report.csv"]),
        ("file-write", vec!["catalog", "docs", "--out", "pod.yaml"]),
        ("key-write", vec!["key", "generate", "--out", "pod.yaml"]),
        ("key-read", vec!["key", "show", "pod.yaml"]),
        ("key-password", vec!["key", "show", "locked.key"]),
        ("catalogue-unknown", vec!["assess", "pod.yaml", "--catalog", "1.2.3"]),
        ("pack-unknown", vec!["assess", "pod.yaml", "--pack", "nonsense"]),
        ("control-unknown", vec!["explain", "nonsense"]),
        ("obligation-unknown", vec!["explain", "DORA-99(9)"]),
        ("bundle-missing", vec!["explain", "Pod/b/a"]),
        ("baseline-is-output", vec!["assess", "pod.yaml", "--baseline", "unsigned", "--out", "unsigned"]),
        ("baseline-other-cluster", vec!["assess", "pod.yaml", "--cluster", "b", "--baseline", "cluster-a"]),
        ("baseline-unused", vec!["report", "unsigned", "--format", "csv", "--baseline", "signed"]),
        ("finding-missing", vec!["explain", "production-image-tags", "one-pack"]),
        ("item-unknown", vec!["explain", "Pod/b/z", "unsigned"]),
        ("item-ambiguous", vec!["explain", "b/a", "unsigned"]),
        ("trace", vec!["explain", "Pod/b/a", "broken-control"]),
        ("control-id", vec!["catalog", "new", "Not An Id", "--obligation", "DORA-12(6)"]),
        ("controls-missing", vec!["catalog", "lint", "no-controls"]),
        ("parameter-type", vec!["catalog", "lint", "o-type"]),
        ("exemption-expired", vec!["catalog", "lint", "o-expired"]),
        ("mutant-survives", vec!["catalog", "test", "mutated", "--mutate"]),
        ("mutant-unknown", vec!["catalog", "test", "mutated", "--mutate"]),
        ("release-version", vec!["catalog", "release", "../x", "own", "--out", "own"]),
        ("release-instant", vec!["catalog", "release", "1.0", "own", "--out", "own"]),
        ("release-differs", vec!["catalog", "release", "0.9", "own", "--out", "own"]),
        ("control-unusable", overlay("o-control")),
        ("catalogue-unusable", vec!["catalog", "lint", "own-catalogue/controls"]),
        ("parameter-unknown", overlay("o-parameter")),
        ("overlay-unusable", overlay("o-file")),
        ("overlay-file-unknown", overlay("o-file")),
        ("file-empty", overlay("o-empty")),
        ("file-has-more", overlay("o-two")),
        ("file-unreadable", overlay("o-broken")),
        ("format-unknown", overlay("o-format")),
        ("field-unexpected", overlay("o-field")),
        ("value-not-exact", overlay("o-float")),
        ("id-repeated", overlay("o-id")),
        ("approver-is-owner", overlay("o-owner")),
        ("reason-missing", overlay("o-reason")),
        ("expiry-before-approval", overlay("o-expiry")),
        ("items-missing", overlay("o-items")),
    ];
    for mistake in [
        "id-differs",
        "key-unknown",
        "key-repeated",
        "text-missing",
        "unit-missing",
        "value-unknown",
        "value-type",
        "default-type",
        "threshold-form",
        "code-repeated",
        "condition-unreachable",
        "expression-invalid",
        "expression-type",
        "field-unknown",
        "resource-unknown",
        "version-unknown",
        "relation-unknown",
        "parameter-undeclared",
        "parameter-unused",
        "placeholder-unknown",
        "control-file-missing",
        "key-missing",
        "list-empty",
        "value-form",
        "obligation-repeated",
        "read-undeclared",
        "relation-subject",
        "parameter-repeated",
        "empty-unused",
    ] {
        cases.push((mistake, vec!["catalog", "lint", "mistakes"]));
    }
    cases
}

/// What somebody did to a bundle, as it comes to light.
fn tampered() -> Vec<(&'static str, Vec<&'static str>)> {
    let render = |bundle| vec!["report", bundle, "--format", "json"];
    let mut cases = vec![
        ("layout-version", render("old-layout")),
        ("index-malformed", render("bad-index")),
        ("archive-malformed", render("broken.tar")),
        ("archive-entry-refused", render("links.tar")),
        ("archive-too-big", render("many.tar")),
        ("document-unreadable", render("odd-overlay")),
        ("snapshot-unreadable", render("odd-seal")),
        ("snapshot-read", vec!["items", "empty-line"]),
        ("snapshot-copy", vec!["assess", "sealed-changed", "--out", "refused"]),
        ("signature-missing", vec!["verify", "unsigned", "--trust", "audit.key.pub"]),
        ("signer-not-trusted", vec!["verify", "signed", "--trust", "other.key.pub"]),
        ("inclusion-proof", vec!["verify", "unsigned", "--proof", "proof.json"]),
    ];
    for (code, bundle) in [
        ("layout-missing", "occupied"),
        ("layout-not-a-file", "linked"),
        ("index-empty", "no-manifest"),
        ("index-ambiguous", "two-manifests"),
        ("document-too-big", "big-manifest"),
        ("manifest-malformed", "odd-manifest"),
        ("manifest-content", "two-seals"),
        ("blob-missing", "gap"),
        ("blob-size-mismatch", "longer"),
        ("blob-digest-mismatch", "changed"),
        ("layer-malformed", "no-zstd"),
        ("layer-line", "empty-line"),
        ("catalogue-altered", "weaker"),
        ("catalogue-mismatch", "weaker"),
        ("overlay-mismatch", "other-overlay"),
        ("not-recomputed", "broken-control"),
        ("assessment-not-canonical", "spaced"),
        ("assessment-differs", "other-total"),
        ("verdict-differs", "other-verdict"),
        ("semantics-unknown", "other-semantics"),
        ("envelope-unreadable", "no-envelope"),
        ("statement-mismatch", "other-assessment"),
        ("signature-invalid", "other-signature"),
        ("seal-malformed", "odd-seal"),
        ("seal-format", "other-seal-format"),
        ("seal-order", "unsorted"),
        ("snapshot-mismatch", "other-snapshot"),
        ("item-malformed", "no-line"),
        ("item-count", "one-less"),
        ("item-order", "swapped"),
        ("merkle-root", "rewritten"),
        ("item-not-canonical", "blanks"),
        ("item-identity", "renamed"),
        ("item-missing", "no-such-item"),
        ("conflict-mismatch", "no-conflict"),
        ("withheld-mismatch", "not-withheld"),
        ("kind-count", "one-more-kind"),
        ("collection-count", "one-more-item"),
    ] {
        cases.push((code, vec!["verify", bundle]));
    }
    cases
}

/// What only a program sees that uses our layouts: the command line neither tags nor lists what lies beside, and the
/// smallest layer that is too big for it has 16 GiB.
fn library(home: &Path) -> Vec<Provoked> {
    let bundle = home.join("unsigned");
    fs::write(bundle.join("beside.txt"), "x").unwrap();
    fs::write(bundle.join("blobs/sha256").join("0".repeat(64)), "x").unwrap();
    let store = FolderStore::open(&bundle);
    let mut problems = check(&store, &select(&store, None).unwrap());
    problems.extend(publish(&store, &Manifest::artifact("x"), Some("no tag")).err());
    let manifest = select(&store, None).unwrap().manifest;
    let layer = manifest.layers_of(media::ITEMS).next().unwrap();
    problems.extend(LayerReader::open(&store, layer, 64).unwrap().next_line().err());
    let of = |code: Code, did: &str| {
        let problem = problems.iter().find(|problem| problem.code == code).unwrap();
        Provoked { code: code.to_string(), did: did.into(), exit: 1, said: problem.to_string() }
    };
    vec![
        of(Code::Stray, "nachweis_oci::check unsigned"),
        of(Code::BlobUnreferenced, "nachweis_oci::check unsigned"),
        of(Code::TagInvalid, "nachweis_oci::publish unsigned"),
        of(Code::LayerTooBig, "nachweis_oci::LayerReader unsigned"),
    ]
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// Codes of all goldens, each with one block.
fn recorded() -> BTreeSet<String> {
    let texts = ["errors.txt", "errors-inside.txt"].map(|name| fs::read_to_string(golden(name)).unwrap());
    let codes: Vec<String> = texts.iter().flat_map(|text| headings(text)).collect();
    let unique: BTreeSet<String> = codes.iter().cloned().collect();
    assert_eq!(unique.len(), codes.len(), "a code has two goldens");
    unique
}

/// Codes of a document's sections.
fn headings(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_string)
}

#[test]
fn every_code_is_provoked_with_its_message() {
    let home = inputs::folder();
    inputs::encrypted_key(home.path());
    let mut all: Vec<Provoked> = Vec::new();
    for (code, arguments) in typed().into_iter().chain(tampered()) {
        all.push(Provoked::new(code, &arguments, &run(home.path(), &arguments)));
    }
    all.extend(limits::all(home.path()));
    all.extend(live::all(home.path()));
    all.extend(library(home.path()));
    let wrong: Vec<String> = all
        .iter()
        .filter(|one| {
            let named = [format!("[{}]", one.code), format!("{}: ", one.code)];
            !named.iter().any(|named| one.said.contains(named)) || ![1, 2, 4, 5].contains(&one.exit)
        })
        .map(|one| one.block(home.path()))
        .collect();
    assert!(wrong.is_empty(), "not provoked:\n{}", wrong.concat());
    all.sort_by(|a, b| a.code.cmp(&b.code));
    let text: String = all.iter().map(|one| one.block(home.path())).collect();
    if std::env::var_os("NACHWEIS_UPDATE_GOLDEN").is_some() {
        return fs::write(golden("errors.txt"), text).unwrap();
    }
    let expected = fs::read_to_string(golden("errors.txt")).unwrap_or_default();
    assert_eq!(text, expected, "NACHWEIS_UPDATE_GOLDEN=1 writes it anew");
}

/// The codes in the sources, the pages in both languages and the goldens are the same set.
#[test]
fn codes_pages_and_goldens_are_the_same_set() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let [english, german] = ["errors.md", "errors.de.md"].map(|name| {
        let text = fs::read_to_string(docs.join(name)).unwrap();
        headings(&text).collect::<BTreeSet<String>>()
    });
    assert_eq!(english, german, "a page without its translation");
    assert_eq!(recorded(), english, "a code without a golden, or a golden without a page");
    let found = code::in_sources();
    let missing: Vec<&String> = found.positions.difference(&english).collect();
    assert!(missing.is_empty(), "no page in docs/reference/errors.md: {missing:?}");
    let dead: Vec<&String> = english.difference(&found.literals).collect();
    assert!(dead.is_empty(), "no source names these codes any more: {dead:?}");
}

/// `explain CODE` prints the page, in the language that is asked for.
#[test]
fn explain_prints_pages() {
    let home = tempfile::tempdir().unwrap();
    for (language, head, part) in [
        ("en", "error blob-missing", "What happened: "),
        ("de", "Fehler blob-missing", "Was geschehen ist: "),
    ] {
        let page = run(home.path(), &["explain", "blob-missing", "--lang", language]);
        assert_eq!((page.code, page.err.as_str()), (0, ""));
        assert!(page.out.starts_with(&format!("{head}\n\n{part}")), "{}", page.out);
    }
}

/// Digests, keyids and names of temporary files differ from run to run and from release to release.
fn hide(text: &str) -> String {
    let mut out = String::new();
    let text = match text.split_once(".new-") {
        Some((before, after)) => format!("{before}.new-…{}", after.get(6..).unwrap_or_default()),
        None => text.to_string(),
    };
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        out.push_str(&rest[..at]);
        let word: usize = rest[at..].chars().take_while(char::is_ascii_hexdigit).count();
        let long = word >= 12;
        out.push_str(if long { "HEX" } else { &rest[at..at + word] });
        rest = &rest[at + word..];
    }
    out + rest
}
