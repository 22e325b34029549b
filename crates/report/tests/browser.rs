//! The HTML in a real browser: `tests/browser/check.mjs` says what is looked for.
//!
//! Needs node, Chromium and `npm ci` in `tests/browser`; skipped loudly without them, failing when `CI` is set.

mod fixture;

use std::path::{Path, PathBuf};
use std::process::Command;

use nachweis_model::Lang;
use nachweis_report::html;

/// Why the browser cannot be asked, if it cannot.
fn missing(folder: &Path) -> Option<String> {
    let browser = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".into());
    if Command::new("node").arg("--version").output().is_err() {
        return Some("node is not installed".into());
    }
    if !Path::new(&browser).exists() {
        return Some(format!("{browser} does not exist (CHROMIUM names another one)"));
    }
    (!folder.join("node_modules").exists())
        .then(|| "run `npm ci --ignore-scripts` in crates/report/tests/browser".into())
}

/// Names and a cluster that attack the page.
fn hostile() -> fixture::Fixture {
    let attack = "</pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\"'";
    let mut fixture = fixture::small();
    for subject in &mut fixture.names.0 {
        subject.id.name.push_str(attack);
        subject.owner = subject.owner.take().map(|owner| format!("{owner}{attack}"));
    }
    fixture.seal.cluster.name = Some(format!("{attack}{}", "A".repeat(4096)));
    fixture.seal.unread[0].file = format!("{attack}{}", "b".repeat(4096));
    fixture.seal.collections[1].resource = "r".repeat(4096);
    fixture.assessment.findings[0].control.push_str(attack);
    fixture
}

#[test]
fn a_browser_finds_nothing_to_complain_about() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    if let Some(why) = missing(&folder) {
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("SKIPPED: the HTML was not looked at in a browser: {why}");
        return;
    }
    let kept = std::env::var_os("NACHWEIS_REPORT_OUT").map(PathBuf::from);
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let out = kept.unwrap_or_else(|| temporary.path().to_path_buf());
    let (small, many, hostile) = (fixture::small(), fixture::scale(160), hostile());
    let files: Vec<PathBuf> = [
        ("small-en.html", &small, Lang::En),
        ("small-de.html", &small, Lang::De),
        ("scale-160-en.html", &many, Lang::En),
        ("hostile-de.html", &hostile, Lang::De),
    ]
    .into_iter()
    .map(|(name, fixture, lang)| {
        let file = out.join(name);
        std::fs::write(&file, html(&fixture.report(), lang)).expect("the folder can be written");
        file
    })
    .collect();
    let run = Command::new("node").arg(folder.join("check.mjs")).args(&files).output().expect("node runs");
    println!("{}", String::from_utf8_lossy(&run.stdout));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
