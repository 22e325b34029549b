//! The exit code of an assessment (docs/concepts/verdicts.md).

use nachweis_model::assessment::{Assessment, Finding, code};
use nachweis_model::{Severity, Verdict};

/// What makes an assessment fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// `not-satisfied` gives 3, `indeterminate` 4
    #[default]
    Indeterminate,
    /// `not-satisfied` gives 3
    NotSatisfied,
    /// always 0
    Never,
}

impl std::str::FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "indeterminate" => Ok(FailOn::Indeterminate),
            "not-satisfied" => Ok(FailOn::NotSatisfied),
            "never" => Ok(FailOn::Never),
            other => Err(format!("`{other}` is none of indeterminate, not-satisfied, never")),
        }
    }
}

/// Which findings count for the exit code.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection {
    /// findings below this severity do not count
    pub min_severity: Option<Severity>,
}

/// True where every item that is not covered is exempted. A finding without items, such as one on a closed empty
/// population, has nothing that an exemption could name.
fn is_exempted(finding: &Finding) -> bool {
    let failed: Vec<u32> = finding
        .items
        .iter()
        .filter(|group| group.verdict == Verdict::NotSatisfied)
        .flat_map(|group| group.items.iter())
        .collect();
    !failed.is_empty()
        && failed.iter().all(|index| finding.exempted.values().any(|items| items.contains(*index)))
}

/// True where items that cannot be judged, or were not seen, could be more than what is exempted.
fn is_open(finding: &Finding) -> bool {
    finding.indeterminate > 0 || finding.reasons.contains_key(code::POPULATION_OPEN)
}

/// 0, 3 or 4; `attested` and `not-applicable` never raise it.
pub fn exit_code(assessment: &Assessment, fail_on: FailOn, selection: Selection) -> u8 {
    let counts = |finding: &&Finding| selection.min_severity.is_none_or(|least| finding.severity >= least);
    let findings = || assessment.findings.iter().filter(counts);
    let failed = findings().any(|finding| finding.verdict == Verdict::NotSatisfied && !is_exempted(finding));
    // An exemption speaks for the items that it names, not for those that the evidence leaves open.
    let unknown = findings().any(|finding| match finding.verdict {
        Verdict::Indeterminate => true,
        Verdict::NotSatisfied => is_exempted(finding) && is_open(finding),
        Verdict::Satisfied | Verdict::NotApplicable | Verdict::Attested => false,
    });
    match fail_on {
        FailOn::Never => 0,
        _ if failed => 3,
        FailOn::Indeterminate if unknown => 4,
        _ => 0,
    }
}
