//! From two sides to their delta.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::assessment::{Assessment, Finding};
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::seal::Seal;
use nachweis_model::{Instant, ItemId};

use crate::changes::{
    Class, Delta, End, FORMAT, FindingDelta, InputChange, ItemDelta, ItemStep, Kind, Neighbours, Objects,
    ObligationChange, Part, Presence, Step, Summary,
};
use crate::inputs::{inputs, named};
use crate::join::{Met, Source, join};
use crate::objects::{Collect, neighbours};
use crate::state::{Standing, State, States};
use crate::steps::{Stage, Way, walk};

/// One side of a comparison.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// the snapshot
    pub source: &'a Source<'a>,
    /// the catalogue release
    pub catalogue: &'a Catalogue,
    /// the organisation's overlay
    pub overlay: &'a Overlay,
    /// packs to select; empty: everything
    pub packs: &'a [String],
    /// instant against which ages are measured
    pub as_of: Instant,
    /// the assessment that was recorded, where there is one; where it is another than the one that comes out
    /// here, that is a cause of its own
    pub recorded: Option<&'a Assessment>,
}

/// The sides could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeltaError {
    /// a snapshot could not be read, or is not what its seal says
    Read {
        /// `old` or `new`
        which: &'static str,
        /// in words
        message: String,
    },
    /// a side cannot be evaluated, and no verdicts were recorded for it
    Assess {
        /// `old` or `new`
        which: &'static str,
        /// in words
        message: String,
    },
}

impl std::fmt::Display for DeltaError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DeltaError::Read { which, message } => {
                write!(f, "the {which} snapshot cannot be read: {message}")
            }
            DeltaError::Assess { which, message } => {
                write!(f, "the {which} side cannot be evaluated: {message}")
            }
        }
    }
}

impl std::error::Error for DeltaError {}

/// Compares two sides. The same sides give the same delta, on any machine.
///
/// Up to ten evaluations (one for each cause that differs) and one reading of both snapshots side by side.
pub fn delta(old: &Side<'_>, new: &Side<'_>) -> Result<Delta, DeltaError> {
    let Way { stages, steps } = walk(old, new)?;
    let inputs = inputs(old, new);
    let mut tracks = tracks(&stages);
    let mut collect = Collect::new();
    let mut each = |met: Met<'_>| -> Result<(), String> {
        let presence = collect.meet(met.id, met.old, met.new)?;
        let (before, after) = (met.old.map(|line| line.index), met.new.map(|line| line.index));
        for track in &mut tracks {
            track.follow(&stages, met.id, presence, (before, after));
        }
        Ok(())
    };
    join(old.source, new.source, &mut each)
        .map_err(|message| DeltaError::Read { which: "old or new", message })?;
    let (old_seal, new_seal) = (old.source.snapshot().seal(), new.source.snapshot().seal());
    let objects = collect.finish(old_seal, new_seal);
    let around = Around::new(old, new, &objects);
    let asked = tracks.len() as u64;
    let findings: Vec<FindingDelta> =
        tracks.into_iter().filter_map(|track| track.finish(&steps, &inputs, &around)).collect();
    let ends = stages.first().zip(stages.last());
    let (first, last) =
        ends.ok_or(DeltaError::Assess { which: "old", message: "nothing was evaluated".into() })?;
    let obligations = obligations(&first.assessment, &last.assessment);
    Ok(Delta {
        format: FORMAT,
        old: end(old_seal, old, &first.assessment),
        new: end(new_seal, new, &last.assessment),
        findings_unchanged: asked - findings.len() as u64,
        steps,
        inputs,
        findings,
        obligations,
        objects,
    })
}

fn end(seal: &Seal, side: &Side<'_>, assessment: &Assessment) -> End {
    End {
        snapshot: side.source.snapshot().id(),
        items: seal.items,
        cluster: seal.cluster.clone(),
        identity_source: seal.identity_source,
        pseudonyms: seal.pseudonyms.as_ref().map(|names| names.key.clone()),
        collected_to: seal.collected_to,
        catalogue_version: side.catalogue.version.clone(),
        catalogue: assessment.catalogue.digest,
        overlay: assessment.overlay,
        packs: assessment.packs.clone(),
        as_of: side.as_of,
        semantics: assessment.semantics,
        totals: assessment.totals,
    }
}

fn obligations(old: &Assessment, new: &Assessment) -> Vec<ObligationChange> {
    let rows = |assessment: &Assessment| -> BTreeMap<String, _> {
        assessment.obligations.iter().map(|row| (row.id.clone(), row.state)).collect()
    };
    let (before, after) = (rows(old), rows(new));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |id: &String| ObligationChange {
        id: id.clone(),
        old: before.get(id).copied(),
        new: after.get(id).copied(),
    };
    ids.into_iter().map(change).filter(|change| change.old != change.new).collect()
}

/// One control along all stages.
struct Track {
    control: String,
    findings: Vec<Option<Summary>>,
    states: Vec<States>,
    /// items that stand otherwise at some stage
    moved: Vec<(ItemId, Presence, Vec<State>)>,
}

fn tracks(stages: &[Stage]) -> Vec<Track> {
    let by_control: Vec<BTreeMap<&str, &Finding>> = stages
        .iter()
        .map(|stage| {
            stage.assessment.findings.iter().map(|finding| (finding.control.as_str(), finding)).collect()
        })
        .collect();
    let controls: BTreeSet<&str> = by_control.iter().flat_map(|stage| stage.keys().copied()).collect();
    let track = |control: &str| {
        let along: Vec<Option<&Finding>> =
            by_control.iter().map(|stage| stage.get(control).copied()).collect();
        Track {
            control: control.to_string(),
            findings: along.iter().map(|finding| finding.map(Summary::of)).collect(),
            states: along.iter().map(|finding| States::new(*finding)).collect(),
            moved: Vec::new(),
        }
    };
    controls.into_iter().map(track).collect()
}

impl Track {
    fn follow(
        &mut self,
        stages: &[Stage],
        id: &ItemId,
        presence: Presence,
        (old, new): (Option<u32>, Option<u32>),
    ) {
        let indices = stages.iter().map(|stage| if stage.of_new { new } else { old });
        let along: Vec<Standing<'_>> =
            self.states.iter_mut().zip(indices).map(|(states, index)| states.at(index)).collect();
        if along.windows(2).all(|pair| pair[0] == pair[1]) {
            return;
        }
        // A control that comes or goes moves its whole population; only what is open is worth a name then.
        let asked_throughout = self.findings.iter().all(Option::is_some);
        if asked_throughout || along.iter().any(Standing::is_open) {
            let states = along.into_iter().map(Standing::to_state).collect();
            self.moved.push((id.clone(), presence, states));
        }
    }

    fn finish(self, steps: &[Step], inputs: &[InputChange], around: &Around<'_>) -> Option<FindingDelta> {
        let still = self.findings.windows(2).all(|pair| pair[0] == pair[1]);
        if still && self.moved.is_empty() {
            return None;
        }
        let mut parts = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let (old, new) = (&self.findings[at], &self.findings[at + 1]);
            let items: Vec<ItemStep> = self
                .moved
                .iter()
                .filter(|(.., states)| states[at] != states[at + 1])
                .map(|(id, _, states)| ItemStep {
                    id: id.clone(),
                    old: states[at].clone(),
                    new: states[at + 1].clone(),
                })
                .collect();
            if old != new || !items.is_empty() {
                parts.push(Part {
                    kinds: step.kinds.clone(),
                    named: named(inputs, &step.kinds, &self.control),
                    old: old.clone(),
                    new: new.clone(),
                    items,
                });
            }
        }
        let old = self.findings.first().cloned().flatten();
        let new = self.findings.last().cloned().flatten();
        let items: Vec<ItemDelta> = self
            .moved
            .into_iter()
            .filter_map(|(id, presence, mut states)| {
                let new = states.pop()?;
                let old = states.into_iter().next()?;
                (old != new).then_some(ItemDelta { id, presence, old, new })
            })
            .collect();
        let by_cluster = parts.iter().any(|part| part.kinds.contains(&Kind::Cluster));
        let neighbours = if by_cluster { around.of(&self.control, &items) } else { Neighbours::default() };
        let class = class(old.as_ref(), new.as_ref(), items.is_empty());
        Some(FindingDelta { control: self.control, class, old, new, items, parts, neighbours })
    }
}

fn class(old: Option<&Summary>, new: Option<&Summary>, same_items: bool) -> Class {
    match (old, new) {
        (None, None) => Class::Balanced,
        (None, Some(_)) => Class::Started,
        (Some(_), None) => Class::Ended,
        (Some(old), Some(new)) => match (old.is_open(), new.is_open()) {
            (false, true) => Class::New,
            (true, false) => Class::Fixed,
            _ if old == new && same_items => Class::Balanced,
            _ => Class::Changed,
        },
    }
}

/// What is needed to name changed objects beside a finding.
struct Around<'a> {
    reads: BTreeMap<&'a str, BTreeSet<&'a str>>,
    resources: BTreeMap<(String, String), String>,
    objects: &'a Objects,
}

impl<'a> Around<'a> {
    fn new(old: &Side<'a>, new: &Side<'a>, objects: &'a Objects) -> Self {
        let mut reads: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut resources = BTreeMap::new();
        for side in [old, new] {
            for control in side.catalogue.controls.iter().chain(&side.overlay.controls) {
                let resources = control.reads.iter().map(|read| read.resource.as_str());
                reads.entry(&control.id).or_default().extend(resources);
            }
            for kind in &side.source.snapshot().seal().kinds {
                resources.insert((kind.group.clone(), kind.kind.clone()), kind.resource.clone());
            }
        }
        Around { reads, resources, objects }
    }

    fn of(&self, control: &str, items: &[ItemDelta]) -> Neighbours {
        let own: BTreeSet<&ItemId> = items.iter().map(|item| &item.id).collect();
        match self.reads.get(control) {
            Some(reads) => neighbours(self.objects, reads, &self.resources, &own),
            None => Neighbours::default(),
        }
    }
}
