//! Backups of Velero: `resources/<plural.group>/[<version>/]{cluster,namespaces/<namespace>}/<name>.json` and
//! `metadata/version` in the tarball, `velero-backup.json` beside it in the bucket.
//!
//! The folder `<version>-preferredversion` repeats every object; equal bodies are one item. What the backup covers says
//! `velero-backup.json` alone: without it nothing is closed. With it, a finished backup without errors, selectors and
//! resource policies holds everything of the kinds and namespaces that it includes, so a kind that it includes and has no
//! folder for is empty. Objects labelled `velero.io/exclude-from-backup` are missing in every backup: the owner of a
//! backup can hide objects, as whoever writes any dump can. Objects that were being deleted, and Namespaces that were not
//! `Active`, are missing too (`pkg/backup/item_backupper.go` and `item_collector.go` of v1.18): a backup is of what is
//! to stay.

use std::collections::BTreeSet;

use nachweis_canon::Json;
use nachweis_model::seal::EVERYWHERE;

use super::{Form, Marker, Place};
use crate::resources::{KindScope, Resource, Resources};

pub(super) fn place(path: &str) -> Option<Place<'_>> {
    let (root, rest) = super::below(path, "resources/")?;
    let mut parts: Vec<&str> = rest.split('/').collect();
    super::stem(parts.pop()?)?;
    let (resource, below) = parts.split_first()?;
    let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
    let below = match below {
        [version, rest @ ..] if version.starts_with('v') && *version != "cluster" => rest,
        rest => rest,
    };
    let scope = match below {
        ["cluster"] => EVERYWHERE,
        ["namespaces", namespace] => namespace,
        _ => return None,
    };
    Some(Place { form: Form::Velero, root, scope, group, plural, list: false })
}

/// What a backup covers, as its own specification says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Backup {
    pub name: String,
    namespaces: Filter,
    resources: Filter,
    cluster: Option<bool>,
    cluster_kinds: Filter,
    namespaced_kinds: Filter,
    /// why it does not hold everything that it includes
    gap: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Filter {
    includes: Vec<String>,
    excludes: Vec<String>,
}

impl Filter {
    fn read(spec: &Json<'_>, includes: &str, excludes: &str) -> Self {
        let words = |name: &str| {
            let list = spec.list(&[name]).iter();
            list.filter_map(|word| Some(word.as_str()?.to_string())).collect()
        };
        Filter { includes: words(includes), excludes: words(excludes) }
    }

    fn is_empty(&self) -> bool {
        self.includes.is_empty() && self.excludes.is_empty()
    }

    fn includes_all(&self) -> bool {
        self.includes.is_empty() || self.includes.iter().any(|word| word == "*")
    }

    fn is_everything(&self) -> bool {
        self.includes_all() && self.excludes.is_empty()
    }

    /// Patterns other than `*` are not read.
    fn has_pattern(&self) -> bool {
        let all = self.includes.iter().chain(&self.excludes);
        all.into_iter().any(|word| word.contains(['*', '?', '[', '{']) && word != "*")
            || self.excludes.iter().any(|word| word == "*")
    }

    fn names(list: &[String], key: &str, resources: &Resources) -> bool {
        list.iter().any(|word| resources.resolve(word).as_deref().unwrap_or(word) == key)
    }
}

/// `velero-backup.json`, and the name of the format's version.
pub(super) fn marker(path: &str, value: &Json<'_>) -> Option<Marker> {
    let root = super::root_of(path, "velero-backup.json")?;
    let is_backup = value.text(&["kind"]) == Some("Backup")
        && value.text(&["apiVersion"]).is_some_and(|version| version.starts_with("velero.io/"));
    if !is_backup {
        return None;
    }
    let none = Json::Null;
    let spec = value.get("spec").unwrap_or(&none);
    let backup = Backup {
        name: value.text(&["metadata", "name"])?.into(),
        namespaces: Filter::read(spec, "includedNamespaces", "excludedNamespaces"),
        resources: Filter::read(spec, "includedResources", "excludedResources"),
        cluster: spec.get("includeClusterResources").and_then(Json::as_bool),
        cluster_kinds: Filter::read(spec, "includedClusterScopedResources", "excludedClusterScopedResources"),
        namespaced_kinds: Filter::read(
            spec,
            "includedNamespaceScopedResources",
            "excludedNamespaceScopedResources",
        ),
        gap: None,
    };
    let gap = gap(value, spec, &backup);
    let instant = |name: &str| value.text(&["status", name]).and_then(|text| text.parse().ok());
    let from = instant("startTimestamp");
    Some(Marker {
        from,
        to: instant("completionTimestamp").or(from),
        backup: Some(Backup { gap, ..backup }),
        ..Marker::new(Form::Velero, root)
    })
}

/// `metadata/version` of the tarball.
pub(super) fn version_marker(path: &str, bytes: &[u8]) -> Option<Marker> {
    let root = super::root_of(path, "metadata/version")?;
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let sound = !text.is_empty() && text.len() < 16 && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    sound.then(|| Marker::new(Form::Velero, root))
}

fn gap(value: &Json<'_>, spec: &Json<'_>, backup: &Backup) -> Option<String> {
    let given = |name: &str| {
        !matches!(spec.get(name), None | Some(Json::Null)) && !spec.list(&[name]).is_empty()
            || spec.get(name).and_then(Json::as_object).is_some_and(|object| object.iter().next().is_some())
    };
    let filters = [&backup.namespaces, &backup.resources, &backup.cluster_kinds, &backup.namespaced_kinds];
    match value.text(&["status", "phase"]) {
        Some("Completed") => {}
        Some(phase) => return Some(format!("the backup's phase is {phase}")),
        None => return Some("the backup's status says nothing of its phase".into()),
    }
    if value.at(&["status", "errors"]).and_then(Json::as_int).is_some_and(|errors| errors > 0) {
        return Some("the backup had errors".into());
    }
    for name in ["labelSelector", "orLabelSelectors", "resourcePolicy"] {
        if given(name) {
            return Some(format!("the backup has a {name}"));
        }
    }
    filters.iter().any(|filter| filter.has_pattern()).then(|| "the backup's filters hold patterns".into())
}

impl Backup {
    /// Why it does not hold everything that it includes.
    pub(crate) fn gap(&self) -> Option<&str> {
        self.gap.as_deref()
    }

    /// True if the backup has every object of a resource in the scopes that it covers.
    fn includes(&self, row: &Resource, resources: &Resources) -> bool {
        let key = row.key();
        let namespaced = row.scope == KindScope::Namespaced;
        let by_scope = if namespaced { &self.namespaced_kinds } else { &self.cluster_kinds };
        let named = |filter: &Filter| {
            !Filter::names(&filter.excludes, &key, resources)
                && (filter.includes_all() || Filter::names(&filter.includes, &key, resources))
        };
        // Either the older filters are used or the newer ones.
        if self.cluster_kinds.is_empty() && self.namespaced_kinds.is_empty() {
            let cluster = self.cluster.unwrap_or_else(|| self.namespaces.is_everything());
            return named(&self.resources) && (namespaced || cluster);
        }
        named(by_scope) && (namespaced || !by_scope.includes.is_empty())
    }

    /// Resources and scopes of which the backup has everything. `seen` are the namespaces that it has objects of.
    pub(crate) fn covered(&self, resources: &Resources, seen: &BTreeSet<String>) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for row in
            resources.iter().filter(|row| row.scope != KindScope::File && row.plural != "componentstatuses")
        {
            if !self.includes(row, resources) {
                continue;
            }
            let everywhere = self.namespaces.is_everything()
                || row.scope == KindScope::Cluster && (&*row.group, &*row.kind) != ("", "Namespace");
            if everywhere {
                out.push((row.key(), EVERYWHERE.to_string()));
            } else if row.scope == KindScope::Namespaced {
                let all = if self.namespaces.includes_all() {
                    seen
                } else {
                    &self.namespaces.includes.iter().cloned().collect()
                };
                let kept = all.iter().filter(|name| !self.namespaces.excludes.contains(name));
                out.extend(kept.map(|name| (row.key(), name.clone())));
            }
        }
        out
    }
}
