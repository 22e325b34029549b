//! Names and owners of items, for renderings.

use std::collections::BTreeMap;

use nachweis_evaluate::relations::controller;
use nachweis_evaluate::{Evidence, Item};
use nachweis_model::ItemId;
use nachweis_report::{Items, Subject};

use crate::fail::Failure;

/// All items of a snapshot by their index.
pub struct Names {
    items: Vec<(ItemId, Option<(String, String)>)>,
    /// (namespace, ReplicaSet) -> its controller
    above: BTreeMap<(String, String), (String, String)>,
}

impl Names {
    /// Reads identities and controllers of all items.
    pub fn read(evidence: &dyn Evidence) -> Result<Self, Failure> {
        let mut names = Names { items: Vec::new(), above: BTreeMap::new() };
        let mut visit = |item: &Item<'_>| {
            let owner = item.bodies.first().and_then(controller);
            if let ("ReplicaSet" | "Job", Some(owner)) = (item.id.kind.as_str(), &owner) {
                names.above.insert((item.id.namespace.clone(), item.id.name.clone()), owner.clone());
            }
            names.items.push((item.id.clone(), owner));
        };
        evidence
            .read(&|_, _| true, &mut visit)
            .map_err(|error| Failure::new("snapshot-read", error.to_string()))?;
        Ok(names)
    }
}

impl Items for Names {
    fn subject(&self, index: u32) -> Option<Subject> {
        let (id, owner) = self.items.get(usize::try_from(index).ok()?)?;
        let owner = owner.as_ref().map(|(kind, name)| {
            let key = (id.namespace.clone(), name.clone());
            let (kind, name) = match kind.as_str() {
                "ReplicaSet" | "Job" => self.above.get(&key).cloned().unwrap_or((kind.clone(), name.clone())),
                _ => (kind.clone(), name.clone()),
            };
            format!("{kind} {}/{name}", id.namespace)
        });
        Some(Subject { id: id.clone(), owner })
    }
}
