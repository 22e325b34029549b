//! SARIF and JUnit: what a CI system counts, names and finds again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod fixture;

use std::collections::BTreeSet;

use fixture::Fixture;
use fixture::xml::{Element, read};
use nachweis_model::{Lang, Severity, Verdict};
use nachweis_report::{CASES_MAX, RESULTS_MAX, junit, sarif};
use serde_json::Value;

fn log(fixture: &Fixture, compared: bool) -> Value {
    let report = fixture.report();
    let news = compared.then(|| fixture::news(&report));
    serde_json::from_slice(&sarif(&report, news.as_ref(), Lang::En).canonical()).unwrap()
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn every_control_is_a_rule_and_every_failing_owner_a_result() {
    let fixture = fixture::small();
    let log = log(&fixture, false);
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), fixture.assessment.findings.len());
    for rule in rules {
        for text in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
            assert!(
                rule.pointer(text).and_then(Value::as_str).is_some_and(|text| !text.is_empty()),
                "{rule}"
            );
        }
        assert!(rule["help"]["markdown"].as_str().unwrap().contains("**How to fix it**"));
    }
    for (at, finding) in fixture.assessment.findings.iter().enumerate() {
        let of: Vec<&Value> =
            results(&log).iter().filter(|result| result["ruleIndex"] == at as u64).collect();
        let kinds: BTreeSet<&str> = of.iter().map(|result| result["kind"].as_str().unwrap()).collect();
        match finding.verdict {
            Verdict::NotSatisfied => assert_eq!(kinds, BTreeSet::from(["fail"]), "{}", finding.control),
            Verdict::Indeterminate => assert_eq!(kinds, BTreeSet::from(["open"]), "{}", finding.control),
            Verdict::Attested => assert_eq!(kinds, BTreeSet::from(["review"]), "{}", finding.control),
            _ => assert!(of.is_empty(), "{}", finding.control),
        }
        let level = match finding.severity {
            Severity::Critical | Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low => "note",
        };
        let failed: u64 = finding
            .items
            .iter()
            .filter(|group| group.verdict == Verdict::NotSatisfied)
            .map(|group| group.items.len())
            .sum();
        if finding.verdict == Verdict::NotSatisfied {
            assert!(of.iter().all(|result| result["level"] == level));
            let told: u64 = of.iter().filter_map(|result| result["occurrenceCount"].as_u64()).sum();
            assert_eq!(told, failed, "{}", finding.control);
        } else {
            assert!(of.iter().all(|result| result["level"] == "none"));
        }
        let exempted = of.iter().filter(|result| result.get("suppressions").is_some()).count();
        assert_eq!(exempted > 0, !finding.exempted.is_empty(), "{}", finding.control);
    }
    let unread = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(unread.len(), fixture.seal.unread.len());
}

#[test]
fn locations_are_lines_where_they_are_known_and_addresses_elsewhere() {
    let log = log(&fixture::small(), false);
    let (mut files, mut items) = (0, 0);
    for result in results(&log) {
        let location = &result["locations"][0];
        assert!(location["logicalLocations"][0]["fullyQualifiedName"].is_string());
        let artifact = &location["physicalLocation"]["artifactLocation"];
        match artifact.get("uriBaseId") {
            None => {
                files += 1;
                assert_eq!(location["physicalLocation"]["region"]["startLine"], 12);
                assert!(artifact["uri"].as_str().unwrap().ends_with(".yaml"));
            }
            Some(base) => {
                items += 1;
                assert_eq!(base, "ITEMS");
                assert!(location["physicalLocation"].get("region").is_none());
            }
        }
    }
    assert!(files > 0 && items > 0, "{files} {items}");
}

/// A rollout gives every pod another name; an alert stays the same one, and two are never one.
#[test]
fn fingerprints_survive_a_rollout() {
    let prints = |fixture: &Fixture| -> Vec<String> {
        let log = log(fixture, false);
        let of = |result: &Value| {
            let print = result["partialFingerprints"]["nachweisThing/v1"].as_str().unwrap();
            format!("{} {print}", result["ruleId"])
        };
        results(&log).iter().map(of).collect()
    };
    let fixture = fixture::small();
    let before = prints(&fixture);
    assert_eq!(before.iter().collect::<BTreeSet<_>>().len(), before.len());
    let mut rolled = fixture.clone();
    for subject in &mut rolled.names.0 {
        if subject.owner.is_some() {
            subject.id.name.push('x');
        }
    }
    assert_eq!(prints(&rolled), before);
    let mut moved = fixture.clone();
    moved.assessment.findings.iter_mut().for_each(|finding| finding.control.push('x'));
    assert!(prints(&moved).iter().all(|print| !before.contains(print)));
}

#[test]
fn a_baseline_tells_new_from_unchanged() {
    let fixture = fixture::small();
    let states: Vec<Value> =
        results(&log(&fixture, true)).iter().map(|result| result["baselineState"].clone()).collect();
    assert!(states.iter().any(|state| state == "new") && states.iter().any(|state| state == "unchanged"));
    assert!(states.iter().all(|state| state == "new" || state == "unchanged"));
    assert!(results(&log(&fixture, false)).iter().all(|result| result.get("baselineState").is_none()));
}

#[test]
fn too_many_results_are_counted() {
    let mut fixture = fixture::scale(30);
    // Without owners every pod is a result of its own.
    fixture.names.0.iter_mut().for_each(|subject| subject.owner = None);
    let log = log(&fixture, false);
    assert_eq!(results(&log).len(), RESULTS_MAX);
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["descriptor"]["id"] == "results-left-out"));
}

fn suites(fixture: &Fixture, compared: bool) -> Vec<Element> {
    let report = fixture.report();
    let news = compared.then(|| fixture::news(&report));
    read(&junit(&report, news.as_ref(), Lang::En)).unwrap()
}

fn number(element: &Element, name: &str) -> u64 {
    element.get(name).unwrap().parse().unwrap()
}

/// The numbers of every suite are those of its cases, and those of the root the sums.
#[test]
fn numbers_of_suites_add_up() {
    for (fixture, compared) in
        [(fixture::small(), false), (fixture::small(), true), (fixture::scale(12), false)]
    {
        let elements = suites(&fixture, compared);
        assert_eq!(elements[0].name, "testsuites");
        let names =
            [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")];
        for (attribute, element) in names {
            let all = elements.iter().filter(|found| found.name == element).count() as u64;
            assert_eq!(number(&elements[0], attribute), all, "{attribute}");
            let sum: u64 =
                elements.iter().filter(|found| found.name == "testsuite").map(|s| number(s, attribute)).sum();
            assert_eq!(sum, all, "{attribute}");
        }
        let suites = elements.iter().filter(|found| found.name == "testsuite");
        assert_eq!(suites.count(), fixture.assessment.findings.len());
    }
}

#[test]
fn verdicts_become_what_a_reader_of_tests_expects() {
    let fixture = fixture::small();
    let elements = suites(&fixture, false);
    for finding in &fixture.assessment.findings {
        let start = elements
            .iter()
            .position(|found| found.name == "testsuite" && found.get("name") == Some(&finding.control))
            .unwrap();
        let of = elements[start + 1..].iter().take_while(|found| found.name != "testsuite");
        let count = |name: &str| of.clone().filter(|found| found.name == name).count();
        let (failures, errors) = (count("failure"), count("error"));
        match finding.verdict {
            Verdict::NotSatisfied => {
                assert!(failures > 0 || !finding.exempted.is_empty(), "{}", finding.control)
            }
            Verdict::Indeterminate => assert!(errors > 0 && failures == 0, "{}", finding.control),
            _ => assert_eq!((failures, errors), (0, 0), "{}", finding.control),
        }
        if finding.verdict == Verdict::NotApplicable {
            assert_eq!(count("skipped"), 1);
        }
        assert!(count("testcase") > 0 && count("testcase") <= CASES_MAX);
        // A reader tells cases apart by their names.
        let names: Vec<&str> = of
            .clone()
            .filter(|found| found.name == "testcase")
            .map(|case| case.get("name").unwrap())
            .collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{}", finding.control);
    }
}

#[test]
fn what_a_baseline_knows_is_skipped() {
    let fixture = fixture::small();
    let (plain, compared) = (suites(&fixture, false), suites(&fixture, true));
    assert!(number(&compared[0], "failures") < number(&plain[0], "failures"));
    assert!(number(&compared[0], "failures") > 0);
    assert_eq!(number(&compared[0], "tests"), number(&plain[0], "tests"));
}

#[test]
fn a_large_control_is_one_case_that_names_some() {
    let mut fixture = fixture::scale(1);
    fixture.names.0.iter_mut().for_each(|subject| subject.owner = None);
    let elements = suites(&fixture, false);
    assert_eq!(number(&elements[0], "tests"), 1);
    let failure = elements.iter().find(|found| found.name == "failure").unwrap();
    assert!(
        failure.text.lines().count() > 40 && failure.text.contains("more in the CSV"),
        "{}",
        failure.text
    );
}
