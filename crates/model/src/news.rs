//! What a run shows that a baseline did not (`--baseline BUNDLE`). It is no part of an assessment and is never sealed.

use nachweis_canon::Digest;
use serde::Serialize;

use crate::{Instant, ItemId, Ranges, Verdict};

/// What is new, known and fixed against the recorded assessment of a baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct News {
    /// the baseline
    pub baseline: Baseline,
    /// one per control that either side asked, sorted by control id
    pub findings: Vec<FindingNews>,
}

/// The bundle that was compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Baseline {
    /// id of its snapshot
    pub snapshot: Digest,
    /// digest of its assessment
    pub assessment: Digest,
    /// the instant against which its ages were measured
    pub as_of: Instant,
    /// version of its catalogue
    pub catalogue_version: String,
    /// its catalogue decides as that of the run does
    pub same_catalogue: bool,
    /// the overlays are the same
    pub same_overlay: bool,
    /// the semantics are the same
    pub same_semantics: bool,
    /// both sides name their cluster, and it is the same one
    pub same_cluster: bool,
}

/// What is new in one finding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FindingNews {
    /// id of the control
    pub control: String,
    /// the verdict of the baseline; `None` where it did not ask the control
    pub before: Option<Verdict>,
    /// the verdict is a worse one than that of the baseline, or its items stopped being exempted
    pub turned: bool,
    /// items that are not satisfied and not exempted, and were not so before
    pub not_satisfied: Ranges,
    /// items that cannot be judged and were neither so before nor not satisfied
    pub indeterminate: Ranges,
    /// open items that the baseline knows
    pub known: Ranges,
    /// codes of the finding as a whole that the baseline does not have
    pub reasons: Vec<String>,
    /// number of codes of the finding as a whole that the baseline has too
    pub known_reasons: u64,
    /// items that were open and are covered now, or that are gone while all others of their owner are covered; sorted
    pub fixed: Vec<ItemId>,
    /// items that were open and that the control does not judge any more, most often because they are gone; sorted
    pub gone: Vec<ItemId>,
}

impl FindingNews {
    /// New items and new reasons of the finding as a whole.
    pub fn new_count(&self) -> u64 {
        let items = self.not_satisfied.len() + self.indeterminate.len();
        let whole = self.reasons.len() as u64;
        // A threshold can be missed without one new item; that is one new thing.
        items + whole + u64::from(self.turned && items + whole == 0)
    }

    /// Items and reasons of the finding as a whole that the baseline knows.
    pub fn known_count(&self) -> u64 {
        self.known.len() + self.known_reasons
    }

    /// True for an item that is open now and was not in the baseline.
    pub fn is_new(&self, index: u32) -> bool {
        self.not_satisfied.contains(index) || self.indeterminate.contains(index)
    }
}

impl News {
    /// What is new in the finding of a control.
    pub fn of(&self, control: &str) -> Option<&FindingNews> {
        let at = self.findings.binary_search_by(|news| news.control.as_str().cmp(control)).ok()?;
        self.findings.get(at)
    }

    /// New, known and fixed things over all findings.
    pub fn counts(&self) -> (u64, u64, u64) {
        let sum = |count: &dyn Fn(&FindingNews) -> u64| self.findings.iter().map(count).sum();
        (
            sum(&FindingNews::new_count),
            sum(&FindingNews::known_count),
            sum(&|news| (news.fixed.len() + news.gone.len()) as u64),
        )
    }
}
