//! Names of items, read once each, and items grouped under what made them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use nachweis_model::Ranges;

use crate::{Items, Subject};

/// Names by index with a memory: one control after the other asks for the same pods.
pub(crate) struct Names<'a> {
    items: &'a dyn Items,
    count: u64,
    seen: RefCell<BTreeMap<u32, Option<Rc<Subject>>>>,
    system: &'a [String],
    /// by index: 0 not looked at, 1 no system namespace, n the namespace n - 2 of the list
    system_of: RefCell<(Vec<u16>, Vec<String>)>,
}

/// Items with one owner, or one item without.
pub(crate) struct Group {
    /// `Deployment payments/api`; not escaped
    pub title: String,
    /// whether it is an owner of its members, not the one member itself
    pub owned: bool,
    /// indices, ascending
    pub members: Vec<u32>,
    /// lies in a system namespace
    pub system: bool,
}

impl<'a> Names<'a> {
    /// Names of a snapshot with `count` items.
    pub fn new(items: &'a dyn Items, count: u64, system: &'a [String]) -> Self {
        Names { items, count, seen: RefCell::default(), system, system_of: RefCell::default() }
    }

    /// The indices, but at most one that lies outside of the snapshot: an assessment that nobody verified may
    /// claim four billion of them, and one shows that something is wrong.
    pub fn iter<'r>(&self, indices: &'r Ranges) -> impl Iterator<Item = u32> + use<'r> {
        let count = self.count;
        indices.iter().take_while(move |index| u64::from(*index) <= count)
    }

    /// The item's names.
    pub fn get(&self, index: u32) -> Option<Rc<Subject>> {
        if let Some(known) = self.seen.borrow().get(&index) {
            return known.clone();
        }
        let subject = self.items.subject(index).map(Rc::new);
        self.seen.borrow_mut().insert(index, subject.clone());
        subject
    }

    /// `Pod payments/api-1`, or the bare index where the snapshot has no such item.
    pub fn title(&self, index: u32) -> String {
        match self.get(index) {
            Some(subject) => format!("{} {}", subject.id.kind, subject.id.place()),
            None => format!("#{index}"),
        }
    }

    /// Whether the item lies in a namespace of the system.
    pub fn is_system(&self, index: u32) -> bool {
        self.get(index).is_some_and(|subject| self.is_system_namespace(&subject.id.namespace))
    }

    fn is_system_namespace(&self, namespace: &str) -> bool {
        !namespace.is_empty()
            && (namespace.starts_with("kube-")
                || self.system.iter().any(|pattern| match pattern.strip_suffix('*') {
                    Some(start) => namespace.starts_with(start),
                    None => namespace == pattern,
                }))
    }

    /// The first `max` indices grouped by owner, groups in the order of their first members.
    pub fn groups(&self, indices: &Ranges, max: usize) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_owner: BTreeMap<(String, String), usize> = BTreeMap::new();
        for index in self.iter(indices).take(max) {
            let subject = self.get(index);
            let Some((owner, id)) = subject.as_deref().and_then(|s| Some((s.owner.as_ref()?, &s.id))) else {
                let (title, system) = (self.title(index), self.is_system(index));
                groups.push(Group { title, owned: false, members: vec![index], system });
                continue;
            };
            let at = *by_owner.entry((id.namespace.clone(), owner.clone())).or_insert(groups.len());
            if at == groups.len() {
                let system = self.is_system_namespace(&id.namespace);
                groups.push(Group { title: owner.clone(), owned: true, members: Vec::new(), system });
            }
            groups[at].members.push(index);
        }
        groups
    }

    /// Number of system items and their namespaces among the indices. Remembers two bytes per item instead of
    /// its names: the first screen asks for every open item of every finding.
    pub fn system_share(&self, indices: &Ranges, namespaces: &mut BTreeMap<String, u64>) -> u64 {
        let (known, names) = &mut *self.system_of.borrow_mut();
        let mut count = 0;
        for index in self.iter(indices) {
            let at = index as usize;
            if known.len() <= at {
                known.resize(at + 1, 0);
            }
            if known[at] == 0 {
                known[at] = self.system_number(index, names);
            }
            if let Some(namespace) = usize::from(known[at]).checked_sub(2).and_then(|at| names.get(at)) {
                *namespaces.entry(namespace.clone()).or_default() += 1;
                count += 1;
            }
        }
        count
    }

    fn system_number(&self, index: u32, names: &mut Vec<String>) -> u16 {
        let namespace = self.items.subject(index).map(|subject| subject.id.namespace);
        let Some(namespace) = namespace.filter(|namespace| self.is_system_namespace(namespace)) else {
            return 1;
        };
        let at = names.iter().position(|known| *known == namespace).unwrap_or_else(|| {
            names.push(namespace);
            names.len() - 1
        });
        // More system namespaces than numbers: not counted rather than counted as another one.
        u16::try_from(at + 2).unwrap_or(1)
    }
}
