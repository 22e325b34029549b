//! Kinds of objects that follow each other.

use crate::resources::{KindScope, Resource, Resources};

/// Looks kinds up and remembers the last answer: objects of one kind follow each other.
pub(crate) struct Lookup<'r> {
    resources: &'r Resources,
    /// the kind that was asked for last
    group: String,
    kind: String,
    row: Option<&'r Resource>,
}

impl<'r> Lookup<'r> {
    pub(crate) fn new(resources: &'r Resources) -> Self {
        Lookup { resources, group: String::new(), kind: String::new(), row: resources.get("", "") }
    }

    /// As [`Resources::get`].
    pub(crate) fn get(&mut self, group: &str, kind: &str) -> Option<&'r Resource> {
        if self.kind != kind || self.group != group {
            group.clone_into(&mut self.group);
            kind.clone_into(&mut self.kind);
            self.row = self.resources.get(group, kind);
        }
        self.row
    }

    /// As [`Resources::scope`].
    pub(crate) fn scope(&mut self, group: &str, kind: &str) -> Option<KindScope> {
        match self.get(group, kind) {
            Some(row) => Some(row.scope),
            None => self.resources.scope(group, kind),
        }
    }
}
