//! Names, owners and excerpts of items, for renderings.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Digest;
use nachweis_evaluate::relations::controller;
use nachweis_evaluate::{Evidence, Inputs, Item, ReadError, traces};
use nachweis_model::seal::Seal;
use nachweis_model::{ItemId, Lang};
use nachweis_report::{Excerpt, Items, Subject, Writer};
use nachweis_snapshot::{KindScope, Resources};

use crate::excerpt::{Fields, Marks, Text, excerpt};
use crate::fail::Failure;

/// Kinds that stand between a pod and what a person wrote.
const BETWEEN: [(&str, &str); 2] = [("apps", "ReplicaSet"), ("batch", "Job")];

/// Items of a snapshot by their index.
#[derive(Default)]
pub struct Names {
    /// holes where nobody read the item
    items: Vec<Option<Named>>,
    /// (namespace, ReplicaSet or Job) -> its controller
    above: BTreeMap<(String, String), (String, String)>,
}

/// An item and the kind and name of its controller.
type Named = (ItemId, Option<(String, String)>);

/// Names, and excerpts of some items: index -> control -> text.
pub struct WithExcerpts<'a> {
    names: &'a Names,
    excerpts: BTreeMap<u32, BTreeMap<String, Text>>,
}

/// Evidence that notes down the names of what is read from it, so that a screen about an assessment needs no further
/// pass over all bodies.
pub struct Noting<'a> {
    evidence: &'a dyn Evidence,
    names: RefCell<Names>,
    kinds: RefCell<BTreeSet<(String, String)>>,
}

impl<'a> Noting<'a> {
    /// Nothing has been read yet.
    pub fn new(evidence: &'a dyn Evidence) -> Self {
        Noting { evidence, names: RefCell::default(), kinds: RefCell::default() }
    }

    /// The names of everything that was read. Only the kinds between a pod and its owner are read on top, where
    /// nobody asked for them.
    pub fn names(self) -> Result<Names, Failure> {
        let read = self.kinds.borrow().clone();
        let lacking = |group: &str, kind: &str| {
            BETWEEN.contains(&(group, kind)) && !read.contains(&(group.to_string(), kind.to_string()))
        };
        if self.evidence.seal().kinds.iter().any(|row| lacking(&row.group, &row.kind)) {
            self.read(&lacking, &mut |_| {}).map_err(unread)?;
        }
        Ok(self.names.into_inner())
    }
}

impl Evidence for Noting<'_> {
    fn seal(&self) -> &Seal {
        self.evidence.seal()
    }

    fn id(&self) -> Digest {
        self.evidence.id()
    }

    fn read(
        &self,
        want: &dyn Fn(&str, &str) -> bool,
        visit: &mut dyn FnMut(&Item<'_>),
    ) -> Result<(), ReadError> {
        self.evidence.read(want, &mut |item| {
            self.names.borrow_mut().note(item);
            visit(item);
        })?;
        let rows = self.evidence.seal().kinds.iter().filter(|row| want(&row.group, &row.kind));
        self.kinds.borrow_mut().extend(rows.map(|row| (row.group.clone(), row.kind.clone())));
        Ok(())
    }
}

fn unread(error: ReadError) -> Failure {
    Failure::new("snapshot-read", error.to_string())
}

impl Names {
    /// Reads identities and controllers of all items.
    pub fn read(evidence: &dyn Evidence) -> Result<Self, Failure> {
        let mut names = Names::default();
        evidence.read(&|_, _| true, &mut |item| names.note(item)).map_err(unread)?;
        Ok(names)
    }

    /// Notes an item down, once.
    fn note(&mut self, item: &Item<'_>) {
        let at = item.index as usize;
        if self.items.len() <= at {
            self.items.resize_with(at + 1, || None);
        }
        if self.items[at].is_some() {
            return;
        }
        let owner = item.bodies.first().and_then(controller);
        if let (true, Some(owner)) = (BETWEEN.iter().any(|(_, kind)| *kind == item.id.kind), &owner) {
            self.above.insert((item.id.namespace.clone(), item.id.name.clone()), owner.clone());
        }
        self.items[at] = Some((item.id.clone(), owner));
    }

    fn named(&self, index: u32) -> Option<&Named> {
        self.items.get(usize::try_from(index).ok()?)?.as_ref()
    }

    /// Reads excerpts of the items that a rendering asks for, each with the id of the control that it is for. Of a
    /// sealed body no file and line are known. Lines at which the control failed are marked.
    pub fn with_excerpts(
        &self,
        inputs: &Inputs<'_>,
        wanted: Vec<(u32, String)>,
        lang: Lang,
    ) -> Result<WithExcerpts<'_>, Failure> {
        let Inputs { evidence, catalogue, overlay, .. } = inputs;
        let wanted: BTreeSet<(u32, String)> = wanted.into_iter().collect();
        // Without a trace, as from a catalogue that cannot be run, the excerpts stand unmarked.
        let asked = traces(inputs, &wanted).unwrap_or_default();
        let mut by_item: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        for (index, control) in wanted {
            by_item.entry(index).or_default().insert(control);
        }
        let ids = by_item.keys().filter_map(|index| self.named(*index));
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
                let marks = asked.get(&(item.index, id.clone())).map(|asked| Marks::of(asked));
                let marks = marks.unwrap_or_default();
                Some((id.clone(), excerpt(control, fields, &resource, item.bodies, &marks, lang)))
            });
            excerpts.insert(item.index, texts.collect());
        };
        evidence.read(&|group, kind| kinds.contains(&(group, kind)), &mut visit).map_err(unread)?;
        Ok(WithExcerpts { names: self, excerpts })
    }
}

impl Items for Names {
    fn subject(&self, index: u32) -> Option<Subject> {
        let (id, owner) = self.named(index)?;
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
        let Text { text, marked } = self.excerpts.get(&index)?.get(control)?.clone();
        Some(Excerpt { file: None, first_line: 0, text, marked })
    }

    fn writer(&self, resource: &str) -> Writer {
        self.names.writer(resource)
    }
}
