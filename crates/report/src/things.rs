//! Open items of a finding, one per owner, reason and exemption: what SARIF and JUnit report one by one.

use std::collections::BTreeMap;

use nachweis_model::news::FindingNews;
use nachweis_model::{Ranges, Verdict};

use crate::Place;
use crate::names::Group;
use crate::view::{Row, View};

/// Items with one owner, or one item.
pub(crate) struct Thing {
    /// `Deployment payments/api`; not escaped
    pub title: String,
    /// what it is: kind, namespace, name; stays the same over rollouts
    pub kind: String,
    pub namespace: String,
    pub name: String,
    /// whether it is the owner of its members
    pub owned: bool,
    /// indices, ascending
    pub members: Vec<u32>,
    pub verdict: Verdict,
    /// reason code
    pub reason: String,
    /// id of the exemption that covers its members
    pub exemption: Option<String>,
    /// not in the baseline; `None` where there is none
    pub new: Option<bool>,
}

impl Thing {
    /// Where its declaration stands in a file, if somebody knows.
    pub fn place(&self, view: &View<'_>) -> Option<Place> {
        view.report.items.place(&self.kind, &self.namespace, &self.name)
    }

    /// The same text for the same thing in every run.
    pub fn key(&self) -> String {
        format!("{}\n{}\n{}", self.kind, self.namespace, self.name)
    }

    /// `Deployment payments/api (3 × Pod)`.
    pub fn label(&self, view: &View<'_>) -> String {
        let kind = self.members.first().and_then(|first| view.names.get(*first));
        match kind.filter(|_| self.owned) {
            Some(subject) => format!("{} ({} × {})", self.title, self.members.len(), subject.id.kind),
            None => self.title.clone(),
        }
    }
}

/// Kind, namespace and name of a group.
pub(crate) fn parts(view: &View<'_>, group: &Group) -> (String, String, String) {
    let first = group.members.first().and_then(|first| view.names.get(*first));
    match (group.owned, first) {
        (false, Some(subject)) => {
            (subject.id.kind.clone(), subject.id.namespace.clone(), subject.id.name.clone())
        }
        (true, Some(subject)) => {
            let (kind, rest) = group.title.split_once(' ').unwrap_or(("", &group.title));
            let name = rest.strip_prefix(&format!("{}/", subject.id.namespace)).unwrap_or(rest);
            (kind.to_string(), subject.id.namespace.clone(), name.to_string())
        }
        (_, None) => (String::new(), String::new(), group.title.clone()),
    }
}

/// All open things of a finding, in the order of reasons, then of the sealed items.
pub(crate) fn things(view: &View<'_>, row: &Row<'_>, news: Option<&FindingNews>) -> Vec<Thing> {
    let mut out = Vec::new();
    for group in &row.finding.items {
        let mut split: BTreeMap<Option<&str>, Ranges> = BTreeMap::new();
        for index in view.names.iter(&group.items) {
            let exempted = row.finding.exempted.iter().find(|(_, items)| items.contains(index));
            let exempted = exempted.filter(|_| group.verdict == Verdict::NotSatisfied).map(|(id, _)| &**id);
            split.entry(exempted).or_default().push(index);
        }
        for (exemption, items) in split {
            for owner in view.names.groups(&items, usize::MAX) {
                // What somebody accepted is no news. One new member makes the whole new: what a thing is called
                // must not depend on what it is compared with.
                let new = news.filter(|_| exemption.is_none());
                let new = new.map(|news| owner.members.iter().any(|index| news.is_new(*index)));
                let (kind, namespace, name) = parts(view, &owner);
                out.push(Thing {
                    title: owner.title,
                    kind,
                    namespace,
                    name,
                    owned: owner.owned,
                    members: owner.members,
                    verdict: group.verdict,
                    reason: group.reason.clone(),
                    exemption: exemption.map(str::to_string),
                    new,
                });
            }
        }
    }
    out
}

/// The sentence of an exemption: why, who, until when.
pub(crate) fn exemption(view: &View<'_>, id: &str) -> String {
    match view.report.overlay.exemptions.iter().find(|exemption| exemption.id == id) {
        Some(known) => {
            let (owner, approver) = (&known.owner, &known.approver);
            format!(
                "{} ({id}; carried by {owner}, approved by {approver}, until {})",
                known.reason, known.expires
            )
        }
        None => id.to_string(),
    }
}
