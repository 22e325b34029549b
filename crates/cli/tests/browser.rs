//! Reports of real runs in a real browser, in both languages: the example and a recorded cluster, each compared with
//! an older run. `crates/report/tests/browser/check.mjs` says what is looked for and names the pages; their pictures
//! go to `target/pages`, for people to look at, where `NACHWEIS_PICTURES` is set.
//!
//! Needs node, Chromium and `npm ci --ignore-scripts` in that folder (`scripts/setup.sh test` does both); skipped
//! loudly without them, failing when `CI` is set.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{in_example, run};

const HARVESTER: &str = "harvester-rke2-v1.21-2022-03-22.tar.gz";

fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    eprintln!("SKIPPED: reports of real runs were not looked at in a browser: {why}");
}

/// Two bundles of one input, the older one without what the newer one has.
fn bundles(home: &Path, name: &str, old: &[&str], new: &[&str]) {
    for (bundle, arguments) in [(format!("{name}-old"), old), (name.to_string(), new)] {
        let found = run(home, &[&["assess"], arguments, &["--out", &bundle]].concat());
        assert_eq!(found.code, 3, "{bundle}: {}", found.err);
    }
}

#[test]
fn a_browser_finds_nothing_to_complain_about_in_real_reports() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("crates/report/tests/browser");
    let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into());
    if !folder.join("node_modules").exists() || !Path::new(&browser).exists() {
        return skipped("no Chromium, or no `npm ci` in crates/report/tests/browser");
    }
    let home = tempfile::tempdir().unwrap();
    let (dump, overlay) = (in_example("dump"), in_example("overlay"));
    bundles(home.path(), "example", &[&dump], &[&dump, "--overlay", &overlay]);
    let mut names = vec!["example"];
    let default = root.join("../shared/corpora");
    let corpora = std::env::var_os("NACHWEIS_CORPORA").map_or(default, PathBuf::from).join("clusters");
    let harvester = corpora.join(HARVESTER).display().to_string();
    if Path::new(&harvester).exists() {
        let at = ["--at", "2022-03-22T00:00:00Z"];
        bundles(
            home.path(),
            "harvester",
            &[&harvester, at[0], at[1]],
            &[&harvester, at[0], at[1], "--complete", "all"],
        );
        names.push("harvester");
    } else {
        skipped("the recorded cluster is not there");
    }
    let mut files = Vec::new();
    for name in names {
        for lang in ["en", "de"] {
            let file = format!("{name}-{lang}.html");
            let (against, format) = (format!("{name}-old"), ["--format", "html"]);
            let arguments =
                ["report", name, format[0], format[1], "--lang", lang, "--against", &against, "--out", &file];
            let found = run(home.path(), &arguments);
            assert_eq!((found.code, found.err.as_str()), (0, ""));
            files.push(home.path().join(file));
        }
    }
    let pictures = root.join("target/pages");
    let mut command = Command::new("node");
    command.arg(folder.join("check.mjs"));
    // Sixty-four pictures of long pages take minutes; people ask for them, a checked run does not.
    if std::env::var_os("NACHWEIS_PICTURES").is_some() {
        command.arg("--pictures").arg(pictures);
    }
    command.args(&files);
    let looked = command.output().unwrap();
    println!("{}", String::from_utf8_lossy(&looked.stdout));
    assert!(looked.status.success(), "{}", String::from_utf8_lossy(&looked.stderr));
}
