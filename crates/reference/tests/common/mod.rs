//! Both evaluators on one snapshot, compared item by item.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::{BTreeMap, BTreeSet};

use nachweis_evaluate::{Inputs, assess};
use nachweis_model::assessment::{Assessment, Finding};
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::{Instant, Ranges, Verdict};
use nachweis_reference::assess::{Conclusions, Row, assess as obviously};
use nachweis_testkit::Kept;

/// Ranges by a word -> the word of each item.
fn by_item<'f>(sets: impl IntoIterator<Item = (&'f String, &'f Ranges)>) -> BTreeMap<u32, String> {
    sets.into_iter().flat_map(|(word, items)| items.iter().map(|index| (index, word.clone()))).collect()
}

/// The finding in the form of the reference.
fn row(finding: &Finding) -> Row {
    let of = |verdict: Verdict| {
        let groups = finding.items.iter().filter(move |group| group.verdict == verdict);
        by_item(groups.map(|group| (&group.reason, &group.items)))
    };
    let (failed, unknown) = (of(Verdict::NotSatisfied), of(Verdict::Indeterminate));
    // Of the reasons, those of the finding as a whole are left when its items are taken away.
    let mut notes: BTreeSet<String> = finding.reasons.keys().cloned().collect();
    for reason in failed.values().chain(unknown.values()) {
        notes.remove(reason);
    }
    let mut groups = None;
    if let Some(found) = &finding.groups {
        // The assessment names the failing ones and counts the others.
        let mut all: BTreeMap<String, bool> =
            found.failing.iter().map(|name| (name.clone(), false)).collect();
        all.extend((0..found.covered).map(|number| (format!("covered {number}"), true)));
        assert_eq!(all.len() as u64, found.total);
        groups = Some(all);
    }
    Row {
        verdict: Some(finding.verdict),
        population: finding.population.clone(),
        covered: finding.passed.iter().collect(),
        failed,
        unknown,
        excluded: by_item(&finding.excluded),
        exempted: by_item(&finding.exempted),
        notes,
        counts: finding.counts.clone(),
        groups,
    }
}

/// The obvious row in the form that an assessment can show.
fn shown(row: &Row) -> Row {
    let mut row = row.clone();
    let items: BTreeSet<&String> = row.failed.values().chain(row.unknown.values()).collect();
    let notes = row.notes.iter().filter(|note| !items.contains(note)).cloned().collect();
    row.notes = notes;
    if let Some(groups) = &mut row.groups {
        let covered = groups.values().filter(|all| **all).count();
        groups.retain(|_, all| !*all);
        groups.extend((0..covered).map(|number| (format!("covered {number}"), true)));
    }
    row
}

/// What differs between two maps, at most five entries.
fn differences<K: Ord + std::fmt::Debug, V: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
    name: impl Fn(&K) -> String,
) -> Vec<String> {
    let keys: BTreeSet<&K> = found.keys().chain(expected.keys()).collect();
    let differ = keys.into_iter().filter(|key| found.get(key) != expected.get(key));
    let lines = differ.map(|key| {
        format!("  {what} {}: evaluate {:?}, reference {:?}", name(key), found.get(key), expected.get(key))
    });
    lines.take(5).collect()
}

/// Where the two disagree.
pub fn compare(assessment: &Assessment, reference: &Conclusions, names: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let name = |index: &u32| names[*index as usize].clone();
    let ids: Vec<&String> = assessment.findings.iter().map(|finding| &finding.control).collect();
    assert_eq!(ids, reference.rows.keys().collect::<Vec<_>>());
    for finding in &assessment.findings {
        let (found, expected) = (row(finding), shown(&reference.rows[&finding.control]));
        let sums = (finding.covered, finding.indeterminate, finding.total);
        let (covered, unknown) = (found.covered.len() as u64, found.unknown.len() as u64);
        assert_eq!(sums, (covered, unknown, covered + unknown + found.failed.len() as u64));
        if found == expected {
            continue;
        }
        let short =
            |row: &Row| format!("{:?} {} {:?} {:?}", row.verdict, row.population, row.notes, row.counts);
        out.push(format!("{}: evaluate {}, reference {}", finding.control, short(&found), short(&expected)));
        let outcome = |row: &Row| {
            let mut all: BTreeMap<u32, String> =
                row.covered.iter().map(|index| (*index, "covered".into())).collect();
            for (word, set) in
                [("failed", &row.failed), ("unknown", &row.unknown), ("excluded", &row.excluded)]
            {
                all.extend(set.iter().map(|(index, why)| (*index, format!("{word}: {why}"))));
            }
            all
        };
        out.extend(differences("item", &outcome(&found), &outcome(&expected), name));
        out.extend(differences("exempted", &found.exempted, &expected.exempted, name));
        let (a, b) = (found.groups.unwrap_or_default(), expected.groups.unwrap_or_default());
        out.extend(differences("group", &a, &b, String::clone));
    }
    let rows = assessment.obligations.iter();
    let found: BTreeMap<String, _> =
        rows.map(|row| (row.id.clone(), (row.state, row.note.clone()))).collect();
    let rows = reference.obligations.iter();
    let expected: BTreeMap<String, _> =
        rows.map(|(id, state, note)| (id.clone(), (*state, note.map(str::to_string)))).collect();
    out.extend(differences("obligation", &found, &expected, String::clone));
    let rows = assessment.exemptions.iter();
    let found = rows.map(|row| (row.id.clone(), (row.expired, row.items))).collect();
    out.extend(differences("exemption", &found, &reference.exemptions, String::clone));
    out
}

/// Assesses with both. An empty answer is agreement.
pub fn both(kept: &Kept, catalogue: &Catalogue, overlay: &Overlay, as_of: Option<Instant>) -> Vec<String> {
    let snapshot = kept.open();
    let as_of = as_of.unwrap_or(snapshot.seal().collected_to);
    let inputs = Inputs { evidence: &snapshot, catalogue, overlay, packs: &[], as_of };
    let assessment = assess(&inputs).unwrap();
    let reference = obviously(&snapshot, catalogue, overlay, as_of).unwrap();
    compare(&assessment, &reference, &kept.names())
}
