//! Help for the tests of this crate: sides in memory, and the mirror of a delta.
#![allow(dead_code, clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::rc::Rc;

use nachweis_delta::{
    Class, CollectionChange, Delta, DeltaError, Fate, FindingDelta, ItemDelta, ObjectChange,
    ObligationChange, PathChange, PathChanges, Presence, Side, Source, delta,
};
use nachweis_model::Instant;
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_testkit::{Entries, Kept, Options, Platform, catalogue, example, example_overlay, seal};

/// A side that owns what it is made of.
#[derive(Clone)]
pub struct Held {
    pub kept: Rc<Kept>,
    pub catalogue: Catalogue,
    pub overlay: Overlay,
    pub packs: Vec<String>,
    pub as_of: Instant,
    pub recorded: Option<Assessment>,
}

impl Held {
    pub fn new(entries: &Entries, options: &Options) -> Self {
        let kept = Rc::new(seal(entries, options).unwrap());
        let as_of = kept.sealed.seal.collected_to;
        Held {
            kept,
            catalogue: catalogue().clone(),
            overlay: Overlay::default(),
            packs: Vec::new(),
            as_of,
            recorded: None,
        }
    }

    /// A platform with the overlay of the example.
    pub fn of(platform: &Platform) -> Self {
        Held { overlay: example_overlay(), ..Held::new(&platform.entries(), &Options::default()) }
    }
}

/// The shipped example, to be changed.
pub fn platform() -> Platform {
    Platform::new(&Entries::read(&example()))
}

pub fn try_diff(old: &Held, new: &Held) -> Result<Delta, DeltaError> {
    let sources =
        [old, new].map(|held| Source::open(&held.kept.store, &held.kept.sealed.manifest()).unwrap());
    let make = |at: usize| {
        let held = [old, new][at];
        Side {
            source: &sources[at],
            catalogue: &held.catalogue,
            overlay: &held.overlay,
            packs: &held.packs,
            as_of: held.as_of,
            recorded: held.recorded.as_ref(),
        }
    };
    delta(&make(0), &make(1))
}

/// Compares, and holds what must hold of every comparison.
pub fn diff(old: &Held, new: &Held) -> Delta {
    let found = try_diff(old, new).unwrap();
    for finding in &found.findings {
        parts_sum_up(finding);
    }
    found
}

/// The parts of a finding begin with the old one, follow each other, and end with the new one; so do those of
/// every item.
pub fn parts_sum_up(finding: &FindingDelta) {
    let name = &finding.control;
    assert_eq!(finding.parts.first().map(|part| &part.old), Some(&finding.old), "{name}");
    assert_eq!(finding.parts.last().map(|part| &part.new), Some(&finding.new), "{name}");
    for pair in finding.parts.windows(2) {
        assert_eq!(pair[0].new, pair[1].old, "{name}");
    }
    let mut ends = std::collections::BTreeMap::new();
    for step in finding.parts.iter().flat_map(|part| &part.items) {
        assert_ne!(step.old, step.new);
        let entry = ends.entry(step.id.clone()).or_insert((step.old.clone(), step.old.clone()));
        assert_eq!(entry.1, step.old, "{name} {}", step.id);
        entry.1 = step.new.clone();
    }
    ends.retain(|_, (old, new)| old != new);
    let net: Vec<_> =
        finding.items.iter().map(|item| (item.id.clone(), (item.old.clone(), item.new.clone()))).collect();
    assert_eq!(ends.into_iter().collect::<Vec<_>>(), net, "{name}");
}

fn mirrored_paths(paths: &PathChanges) -> PathChanges {
    let mut changes: Vec<PathChange> = paths
        .changes
        .iter()
        .map(|change| PathChange {
            pointer: change.old_pointer.clone().unwrap_or(change.pointer.clone()),
            old_pointer: change.old_pointer.is_some().then(|| change.pointer.clone()),
            old: change.new.clone(),
            new: change.old.clone(),
        })
        .collect();
    changes.sort_by(|a, b| (&a.pointer, a.old.is_some()).cmp(&(&b.pointer, b.old.is_some())));
    PathChanges { changes, more: paths.more }
}

/// What a delta says without its causes, whose order is not that of the way back.
#[derive(Debug, PartialEq)]
pub struct Net {
    pub findings: Vec<FindingDelta>,
    pub obligations: Vec<ObligationChange>,
    pub objects: Vec<ObjectChange>,
    pub collections: Vec<CollectionChange>,
    pub counts: [u64; 4],
}

/// The net of a delta, or of its mirror.
pub fn net(delta: &Delta, mirror: bool) -> Net {
    let mut findings = delta.findings.clone();
    findings.retain(|finding| finding.class != Class::Balanced);
    for finding in &mut findings {
        finding.parts.clear();
        finding.neighbours = Default::default();
        if mirror {
            std::mem::swap(&mut finding.old, &mut finding.new);
            finding.class = match finding.class {
                Class::New => Class::Fixed,
                Class::Fixed => Class::New,
                Class::Started => Class::Ended,
                Class::Ended => Class::Started,
                same => same,
            };
            for item in &mut finding.items {
                let ItemDelta { old, new, presence, .. } = item;
                std::mem::swap(old, new);
                *presence = match *presence {
                    Presence::Appeared => Presence::Vanished,
                    Presence::Vanished => Presence::Appeared,
                    same => same,
                };
            }
        }
    }
    let mut obligations = delta.obligations.clone();
    let mut objects = delta.objects.items.clone();
    let mut collections = delta.objects.collections.clone();
    let mut counts =
        [delta.objects.appeared, delta.objects.vanished, delta.objects.changed, delta.objects.unchanged];
    for object in &mut objects {
        // Twice, so that both are in the same order.
        object.paths = object.paths.as_ref().map(|paths| match mirror {
            true => mirrored_paths(paths),
            false => mirrored_paths(&mirrored_paths(paths)),
        });
    }
    if mirror {
        counts.swap(0, 1);
        obligations.iter_mut().for_each(|change| std::mem::swap(&mut change.old, &mut change.new));
        collections.iter_mut().for_each(|change| std::mem::swap(&mut change.old, &mut change.new));
        for object in &mut objects {
            object.fate = match object.fate {
                Fate::Added => Fate::Removed,
                Fate::Removed => Fate::Added,
                Fate::NewlySeen => Fate::NotSeen,
                Fate::NotSeen => Fate::NewlySeen,
                Fate::Changed => Fate::Changed,
            };
        }
    }
    Net { findings, obligations, objects, collections, counts }
}

/// `diff(a,b)` mirrors `diff(b,a)`, and `diff(a,a)` is empty.
pub fn mirrors(old: &Held, new: &Held) {
    let (there, back) = (diff(old, new), diff(new, old));
    assert_eq!(net(&there, true), net(&back, false));
    for side in [old, new] {
        let same = diff(side, side);
        assert!(same.is_empty() && same.exit_code() == 0 && same.steps.is_empty(), "{same:?}");
    }
}

pub fn found<'a>(delta: &'a Delta, control: &str) -> &'a FindingDelta {
    let found = delta.findings.iter().find(|finding| finding.control == control);
    found.unwrap_or_else(|| panic!("{control} did not move: {:?}", controls(delta)))
}

pub fn controls(delta: &Delta) -> Vec<&str> {
    delta.findings.iter().map(|finding| finding.control.as_str()).collect()
}
