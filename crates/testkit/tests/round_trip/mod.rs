//! Declared objects against what a server made of them.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::catalogue::Overlay;
use nachweis_testkit::{Bodies, Kept, differing, kind, resolve};

/// Where a served object differs from the declared one, and why: kinds (`*` for any), and a place with `+` for added,
/// `~` for changed, `-` for removed. `*` are elements of lists; `pod:` is the spec of a pod or of a template, wherever
/// that stands, `container:` one of its containers, and `probe:` one of their probes.
pub type Difference = (&'static str, &'static str, &'static str);

/// The pointer of a difference in the notation of the lists.
fn place(kind: &str, pointer: &str) -> String {
    let spec = match kind {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    let (sign, pointer) = pointer.split_at(1);
    let Some(rest) = pointer.strip_prefix(spec).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    else {
        return format!("{sign}{pointer}");
    };
    let Some(rest) = ["/containers/*", "/initContainers/*"].iter().find_map(|list| rest.strip_prefix(list))
    else {
        return format!("{sign}pod:{rest}");
    };
    let probes = ["/livenessProbe/", "/readinessProbe/", "/startupProbe/"];
    match probes.iter().find_map(|probe| rest.strip_prefix(probe)) {
        Some(rest) => format!("{sign}probe:/{rest}"),
        None => format!("{sign}container:{rest}"),
    }
}

/// Every declared item is served, and differs only where the lists say so. Every row of the lists is needed.
pub fn compare(declared: &Bodies, served: &Bodies, lists: &[&[Difference]]) {
    let listed = lists.concat();
    let mut missing = Vec::new();
    let mut unlisted: BTreeMap<String, (BTreeSet<String>, usize, String)> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for (id, body) in declared {
        let Some(other) = served.get(id) else {
            missing.push(id.clone());
            continue;
        };
        for pointer in differing(body, other) {
            let place = place(kind(id), &pointer);
            let row = listed.iter().position(|(kinds, pattern, _)| {
                *pattern == place && (*kinds == "*" || kinds.split(' ').any(|one| one == kind(id)))
            });
            match row {
                Some(row) => _ = used.insert(row),
                None => {
                    let entry = unlisted.entry(place).or_insert((BTreeSet::new(), 0, id.clone()));
                    entry.0.insert(kind(id).to_string());
                    entry.1 += 1;
                }
            }
        }
    }
    let unlisted: Vec<String> = unlisted
        .into_iter()
        .map(|(place, (kinds, count, id))| {
            let kinds = kinds.into_iter().collect::<Vec<_>>().join(" ");
            format!("(\"{kinds}\", \"{place}\", \"\"), // {count}, {id}")
        })
        .collect();
    assert!(unlisted.is_empty(), "{} differences are not listed:\n{}", unlisted.len(), unlisted.join("\n"));
    assert!(missing.is_empty(), "declared and not served: {missing:#?}");
    let idle: Vec<_> = (0..listed.len()).filter(|row| !used.contains(row)).map(|row| listed[row]).collect();
    assert!(idle.is_empty(), "rows without a difference: {idle:#?}");
}

/// What a control says of each item: a verdict, or why it is out of the population.
fn said(row: &nachweis_testkit::Row) -> BTreeMap<&str, String> {
    let items = row.items.iter().map(|(id, verdict, _)| (id.as_str(), verdict.to_string()));
    let passed = row.passed.iter().map(|id| (id.as_str(), "satisfied".to_string()));
    let excluded = row.excluded.iter().map(|(id, reason)| (id.as_str(), format!("excluded: {reason}")));
    items.chain(passed).chain(excluded).collect()
}

/// No verdict on an item that both contain differs. A pod is compared with the template that it was made from, which
/// `made_by` names. What the declared side cannot know is indeterminate there, and may be anything here. Returns for
/// how many items of each control both sides said something.
pub fn verdicts(
    declared: &Kept,
    served: &Kept,
    overlay: &Overlay,
    made_by: &BTreeMap<String, String>,
) -> BTreeMap<String, usize> {
    let rows = |kept: &Kept| resolve(&kept.assess(overlay), &kept.names());
    let (before, after) = (rows(declared), rows(served));
    let mut wrong = Vec::new();
    let mut compared = BTreeMap::new();
    for (control, row) in &before {
        let first = said(row);
        let mut count = 0;
        for (id, now) in said(&after[control]) {
            let of = first.get(id).or_else(|| first.get(made_by.get(id)?.as_str()));
            let Some(verdict) = of.filter(|verdict| *verdict != "indeterminate") else { continue };
            count += 1;
            if *verdict != now {
                wrong.push(format!("{control}: {id}: {verdict} -> {now}"));
            }
        }
        compared.insert(control.clone(), count);
    }
    assert!(wrong.is_empty(), "{} verdicts differ:\n{}", wrong.len(), wrong.join("\n"));
    compared
}
