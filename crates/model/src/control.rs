//! A control as its file writes it (`nachweis-control/1`, `spec/control.md`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Severity, Text};

/// Format of a control file.
pub const FORMAT: &str = "nachweis-control/1";

/// The population of pods: live pods, or pod templates where only declarations were read (docs/concepts/verdicts.md).
pub const WORKLOAD_PODS: &str = "workload-pods";

/// A requirement that reduces risk when implemented, with the check that tests it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// `nachweis-control/1`
    pub format: String,
    /// kebab-case, equal to the folder's name
    pub id: String,
    /// one line
    pub title: Text,
    /// how bad it is when not satisfied
    pub severity: Severity,
    /// provisions that it gives evidence for
    pub obligations: Vec<ObligationLink>,
    /// every resource that the check looks at, directly or through a relation
    pub reads: Vec<Read>,
    /// thresholds and selectors that an organisation may set
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// which items are judged
    pub population: Population,
    /// what one item of the population is called, in the plural
    pub unit: Text,
    /// CEL over `object`, `params`, `namespaceObject`, `related`, `asOf`: true where the item is covered
    pub predicate: String,
    /// why an item is not covered; the first one that matches names it
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// share of the population that has to be covered, as `n/d`
    #[serde(default = "whole", skip_serializing_if = "is_whole")]
    pub threshold: String,
    /// verdict on a closed population without items
    pub on_empty: OnEmpty,
    /// the sentence for a closed population without items, where `on_empty` is `not-satisfied`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Reason>,
    /// evidence that something acts on what the predicate sees
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforced_by: Option<EnforcedBy>,
    /// relations of which one record is enough, because more evidence could not take it back
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found_is_enough: Vec<String>,
    /// further items that are counted and shown with the finding, as `{name}` in texts
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<Count>,
    /// findings are also summed up by this
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_by: Option<GroupBy>,
    /// how to fix it
    pub remediation: Text,
    /// what the check cannot see
    pub limits: Text,
}

fn whole() -> String {
    "1/1".into()
}

fn is_whole(threshold: &str) -> bool {
    threshold == "1/1"
}

/// Relationship of a control to a provision (words of the OSCAL mapping model).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relationship {
    /// the control covers a part of the provision and nothing else
    SubsetOf,
    /// the control covers a part of the provision and more
    IntersectsWith,
    /// the control covers all of the provision and more
    SupersetOf,
    /// both ask for the same
    EquivalentTo,
}

/// A provision that a control gives evidence for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObligationLink {
    /// id in `catalog/obligations`
    pub id: String,
    /// how the two relate
    pub relationship: Relationship,
    /// why
    pub rationale: Text,
}

/// A resource that a check looks at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// `plural.group`, the plural alone in the core group
    pub resource: String,
    /// versions whose fields the check understands; an item in another one is indeterminate
    pub versions: Vec<String>,
}

/// Type of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterType {
    /// a whole number
    Integer,
    /// a text
    String,
    /// a list of texts
    StringList,
    /// a map from text to text, such as labels
    StringMap,
    /// true or false
    Boolean,
}

/// A threshold or selector with name, unit, default and the source of the default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// snake_case with unit and bound at the end, such as `restore_interval_days_max`
    pub name: String,
    /// type of the value
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// unit of the value, such as `days`, `label`, `namespace`
    pub unit: String,
    /// value where the overlay gives none; null: the organisation has to set it, until then the control is
    /// indeterminate
    #[serde(default)]
    pub default: Value,
    /// where the default comes from
    pub source: Text,
    /// which direction is stricter, for a threshold
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
}

/// Which items are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// `[workload-pods]` or resources of `reads`
    pub of: Vec<String>,
    /// CEL: true for items that belong to it
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#where: Option<String>,
    /// items that are named and not judged; the first one that matches names it
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<Reason>,
}

/// A condition with a stable code and a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// kebab-case, unique in the control
    pub code: String,
    /// CEL: true where it applies; left out in `empty`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// the sentence; `{name}` stands for a count
    pub text: Text,
}

/// Verdict on a closed population without items. There is no default: the author has to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnEmpty {
    /// nothing to judge
    NotApplicable,
    /// the control wants something to exist
    NotSatisfied,
}

/// Evidence that something acts on what the predicate sees (docs/concepts/verdicts.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnforcedBy {
    /// judged for each item, or once for the control over all items of the population
    pub per: EnforcedPer,
    /// CEL: true where an acting enforcer was seen
    pub seen: String,
    /// CEL: true where one was seen that does not act
    pub inactive: String,
    /// what acts, and how it is recognised
    pub text: Text,
}

/// Granularity of enforcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnforcedPer {
    /// each item by itself, such as the pod's node
    Item,
    /// one item not enforced makes the whole control so
    Control,
}

/// Items that are counted and shown with the finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// name in texts
    pub name: String,
    /// resource of `reads`
    pub resource: String,
    /// CEL over `object`: true for items that count
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#where: Option<String>,
}

/// What findings are summed up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// the item's namespace
    Namespace,
}
