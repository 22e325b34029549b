//! JSON and CSV: the shapes that scripts rely on.

mod fixture;

use nachweis_canon::Json;
use nachweis_report::{csv, json, snapshot_json};

fn value(json: &Json<'_>) -> serde_json::Value {
    serde_json::from_slice(&json.canonical()).expect("canonical JSON is JSON")
}

#[test]
fn a_report_has_the_shape_that_was_promised() {
    let fixture = fixture::small();
    let out = value(&json(&fixture.report()));
    for key in ["snapshot", "catalogue", "overlay", "digest"] {
        assert!(out[key].as_str().is_some_and(|text| text.starts_with("sha256:")), "{key}");
    }
    assert_eq!(out["semantics"], 1);
    assert_eq!(out["as_of"], "2026-11-20T06:00:00Z");
    assert_eq!(out["bundle"], "out/prod-eu-1.bundle");
    assert_eq!(out["totals"]["not_satisfied"], 5);
    assert_eq!(out["totals"]["exempted"], 1);
    let finding = out["findings"]
        .as_array()
        .and_then(|all| all.iter().find(|f| f["control"] == "rbac-secrets-wildcards"));
    let finding = finding.expect("the finding");
    assert_eq!(finding["verdict"], "not-satisfied");
    assert_eq!(
        (&finding["covered"], &finding["total"], &finding["unit"]),
        (&2.into(), &4.into(), &"roles".into())
    );
    assert_eq!(finding["reasons"]["wildcard-verb"], 2);
    assert_eq!(finding["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        finding["items"][0],
        serde_json::json!({
            "id": "kubernetes/rbac.authorization.k8s.io/ClusterRole//legacy-ops",
            "verdict": "not-satisfied", "reason": "wildcard-verb"
        })
    );
    assert_eq!(finding["exempted"][0]["exemption"], "break-glass-role");
    let obligation = &out["obligations"][2];
    assert_eq!((&obligation["id"], &obligation["state"]), (&"DORA-9(4)(c)".into(), &"not-satisfied".into()));
    assert_eq!(obligation["controls"].as_array().map(Vec::len), Some(4));
}

#[test]
fn items_are_all_that_are_not_covered_and_come_in_sealed_order() {
    let fixture = fixture::scale(2);
    let out = value(&json(&fixture.report()));
    for finding in out["findings"].as_array().expect("findings") {
        let items = finding["items"].as_array().expect("items");
        let total = finding["total"].as_u64().expect("a number");
        assert_eq!(items.len() as u64, total - finding["covered"].as_u64().expect("a number"));
        let ids: Vec<&str> = items.iter().filter_map(|item| item["id"].as_str()).collect();
        assert!(ids.is_sorted());
    }
}

#[test]
fn an_index_without_item_is_null() {
    let mut fixture = fixture::small();
    fixture.names.0.clear();
    let out = value(&json(&fixture.report()));
    let all = out["findings"].as_array().expect("findings");
    assert!(all.iter().flat_map(|f| f["items"].as_array()).flatten().all(|item| item["id"].is_null()));
}

#[test]
fn a_snapshot_has_the_shape_that_was_promised() {
    let fixture = fixture::small();
    let out = value(&snapshot_json(&fixture.seal, fixture.assessment.snapshot));
    assert_eq!(out["snapshot"], fixture.assessment.snapshot.to_string());
    assert_eq!(out["cluster"]["name"], "prod-eu-1");
    assert_eq!((&out["identity_source"], &out["instant_source"]), (&"declared".into(), &"declared".into()));
    assert_eq!(out["collected_to"], "2026-11-20T06:00:00Z");
    assert_eq!((&out["items"], &out["kinds"]), (&49.into(), &2.into()));
    assert_eq!((&out["withheld"], &out["conflicts"]), (&3.into(), &1.into()));
    let row = &out["collections"][0];
    assert!(["resource", "scope", "status", "count"].iter().all(|key| !row[key].is_null()));
    assert_eq!(out["unread"][0]["position"], "14:3");
    assert!(out["unread"][1]["position"].is_null());
    assert!(["file", "reason"].iter().all(|key| out["unread"][1][key].is_string()));
}

#[test]
fn csv_lists_every_item_under_every_control() {
    let fixture = fixture::small();
    let csv = csv(&fixture.report());
    let items: u64 = fixture
        .assessment
        .findings
        .iter()
        .map(|f| {
            f.items.iter().map(|group| group.items.len()).sum::<u64>()
                + f.passed.len()
                + f.excluded.values().map(|items| items.len()).sum::<u64>()
        })
        .sum();
    // The head, and one row each for the two findings without items.
    assert_eq!(csv.matches("\r\n").count() as u64, items + 3);
    let row = "rbac-secrets-wildcards,not-satisfied,critical,2,4,not-satisfied,wildcard-verb,break-glass-role,kubernetes,\
               rbac.authorization.k8s.io,ClusterRole,,support-breakglass,\r\n";
    assert!(csv.contains(row), "{csv}");
    assert!(
        csv.contains(
            "restore-tested,not-satisfied,critical,0,0,not-satisfied,no-restore-on-record,,,,,,,\r\n"
        )
    );
    assert!(csv.contains(",Deployment cards/api\r\n"));
}
