//! Goal: against a baseline only what is worse than it was raises the exit code, and nothing worse is excused.
//! Method: one control, items by name, every pair of states before and now.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use nachweis_canon::Digest;
use nachweis_delta::{Told, news};
use nachweis_evaluate::{FailOn, Selection, exit_code};
use nachweis_model::assessment::Assessment;
use nachweis_model::news::News;
use nachweis_model::seal::Seal;
use nachweis_model::{ItemId, Ranges, Severity, Source};
use serde_json::{Value, json};

/// A name, its owner and how it stands: `covered`, `failed`, `unknown`, `exempted`, `outside`.
type Row<'a> = (&'a str, &'a str, &'a str);

struct Side {
    assessment: Assessment,
    seal: Seal,
    items: Vec<(ItemId, Option<String>)>,
}

fn side(rows: &[Row<'_>], verdict: &str, reasons: Value, cluster: Value) -> Side {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let of = |state: &str| -> Ranges {
        let all = rows.iter().enumerate().filter(|(_, row)| row.2 == state);
        all.map(|(at, _)| at as u32).collect()
    };
    let failed: Ranges =
        (0..rows.len() as u32).filter(|at| ["failed", "exempted"].contains(&rows[*at as usize].2)).collect();
    let mut groups = Vec::new();
    if !failed.is_empty() {
        groups.push(json!({"verdict": "not-satisfied", "reason": "predicate-false", "items": failed}));
    }
    if !of("unknown").is_empty() {
        groups.push(json!({"verdict": "indeterminate", "reason": "value-withheld", "items": of("unknown")}));
    }
    let mut all: BTreeMap<String, u64> =
        groups.iter().map(|group| (group["reason"].as_str().unwrap().to_string(), 1)).collect();
    all.extend(serde_json::from_value::<BTreeMap<String, u64>>(reasons).unwrap());
    let exempted = if of("exempted").is_empty() { json!({}) } else { json!({"accepted": of("exempted")}) };
    let finding = json!({
        "control": "c", "verdict": verdict, "severity": "medium", "covered": of("covered").len(),
        "total": rows.len(), "indeterminate": of("unknown").len(), "threshold": "1/1", "population": "pods",
        "reasons": all, "items": groups, "passed": of("covered"), "exempted": exempted, "obligations": []
    });
    let digest = Digest::of(b"x");
    let assessment = serde_json::from_value(json!({
        "format": "nachweis-assessment/1", "semantics": 1, "snapshot": digest, "overlay": digest, "packs": [],
        "catalogue": {"version": "1", "digest": digest, "logic": digest}, "as_of": "2026-11-20T06:00:00Z",
        "parameters": [], "obligations": [], "findings": [finding],
        "totals": {"satisfied": 0, "not_satisfied": 0, "indeterminate": 0, "not_applicable": 0, "attested": 0, "exempted": 0}
    }))
    .unwrap();
    let seal = serde_json::from_value(json!({
        "format": "nachweis-snapshot/1", "canonical": "nachweis-json/1", "normalisation": "n", "redaction": "r", "cluster": cluster,
        "identity_source": "declared", "instant_source": "declared", "collected_from": "2026-11-20T06:00:00Z",
        "collected_to": "2026-11-20T06:00:00Z", "collector": "test", "collections": [], "unread": [],
        "duplicate_keys": [], "withheld": [], "left_out": [], "aliases": [], "conflicts": [],
        "defaulted_namespaces": 0, "items": rows.len(), "kinds": [], "root": digest
    }))
    .unwrap();
    let id = |name: &str| ItemId {
        source: Source::Kubernetes,
        namespace: "n".into(),
        group: String::new(),
        kind: "Pod".into(),
        name: name.into(),
    };
    let owner = |owner: &str| (!owner.is_empty()).then(|| owner.to_string());
    let items = rows.iter().map(|(name, by, _)| (id(name), owner(by))).collect();
    Side { assessment, seal, items }
}

impl Side {
    fn told(&self) -> Told<'_> {
        Told { assessment: &self.assessment, seal: &self.seal, items: &self.items }
    }
}

fn verdict_of(rows: &[Row<'_>]) -> &'static str {
    let has = |state: &str| rows.iter().any(|row| row.2 == state);
    match (has("failed") || has("exempted"), has("unknown"), has("covered")) {
        (true, ..) => "not-satisfied",
        (_, true, _) => "indeterminate",
        (.., true) => "satisfied",
        _ => "not-applicable",
    }
}

fn plain(rows: &[Row<'_>]) -> Side {
    side(rows, verdict_of(rows), json!({}), json!({}))
}

fn code(now: &Side, news: &News, fail_on: FailOn) -> u8 {
    exit_code(&now.assessment, fail_on, Selection { min_severity: None, news: Some(news) })
}

/// Exit code, new, known, fixed.
fn told(before: &Side, now: &Side) -> (u8, (u64, u64, u64)) {
    let news = news(&before.told(), &now.told()).unwrap();
    (code(now, &news, FailOn::Indeterminate), news.counts())
}

#[test]
fn every_pair_of_states_of_one_item() {
    let states = ["covered", "exempted", "unknown", "failed", "outside"];
    for before in states {
        for now in states {
            let (old, new) = (plain(&[("a", "", before)]), plain(&[("a", "", now)]));
            let rank = |state| match state {
                "failed" => 2,
                "unknown" => 1,
                _ => 0,
            };
            let worse = rank(now) > rank(before);
            let expected = match (worse, now) {
                (true, "failed") => 3,
                (true, "unknown") => 4,
                _ => 0,
            };
            let (code, (new_ones, known, fixed)) = told(&old, &new);
            assert_eq!(code, expected, "{before} to {now}");
            assert_eq!(new_ones, u64::from(worse), "{before} to {now}");
            assert_eq!(known, u64::from(!worse && rank(now) > 0), "{before} to {now}");
            let left = rank(before) > 0 && rank(now) == 0 && now != "exempted";
            assert_eq!(fixed, u64::from(left), "{before} to {now}");
            assert_eq!(told(&new, &new), (0, (0, u64::from(rank(now) > 0), 0)), "{now} to itself");
        }
    }
}

#[test]
fn a_rollout_makes_nothing_new_and_excuses_nothing() {
    let old = plain(&[("api-1", "Deployment n/api", "failed"), ("web-1", "Deployment n/web", "covered")]);
    let rolled = plain(&[("api-2", "Deployment n/api", "failed"), ("web-2", "Deployment n/web", "covered")]);
    assert_eq!(told(&old, &rolled), (0, (0, 1, 0)));
    let worse = plain(&[("api-2", "Deployment n/api", "failed"), ("web-2", "Deployment n/web", "failed")]);
    assert_eq!(told(&old, &worse), (3, (1, 1, 0)));
    let fixed = plain(&[("api-2", "Deployment n/api", "covered"), ("web-2", "Deployment n/web", "covered")]);
    let found = news(&old.told(), &fixed.told()).unwrap();
    assert_eq!((found.findings[0].fixed.len(), found.findings[0].gone.len()), (1, 0));
    // The pod itself was there and covered: its owner's other pod excuses nothing.
    let two = plain(&[("api-1", "Deployment n/api", "failed"), ("api-2", "Deployment n/api", "covered")]);
    let both = plain(&[("api-1", "Deployment n/api", "failed"), ("api-2", "Deployment n/api", "failed")]);
    assert_eq!(told(&two, &both), (3, (1, 1, 0)));
    // Owners of one name in other namespaces are others; so is an owner whose pods could only not be judged.
    let unknown = plain(&[("api-1", "Deployment n/api", "unknown")]);
    assert_eq!(told(&unknown, &plain(&[("api-2", "Deployment n/api", "failed")])), (3, (1, 0, 0)));
}

#[test]
fn items_that_cannot_be_judged_are_new_below_a_known_failure() {
    let old = plain(&[("a", "", "failed"), ("b", "", "covered")]);
    let new = plain(&[("a", "", "failed"), ("b", "", "unknown")]);
    assert_eq!(told(&old, &new), (4, (1, 1, 0)));
    let found = news(&old.told(), &new.told()).unwrap();
    assert_eq!(code(&new, &found, FailOn::NotSatisfied), 0);
    assert_eq!(code(&new, &found, FailOn::Never), 0);
}

#[test]
fn findings_without_items() {
    let whole = |verdict: &str, reason: &str| side(&[], verdict, json!({reason: 1}), json!({}));
    let good = side(&[], "not-applicable", json!({}), json!({}));
    let open = whole("indeterminate", "population-open");
    let empty = whole("not-satisfied", "population-empty");
    assert_eq!(told(&good, &empty), (3, (1, 0, 0)));
    assert_eq!(told(&good, &open), (4, (1, 0, 0)));
    assert_eq!(told(&open, &empty), (3, (1, 0, 0)));
    assert_eq!(told(&empty, &empty), (0, (0, 1, 0)));
    assert_eq!(told(&open, &open), (0, (0, 1, 0)));
    // Worse was known already.
    assert_eq!(told(&empty, &open), (0, (0, 1, 0)));
}

#[test]
fn a_threshold_that_is_missed_without_a_new_item_is_new() {
    let old = side(&[("a", "", "failed"), ("b", "", "covered")], "satisfied", json!({}), json!({}));
    let new = side(&[("a", "", "failed")], "not-satisfied", json!({}), json!({}));
    assert_eq!(told(&old, &new), (3, (1, 1, 0)));
    assert_eq!(told(&new, &old).0, 0);
}

#[test]
fn a_control_that_the_baseline_did_not_ask_is_new_and_one_that_is_not_asked_now_fixes_nothing() {
    let mut old = plain(&[("a", "", "failed")]);
    let new = plain(&[("a", "", "failed")]);
    old.assessment.findings.clear();
    assert_eq!(told(&old, &new), (3, (1, 0, 0)));
    assert_eq!(told(&new, &old), (0, (0, 0, 0)));
}

#[test]
fn severity_selects_before() {
    let (old, new) = (plain(&[("a", "", "covered")]), plain(&[("a", "", "failed")]));
    let found = news(&old.told(), &new.told()).unwrap();
    let high = Selection { min_severity: Some(Severity::High), news: Some(&found) };
    assert_eq!(exit_code(&new.assessment, FailOn::Indeterminate, high), 0);
}

#[test]
fn two_clusters_are_refused_and_unknown_ones_are_told() {
    let of = |cluster: Value| side(&[("a", "", "failed")], "not-satisfied", json!({}), cluster);
    let uid = |uid: &str, name: &str| of(json!({"uid": uid, "name": name}));
    let compare = |a: &Side, b: &Side| news(&a.told(), &b.told()).map(|news| news.baseline.same_cluster);
    assert_eq!(compare(&uid("1", "a"), &uid("1", "b")), Ok(true));
    assert!(compare(&uid("1", "a"), &uid("2", "a")).is_err());
    assert!(compare(&of(json!({"name": "a"})), &of(json!({"name": "b"}))).is_err());
    assert!(compare(&uid("1", "a"), &of(json!({"name": "b"}))).is_err());
    assert_eq!(compare(&of(json!({"name": "a"})), &of(json!({"name": "a"}))), Ok(true));
    assert_eq!(compare(&of(json!({})), &uid("1", "a")), Ok(false));
}

/// A bundle that nobody verified may claim four billion items.
#[test]
fn a_forged_baseline_costs_nothing() {
    let mut old = plain(&[("a", "", "failed")]);
    let new = plain(&[("a", "", "failed"), ("b", "", "failed")]);
    for finding in &mut old.assessment.findings {
        finding.passed = "0-4294967295".parse().unwrap();
        finding.exempted.insert("e".into(), "0-4294967295".parse().unwrap());
        finding.items.iter_mut().for_each(|group| group.items = "0-4294967295".parse().unwrap());
    }
    assert_eq!(told(&old, &new), (3, (2, 0, 0)));
}
