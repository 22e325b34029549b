//! What leaves the house draws no legal conclusion, in both languages: renderings of real runs, and the catalogue.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{in_example, run};
use nachweis_report::wording::conclusion;

/// Every rendering of a bundle, and the sentence that it may not hold.
fn renderings(home: &Path, bundle: &str) {
    for format in ["text", "html", "csv", "json", "sarif", "junit"] {
        for lang in ["en", "de"] {
            let found = run(home, &["report", bundle, "--format", format, "--lang", lang]);
            assert_eq!(found.code, 0, "{format} {lang}: {}", found.err);
            assert!(found.out.len() > 1_000, "{format} {lang} is empty");
            assert_eq!(conclusion(&found.out), None, "{bundle}: {format} {lang}");
        }
    }
}

#[test]
fn the_example_draws_no_legal_conclusion() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["assess", &in_example("dump"), "--overlay", &in_example("overlay"), "--out", "bundle"];
    for lang in ["en", "de"] {
        let found = run(home.path(), &[&arguments[..], &["--lang", lang]].concat());
        assert_eq!((found.code, conclusion(&found.out)), (3, None), "{lang}");
    }
    renderings(home.path(), "bundle");
}

#[test]
fn recorded_clusters_draw_no_legal_conclusion() {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let corpora = std::env::var_os("NACHWEIS_CORPORA").map_or(default, PathBuf::from).join("clusters");
    if !corpora.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "{} is not there", corpora.display());
        return eprintln!("SKIPPED: no recorded cluster was rendered: {} is not there", corpora.display());
    }
    let home = tempfile::tempdir().unwrap();
    for name in ["harvester-rke2-v1.21-2022-03-22.tar.gz", "moj-live-2026-01-30.tar.gz"] {
        let input = corpora.join(name).display().to_string();
        let found =
            run(home.path(), &["assess", &input, "--at", "2026-01-30T00:00:00Z", "--complete", "all"]);
        assert_eq!((found.code, conclusion(&found.out)), (3, None), "{name}: {}", found.err);
        renderings(home.path(), "nachweis-bundle");
    }
}

/// Names, duties, titles, sentences, remediations, limits: everything that the release says in words.
#[test]
fn the_catalogue_draws_no_legal_conclusion() {
    let release = nachweis_catalog::current();
    let text = std::str::from_utf8(release.bytes).unwrap();
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut texts = 0;
    let mut open = vec![&value];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::String(text) => {
                texts += 1;
                assert_eq!(conclusion(text), None, "{text}");
            }
            serde_json::Value::Array(items) => open.extend(items),
            serde_json::Value::Object(members) => open.extend(members.values()),
            _ => {}
        }
    }
    assert!(texts > 3_000, "only {texts} texts");
}

/// The pages of errors are read beside reports.
#[test]
fn the_book_draws_no_legal_conclusion() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for page in [
        "reference/errors.md",
        "reading/auditor.md",
        "reading/supervisor.md",
        "tutorial/your-cluster.md",
        "tutorial/first-run.md",
        "operating/pipeline.md",
    ] {
        assert_eq!(conclusion(&fs::read_to_string(book.join(page)).unwrap()), None, "{page}");
    }
}
