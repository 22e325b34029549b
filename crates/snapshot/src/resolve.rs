//! From the objects of an input to items: namespaces, aliases, duplicates, conflicts.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use nachweis_canon::Digest;
use nachweis_model::seal::{EVERYWHERE, LeftOut};
use nachweis_model::{ItemId, Source};

use crate::forms::Forms;
use crate::intake::Found;
use crate::lookup::Lookup;
use crate::resources::{KindScope, Resources, Tier};
use crate::spool::Spool;
use crate::withhold::Mark;

/// Where a canonical body lies in the spool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    pub offset: u64,
    pub len: usize,
}

/// One item: what will be one line.
#[derive(Debug)]
pub(crate) struct Item {
    pub id: ItemId,
    /// one, or several different ones sorted by digest
    pub bodies: Vec<Body>,
    /// bytes of its line, without the line's end
    pub line_len: usize,
    /// digests of several bodies, sorted
    pub digests: Vec<Digest>,
    /// files that declare it, sorted; filled for conflicts only
    pub files: Vec<String>,
    pub withheld: Vec<Mark>,
    /// other groups and kinds under which the input lists it
    pub aliases: Vec<(String, String)>,
}

/// Bytes of an item's line, without the line's end.
fn line_len(id: &ItemId, bodies: &[Body]) -> usize {
    let frame = if bodies.len() == 1 {
        r#"{"body":,"id":""}"#.len()
    } else {
        r#"{"bodies":[],"id":""}"#.len() + bodies.len() - 1
    };
    bodies.iter().map(|body| body.len).sum::<usize>() + frame + id.text_len()
}

/// All items in sealed order, and what was counted on the way.
pub(crate) struct Resolved {
    pub items: Vec<Item>,
    pub left_out: Vec<LeftOut>,
    pub defaulted_namespaces: u64,
    /// distinct uids that the namespace kube-system has in the input
    pub cluster_uids: BTreeSet<String>,
    /// files from which at least one object was taken
    pub fruitful: BTreeSet<Arc<str>>,
}

/// An object with its identity, which took group, kind and name out of it.
struct Placed {
    id: ItemId,
    found: Found,
    aliases: Vec<(String, String)>,
}

/// Makes items of objects. `forms` are the dumps of the input.
pub(crate) fn resolve(
    found: Vec<Found>,
    forms: &Forms,
    resources: &Resources,
    spool: &mut dyn Spool,
) -> io::Result<Resolved> {
    let mut kinds = Lookup::new(resources);
    let mut defaulted_namespaces = 0;
    let mut cluster_uids = BTreeSet::new();
    let mut fruitful: Vec<Arc<str>> = Vec::new();
    let mut placed = Vec::with_capacity(found.len());
    for mut object in found {
        let (namespace, defaulted) = namespace(&object, forms, &mut kinds);
        defaulted_namespaces += u64::from(defaulted && !object.left_out);
        if is_kube_system(&object) {
            cluster_uids.extend(object.uid.clone());
        }
        // Objects of a file follow each other.
        if fruitful.last().is_none_or(|file| *file != object.file) {
            fruitful.push(Arc::clone(&object.file));
        }
        let id = ItemId {
            source: object.source,
            namespace,
            group: std::mem::take(&mut object.group),
            kind: std::mem::take(&mut object.kind),
            name: std::mem::take(&mut object.name),
        };
        placed.push(Placed { id, found: object, aliases: Vec::new() });
    }
    let mut placed = merge_groups(placed, resources);
    // The offset in the spool follows the threads; nothing below depends on the order of equal ids. Servers and folders
    // give long sorted runs, which a stable sort finds.
    placed.sort_by_cached_key(|placed| placed.id.sort_key());
    let mut left_out: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut items = Vec::with_capacity(placed.len());
    let mut rest = placed.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut same = vec![first];
        while let Some(next) = rest.next_if(|next| next.id == same[0].id) {
            same.push(next);
        }
        if same[0].found.left_out {
            let id = same.swap_remove(0).id;
            *left_out.entry((id.group, id.kind)).or_default() += 1;
        } else {
            items.push(merge_bodies(same, spool)?);
        }
    }
    let row = |((group, kind), count)| LeftOut { group, kind, count };
    Ok(Resolved {
        items,
        left_out: left_out.into_iter().map(row).collect(),
        defaulted_namespaces,
        cluster_uids,
        fruitful: fruitful.into_iter().collect(),
    })
}

fn is_kube_system(object: &Found) -> bool {
    object.group.is_empty()
        && object.kind == "Namespace"
        && object.name == "kube-system"
        && object.source == Source::Kubernetes
}

/// The namespace of an object, and whether it got `default` because it named none.
fn namespace(object: &Found, forms: &Forms, kinds: &mut Lookup<'_>) -> (String, bool) {
    if object.source == Source::File {
        return (String::new(), false);
    }
    // What only the path of a dump says of a kind does not take away a namespace that an object gives.
    let row = kinds.get(&object.group, &object.kind);
    let scope = match row {
        Some(row) => Some(row.scope).filter(|_| row.tier != Tier::Derived),
        None => kinds.scope(&object.group, &object.kind),
    };
    if scope == Some(KindScope::Cluster) {
        return (String::new(), false);
    }
    if let Some(namespace) = &object.namespace {
        return (namespace.clone(), false);
    }
    let place = forms.place(&object.file);
    let served = object.uid.is_some() || place.is_some_and(|place| place.scope == EVERYWHERE);
    match place {
        _ if served => (String::new(), false),
        Some(place) => (place.scope.to_string(), false),
        None => ("default".into(), true),
    }
}

/// One uid under several groups is one object: it stays under the surest group and remembers the others.
fn merge_groups(placed: Vec<Placed>, resources: &Resources) -> Vec<Placed> {
    fn key(p: &Placed) -> (&Option<String>, &str, &str, &str) {
        (&p.found.uid, &p.id.kind, &p.id.namespace, &p.id.name)
    }
    let tier = |p: &Placed| resources.get(&p.id.group, &p.id.kind).map_or(Tier::Derived, |row| row.tier);
    let (mut shared, mut out) = split_shared_uids(placed);
    shared.sort_unstable_by(|a, b| {
        key(a).cmp(&key(b)).then_with(|| tier(a).cmp(&tier(b))).then_with(|| a.id.group.cmp(&b.id.group))
    });
    // Where the objects with the key of the last one start in `out`.
    let mut start = out.len();
    for next in shared {
        if out.get(start).is_none_or(|first| key(first) != key(&next)) {
            start = out.len();
        }
        match out.get_mut(start) {
            Some(first) if first.id.group != next.id.group => {
                let alias = (next.id.group, next.id.kind);
                if !first.aliases.contains(&alias) {
                    first.aliases.push(alias);
                }
            }
            _ => out.push(next),
        }
    }
    out
}

/// The objects whose uid is given more than once, and the rest: few are the first and many the second.
fn split_shared_uids(placed: Vec<Placed>) -> (Vec<Placed>, Vec<Placed>) {
    let mut uids: Vec<&str> = placed.iter().filter_map(|p| p.found.uid.as_deref()).collect();
    uids.sort_unstable();
    let mut again: Vec<&str> =
        uids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    again.dedup();
    if again.is_empty() {
        return (Vec::new(), placed);
    }
    let is_shared = |uid: &str| again.binary_search(&uid).is_ok();
    let flags: Vec<bool> = placed.iter().map(|p| p.found.uid.as_deref().is_some_and(is_shared)).collect();
    let (shared, single): (Vec<_>, Vec<_>) = placed.into_iter().zip(flags).partition(|(_, shared)| *shared);
    let objects = |pairs: Vec<(Placed, bool)>| pairs.into_iter().map(|(placed, _)| placed).collect();
    (objects(shared), objects(single))
}

/// One item of all objects with one id.
fn merge_bodies(mut same: Vec<Placed>, spool: &mut dyn Spool) -> io::Result<Item> {
    let mut aliases: Vec<_> =
        same.iter_mut().flat_map(|placed| std::mem::take(&mut placed.aliases)).collect();
    aliases.sort();
    aliases.dedup();
    if same.len() > 1 {
        drop_older_versions(&mut same);
    }
    if same.len() == 1 {
        let Placed { id, found, .. } = same.swap_remove(0);
        let bodies = vec![Body { offset: found.offset, len: found.len }];
        return Ok(Item {
            line_len: line_len(&id, &bodies),
            id,
            bodies,
            digests: Vec::new(),
            files: Vec::new(),
            withheld: found.withheld,
            aliases,
        });
    }
    let mut different: BTreeMap<Digest, Body> = BTreeMap::new();
    let mut files = BTreeSet::new();
    let mut withheld = BTreeSet::new();
    let mut bytes = Vec::new();
    for Placed { found, .. } in &mut same {
        bytes.clear();
        spool.read(found.offset, found.len, &mut bytes)?;
        different.entry(Digest::of(&bytes)).or_insert(Body { offset: found.offset, len: found.len });
        files.insert(found.file.to_string());
        withheld.extend(std::mem::take(&mut found.withheld));
    }
    let conflict = different.len() > 1;
    let id = same.swap_remove(0).id;
    let digests = if conflict { different.keys().copied().collect() } else { Vec::new() };
    let bodies: Vec<Body> = different.into_values().collect();
    Ok(Item {
        line_len: line_len(&id, &bodies),
        id,
        digests,
        bodies,
        files: if conflict { files.into_iter().collect() } else { Vec::new() },
        withheld: one_each(withheld),
        aliases,
    })
}

/// One mark for each pointer: bodies in conflict may have been withheld by different rules.
fn one_each(marks: BTreeSet<Mark>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = marks.into_iter().collect();
    marks.dedup_by(|later, earlier| later.pointer == earlier.pointer);
    marks
}

/// A server that lists one state of an object (same uid, same resourceVersion) at several versions gives it at
/// several spellings, not several declarations: the one at the highest version stays.
fn drop_older_versions(same: &mut Vec<Placed>) {
    let state = |placed: &Placed| {
        let found = &placed.found;
        found.uid.clone().zip(found.resource_version.clone())
    };
    let mut highest: BTreeMap<(String, String), String> = BTreeMap::new();
    for placed in same.iter() {
        if let Some(state) = state(placed) {
            let version = &placed.found.version;
            let there = highest.entry(state).or_insert_with(|| version.clone());
            if compare_versions(version, there) == Ordering::Greater {
                *there = version.clone();
            }
        }
    }
    same.retain(|placed| {
        state(placed).is_none_or(|state| highest.get(&state) == Some(&placed.found.version))
    });
}

/// Kubernetes' order of versions: `v2` over `v1` over `v1beta2` over `v1beta1` over `v1alpha1` over others.
fn compare_versions(a: &str, b: &str) -> Ordering {
    fn rank(version: &str) -> Option<(u8, u64, u64)> {
        let rest = version.strip_prefix('v')?;
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let major = rest[..digits].parse().ok()?;
        match &rest[digits..] {
            "" => Some((2, major, 0)),
            tail => {
                let (stage, minor) = match tail.strip_prefix("beta") {
                    Some(minor) => (1, minor),
                    None => (0, tail.strip_prefix("alpha")?),
                };
                Some((stage, major, minor.parse().ok()?))
            }
        }
    }
    rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_kubernetes_orders_them() {
        let sorted = ["foo", "v1alpha1", "v1beta1", "v1beta2", "v2beta1", "v1", "v2", "v10"];
        for pair in sorted.windows(2) {
            assert_eq!(compare_versions(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn the_length_of_a_line_is_known_before_it_is_written() {
        let id = ItemId {
            source: Source::Kubernetes,
            namespace: "a".into(),
            group: String::new(),
            kind: "Pod".into(),
            name: "ü".into(),
        };
        let line = r#"{"bodies":[{},{"a":1}],"id":"kubernetes//Pod/a/%C3%BC"}"#;
        let bodies = vec![Body { offset: 0, len: 2 }, Body { offset: 2, len: 7 }];
        assert_eq!(line_len(&id, &bodies), line.len());
    }
}
