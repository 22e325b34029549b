//! Declared objects against what a server made of them.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::catalogue::Overlay;
use nachweis_testkit::{Bodies, Kept, differing, kind, resolve};

/// Every declared item is served, and differs only where a list says so. Every row of the list is needed.
pub fn compare(declared: &Bodies, served: &Bodies, allowed: &[(&str, &str)]) {
    let mut missing = Vec::new();
    let mut unlisted: BTreeMap<(String, String), (usize, String)> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for (id, body) in declared {
        let Some(other) = served.get(id) else {
            missing.push(id.clone());
            continue;
        };
        for pointer in differing(body, other) {
            let row = allowed.iter().position(|(kinds, pattern)| {
                *pattern == pointer && (*kinds == "*" || kinds.split(' ').any(|one| one == kind(id)))
            });
            match row {
                Some(row) => {
                    used.insert(row);
                }
                None => {
                    let entry = unlisted.entry((kind(id).to_string(), pointer)).or_insert((0, id.clone()));
                    entry.0 += 1;
                }
            }
        }
    }
    let unlisted: Vec<String> = unlisted
        .into_iter()
        .map(|((kind, pointer), (count, id))| format!("(\"{kind}\", \"{pointer}\"), // {count}, {id}"))
        .collect();
    assert!(unlisted.is_empty(), "{} differences are not listed:\n{}", unlisted.len(), unlisted.join("\n"));
    assert!(missing.is_empty(), "declared and not served: {missing:#?}");
    let idle: Vec<_> = (0..allowed.len()).filter(|row| !used.contains(row)).map(|row| allowed[row]).collect();
    assert!(idle.is_empty(), "rows without a difference: {idle:?}");
}

/// No verdict on an item that both contain differs. What the declared side cannot know yet is indeterminate there and
/// may be anything here.
pub fn verdicts(declared: &Kept, served: &Kept, overlay: &Overlay) {
    let rows = |kept: &Kept| resolve(&kept.assess(overlay), &kept.names());
    let (before, after) = (rows(declared), rows(served));
    let mut compared = 0;
    for (control, row) in &before {
        let said = |row: &nachweis_testkit::Row| -> BTreeMap<String, String> {
            let items = row.items.iter().map(|(id, verdict, _)| (id.clone(), verdict.to_string()));
            let passed = row.passed.iter().map(|id| (id.clone(), "satisfied".to_string()));
            let excluded =
                row.excluded.iter().map(|(id, reason)| (id.clone(), format!("excluded: {reason}")));
            items.chain(passed).chain(excluded).collect()
        };
        let other = said(&after[control]);
        for (id, verdict) in said(row) {
            let Some(now) = other.get(&id) else { continue };
            if verdict != "indeterminate" {
                assert_eq!(&verdict, now, "{control}: {id}");
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "only {compared} verdicts could be compared");
}
