//! What the layout of a dump says of completeness; why, is in `forms`.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_model::seal::{CollectionBasis, CollectionStatus, EVERYWHERE, Unread};

use super::{Rows, Sources, Status, opens, put};
use crate::forms::{CLUSTER_INFO_LISTS, Form, Place, linked};
use crate::intake::Lists;
use crate::resources::{KindScope, Tier};

pub(super) fn rows(sources: &Sources<'_>, rows: &mut Rows) {
    let unread: BTreeMap<&str, &Unread> = sources.unread.iter().rev().map(|u| (&*u.file, u)).collect();
    let mut files: BTreeMap<&str, Lists> = BTreeMap::new();
    for (file, lists) in sources.dump_files {
        files.insert(file, *lists);
    }
    for (file, unread) in &unread {
        // The other name of a file that was read takes nothing from it.
        let twin = linked(file).is_some_and(|twin| files.contains_key(&*twin));
        if unread.reason != "link" || !twin {
            files.entry(file).or_default();
        }
    }
    let places: Vec<(&str, Place<'_>, Lists)> = files
        .into_iter()
        .filter_map(|(file, lists)| Some((file, sources.forms.place(file)?, lists)))
        .collect();
    let namespaces = Namespaces::of(&places);
    for (file, place, lists) in &places {
        if place.form == Form::Velero || !place.list || !namespaces.whole(place) {
            continue;
        }
        let status = status(sources, file, *lists, unread.get(file).copied());
        let status = known_gaps(place, *lists, status);
        put(
            rows,
            sources.tallies,
            (place.resource(), place.scope.to_string()),
            status,
            CollectionBasis::Dump,
        );
    }
    errors(sources, rows);
    not_served(sources, rows);
    backups(sources, &places, rows);
}

/// A list is complete if it was read to its end. `--ignore` does not help: what the file held is not known.
fn status(sources: &Sources<'_>, file: &str, lists: Lists, unread: Option<&Unread>) -> Status {
    let fruitful = sources.fruitful.contains(file);
    match unread {
        Some(u) if fruitful => Status::partial(format!("`{file}` was not read to its end: {}", u.reason)),
        Some(u) => Status::error(format!("`{file}` was not read: {}", u.reason)),
        None if lists.cut => Status::partial(format!("the list in `{file}` goes on elsewhere")),
        None if !lists.seen && !fruitful => Status::error(format!("`{file}` holds no list")),
        None => Status::complete(),
    }
}

/// What keeps a file that was read from being a whole list of the server.
fn known_gaps(place: &Place<'_>, lists: Lists, status: Status) -> Status {
    if status.status != CollectionStatus::Complete {
        return status;
    }
    match place.form {
        Form::Troubleshoot if place.plural == "namespaces" && !lists.seen => {
            Status::partial("the collector was told which namespaces to look at")
        }
        Form::ClusterInfo if !lists.typed => {
            Status::partial("it is no list that `kubectl cluster-info dump` wrote")
        }
        _ => status,
    }
}

/// Which namespaces of a dump are whole, where a single file does not tell.
struct Namespaces<'a> {
    /// lists in the folder of a namespace
    lists: BTreeMap<(&'a str, &'a str), usize>,
    /// namespaces that were inspected as such
    inspected: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Namespaces<'a> {
    fn of(places: &[(&'a str, Place<'a>, Lists)]) -> Self {
        let mut out = Namespaces { lists: BTreeMap::new(), inspected: BTreeSet::new() };
        for (file, place, _) in places {
            match place.form {
                Form::ClusterInfo => *out.lists.entry((place.root, place.scope)).or_default() += 1,
                Form::MustGather if place.plural == "namespaces" && !place.list => {
                    let name = file.rsplit('/').next().unwrap_or(file);
                    let name = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".json"));
                    out.inspected.extend(name.map(|name| (place.root, name)));
                }
                _ => {}
            }
        }
        out
    }

    fn whole(&self, place: &Place<'_>) -> bool {
        let key = (place.root, place.scope);
        match place.form {
            _ if place.scope == EVERYWHERE => true,
            Form::ClusterInfo => self.lists.get(&key) == Some(&CLUSTER_INFO_LISTS),
            Form::MustGather => self.inspected.contains(&key),
            _ => true,
        }
    }
}

/// What a collector says that it could not read.
fn errors(sources: &Sources<'_>, rows: &mut Rows) {
    for error in sources.dump_errors.iter().filter(|error| !error.plural.is_empty()) {
        let detail = Some(format!("the collector says so in `{}`", error.file));
        let status = if error.denied { CollectionStatus::Denied } else { CollectionStatus::Error };
        let row = (crate::resources::key(&error.plural, &error.group), error.scope.clone());
        put(rows, sources.tallies, row, Status { status, detail }, CollectionBasis::Dump);
    }
}

/// Kinds that the API server does not serve, where discovery was written down whole.
fn not_served(sources: &Sources<'_>, rows: &mut Rows) {
    for discovery in sources.discoveries {
        let broken =
            sources.dump_errors.iter().any(|error| error.plural.is_empty() && error.root == discovery.root);
        if broken
            || !sources.forms.has(discovery.form, &discovery.root)
            || !discovery.served.contains("namespaces")
        {
            continue;
        }
        let known = sources.resources.iter().filter(|row| {
            row.scope != KindScope::File && matches!(row.tier, Tier::Kubernetes | Tier::WellKnown)
        });
        let rowed: BTreeSet<String> = rows.keys().map(|(resource, _)| resource.clone()).collect();
        for key in known.map(|row| row.key()) {
            let seen = sources.tallies.get(&key, EVERYWHERE).count > 0;
            if discovery.served.contains(&key) || seen || rowed.contains(&key) {
                continue;
            }
            let status = Status { status: CollectionStatus::NotServed, detail: None };
            put(rows, sources.tallies, (key, EVERYWHERE.to_string()), status, CollectionBasis::Dump);
        }
    }
}

/// Backups of Velero hold what their specification includes: of such a kind, no folder means no object.
fn backups(sources: &Sources<'_>, places: &[(&str, Place<'_>, Lists)], rows: &mut Rows) {
    for root in sources.forms.velero_roots() {
        let Some(backup) = sources.forms.backup(root) else { continue };
        let here = || places.iter().filter(|(_, place, _)| place.form == Form::Velero && place.root == root);
        let seen: BTreeSet<String> = here()
            .filter(|(_, place, _)| place.scope != EVERYWHERE)
            .map(|(_, place, _)| place.scope.into())
            .collect();
        // A part of the archive that was not read may have held an object of any kind.
        let opened =
            sources.unread.iter().find(|unread| opens(&Unread { ignored: false, ..(*unread).clone() }));
        for (resource, scope) in backup.covered(sources.resources, &seen) {
            let status = match (backup.gap(), opened) {
                (None, None) => Status::complete(),
                (Some(gap), _) => Status::partial(gap),
                (None, Some(unread)) => {
                    Status::partial(format!("`{}` was not read: {}", unread.file, unread.reason))
                }
            };
            if status.status == CollectionStatus::Complete || sources.tallies.get(&resource, &scope).count > 0
            {
                put(rows, sources.tallies, (resource, scope), status, CollectionBasis::Dump);
            }
        }
    }
}
