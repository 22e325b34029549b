//! A control judges the certificates of TLS Secrets by their facts, while the values themselves are withheld.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;

use base64ct::{Base64, Encoding};
use common::run;
use serde_json::Value;

const RSA: &str = include_str!("certificates/rsa.pem");
const CONTROL: &str = include_str!("certificates/control.yaml");

/// Verdict, covered, total, and the reason of the first group of items.
fn judged(value: &str, as_of: &str, bits: u32) -> (String, u64, u64, Option<String>) {
    let home = tempfile::tempdir().unwrap();
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: web, namespace: a}}\ntype: kubernetes.io/tls\ndata: {{tls.crt: '{value}', tls.key: c2VjcmV0LWtleQ==}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: other, namespace: a}}\ntype: Opaque\ndata: {{a: eA==}}\n"
    );
    fs::write(home.path().join("in.yaml"), secret).unwrap();
    let folder = home.path().join("overlay/controls/certificates-valid");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("control.yaml"), CONTROL).unwrap();
    let params = format!("format: nachweis-params/1\nparams: {{certificate_key_bits_min: {bits}}}\n");
    fs::write(home.path().join("overlay/params.yaml"), params).unwrap();
    let arguments =
        ["assess", "in.yaml", "--overlay", "overlay", "--complete", "all", "--at", as_of, "--out", "b"];
    let done = run(home.path(), &arguments);
    assert!([0, 3, 4].contains(&done.code), "{done:?}");
    let report = run(home.path(), &["report", "b", "--format", "json"]);
    assert!(!report.out.contains(value) && !report.out.contains("c2VjcmV0"), "the values are withheld");
    let report = report.json();
    let finding =
        report["findings"].as_array().unwrap().iter().find(|f| f["control"] == "certificates-valid").unwrap();
    let text = |value: &Value| value.as_str().map(str::to_string);
    let verified = run(home.path(), &["verify", "b"]);
    assert_eq!(verified.code, 4, "{verified:?}");
    (
        text(&finding["verdict"]).unwrap(),
        finding["covered"].as_u64().unwrap(),
        finding["total"].as_u64().unwrap(),
        text(&finding["items"][0]["reason"]),
    )
}

#[test]
fn a_control_reads_facts_of_a_withheld_certificate() {
    let good = Base64::encode_string(RSA.as_bytes());
    let within = "2026-12-01T00:00:00Z";
    assert_eq!(judged(&good, within, 2048).0, "satisfied");
    let (verdict, covered, total, reason) = judged(&good, within, 4096);
    assert_eq!((&*verdict, covered, total), ("not-satisfied", 0, 1));
    assert_eq!(reason.as_deref(), Some("not-valid"));
    // A second after its end, a second before its beginning, and something that is no certificate.
    assert_eq!(judged(&good, "2027-02-22T10:50:46Z", 2048).0, "not-satisfied");
    assert_eq!(judged(&good, "2026-11-24T10:50:44Z", 2048).0, "not-satisfied");
    let (verdict, .., reason) = judged("bm8gY2VydGlmaWNhdGU=", within, 2048);
    assert_eq!((&*verdict, reason.as_deref()), ("not-satisfied", Some("no-certificate")));
}
