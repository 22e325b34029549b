//! A sealed snapshot as a plain list in memory, and what its collections close.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::ItemId;
use nachweis_model::seal::{IdentitySource, Seal};
use nachweis_snapshot::Snapshot;

use crate::cel::holds_mark;
use crate::relations;

/// One sealed item.
pub struct Thing {
    /// position in the sealed order
    pub index: u32,
    /// identity
    pub id: ItemId,
    /// `plural.group`
    pub resource: String,
    /// the body; several where declarations of the identity differ
    pub bodies: Vec<Json<'static>>,
    /// a relation cannot say what the item means: it counts as not read
    pub doubtful: bool,
}

/// The whole snapshot.
pub struct World {
    /// the seal
    pub seal: Seal,
    /// all items in sealed order
    pub things: Vec<Thing>,
    /// positions in `things` by resource: this and the rows are all that is looked up
    by_resource: BTreeMap<String, Vec<usize>>,
    /// resource and scope of every row that closes it
    closing: BTreeSet<(String, String)>,
}

/// The version of an API object; a CycloneDX document has none and counts as `v1`.
pub fn version<'b>(body: &'b Json<'_>) -> &'b str {
    match (body.text(&["apiVersion"]), body.text(&["bomFormat"])) {
        (Some(text), _) => text.split('/').next_back().unwrap_or_default(),
        (None, Some(_)) => "v1",
        (None, None) => "",
    }
}

impl Thing {
    /// The one body, in one of these versions.
    pub fn body(&self, versions: &[&str]) -> Option<&Json<'static>> {
        match &self.bodies[..] {
            [body] if versions.contains(&version(body)) => Some(body),
            _ => None,
        }
    }
}

impl World {
    /// Reads every item of a snapshot.
    pub fn read(snapshot: &Snapshot<'_>) -> Result<World, String> {
        let seal = snapshot.seal().clone();
        let mut things = Vec::new();
        let mut visit = |item: nachweis_snapshot::Item<'_>| -> Result<(), String> {
            let row = seal.kinds.iter().find(|row| row.group == item.id.group && row.kind == item.id.kind);
            let resource = row.ok_or_else(|| format!("{} is of no sealed kind", item.id))?.resource.clone();
            let bodies: Vec<Json<'static>> =
                item.bodies.iter().map(|body| body.clone().into_owned()).collect();
            let doubtful = false;
            things.push(Thing { index: item.index, id: item.id.clone(), resource, bodies, doubtful });
            Ok(())
        };
        snapshot.read(&|_, _| true, &mut visit).map_err(|error| error.to_string())?;
        let mut by_resource: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, thing) in things.iter().enumerate() {
            by_resource.entry(thing.resource.clone()).or_default().push(at);
        }
        let rows = seal.collections.iter().filter(|row| row.status.closes());
        let closing = rows.map(|row| (row.resource.clone(), row.scope.clone())).collect();
        Ok(World { seal, things, by_resource, closing })
    }

    /// Items of a resource, in sealed order.
    pub fn of<'w>(&'w self, resource: &str) -> impl Iterator<Item = &'w Thing> + use<'w> {
        self.by_resource.get(resource).into_iter().flatten().map(|at| &self.things[*at])
    }

    /// Items of a resource in one namespace.
    pub fn within<'w>(&'w self, resource: &str, namespace: &'w str) -> impl Iterator<Item = &'w Thing> {
        self.of(resource).filter(move |thing| thing.id.namespace == namespace)
    }

    /// Marks what relations cannot make sense of: other versions, conflicts, forms that no server accepts, and
    /// withheld values where a relation would read them.
    pub fn mark_doubts(&mut self, data: &relations::Data) {
        for thing in &mut self.things {
            let Some((_, versions)) = relations::UNDERSTOOD.iter().find(|(name, _)| *name == thing.resource)
            else {
                continue;
            };
            let doubtful = match thing.body(versions) {
                None => true,
                Some(body) => {
                    relations::paths(&thing.resource).iter().any(|path| hides(body, path))
                        || relations::is_strange(&thing.resource, body, data)
                }
            };
            thing.doubtful = doubtful;
        }
    }

    fn has_closing_row(&self, resource: &str, scope: &str) -> bool {
        self.closing.contains(&(resource.to_string(), scope.to_string()))
    }

    /// True where what is not sealed of this resource in this namespace does not exist.
    pub fn closed_in(&self, resource: &str, namespace: &str) -> bool {
        self.has_closing_row(resource, "*") || self.has_closing_row(resource, namespace)
    }

    /// True where what is not sealed of this resource in the whole cluster does not exist: by one row, or because
    /// Namespaces are closed and every sealed one has a closed row. A cluster has at least one Namespace.
    pub fn closed(&self, resource: &str) -> bool {
        let mut namespaces = self.of("namespaces").peekable();
        self.has_closing_row(resource, "*")
            || (self.has_closing_row("namespaces", "*")
                && namespaces.peek().is_some()
                && namespaces.all(|thing| self.has_closing_row(resource, &thing.id.name)))
    }

    /// The Namespace object, where it can be read.
    pub fn namespace(&self, name: &str) -> Option<&Json<'static>> {
        self.of("namespaces").find(|thing| thing.id.name == name)?.body(&["v1"])
    }

    /// True where templates stand for pods: files were declared, and no Pod is among them.
    pub fn templates_stand_for_pods(&self) -> bool {
        self.seal.identity_source == IdentitySource::Declared && self.of("pods").next().is_none()
    }
}

/// True where a mark stands at the path or below it; `*` is every element of a list.
fn hides(value: &Json<'_>, path: &str) -> bool {
    let mut here = vec![value];
    for key in path.split('.').filter(|key| !key.is_empty()) {
        here = here
            .into_iter()
            .flat_map(|value| match (key, value) {
                ("*", Json::Arr(items)) => items.iter().collect(),
                (key, value) => value.get(key).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    here.into_iter().any(holds_mark)
}
