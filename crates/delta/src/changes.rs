//! The value that a comparison gives.

use std::collections::BTreeMap;

use nachweis_canon::Digest;
use nachweis_model::assessment::{Finding, Groups, Missing, Totals};
use nachweis_model::seal::{Cluster, CollectionStatus, IdentitySource};
use nachweis_model::{Instant, ItemId, ObligationState, Severity, Verdict};
use serde::Serialize;

use crate::objects::Fate;
use crate::paths::PathChanges;
use crate::state::State;

/// Format of a delta as JSON.
pub const FORMAT: &str = "nachweis-delta/1";

/// What changed between two evaluations that stand next to each other.
///
/// INVARIANT (order of causes): sides are led from old to new in the order of these variants. Each cause is judged
/// on top of those before it and on the old cluster; the cluster itself comes last. Where two causes act together
/// (a stricter threshold and a new pod), what the later one adds is told as the later one's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// the old verdicts were recorded with other evaluation semantics than this program has
    Engine,
    /// the old verdicts are not those that their own inputs give: the bundle does not verify
    Recording,
    /// the catalogue: controls and the data that decides
    Catalogue,
    /// the organisation's own controls
    OwnControl,
    /// values of parameters
    Parameter,
    /// exemptions
    Exemption,
    /// whatever else an overlay holds
    Statement,
    /// which packs are assessed
    Selection,
    /// the instant against which ages are measured
    Instant,
    /// the snapshot
    Cluster,
    /// the new verdicts were recorded with other evaluation semantics than this program has
    NewEngine,
    /// the new verdicts are not those that their own inputs give: the bundle does not verify
    NewRecording,
}

impl Kind {
    /// In words, as a cause.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Engine | Kind::NewEngine => "engine semantics changed",
            Kind::Recording | Kind::NewRecording => "recorded verdicts are not those of their inputs",
            Kind::Catalogue => "catalogue changed",
            Kind::OwnControl => "overlay changed: own control",
            Kind::Parameter => "overlay changed: parameter",
            Kind::Exemption => "overlay changed: exemption",
            Kind::Statement => "overlay changed: statement",
            Kind::Selection => "selection changed",
            Kind::Instant => "instant changed",
            Kind::Cluster => "cluster changed",
        }
    }
}

/// One part of the way from old to new. Several kinds where what lies between them cannot be evaluated, such as a
/// control that moved from the overlay into the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// what changed
    pub kinds: Vec<Kind>,
    /// why several kinds stand together, or why verdicts could not be recomputed
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A value of the inputs that changed: a control, a data file, a parameter, an exemption, the instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputChange {
    /// the cause that it belongs to
    pub kind: Kind,
    /// such as `control restore-tested`, `parameter restore_interval_days_max`
    pub name: String,
    /// paths in it
    #[serde(flatten)]
    pub paths: PathChanges,
    #[serde(skip)]
    pub(crate) reach: Reach,
}

/// Which findings an input can move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    All,
    Controls(Vec<String>),
}

/// What is compared, of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// id of the snapshot
    pub snapshot: Digest,
    /// sealed items
    pub items: u64,
    /// which cluster
    pub cluster: Cluster,
    /// how that is known
    pub identity_source: IdentitySource,
    /// key of the pseudonyms in place of people, where they were replaced
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<String>,
    /// latest instant at which the snapshot held
    pub collected_to: Instant,
    /// version of the catalogue
    pub catalogue_version: String,
    /// digest of the catalogue
    pub catalogue: Digest,
    /// digest of the overlay
    pub overlay: Digest,
    /// packs that were selected
    pub packs: Vec<String>,
    /// instant against which ages are measured
    pub as_of: Instant,
    /// semantics that the verdicts were made with
    pub semantics: u32,
    /// findings by verdict
    pub totals: Totals,
}

/// A finding without the indices of its items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are those of a finding")]
pub struct Summary {
    pub verdict: Verdict,
    pub severity: Severity,
    pub covered: u64,
    pub total: u64,
    pub indeterminate: u64,
    /// items that keep `not-satisfied` and are exempted
    pub exempted: u64,
    /// every item that is not covered is exempted, and there is one: the finding does not raise an exit code
    pub excused: bool,
    pub threshold: String,
    pub population: String,
    pub reasons: BTreeMap<String, u64>,
    pub counts: BTreeMap<String, u64>,
    pub groups: Option<Groups>,
    pub missing: Vec<Missing>,
    pub obligations: Vec<String>,
}

impl Summary {
    pub(crate) fn of(finding: &Finding) -> Self {
        let failed: u64 = finding
            .items
            .iter()
            .filter(|group| group.verdict == Verdict::NotSatisfied)
            .map(|group| group.items.len())
            .sum();
        let exempted: u64 = finding.exempted.values().map(nachweis_model::Ranges::len).sum();
        Summary {
            verdict: finding.verdict,
            severity: finding.severity,
            covered: finding.covered,
            total: finding.total,
            indeterminate: finding.indeterminate,
            exempted,
            excused: failed > 0 && exempted >= failed,
            threshold: finding.threshold.clone(),
            population: finding.population.clone(),
            reasons: finding.reasons.clone(),
            counts: finding.counts.clone(),
            groups: finding.groups.clone(),
            missing: finding.missing.clone(),
            obligations: finding.obligations.clone(),
        }
    }

    /// Verdict and figures, such as `not-satisfied 24/36`.
    pub fn short(&self) -> String {
        format!("{} {}/{}", self.verdict.as_str(), self.covered, self.total)
    }

    /// Not satisfied or indeterminate.
    pub fn is_open(&self) -> bool {
        matches!(self.verdict, Verdict::NotSatisfied | Verdict::Indeterminate)
    }

    /// Not satisfied, and not because of exempted items alone.
    fn is_failed(&self) -> bool {
        self.verdict == Verdict::NotSatisfied && !self.excused
    }
}

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// not satisfied or indeterminate, and was neither
    New,
    /// neither not satisfied nor indeterminate, and was one of them
    Fixed,
    /// other figures, items or reasons, or from not satisfied to indeterminate or back
    Changed,
    /// the control was not asked before
    Started,
    /// the control is not asked any more: this says nothing about the cluster
    Ended,
    /// several causes moved it, and together they give what stood there before
    Balanced,
}

impl Class {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::New => "new",
            Class::Fixed => "fixed",
            Class::Changed => "changed",
            Class::Started => "started",
            Class::Ended => "ended",
            Class::Balanced => "balanced",
        }
    }
}

/// What happened to an item itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// only the new snapshot has it
    Appeared,
    /// only the old snapshot has it
    Vanished,
    /// both have it, with another body
    Changed,
    /// both have it as it was: something else moved it
    Unchanged,
}

impl Presence {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Presence::Appeared => "appeared",
            Presence::Vanished => "vanished",
            Presence::Changed => "changed",
            Presence::Unchanged => "unchanged",
        }
    }
}

/// An item that stands otherwise in a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemDelta {
    /// identity
    pub id: ItemId,
    /// what happened to it
    pub presence: Presence,
    /// how it stood
    pub old: State,
    /// how it stands
    pub new: State,
}

/// The same within one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemStep {
    /// identity
    pub id: ItemId,
    /// how it stood before the part
    pub old: State,
    /// how it stands after it
    pub new: State,
}

/// The share of one cause in the change of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// what changed
    pub kinds: Vec<Kind>,
    /// which values of the inputs, by name; those that this finding can depend on
    pub named: Vec<String>,
    /// the finding before; none where the control was not asked
    pub old: Option<Summary>,
    /// the finding after
    pub new: Option<Summary>,
    /// items that stand otherwise
    pub items: Vec<ItemStep>,
}

/// Changed objects of the kinds that a control reads through relations: what may have moved items that are
/// unchanged themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Neighbours {
    /// in sealed order, [`crate::objects::NEIGHBOURS_MAX`] at most
    pub items: Vec<ItemId>,
    /// those that are not listed
    pub more: u64,
}

/// What became of one finding, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingDelta {
    /// id of the control
    pub control: String,
    /// in a word
    pub class: Class,
    /// what stood
    pub old: Option<Summary>,
    /// what stands
    pub new: Option<Summary>,
    /// items that stand otherwise, in sealed order
    pub items: Vec<ItemDelta>,
    /// causes in their fixed order; each begins where the one before ended
    pub parts: Vec<Part>,
    /// empty where the cluster is no cause
    pub neighbours: Neighbours,
}

/// An obligation whose state changed. It is no verdict on the law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObligationChange {
    /// id in the catalogue
    pub id: String,
    /// none where it was not selected
    pub old: Option<ObligationState>,
    /// none where it is not selected
    pub new: Option<ObligationState>,
}

/// An object that came, went or changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectChange {
    /// identity
    pub id: ItemId,
    /// what happened
    pub fate: Fate,
    /// paths, where both snapshots have it
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub paths: Option<PathChanges>,
}

/// Objects of one kind by what happened to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the fates")]
pub struct KindCount {
    pub resource: String,
    pub added: u64,
    pub newly_seen: u64,
    pub removed: u64,
    pub not_seen: u64,
    pub changed: u64,
}

/// A collection that is seen otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CollectionChange {
    /// `plural.group`
    pub resource: String,
    /// a namespace, or `*`
    pub scope: String,
    /// `not-collected` where the old seal has no such row
    pub old: CollectionStatus,
    /// `not-collected` where the new seal has no such row
    pub new: CollectionStatus,
}

/// What differs between the snapshots, whether or not a finding moved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Objects {
    /// identities in the new snapshot alone
    pub appeared: u64,
    /// identities in the old snapshot alone
    pub vanished: u64,
    /// identities with another body
    pub changed: u64,
    /// identities with the same body
    pub unchanged: u64,
    /// kinds in which something differs, sorted by resource
    pub kinds: Vec<KindCount>,
    /// in sealed order
    pub items: Vec<ObjectChange>,
    /// sorted by resource and scope
    pub collections: Vec<CollectionChange>,
}

/// What differs between two sides, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delta {
    /// `nachweis-delta/1`
    pub format: &'static str,
    /// the old side
    pub old: End,
    /// the new side
    pub new: End,
    /// the way from old to new; its length is the number of causes that were told apart
    pub steps: Vec<Step>,
    /// values of the inputs that changed, in the order of causes
    pub inputs: Vec<InputChange>,
    /// findings that moved, sorted by control
    pub findings: Vec<FindingDelta>,
    /// findings that did not
    pub findings_unchanged: u64,
    /// obligations whose state changed
    pub obligations: Vec<ObligationChange>,
    /// objects and collections
    pub objects: Objects,
}

impl Delta {
    /// True where nothing differs: no finding, no input, no object, no collection.
    pub fn is_empty(&self) -> bool {
        let objects = &self.objects;
        self.findings.is_empty()
            && self.inputs.is_empty()
            && self.obligations.is_empty()
            && objects.items.is_empty()
            && objects.collections.is_empty()
    }

    /// 3 where a finding is not satisfied that was not so before (exempted ones do not count), else 4 where one is
    /// indeterminate that was neither, else 0.
    pub fn exit_code(&self) -> u8 {
        let (mut failed, mut unknown) = (false, false);
        for finding in &self.findings {
            let Some(new) = &finding.new else { continue };
            let old = finding.old.as_ref();
            failed |= new.is_failed() && !old.is_some_and(Summary::is_failed);
            unknown |= new.verdict == Verdict::Indeterminate && !old.is_some_and(Summary::is_open);
        }
        match (failed, unknown) {
            (true, _) => 3,
            (false, true) => 4,
            _ => 0,
        }
    }
}
