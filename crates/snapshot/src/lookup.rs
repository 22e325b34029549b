//! Kinds of objects that follow each other.

use crate::resources::{KindScope, Resource, Resources};

/// Kinds that are remembered; an input seldom has more, and then the first ones are asked for most often.
const REMEMBERED: usize = 32;

/// Looks kinds up and remembers the answers: objects of few kinds follow each other.
pub(crate) struct Lookup<'r> {
    resources: &'r Resources,
    seen: Vec<Seen<'r>>,
}

struct Seen<'r> {
    group: String,
    kind: String,
    row: Option<&'r Resource>,
}

impl<'r> Lookup<'r> {
    pub(crate) fn new(resources: &'r Resources) -> Self {
        Lookup { resources, seen: Vec::new() }
    }

    /// As [`Resources::get`].
    pub(crate) fn get(&mut self, group: &str, kind: &str) -> Option<&'r Resource> {
        if let Some(seen) = self.seen.iter().find(|seen| seen.kind == kind && seen.group == group) {
            return seen.row;
        }
        let row = self.resources.get(group, kind);
        if self.seen.len() < REMEMBERED {
            self.seen.push(Seen { group: group.into(), kind: kind.into(), row });
        }
        row
    }

    /// As [`Resources::scope`].
    pub(crate) fn scope(&mut self, group: &str, kind: &str) -> Option<KindScope> {
        match self.get(group, kind) {
            Some(row) => Some(row.scope),
            None => self.resources.scope(group, kind),
        }
    }
}
