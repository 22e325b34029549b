//! What Kubernetes 1.36 answers: every recorded case gives the recorded value, or an error where one is
//! recorded. Cases that differ stand in `exceptions.txt` with a reason; one that passes there fails the test.

use std::collections::{BTreeMap, BTreeSet};

use crate::recorded::{Case, Corpus};

/// `id reason`, one a line.
fn exceptions() -> BTreeMap<String, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/exceptions.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut out = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (id, reason) = line.split_once(' ').expect("an exception is an id and a reason");
        assert!(out.insert(id.to_string(), reason.to_string()).is_none(), "{id} stands twice");
    }
    out
}

#[test]
fn every_recorded_case() {
    let Some(corpus) = Corpus::open() else { return };
    let known = exceptions();
    let (mut failed, mut used, mut total) = (Vec::new(), BTreeSet::new(), 0);
    let mut by_group: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for line in corpus.lines() {
        let case = Case::read(&corpus, line);
        total += 1;
        let group = by_group.entry(case.group.clone()).or_default();
        group.0 += 1;
        match case.check() {
            Ok(()) => assert!(!known.contains_key(&case.id), "{} passes, it is no exception", case.id),
            Err(difference) => {
                group.1 += 1;
                if known.contains_key(&case.id) {
                    used.insert(case.id.clone());
                } else {
                    failed.push(format!("{} {}\n    {difference}", case.id, case.expr));
                }
            }
        }
    }
    println!("{total} cases, {} exceptions", used.len());
    for (group, (cases, differ)) in &by_group {
        println!("{group}: {cases} cases, {differ} differ");
    }
    let unknown: Vec<_> = known.keys().filter(|id| !used.contains(*id)).collect();
    assert!(unknown.is_empty(), "exceptions that are no case: {unknown:?}");
    if let Ok(path) = std::env::var("CEL_DIFFERENCES") {
        std::fs::write(path, failed.join("\n")).unwrap();
    }
    assert!(
        failed.is_empty(),
        "{} cases differ, among them\n{}",
        failed.len(),
        failed[..failed.len().min(40)].join("\n")
    );
}
