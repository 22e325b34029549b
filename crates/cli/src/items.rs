//! Names, owners and excerpts of items, for renderings.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_evaluate::relations::controller;
use nachweis_evaluate::{Evidence, Item};
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_model::{ItemId, Lang};
use nachweis_report::{Excerpt, Items, Subject, Writer};
use nachweis_snapshot::{KindScope, Resources};

use crate::excerpt::{Fields, excerpt};
use crate::fail::Failure;

/// All items of a snapshot by their index.
pub struct Names {
    items: Vec<(ItemId, Option<(String, String)>)>,
    /// (namespace, ReplicaSet) -> its controller
    above: BTreeMap<(String, String), (String, String)>,
}

/// Names, and excerpts of some items: index -> control -> text.
pub struct WithExcerpts<'a> {
    names: &'a Names,
    excerpts: BTreeMap<u32, BTreeMap<String, String>>,
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

    /// Reads excerpts of the items that a rendering asks for, each with the id of the control that it is for. Of a
    /// sealed body no file and line are known.
    pub fn with_excerpts(
        &self,
        evidence: &dyn Evidence,
        wanted: Vec<(u32, String)>,
        (catalogue, overlay): (&Catalogue, &Overlay),
        lang: Lang,
    ) -> Result<WithExcerpts<'_>, Failure> {
        let mut by_item: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        for (index, control) in wanted {
            by_item.entry(index).or_default().insert(control);
        }
        let ids = by_item.keys().filter_map(|index| self.items.get(usize::try_from(*index).ok()?));
        let kinds: BTreeSet<(&str, &str)> =
            ids.map(|(id, _)| (id.group.as_str(), id.kind.as_str())).collect();
        let controls: BTreeMap<&str, _> = catalogue
            .controls
            .iter()
            .chain(&overlay.controls)
            .map(|control| (control.id.as_str(), (control, Fields::of(control))))
            .collect();
        let mut excerpts = BTreeMap::new();
        let mut visit = |item: &Item<'_>| {
            let Some(wanted) = by_item.get(&item.index) else { return };
            let resource = Resources::built_in().key_of(&item.id.group, &item.id.kind);
            let texts = wanted.iter().filter_map(|id| {
                let (control, fields) = controls.get(id.as_str())?;
                Some((id.clone(), excerpt(control, fields, &resource, item.bodies, lang)))
            });
            excerpts.insert(item.index, texts.collect());
        };
        evidence
            .read(&|group, kind| kinds.contains(&(group, kind)), &mut visit)
            .map_err(|error| Failure::new("snapshot-read", error.to_string()))?;
        Ok(WithExcerpts { names: self, excerpts })
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

    fn writer(&self, resource: &str) -> Writer {
        match Resources::built_in().by_key(resource) {
            Some(known) if known.scope == KindScope::File => Writer::File,
            Some(known) if known.made => Writer::Controller,
            _ => Writer::Person,
        }
    }
}

impl Items for WithExcerpts<'_> {
    fn subject(&self, index: u32) -> Option<Subject> {
        self.names.subject(index)
    }

    fn excerpt(&self, index: u32, control: &str) -> Option<Excerpt> {
        let text = self.excerpts.get(&index)?.get(control)?.clone();
        Some(Excerpt { file: None, first_line: 0, text })
    }

    fn writer(&self, resource: &str) -> Writer {
        self.names.writer(resource)
    }
}
