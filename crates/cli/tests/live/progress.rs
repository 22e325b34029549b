//! Goal: progress on a terminal, and nothing of it in a pipe.

use std::process::{Command, Stdio};

use crate::common;
use crate::server::{Running, cluster, kubeconfig};

/// True if the character would move a terminal's cursor or change its colours.
fn moves(c: char) -> bool {
    c.is_control() && c != '\n'
}

#[test]
fn a_pipe_gets_lines_of_text() {
    let Some(cluster) = cluster() else { return };
    let home = tempfile::tempdir().unwrap();
    let config = kubeconfig(cluster, "quiet", None).display().to_string();
    let run =
        Running::start(home.path(), &["snapshot", "--live", "--kubeconfig", &config, "--out", "out"]).end();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.out.chars().chain(run.err.chars()).any(moves), "{run:?}");
    assert!(!run.err.contains("configmaps"), "{}", run.err);
}

#[test]
fn a_terminal_sees_the_kind_at_hand() {
    let Some(cluster) = cluster() else { return };
    if Command::new("script").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI is set and `script` is absent");
        eprintln!("SKIPPED: `script` of util-linux is absent, which gives a program a terminal");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let config = kubeconfig(cluster, "watched", None).display().to_string();
    let line = format!(
        "'{}' snapshot --live --concurrency 1 --kubeconfig '{config}' --out out",
        env!("CARGO_BIN_EXE_nachweis")
    );
    let output = common::command("script", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let seen = String::from_utf8_lossy(&output.stdout).to_string();
    assert!(output.status.success(), "{seen}");
    // The line is drawn anew: which kinds are drawn depends on the moment, but ConfigMaps take seven pages.
    assert!(seen.contains("\x1b[2K") || seen.contains('\r'), "{seen:?}");
    assert!(seen.contains("configmaps (") && seen.contains(" of "), "{seen:?}");
    // It is gone in the end, and the summary stays.
    let last = seen.rsplit("\x1b[2K").next().unwrap();
    assert!(last.contains("snapshot   out") && !last.contains("sealing"), "{last:?}");
}
