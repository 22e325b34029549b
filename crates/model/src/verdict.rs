use serde::{Deserialize, Serialize};

/// What a finding concludes on one control for one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// the threshold is missed, whatever the evidence that is missing would show
    NotSatisfied,
    /// evidence is missing, unreadable, or enforcement was not seen
    Indeterminate,
    /// a signed, unexpired statement of a person carries it
    Attested,
    /// the threshold is reached, whatever the evidence that is missing would show
    Satisfied,
    /// the population is closed and empty, and the control asks for nothing to exist
    NotApplicable,
}

impl Verdict {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::NotSatisfied => "not-satisfied",
            Verdict::Indeterminate => "indeterminate",
            Verdict::Attested => "attested",
            Verdict::Satisfied => "satisfied",
            Verdict::NotApplicable => "not-applicable",
        }
    }
}

/// How bad it is when a control is not satisfied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// hardly any harm by itself
    Low,
    /// harm in connection with another weakness
    Medium,
    /// direct harm is likely
    High,
    /// the platform can be taken over or lost
    Critical,
}

impl Severity {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl std::str::FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        all.into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no severity: low, medium, high or critical"))
    }
}

/// State of an obligation: that of its worst row. It is no verdict on the law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObligationState {
    /// a control that gives evidence for it is not satisfied
    NotSatisfied,
    /// a control is indeterminate, a statement is missing, or no control exists
    Indeterminate,
    /// a statement carries it, and no control speaks against it
    Attested,
    /// every control that applies is satisfied
    Satisfied,
}

impl ObligationState {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            ObligationState::NotSatisfied => "not-satisfied",
            ObligationState::Indeterminate => "indeterminate",
            ObligationState::Attested => "attested",
            ObligationState::Satisfied => "satisfied",
        }
    }
}
