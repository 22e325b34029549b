//! Findings with names in place of indices, so that those of two snapshots can be compared.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::assessment::{Assessment, Groups, Missing};
use nachweis_model::{Ranges, Verdict};

/// One finding. Equal rows say the same of the same items.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Row {
    pub verdict: Verdict,
    pub covered: u64,
    pub total: u64,
    pub indeterminate: u64,
    pub reasons: BTreeMap<String, u64>,
    /// id, verdict, reason
    pub items: BTreeSet<(String, &'static str, String)>,
    pub passed: BTreeSet<String>,
    pub excluded: BTreeSet<(String, String)>,
    pub counts: BTreeMap<String, u64>,
    pub groups: Option<Groups>,
    pub missing: Vec<Missing>,
}

impl Row {
    /// Resources that are named as missing.
    pub fn missing(&self) -> BTreeSet<&str> {
        self.missing.iter().map(|missing| missing.resource.as_str()).collect()
    }

    /// True for the verdicts that less evidence may never lead to.
    pub fn is_good(&self) -> bool {
        matches!(self.verdict, Verdict::Satisfied | Verdict::Attested | Verdict::NotApplicable)
    }

    /// Verdict and figures in one word, such as `not-satisfied 24/36`.
    pub fn short(&self) -> String {
        format!("{} {}/{}", self.verdict.as_str(), self.covered, self.total)
    }
}

/// Findings by control.
pub type Resolved = BTreeMap<String, Row>;

/// Resolves the indices of an assessment; `names` are the ids of its snapshot in sealed order.
pub fn resolve(assessment: &Assessment, names: &[String]) -> Resolved {
    let all = |items: &Ranges| -> Vec<String> {
        items.iter().map(|index| names[usize::try_from(index).unwrap()].clone()).collect()
    };
    let row = |finding: &nachweis_model::assessment::Finding| Row {
        verdict: finding.verdict,
        covered: finding.covered,
        total: finding.total,
        indeterminate: finding.indeterminate,
        reasons: finding.reasons.clone(),
        items: finding
            .items
            .iter()
            .flat_map(|group| {
                all(&group.items).into_iter().map(|id| (id, group.verdict.as_str(), group.reason.clone()))
            })
            .collect(),
        passed: all(&finding.passed).into_iter().collect(),
        excluded: finding
            .excluded
            .iter()
            .flat_map(|(reason, items)| all(items).into_iter().map(|id| (id, reason.clone())))
            .collect(),
        counts: finding.counts.clone(),
        groups: finding.groups.clone(),
        missing: finding.missing.clone(),
    };
    assessment.findings.iter().map(|finding| (finding.control.clone(), row(finding))).collect()
}
