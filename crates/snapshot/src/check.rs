//! The full check of a snapshot: everything that its seal says of its items, item by item.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use nachweis_canon::{Digest, Json};
use nachweis_model::seal::{Collection, Kind, Withheld};
use nachweis_model::{ItemId, Source};

use crate::collections::{Tallies, Tally};
use crate::open::{Problem, ReadError, Snapshot, bodies};
use crate::withhold::WITHHELD;

/// Problems that are listed at most; a snapshot with more is as broken as one with these.
const PROBLEMS_MAX: usize = 100;

impl Snapshot<'_> {
    /// Checks root, order and number, the canonical form of every line, that bodies are those of their ids, and
    /// that kinds, collections, conflicts, withheld values and aliases of the seal are those of the items. Empty:
    /// all of it holds.
    pub fn check(&self) -> Vec<Problem> {
        let mut check = Check::new(self);
        let walked = self.lines::<Infallible>(&mut |index, id, line| {
            check.item(index, id, line);
            Ok(())
        });
        match walked {
            Ok(()) => check.end(),
            Err(ReadError::Snapshot(problem)) => check.problems.push(problem),
            Err(ReadError::Visit(never)) => match never {},
        }
        check.problems
    }
}

struct Check<'s> {
    snapshot: &'s Snapshot<'s>,
    problems: Vec<Problem>,
    resources: BTreeMap<(&'s str, &'s str), &'s Kind>,
    tallies: Tallies,
    kinds: BTreeMap<(String, String), u64>,
    conflicts: BTreeMap<u32, &'s [Digest]>,
    withheld: BTreeMap<u32, &'s Withheld>,
}

impl<'s> Check<'s> {
    fn new(snapshot: &'s Snapshot<'_>) -> Self {
        let seal = snapshot.seal();
        Check {
            snapshot,
            problems: Vec::new(),
            resources: seal.kinds.iter().map(|kind| ((&*kind.group, &*kind.kind), kind)).collect(),
            tallies: Tallies::default(),
            kinds: BTreeMap::new(),
            conflicts: seal.conflicts.iter().map(|row| (row.item, &*row.bodies)).collect(),
            withheld: seal.withheld.iter().map(|row| (row.item, row)).collect(),
        }
    }

    fn problem(&mut self, code: &'static str, place: impl std::fmt::Display, message: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem::new(code, place, message));
        }
    }

    fn item(&mut self, index: u32, id: &ItemId, line: &[u8]) {
        let bodies = match bodies(line) {
            Ok(bodies) => bodies,
            Err(why) => return self.problem("item-malformed", id, why),
        };
        if canonical_line(id, &bodies) != line {
            self.problem("item-not-canonical", id, "its line is not the canonical form of its value");
        }
        if bodies.iter().any(|body| !belongs(id, body)) {
            self.problem("item-identity", id, "apiVersion, kind, namespace or name of its body are others");
        }
        let digests: Vec<Digest> = match bodies.len() {
            1 => Vec::new(),
            _ => bodies.iter().map(|body| Digest::of(&body.canonical())).collect(),
        };
        if self.conflicts.remove(&index).unwrap_or_default() != digests {
            self.problem("conflict-mismatch", id, "the seal lists other bodies");
        } else if !digests.windows(2).all(|pair| pair[0] < pair[1]) {
            self.problem("conflict-mismatch", id, "its bodies are not sorted by digest");
        }
        let row = self.withheld.remove(&index);
        if row.is_some_and(|row| row.rules.len() != row.pointers.len()) {
            self.problem("withheld-mismatch", id, "the seal does not give one rule for each pointer");
        }
        for pointer in row.map(|row| &*row.pointers).unwrap_or_default() {
            let stands =
                bodies.iter().any(|body| at(body, pointer).is_some_and(|v| v.as_str() == Some(WITHHELD)));
            if !stands {
                self.problem("withheld-mismatch", id, format!("nothing is withheld at `{pointer}`"));
            }
        }
        self.count(id, line.len() as u64);
    }

    fn count(&mut self, id: &ItemId, bytes: u64) {
        match self.kinds.get_mut(&(id.group.clone(), id.kind.clone())) {
            Some(count) => *count += 1,
            None => {
                self.kinds.insert((id.group.clone(), id.kind.clone()), 1);
            }
        }
        if let Some(kind) = self.resources.get(&(&*id.group, &*id.kind)) {
            self.tallies.add(&kind.resource, &id.namespace, 1, bytes);
        }
    }

    /// What can be said once all items were seen.
    fn end(&mut self) {
        let seal = self.snapshot.seal();
        let kinds: BTreeMap<(String, String), u64> =
            seal.kinds.iter().map(|row| ((row.group.clone(), row.kind.clone()), row.count)).collect();
        if kinds != self.kinds || kinds.len() != seal.kinds.len() {
            self.problem("kind-count", "kinds", "the kinds of the seal are not those of its items");
        }
        for item in self.conflicts.keys().chain(self.withheld.keys()).copied().collect::<BTreeSet<u32>>() {
            self.problem("item-missing", item, "the seal speaks of an item that is not there");
        }
        if seal.aliases.iter().any(|alias| u64::from(alias.item) >= seal.items) {
            self.problem("item-missing", "aliases", "the seal speaks of an item that is not there");
        }
        for row in &seal.collections {
            self.collection(row);
        }
        self.sorted();
    }

    fn collection(&mut self, row: &Collection) {
        let Tally { count, bytes } = self.tallies.get(&row.resource, &row.scope);
        if (count, bytes) != (row.count, row.bytes) {
            let message =
                format!("the seal says {} items of {} bytes, found {count} of {bytes}", row.count, row.bytes);
            self.problem("collection-count", format!("{} in {}", row.resource, row.scope), message);
        }
    }

    fn sorted(&mut self) {
        let seal = self.snapshot.seal();
        let lists = [
            ("collections", seal.collections.is_sorted_by_key(|row| (&row.resource, &row.scope))),
            ("kinds", seal.kinds.is_sorted_by_key(|row| (&row.group, &row.kind))),
            ("unread", seal.unread.is_sorted()),
            ("duplicate_keys", seal.duplicate_keys.is_sorted()),
            ("withheld", seal.withheld.is_sorted_by_key(|row| row.item)),
            ("conflicts", seal.conflicts.is_sorted_by_key(|row| row.item)),
            ("aliases", seal.aliases.is_sorted()),
        ];
        for (name, sorted) in lists {
            if !sorted {
                self.problem("seal-order", name, "the list of the seal is not sorted");
            }
        }
        let keys = seal.collections.iter().map(|row| (&row.resource, &row.scope)).collect::<BTreeSet<_>>();
        if keys.len() != seal.collections.len() {
            self.problem("collection-count", "collections", "a collection is listed twice");
        }
    }
}

fn canonical_line(id: &ItemId, bodies: &[Json<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    match bodies {
        [body] => {
            out.extend_from_slice(b"{\"body\":");
            nachweis_canon::write(body, &mut out);
        }
        several => {
            out.extend_from_slice(b"{\"bodies\":");
            nachweis_canon::write(&Json::Arr(several.to_vec()), &mut out);
        }
    }
    out.extend_from_slice(format!(",\"id\":\"{id}\"}}").as_bytes());
    out
}

/// True if a body can be that of an item. Documents that are named by their path, and namespaces that were filled
/// in, say less than the id does.
fn belongs(id: &ItemId, body: &Json<'_>) -> bool {
    if id.group == "cyclonedx.org" && id.source == Source::File {
        return body.text(&["bomFormat"]) == Some("CycloneDX");
    }
    let version = body.text(&["apiVersion"]).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let name = body.text(&["metadata", "name"]).filter(|name| !name.is_empty());
    let namespace = body.text(&["metadata", "namespace"]).filter(|namespace| !namespace.is_empty());
    let name_fits = name.map_or(id.source == Source::File, |name| name == id.name);
    let namespace_fits = namespace.is_none_or(|n| id.namespace.is_empty() || n == id.namespace);
    group == id.group && body.text(&["kind"]) == Some(&*id.kind) && name_fits && namespace_fits
}

/// The value at a JSON pointer.
fn at<'a, 'j>(body: &'a Json<'j>, pointer: &str) -> Option<&'a Json<'j>> {
    pointer.split('/').skip(1).try_fold(body, |node, word| match node {
        Json::Obj(object) => object.get(&word.replace("~1", "/").replace("~0", "~")),
        Json::Arr(items) => items.get(word.parse::<usize>().ok()?),
        _ => None,
    })
}
