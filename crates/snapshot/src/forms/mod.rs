//! Layouts in which collectors of clusters write what they read, and what such a layout says of completeness.
//!
//! A path alone never decides: a form counts where its *marker* lies, a file that only its collector writes. What a
//! form closes follows from how the collector makes it; each module says so.

mod cluster_info;
mod must_gather;
mod support_bundle;
mod troubleshoot;
mod velero;

use std::collections::BTreeSet;
use std::sync::Arc;

use nachweis_canon::Json;
use nachweis_model::Instant;

pub(crate) use cluster_info::LISTS as CLUSTER_INFO_LISTS;
pub(crate) use velero::Backup;

use crate::resources;

/// A layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    SupportBundle,
    Troubleshoot,
    ClusterInfo,
    MustGather,
    Velero,
}

impl Form {
    /// The name in the seal.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Form::SupportBundle => "support-bundle-kit",
            Form::Troubleshoot => "troubleshoot",
            Form::ClusterInfo => "cluster-info-dump",
            Form::MustGather => "must-gather",
            Form::Velero => "velero-backup",
        }
    }
}

/// Where a file lies in a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub form: Form,
    /// the part of the path before the layout begins, empty or with a `/` at its end
    pub root: &'a str,
    /// a namespace, or `*`
    pub scope: &'a str,
    pub group: &'a str,
    pub plural: &'a str,
    /// the file is a list; else one object of many
    pub list: bool,
}

impl Place<'_> {
    /// `plural.group`
    pub(crate) fn resource(&self) -> String {
        resources::key(self.plural, self.group)
    }
}

/// What a collector says of a dump.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Marker {
    pub form: Form,
    pub root: String,
    /// version of the API server
    pub version: Option<String>,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
    pub backup: Option<Backup>,
}

impl Marker {
    fn new(form: Form, root: &str) -> Self {
        Marker { form, root: root.into(), version: None, from: None, to: None, backup: None }
    }
}

/// A kind that a collector could not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DumpError {
    pub form: Form,
    pub root: String,
    pub group: String,
    pub plural: String,
    pub scope: String,
    pub file: Arc<str>,
    /// for lack of a right
    pub denied: bool,
}

/// What an API server serves, as a collector wrote it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Discovery {
    pub form: Form,
    pub root: String,
    /// keys of all resources
    pub served: BTreeSet<String>,
}

/// `pods` of `pods.json` or `pods.yaml`; `None` for other endings.
fn stem(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".json").or_else(|| file.strip_suffix(".yaml"))?;
    (!stem.is_empty() && stem != "*").then_some(stem)
}

/// A path taken apart where a folder begins: what comes before it, and what lies in it. `folder` ends with a `/`.
fn below<'p>(path: &'p str, folder: &str) -> Option<(&'p str, &'p str)> {
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'/', path.as_bytes()).map(|slash| slash + 1));
    let (root, rest) = starts.map(|at| path.split_at(at)).find(|(_, rest)| rest.starts_with(folder))?;
    Some((root, &rest[folder.len()..]))
}

/// The folder in which a file of this name lies: empty, or with a `/` at its end.
fn root_of<'a>(path: &'a str, name: &str) -> Option<&'a str> {
    path.strip_suffix(name).filter(|root| root.is_empty() || root.ends_with('/'))
}

fn candidates(path: &str) -> impl Iterator<Item = Place<'_>> {
    let forms =
        [support_bundle::place, troubleshoot::place, velero::place, must_gather::place, cluster_info::place];
    forms.into_iter().filter_map(move |place| place(path))
}

/// True for a path that lies where some layout has objects.
pub(crate) fn may_have_place(path: &str) -> bool {
    candidates(path).next().is_some()
}

/// Reads a document as a marker; the second part is true if it is nothing else.
pub(crate) fn marker(path: &str, value: &Json<'_>) -> Option<(Marker, bool)> {
    if let Some(marker) = velero::marker(path, value) {
        return Some((marker, false));
    }
    let marker = support_bundle::marker(path, value).or_else(|| troubleshoot::marker(path, value))?;
    Some((marker, true))
}

/// Reads a file that is no document as a marker.
pub(crate) fn text_marker(path: &str, bytes: &[u8]) -> Option<Marker> {
    velero::version_marker(path, bytes).or_else(|| must_gather::marker(path, bytes))
}

/// The marker that a list is.
pub(crate) fn list_marker(path: &str, kind: &str) -> Option<Marker> {
    // Other layouts have a file `nodes.yaml` too.
    let other = candidates(path).any(|place| place.form != Form::ClusterInfo);
    cluster_info::marker(path, kind).filter(|_| !other)
}

/// Reads a file in which a collector says what it could not read.
pub(crate) fn errors(path: &str, value: &Json<'_>) -> Option<Vec<DumpError>> {
    troubleshoot::errors(path, value)
}

/// True for a file that holds discovery.
pub(crate) fn is_discovery(path: &str) -> bool {
    troubleshoot::is_discovery(path)
}

/// Reads a document as what an API server serves.
pub(crate) fn discovery(path: &str, value: &Json<'_>) -> Option<Discovery> {
    troubleshoot::discovery(path, value)
}

/// The file that a link of this path is another name of, as a collector lays it.
pub(crate) fn linked(path: &str) -> Option<String> {
    troubleshoot::linked(path)
}

/// apiVersion and kind of the elements of a file that do not say so themselves.
pub(crate) fn list_kind(path: &str) -> Option<(String, &'static str)> {
    troubleshoot::list_kind(path)
}

/// The layouts of an input.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    /// sorted
    pub markers: Vec<Marker>,
    roots: BTreeSet<(Form, String)>,
}

impl Forms {
    pub(crate) fn new(mut markers: Vec<Marker>) -> Self {
        markers.sort();
        markers.dedup();
        let roots = markers.iter().map(|marker| (marker.form, marker.root.clone())).collect();
        Forms { markers, roots }
    }

    /// Where a file lies, if the marker of its layout was found.
    pub(crate) fn place<'a>(&self, path: &'a str) -> Option<Place<'a>> {
        candidates(path).find(|place| self.has(place.form, place.root))
    }

    pub(crate) fn has(&self, form: Form, root: &str) -> bool {
        let known = |root: &str| self.roots.contains(&(form, root.to_string()));
        if known(root) {
            return true;
        }
        // must-gather has a folder for each image that gathered; the time stands above them.
        let above = root.strip_suffix('/').map(|root| root.rfind('/').map_or("", |at| &root[..=at]));
        form == Form::MustGather && above.is_some_and(known)
    }

    /// What the backup with this root covers.
    pub(crate) fn backup(&self, root: &str) -> Option<&Backup> {
        let backups =
            || self.markers.iter().filter_map(|marker| Some((&*marker.root, marker.backup.as_ref()?)));
        let beside = |(folder, backup): &(&str, &Backup)| {
            root == *folder || root.strip_prefix(folder) == Some(&format!("{}.tar.gz/", backup.name))
        };
        let found = backups().find(beside);
        let one_tarball = || self.velero_roots().count() == 1;
        let only = || backups().next().filter(|_| backups().count() == 1 && one_tarball());
        found.or_else(only).map(|(_, backup)| backup)
    }

    /// Roots of the tarballs of Velero.
    pub(crate) fn velero_roots(&self) -> impl Iterator<Item = &str> {
        let plain =
            self.markers.iter().filter(|marker| marker.form == Form::Velero && marker.backup.is_none());
        plain.map(|marker| &*marker.root)
    }

    /// True for a file of a collector that holds its own records and no objects of the cluster.
    pub(crate) fn is_record(&self, path: &str) -> bool {
        let roots =
            self.roots.iter().filter(|(form, root)| *form == Form::Troubleshoot && path.starts_with(&**root));
        roots.into_iter().any(|(_, root)| troubleshoot::is_record(root, path))
    }
}

#[cfg(test)]
mod tests;
