//! The exit code of an assessment (docs/concepts/verdicts.md).

use nachweis_model::assessment::{Assessment, Finding, code};
use nachweis_model::news::News;
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
pub struct Selection<'a> {
    /// findings below this severity do not count
    pub min_severity: Option<Severity>,
    /// what the baseline knows does not count
    pub news: Option<&'a News>,
}

/// True where every item that is not covered is exempted. A finding without items, such as one on a closed empty
/// population, has nothing that an exemption could name.
fn is_exempted(finding: &Finding) -> bool {
    let mut failed = finding
        .items
        .iter()
        .filter(|group| group.verdict == Verdict::NotSatisfied)
        .flat_map(|group| group.items.iter())
        .peekable();
    failed.peek().is_some()
        && failed.all(|index| finding.exempted.values().any(|items| items.contains(index)))
}

/// True where items that cannot be judged, or were not seen, could be more than what is exempted.
fn is_open(finding: &Finding) -> bool {
    finding.indeterminate > 0 || finding.reasons.contains_key(code::POPULATION_OPEN)
}

/// What a finding asks for: 3 and 4 of the exit codes.
#[derive(Clone, Copy, Default)]
struct Raises {
    failed: bool,
    unknown: bool,
}

fn raises(finding: &Finding) -> Raises {
    match finding.verdict {
        Verdict::Indeterminate => Raises { failed: false, unknown: true },
        // An exemption speaks for the items that it names, not for those that the evidence leaves open.
        Verdict::NotSatisfied if is_exempted(finding) => Raises { failed: false, unknown: is_open(finding) },
        Verdict::NotSatisfied => Raises { failed: true, unknown: false },
        Verdict::Satisfied | Verdict::NotApplicable | Verdict::Attested => Raises::default(),
    }
}

/// The same against a baseline: what it knows asks for nothing. A finding that was not satisfied before may still
/// have new items that cannot be judged; without a baseline the 3 would stand above them.
fn raises_anew(finding: &Finding, news: &News) -> Raises {
    let all = raises(finding);
    let Some(new) = news.of(&finding.control) else { return all };
    let whole = !new.reasons.is_empty() || new.turned;
    let failed = all.failed && (whole || !new.not_satisfied.is_empty());
    // In a finding that is indeterminate, a new item that is not satisfied stands below its threshold.
    let items = !new.indeterminate.is_empty()
        || (finding.verdict == Verdict::Indeterminate && !new.not_satisfied.is_empty());
    let unknown = (all.unknown && whole) || ((all.unknown || all.failed) && items);
    Raises { failed, unknown }
}

/// 0, 3 or 4; `attested` and `not-applicable` never raise it.
pub fn exit_code(assessment: &Assessment, fail_on: FailOn, selection: Selection<'_>) -> u8 {
    let counts = |finding: &&Finding| selection.min_severity.is_none_or(|least| finding.severity >= least);
    let asked: Vec<Raises> = assessment
        .findings
        .iter()
        .filter(counts)
        .map(|finding| selection.news.map_or_else(|| raises(finding), |news| raises_anew(finding, news)))
        .collect();
    match fail_on {
        FailOn::Never => 0,
        _ if asked.iter().any(|raises| raises.failed) => 3,
        FailOn::Indeterminate if asked.iter().any(|raises| raises.unknown) => 4,
        _ => 0,
    }
}
