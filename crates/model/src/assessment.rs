//! All findings for one snapshot, catalogue, overlay and instant (`nachweis-assessment/1`, `spec/assessment.md`).

use std::collections::BTreeMap;

use nachweis_canon::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::seal::CollectionStatus;
use crate::{Instant, ObligationState, Ranges, Severity, Verdict};

/// Format of an assessment.
pub const FORMAT: &str = "nachweis-assessment/1";

/// Reason codes that every control shares; a control's own codes stand in its file.
pub mod code {
    /// no reason of the control matched
    pub const PREDICATE_FALSE: &str = "predicate-false";
    /// the expression failed for the item
    pub const EVALUATION_ERROR: &str = "evaluation-error";
    /// the expression needs a value that was not stored
    pub const VALUE_WITHHELD: &str = "value-withheld";
    /// different declarations of one identity
    pub const CONFLICTING_DECLARATIONS: &str = "conflicting-declarations";
    /// the item came in a version that the control does not read
    pub const VERSION_NOT_READ: &str = "version-not-read";
    /// a kind that is read through a relation is not closed for the item
    pub const RELATED_NOT_COLLECTED: &str = "related-not-collected";
    /// whether the item belongs to the population cannot be said
    pub const MEMBERSHIP_UNKNOWN: &str = "membership-unknown";
    /// no enforcer was seen
    pub const ENFORCEMENT_NOT_SEEN: &str = "enforcement-not-seen";
    /// an enforcer was seen and does not act
    pub const ENFORCEMENT_INACTIVE: &str = "enforcement-inactive";
    /// the population is not closed
    pub const POPULATION_OPEN: &str = "population-open";
    /// the population is closed and empty
    pub const POPULATION_EMPTY: &str = "population-empty";
    /// a pod of a namespace that the parameter `platform_namespaces` names; excluded
    pub const PLATFORM_NAMESPACE: &str = "platform-namespace";
    /// a pod that has ended; excluded
    pub const FINISHED: &str = "finished";
    /// a parameter without default was not set
    pub const PARAMETER_NOT_SET: &str = "parameter-not-set";
}

/// The catalogue release that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueRef {
    /// version, such as `2026.11.0`
    pub version: String,
    /// digest of the whole release
    pub digest: Digest,
    /// digest of what decides verdicts, without prose
    pub logic: Digest,
}

/// Number of findings by verdict; `exempted` counts items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Totals {
    pub satisfied: u64,
    pub not_satisfied: u64,
    pub indeterminate: u64,
    pub not_applicable: u64,
    pub attested: u64,
    pub exempted: u64,
}

impl Totals {
    /// Counts one finding.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Satisfied => self.satisfied += 1,
            Verdict::NotSatisfied => self.not_satisfied += 1,
            Verdict::Indeterminate => self.indeterminate += 1,
            Verdict::NotApplicable => self.not_applicable += 1,
            Verdict::Attested => self.attested += 1,
        }
    }
}

/// The conclusion on one control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// id of the control
    pub control: String,
    /// the conclusion
    pub verdict: Verdict,
    /// severity of the control
    pub severity: Severity,
    /// items of the population that are covered
    pub covered: u64,
    /// items of the population
    pub total: u64,
    /// items of the population that cannot be judged
    pub indeterminate: u64,
    /// share that has to be covered, as `n/d`
    pub threshold: String,
    /// which items were counted: `pods`, `pod-templates`, or the resources of the population
    pub population: String,
    /// how often each reason code applies; codes of the finding as a whole count 1
    pub reasons: BTreeMap<String, u64>,
    /// items that are not covered or cannot be judged, by verdict and reason
    pub items: Vec<ItemGroup>,
    /// covered items
    pub passed: Ranges,
    /// items that are named and not judged, by reason
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excluded: BTreeMap<String, Ranges>,
    /// items that keep `not-satisfied` and are exempted, by exemption id
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exempted: BTreeMap<String, Ranges>,
    /// further items counted for the sentence
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// covered / total groups, where the control sums up by groups
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Groups>,
    /// collections that are not closed and that the control reads
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// provisions that the control gives evidence for
    pub obligations: Vec<String>,
}

/// Items of a finding with one verdict and one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemGroup {
    /// `not-satisfied` or `indeterminate`
    pub verdict: Verdict,
    /// reason code
    pub reason: String,
    /// indices in the sealed order
    pub items: Ranges,
}

/// A population summed up by groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// what the groups are: `namespace`
    pub by: String,
    /// groups in which every item is covered
    pub covered: u64,
    /// groups
    pub total: u64,
    /// groups with an item that is not covered, sorted
    pub failing: Vec<String>,
}

/// A collection that is not closed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// `plural.group`
    pub resource: String,
    /// what the seal says of it
    pub status: CollectionStatus,
    /// the namespaces that are not closed, where only some are; empty: the whole cluster
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
}

/// A parameter with the value that was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterUse {
    /// name
    pub name: String,
    /// unit
    pub unit: String,
    /// the value
    pub value: Value,
    /// true where the overlay set it
    pub overlay: bool,
    /// controls that use it
    pub controls: Vec<String>,
}

/// State of one obligation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObligationRow {
    /// id in `catalog/obligations`
    pub id: String,
    /// state of its worst row
    pub state: ObligationState,
    /// `platform`, `partial` or `organisational`
    pub class: String,
    /// why it is indeterminate, where no control says so: `no-control` or `statement-missing`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// controls that give evidence for it
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

/// An exemption of the overlay as it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExemptionUse {
    /// id in the overlay
    pub id: String,
    /// control that it speaks of
    pub control: String,
    /// last instant at which it holds
    pub expires: Instant,
    /// true where `as_of` is later
    pub expired: bool,
    /// items that it covers
    pub items: u64,
}

/// All findings for one snapshot, catalogue, overlay and instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// `nachweis-assessment/1`
    pub format: String,
    /// number of the evaluation semantics
    pub semantics: u32,
    /// id of the snapshot
    pub snapshot: Digest,
    /// the catalogue
    pub catalogue: CatalogueRef,
    /// digest of the overlay; of an empty one where none was given
    pub overlay: Digest,
    /// packs that were selected; empty: everything
    pub packs: Vec<String>,
    /// the instant against which ages are measured
    pub as_of: Instant,
    /// values of all parameters, sorted by name
    pub parameters: Vec<ParameterUse>,
    /// findings by verdict
    pub totals: Totals,
    /// one per control, sorted by control id
    pub findings: Vec<Finding>,
    /// one per obligation of the selected packs, in the order of the catalogue
    pub obligations: Vec<ObligationRow>,
    /// exemptions of the overlay, sorted by id
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exemptions: Vec<ExemptionUse>,
}
