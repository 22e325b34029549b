//! The example in `spec/assessment.md` is one.

use nachweis_model::assessment::{Assessment, FORMAT};

#[test]
fn the_example_of_the_specification_is_an_assessment() {
    let page = include_str!("../../../spec/assessment.md");
    let example = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let assessment: Assessment = serde_json::from_str(example).expect("the example can be read");
    assert_eq!(assessment.format, FORMAT);
    let findings = &assessment.findings;
    assert!(findings.is_sorted_by_key(|finding| finding.control.clone()));
    for finding in findings {
        let open: u64 = finding.items.iter().map(|group| group.items.len()).sum();
        assert_eq!((finding.passed.len(), finding.passed.len() + open), (finding.covered, finding.total));
    }
    let exempted: u64 = findings.iter().flat_map(|f| f.exempted.values()).map(|items| items.len()).sum();
    assert_eq!(exempted, assessment.totals.exempted);
    // What the page leaves out because it is empty is left out when it is written.
    let written: serde_json::Value = serde_json::from_slice(&nachweis_canon::canonical_bytes(&assessment))
        .expect("canonical JSON is JSON");
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(example).expect("JSON"));
}
