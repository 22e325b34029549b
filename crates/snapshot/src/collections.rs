//! The rows of the seal that say how completely each resource was seen (docs/concepts/verdicts.md).

mod dumps;
mod live;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nachweis_model::EvidenceKind;
use nachweis_model::seal::{Collection, CollectionBasis, CollectionStatus, EVERYWHERE, LeftOut, Unread};

use crate::forms::{Discovery, DumpError, Forms};
use crate::head::reason;
use crate::intake::Lists;
use crate::layout::{self, Index};
use crate::live::{Listed, LiveHead};
use crate::normalise::is_left_out;
use crate::resolve::Item;
use crate::resources::{NameError, Resource, Resources};

/// Items and bytes of their lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub count: u64,
    pub bytes: u64,
}

/// Tallies of sealed items by resource and namespace.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    /// by resource
    pub everywhere: BTreeMap<String, Tally>,
    /// by resource and namespace
    pub namespaces: BTreeMap<(String, String), Tally>,
}

impl Tallies {
    pub(crate) fn add(&mut self, resource: &str, namespace: &str, count: u64, bytes: u64) {
        let add = |tally: &mut Tally| {
            tally.count += count;
            tally.bytes += bytes;
        };
        match self.everywhere.get_mut(resource) {
            Some(tally) => add(tally),
            None => add(self.everywhere.entry(resource.into()).or_default()),
        }
        if !namespace.is_empty() {
            add(self.namespaces.entry((resource.into(), namespace.into())).or_default());
        }
    }

    pub(crate) fn get(&self, resource: &str, scope: &str) -> Tally {
        let found = match scope {
            EVERYWHERE => self.everywhere.get(resource),
            _ => self.namespaces.get(&(resource.into(), scope.into())),
        };
        found.copied().unwrap_or_default()
    }
}

/// What the rows are made from.
pub(crate) struct Sources<'a> {
    pub resources: &'a Resources,
    pub items: &'a [Item],
    pub tallies: &'a Tallies,
    pub left_out: &'a [LeftOut],
    pub forms: &'a Forms,
    pub dump_files: &'a [(Arc<str>, Lists)],
    pub dump_errors: &'a [DumpError],
    pub discoveries: &'a [Discovery],
    /// files given as evidence, by their paths in the seal
    pub evidence: &'a [Arc<str>],
    pub indexes: &'a [Index],
    pub live: Option<&'a LiveHead>,
    pub listed: &'a [Listed],
    /// with `ignored` set
    pub unread: &'a [Unread],
    /// files from which at least one object was taken
    pub fruitful: &'a BTreeSet<Arc<str>>,
    pub complete: &'a [String],
}

type Rows = BTreeMap<(String, String), Collection>;

/// All rows, sorted by resource and scope.
pub(crate) fn collections(sources: &Sources<'_>) -> Result<Vec<Collection>, NameError> {
    let mut rows = Rows::new();
    live::rows(sources, &mut rows);
    dumps::rows(sources, &mut rows);
    index_rows(sources, &mut rows);
    evidence_rows(sources, &mut rows);
    operator_rows(sources, &mut rows)?;
    found_rows(sources, &mut rows);
    left_out_rows(sources, &mut rows);
    contradictions(&mut rows);
    Ok(rows.into_values().collect())
}

/// Adds a row; where there is one already, the worse status stays.
fn put(rows: &mut Rows, tallies: &Tallies, row: (String, String), status: Status, basis: CollectionBasis) {
    let Tally { count, bytes } = tallies.get(&row.0, &row.1);
    let Status { status, detail } = status;
    let (resource, scope) = row.clone();
    let new = Collection { resource, scope, status, basis, count, bytes, detail, resource_version: None };
    match rows.get_mut(&row) {
        Some(there) if there.status >= new.status => {}
        Some(there) => *there = new,
        None => {
            rows.insert(row, new);
        }
    }
}

struct Status {
    status: CollectionStatus,
    detail: Option<String>,
}

impl Status {
    fn complete() -> Self {
        Status { status: CollectionStatus::Complete, detail: None }
    }

    fn partial(detail: impl Into<String>) -> Self {
        Status { status: CollectionStatus::Partial, detail: Some(detail.into()) }
    }

    fn error(detail: impl Into<String>) -> Self {
        Status { status: CollectionStatus::Error, detail: Some(detail.into()) }
    }
}

/// The rows of `collections.json`, each checked against what was sealed.
fn index_rows(sources: &Sources<'_>, rows: &mut Rows) {
    for row in sources.indexes.iter().flat_map(|index| &index.rows) {
        let resource = sources.resources.resolve(&row.resource).unwrap_or_else(|_| row.resource.clone());
        let found = sources.tallies.get(&resource, &row.scope).count;
        let status = match (row.status, row.count) {
            (CollectionStatus::Complete, None) => Status::partial("the index gives no count"),
            (CollectionStatus::Complete, Some(count)) if count != found => {
                Status::partial(format!("the index counts {count}, found {found}"))
            }
            (CollectionStatus::NotServed, _) if found > 0 => {
                Status::partial(format!("the index says that it is not served, found {found}"))
            }
            (status, _) => Status { status, detail: None },
        };
        put(rows, sources.tallies, (resource, row.scope.clone()), status, CollectionBasis::Dump);
    }
}

/// Whoever hands over the file of a kind that a cluster has once says that there is no other. Parts of other files
/// that were not read do not matter: this one was named.
fn evidence_rows(sources: &Sources<'_>, rows: &mut Rows) {
    for file in sources.evidence {
        let Some(kind) = EvidenceKind::of_path(file).filter(|kind| kind.whole) else { continue };
        let unread = sources.unread.iter().find(|unread| *unread.file == **file);
        let status = match unread {
            Some(unread) => Status::error(format!("`{file}` was not read: {}", unread.reason)),
            None if !sources.fruitful.contains(file) => {
                Status::error(format!("`{file}` holds no {}", kind.kind))
            }
            None => Status::complete(),
        };
        let row = (kind.resource.to_string(), EVERYWHERE.to_string());
        put(rows, sources.tallies, row, status, CollectionBasis::Operator);
    }
}

/// What the operator declares by `--complete`. A collector's or dump's own row wins: it knows better.
fn operator_rows(sources: &Sources<'_>, rows: &mut Rows) -> Result<(), NameError> {
    let mut keys = BTreeSet::new();
    for name in sources.complete {
        if name == "all" {
            keys.extend(sources.resources.iter().filter(|row| is_declared(row)).map(Resource::key));
            keys.extend(sources.items.iter().filter_map(|item| {
                let (group, kind) = (&item.id.group, &item.id.kind);
                let made = sources.resources.get(group, kind).is_some_and(|row| row.made);
                (!made).then(|| sources.resources.key_of(group, kind))
            }));
        } else {
            keys.insert(sources.resources.resolve(name)?);
        }
    }
    let opened = sources.unread.iter().find(|unread| opens(unread));
    for key in keys {
        let row = (key, EVERYWHERE.to_string());
        if rows.contains_key(&row) {
            continue;
        }
        let status = match opened {
            Some(unread) => Status::partial(format!("`{}` was not read: {}", unread.file, unread.reason)),
            None => Status::complete(),
        };
        put(rows, sources.tallies, row, status, CollectionBasis::Operator);
    }
    Ok(())
}

/// True for resources that people declare, and that are sealed.
fn is_declared(row: &Resource) -> bool {
    !row.made && !is_left_out(&row.group, &row.kind)
}

/// True for an unread part of the input that may hide objects of any kind.
fn opens(unread: &Unread) -> bool {
    // What a collector refuses to open or finds too large may be told by its name to be no manifest.
    let by_name = matches!(&*unread.reason, "too-large" | "link" | "special-file")
        && layout::has_ending(&unread.file)
        && !layout::is_input_name(&unread.file);
    let no_evidence = matches!(
        &*unread.reason,
        reason::NOT_AN_INPUT_FORMAT | reason::COLLECTOR_RECORD | reason::KUSTOMIZE_LIST | "version-control"
    );
    !(unread.ignored || by_name || no_evidence)
}

/// Items that no row covers show that their resource exists, and not how many of it.
fn found_rows(sources: &Sources<'_>, rows: &mut Rows) {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (resource, namespace) in sources.tallies.namespaces.keys() {
        if !rows.contains_key(&(resource.clone(), namespace.clone())) {
            open.insert(resource);
        }
    }
    for (resource, tally) in &sources.tallies.everywhere {
        let range = (resource.clone(), String::new())..;
        let of = sources.tallies.namespaces.range(range).take_while(|((r, _), _)| r == resource);
        let in_namespaces: u64 = of.map(|(_, tally)| tally.count).sum();
        if in_namespaces < tally.count {
            open.insert(resource);
        }
    }
    for resource in open {
        let row = (resource.to_string(), EVERYWHERE.to_string());
        if !rows.contains_key(&row) {
            let status = Status { status: CollectionStatus::Partial, detail: None };
            put(rows, sources.tallies, row, status, CollectionBasis::Found);
        }
    }
}

/// Rows of kinds whose objects are left out close nothing: they are empty only because nothing is kept.
fn left_out_rows(sources: &Sources<'_>, rows: &mut Rows) {
    let listed = sources.left_out.iter().map(|row| (row.group.as_str(), row.kind.as_str()));
    let known = sources.resources.iter().map(|row| (row.group.as_str(), row.kind.as_str()));
    let keys: BTreeSet<String> = listed
        .chain(known)
        .filter(|(group, kind)| is_left_out(group, kind))
        .map(|(group, kind)| sources.resources.key_of(group, kind))
        .collect();
    for row in rows.values_mut() {
        let left_out = keys.contains(&row.resource) || row.resource.ends_with(".metrics.k8s.io");
        if left_out && row.status == CollectionStatus::Complete {
            row.status = CollectionStatus::Partial;
            row.detail = Some("objects of this kind are counted and not kept".into());
        }
    }
}

/// A row for the whole cluster cannot be complete where the row of one namespace is not.
fn contradictions(rows: &mut Rows) {
    let mut broken: BTreeMap<String, String> = BTreeMap::new();
    for row in rows.values().filter(|row| row.scope != EVERYWHERE && !row.status.closes()) {
        broken.entry(row.resource.clone()).or_insert_with(|| row.scope.clone());
    }
    for (resource, namespace) in broken {
        if let Some(row) = rows.get_mut(&(resource, EVERYWHERE.to_string()))
            && row.status.closes()
        {
            row.status = CollectionStatus::Partial;
            row.detail = Some(format!("the collection of namespace `{namespace}` is not complete"));
        }
    }
}
