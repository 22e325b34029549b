//! Compares with recorded decodings of Kubernetes 1.36 (`conformance/kubernetes-yaml`): every case gives the recorded
//! documents, and an error where one is recorded, or is listed with its reason in `conformance-exceptions.txt`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use nachweis_canon::{Json, Limits as JsonLimits, parse};
use nachweis_yaml::{Limits, read};

const EXCEPTIONS: &str = include_str!("conformance-exceptions.txt");

#[test]
fn recorded_decodings() {
    let Some(cases) = corpus("conformance/kubernetes-yaml/cases.jsonl") else { return };
    let mut exceptions: BTreeMap<&str, &str> = EXCEPTIONS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("an exception is `id: reason`"))
        .collect();
    let (mut count, mut problems) = (0, Vec::new());
    for line in cases.lines() {
        let case = parse(line, &JsonLimits::OURS).expect("cases are JSON").value;
        let id = case.text(&["id"]).expect("id").to_string();
        count += 1;
        match (compare(&case), exceptions.remove(&*id)) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(_)) => problems.push(format!("{id}: holds, take it off the list")),
            (Err(difference), None) => problems.push(format!("{id}: {difference}")),
        }
    }
    problems.extend(exceptions.keys().map(|id| format!("{id}: no such case")));
    assert!(count >= 763, "only {count} cases");
    assert!(problems.is_empty(), "{} of {count} cases:\n{}", problems.len(), problems.join("\n"));
}

fn compare(case: &Json<'_>) -> Result<(), String> {
    let bytes = match case.text(&["yaml_base64"]) {
        Some(text) => Base64::decode_vec(text).expect("base64"),
        None => case.text(&["yaml"]).expect("yaml").as_bytes().to_vec(),
    };
    let mut ours = read(&bytes, &Limits::default());
    let mut show = Vec::new();
    for recorded in case.list(&["documents"]).iter().filter_map(Json::as_str) {
        let expected = parse(recorded, &JsonLimits { depth: 10_000, bytes: usize::MAX })
            .map_err(|error| format!("recorded {recorded}: {error}"))?
            .value
            .canonical();
        let expected = String::from_utf8_lossy(&expected).into_owned();
        let got = match ours.next() {
            None => "nothing".into(),
            Some(Err(unread)) => unread.to_string(),
            Some(Ok(document)) => String::from_utf8_lossy(&document.value.canonical()).into_owned(),
        };
        if got != expected {
            return Err(format!("expected {expected:.300}, got {got:.300}"));
        }
        show.push(got);
    }
    match (case.text(&["error"]), ours.next()) {
        (None, None) | (Some(_), Some(Err(_))) => Ok(()),
        (Some(error), None) => Err(format!("expected the error {error}")),
        (Some(error), Some(Ok(more))) => Err(format!("expected the error {error}, got {:?}", more.value)),
        (None, Some(Ok(more))) => Err(format!("one document more: {:?}", more.value)),
        (None, Some(Err(unread))) => Err(format!("expected no error, got {unread}")),
    }
}

/// A file of the corpora; `None`, loudly, where they are not at hand. With `CI` set they have to be.
fn corpus(path: &str) -> Option<String> {
    let root = std::env::var_os("NACHWEIS_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"),
        PathBuf::from,
    );
    match std::fs::read_to_string(root.join(path)) {
        Ok(text) => Some(text),
        Err(error) => {
            let message = format!("corpus `{path}` is not under `{}`: {error}", root.display());
            assert!(std::env::var_os("CI").is_none(), "{message}");
            eprintln!("SKIPPED: {message}");
            None
        }
    }
}
