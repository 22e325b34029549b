//! Objects that came, went or changed, and collections that are seen otherwise.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::seal::{Collection, CollectionStatus, Seal};
use nachweis_model::{ItemId, Source as ItemSource};
use nachweis_snapshot::coverage::{Coverage, Scope};
use serde::Serialize;

use crate::changes::{CollectionChange, KindCount, Neighbours, ObjectChange, Objects, Presence};
use crate::join::{Line, bodies};
use crate::paths::{self, CHANGES_MAX, PathChanges};

/// Changed objects beside a finding that are listed at most.
pub const NEIGHBOURS_MAX: usize = 20;
/// Changed paths that a delta holds at most, over all objects; the others are counted.
const PATHS_MAX: usize = 200_000;

/// What happened to an object. Only where the other side's collection is closed does absence mean absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// it did not exist in the old snapshot
    Added,
    /// the old snapshot does not show it, and was not complete for its kind and place
    NewlySeen,
    /// it does not exist in the new snapshot
    Removed,
    /// the new snapshot does not show it, and is not complete for its kind and place
    NotSeen,
    /// another body
    Changed,
}

impl Fate {
    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Fate::Added => "added",
            Fate::NewlySeen => "newly-seen",
            Fate::Removed => "removed",
            Fate::NotSeen => "not-seen",
            Fate::Changed => "changed",
        }
    }
}

/// Collects what differs while both snapshots are read.
pub(crate) struct Collect {
    items: Vec<(ItemId, Presence, Option<PathChanges>)>,
    unchanged: u64,
    paths: usize,
    /// names of the namespaces that each side has
    namespaces: [BTreeSet<String>; 2],
}

impl Collect {
    pub fn new() -> Self {
        Collect { items: Vec::new(), unchanged: 0, paths: 0, namespaces: Default::default() }
    }

    /// Takes in one identity and says what happened to it.
    pub fn meet(
        &mut self,
        id: &ItemId,
        old: Option<Line<'_>>,
        new: Option<Line<'_>>,
    ) -> Result<Presence, String> {
        if id.source == ItemSource::Kubernetes && id.group.is_empty() && id.kind == "Namespace" {
            for (side, line) in [old, new].iter().enumerate().filter(|(_, line)| line.is_some()) {
                debug_assert!(line.is_some());
                self.namespaces[side].insert(id.name.clone());
            }
        }
        let (presence, paths) = match (old, new) {
            (Some(old), Some(new)) if old.text == new.text => {
                self.unchanged += 1;
                return Ok(Presence::Unchanged);
            }
            (Some(old), Some(new)) => {
                (Presence::Changed, Some(self.compare(&bodies(old.text)?, &bodies(new.text)?)))
            }
            (None, _) => (Presence::Appeared, None),
            (_, None) => (Presence::Vanished, None),
        };
        self.items.push((id.clone(), presence, paths));
        Ok(presence)
    }

    fn compare(&mut self, old: &[Json<'_>], new: &[Json<'_>]) -> PathChanges {
        let found = paths::bodies(old, new, CHANGES_MAX.min(PATHS_MAX - self.paths));
        self.paths += found.changes.len();
        found
    }

    /// Tells what is gone from what is only not seen.
    pub fn finish(self, old: &Seal, new: &Seal) -> Objects {
        let resources: BTreeMap<(&str, &str), &str> = [old, new]
            .iter()
            .flat_map(|seal| &seal.kinds)
            .map(|kind| ((kind.group.as_str(), kind.kind.as_str()), kind.resource.as_str()))
            .collect();
        let [old_names, new_names] = self.namespaces;
        let (before, after) = (Eyes::new(old, old_names), Eyes::new(new, new_names));
        let mut out =
            Objects { unchanged: self.unchanged, collections: collections(old, new), ..Objects::default() };
        let mut kinds: BTreeMap<String, KindCount> = BTreeMap::new();
        for (id, presence, paths) in self.items {
            let resource = resources.get(&(id.group.as_str(), id.kind.as_str())).copied().unwrap_or(&id.kind);
            let count = kinds.entry(resource.to_string()).or_default();
            let (fate, of_kind, sum) = match presence {
                Presence::Appeared if before.sees(resource, &id.namespace) => {
                    (Fate::Added, &mut count.added, &mut out.appeared)
                }
                Presence::Appeared => (Fate::NewlySeen, &mut count.newly_seen, &mut out.appeared),
                Presence::Vanished if after.sees(resource, &id.namespace) => {
                    (Fate::Removed, &mut count.removed, &mut out.vanished)
                }
                Presence::Vanished => (Fate::NotSeen, &mut count.not_seen, &mut out.vanished),
                Presence::Changed | Presence::Unchanged => {
                    (Fate::Changed, &mut count.changed, &mut out.changed)
                }
            };
            *of_kind += 1;
            *sum += 1;
            out.items.push(ObjectChange { id, fate, paths });
        }
        out.kinds = kinds.into_iter().map(|(resource, count)| KindCount { resource, ..count }).collect();
        out
    }
}

/// What one snapshot would show if it existed.
struct Eyes {
    coverage: Coverage,
    namespaces: BTreeSet<String>,
}

impl Eyes {
    fn new(seal: &Seal, namespaces: BTreeSet<String>) -> Self {
        Eyes { coverage: Coverage::new(seal, namespaces.iter().cloned()), namespaces }
    }

    /// True where an object that is not sealed does not exist: its collection is closed, or its namespace is gone.
    fn sees(&self, resource: &str, namespace: &str) -> bool {
        let gone = !namespace.is_empty() && !self.namespaces.contains(namespace);
        self.coverage.closed_in(resource, namespace)
            || (gone && self.coverage.closed("namespaces", Scope::Cluster))
    }
}

fn collections(old: &Seal, new: &Seal) -> Vec<CollectionChange> {
    let rows = |seal: &Seal| -> BTreeMap<(String, String), CollectionStatus> {
        let key = |row: &Collection| ((row.resource.clone(), row.scope.clone()), row.status);
        seal.collections.iter().map(key).collect()
    };
    let (before, after) = (rows(old), rows(new));
    let keys: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    let status = |rows: &BTreeMap<(String, String), CollectionStatus>, key: &(String, String)| {
        rows.get(key).copied().unwrap_or(CollectionStatus::NotCollected)
    };
    keys.into_iter()
        .map(|key| CollectionChange {
            resource: key.0.clone(),
            scope: key.1.clone(),
            old: status(&before, key),
            new: status(&after, key),
        })
        .filter(|change| change.old != change.new)
        .collect()
}

/// Changed objects of resources that a control reads, without those that the finding names itself.
pub(crate) fn neighbours(
    objects: &Objects,
    reads: &BTreeSet<&str>,
    resources: &BTreeMap<(String, String), String>,
    own: &BTreeSet<&ItemId>,
) -> Neighbours {
    let mut out = Neighbours::default();
    for change in &objects.items {
        let resource = resources.get(&(change.id.group.clone(), change.id.kind.clone()));
        if resource.is_none_or(|resource| !reads.contains(resource.as_str())) || own.contains(&change.id) {
            continue;
        }
        match out.items.len() < NEIGHBOURS_MAX {
            true => out.items.push(change.id.clone()),
            false => out.more += 1,
        }
    }
    out
}
