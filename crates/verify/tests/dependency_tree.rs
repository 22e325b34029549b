//! Goal: the supervisor's program stays small enough to be read: no async runtime, HTTP, TLS or Kubernetes client.
//! Method: asks cargo for everything that is linked into `nachweis-verify`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::process::Command;

/// Crates that would bring a runtime, a connection or a client; by name, and every crate that begins with the name
/// and a hyphen (`tokio-util`, `rustls-webpki`).
const ABSENT: [&str; 14] = [
    "tokio",
    "async-std",
    "smol",
    "futures",
    "hyper",
    "http",
    "reqwest",
    "ureq",
    "rustls",
    "native-tls",
    "openssl",
    "kube",
    "k8s-openapi",
    "clap",
];

fn linked() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "nachweis-verify", "--edges", "normal", "--prefix", "none"])
        .args(["--format", "{p}", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_string).collect()
}

#[test]
fn nothing_that_runs_or_connects() {
    let linked = linked();
    // The list is a real one, or the search below would find nothing in it.
    for name in ["nachweis-verify", "nachweis-evaluate", "nachweis-attest", "sha2"] {
        assert!(linked.contains(name), "cargo tree does not list {name}: {linked:?}");
    }
    let found: Vec<&String> = linked
        .iter()
        .filter(|name| {
            ABSENT.iter().any(|absent| {
                name.strip_prefix(absent).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            })
        })
        .collect();
    assert!(found.is_empty(), "nachweis-verify links {found:?}");
}

#[test]
fn no_room_of_the_edge() {
    let linked = linked();
    for room in ["nachweis", "nachweis-collect", "nachweis-server"] {
        assert!(!linked.contains(room), "nachweis-verify links {room}");
    }
}
