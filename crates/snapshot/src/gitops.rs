//! Helm charts and kustomizations in an input: what is not final is set apart, once per chart and kustomization.
//!
//! A template is no object, and a file that a kustomization changes is not what the cluster gets. Neither is guessed
//! at: objects of such files are not taken, and one entry of the unread list says what to run instead.

use std::collections::{BTreeMap, BTreeSet};

use nachweis_canon::Json;
use nachweis_model::seal::Unread;

use crate::head::reason;
use crate::ingest::Gathered;

/// Names in kustomizations that are followed in one input. What is not followed is unread and opens what it may hold.
const FOLLOWED_MAX: usize = 2_000_000;

/// An instruction for kustomize.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kustomization {
    pub file: String,
    /// files and folders that it takes objects from, as it names them
    resources: Vec<String>,
    /// files that say what to change, which are no objects of their own
    changes: Vec<String>,
    /// objects come out other than they lie in the files
    transforms: bool,
}

/// Reads a document as an instruction for kustomize.
pub(crate) fn kustomization(path: &str, value: &Json<'_>) -> Option<Kustomization> {
    let name = crate::layout::file_name(path);
    if !matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization") {
        return None;
    }
    let object = value.as_object()?;
    let group = value.text(&["apiVersion"]).map(|version| version.split('/').next().unwrap_or(version));
    if group.is_some_and(|group| group != "kustomize.config.k8s.io") {
        return None;
    }
    let mut out =
        Kustomization { file: path.into(), resources: Vec::new(), changes: Vec::new(), transforms: false };
    for (key, value) in object.iter() {
        match key {
            "apiVersion" | "kind" | "metadata" => {}
            "resources" | "bases" | "components" => {
                out.resources.extend(texts(value));
                // A component changes what others gave.
                out.transforms |= key == "components";
            }
            _ => {
                out.transforms = true;
                paths(value, &mut out.changes, 0);
            }
        }
    }
    Some(out)
}

fn texts(value: &Json<'_>) -> Vec<String> {
    let Json::Arr(list) = value else { return Vec::new() };
    list.iter().filter_map(|entry| Some(entry.as_str()?.to_string())).collect()
}

/// Words that may be names of files, two levels deep: `patches: [{path: a.yaml}]`, `patchesStrategicMerge: [a.yaml]`.
fn paths(value: &Json<'_>, out: &mut Vec<String>, depth: usize) {
    match value {
        Json::Str(text) if crate::layout::is_input_name(text) && !text.contains('\n') => {
            out.push(text.to_string())
        }
        Json::Arr(list) if depth < 4 => list.iter().for_each(|entry| paths(entry, out, depth + 1)),
        Json::Obj(object) if depth < 4 => object.iter().for_each(|(_, entry)| paths(entry, out, depth + 1)),
        _ => {}
    }
}

/// The folder of a file: empty, or with a `/` at its end.
fn folder(file: &str) -> &str {
    file.rfind('/').map_or("", |at| &file[..=at])
}

/// `name` relative to `folder`, without `.` and `..`. `None` where it leaves the input or is no path.
fn resolve(folder: &str, name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains("://") || name.contains('?') || name.starts_with("git@") {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Takes objects of charts' templates and of what kustomizations change out of what was gathered.
pub(crate) fn set_apart(gathered: &mut Gathered) {
    charts(gathered);
    kustomizations(gathered);
}

fn charts(gathered: &mut Gathered) {
    let is_chart =
        |unread: &&Unread| unread.reason == reason::HELM_CHART && unread.file.ends_with("Chart.yaml");
    let all: BTreeSet<String> =
        gathered.unread.iter().filter(is_chart).map(|unread| folder(&unread.file).to_string()).collect();
    if all.is_empty() {
        return;
    }
    // The outermost chart of a file has the others as its parts.
    let chart_of = |file: &str| {
        let above = std::iter::once(0).chain(file.match_indices('/').map(|(at, _)| at + 1));
        above.filter_map(|at| all.get(&file[..at])).find(|chart| in_chart(chart, file))
    };
    let mut files: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for file in
        gathered.found.iter().map(|found| &*found.file).chain(gathered.unread.iter().map(|u| &*u.file))
    {
        if let Some(chart) = chart_of(file) {
            files.entry(chart).or_default().insert(file.to_string());
        }
    }
    let entries: Vec<Unread> = files
        .iter()
        .map(|(chart, files)| {
            let place = if chart.is_empty() { "." } else { chart.trim_end_matches('/') };
            let name = if chart.is_empty() { "release" } else { crate::layout::file_name(place) };
            let detail = format!(
                "a Helm chart of {} files: read the output of `helm template {name} {place}` instead",
                files.len()
            );
            entry(format!("{chart}Chart.yaml"), reason::HELM_CHART, detail)
        })
        .collect();
    let apart: BTreeSet<String> = files.into_values().flatten().collect();
    drop_files(gathered, &apart);
    gathered.unread.extend(entries);
}

/// True for files of a chart that helm reads, and not the cluster. Definitions in `crds/` are read as they are.
fn in_chart(chart: &str, file: &str) -> bool {
    let Some(below) = file.strip_prefix(chart) else { return false };
    let settings = !below.contains('/')
        && (below.starts_with("Chart.") || below.starts_with("values") || below.starts_with("requirements."));
    settings || ["templates/", "charts/", "ci/"].iter().any(|folder| below.starts_with(folder))
}

fn kustomizations(gathered: &mut Gathered) {
    let mut all: Vec<Kustomization> = std::mem::take(&mut gathered.kustomizations);
    all.sort();
    let by_folder: BTreeMap<String, &Kustomization> =
        all.iter().map(|one| (folder(&one.file).trim_end_matches('/').to_string(), one)).collect();
    let mut apart = BTreeSet::new();
    let mut entries = Vec::new();
    let mut left = FOLLOWED_MAX;
    for one in &all {
        let reach = reach(one, &by_folder, &mut left);
        let place = folder(&one.file).trim_end_matches('/');
        let place = if place.is_empty() { "." } else { place };
        let run = format!("read the output of `kubectl kustomize {place}` instead");
        if one.transforms {
            let detail = format!("kustomize changes {} files by it: {run}", reach.files.len());
            entries.push(entry(one.file.clone(), reason::KUSTOMIZATION, detail));
            apart.extend(reach.files);
        } else if let Some(remote) = reach.outside {
            let detail = format!("it takes in `{}`, which the input does not hold: {run}", clip(&remote));
            entries.push(entry(one.file.clone(), reason::KUSTOMIZATION, detail));
        } else {
            let detail = "a list of files for kustomize, which were read themselves".to_string();
            entries.push(entry(one.file.clone(), reason::KUSTOMIZE_LIST, detail));
        }
    }
    drop_files(gathered, &apart);
    gathered.unread.extend(entries);
}

fn clip(text: &str) -> String {
    text.chars().take(120).collect()
}

struct Reach {
    files: BTreeSet<String>,
    /// the first thing that it takes in from elsewhere
    outside: Option<String>,
}

/// Files that a kustomization takes objects from or changes them by, through the kustomizations below it.
fn reach(from: &Kustomization, by_folder: &BTreeMap<String, &Kustomization>, left: &mut usize) -> Reach {
    let mut out = Reach { files: BTreeSet::new(), outside: None };
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(one) = next.pop() {
        if !seen.insert(&one.file) {
            continue;
        }
        *left = left.saturating_sub(1 + one.resources.len() + one.changes.len());
        if *left == 0 {
            out.outside = Some(one.file.clone());
            break;
        }
        let here = folder(&one.file);
        for name in &one.resources {
            match resolve(here, name) {
                None => out.outside = out.outside.or(Some(name.clone())),
                Some(path) => match by_folder.get(&path) {
                    Some(below) => next.push(below),
                    None => {
                        out.files.insert(path);
                    }
                },
            }
        }
        out.files.extend(one.changes.iter().filter_map(|name| resolve(here, name)));
    }
    out
}

fn drop_files(gathered: &mut Gathered, apart: &BTreeSet<String>) {
    if apart.is_empty() {
        return;
    }
    gathered.found.retain(|found| !apart.contains(&*found.file));
    gathered.unread.retain(|unread| !apart.contains(&unread.file));
    gathered.duplicates.retain(|duplicate| !apart.contains(&duplicate.file));
}

fn entry(file: String, reason: &str, detail: String) -> Unread {
    Unread { file, line: 0, column: 0, reason: reason.into(), detail, ignored: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_resolved_within_the_input() {
        assert_eq!(resolve("a/b/", "../c/./d.yaml").as_deref(), Some("a/c/d.yaml"));
        assert_eq!(resolve("a/", "..").as_deref(), Some(""));
        for outside in
            ["../../x", "/etc/x", "https://example.org/x", "git@example.org:x", "github.com/x?ref=1"]
        {
            assert_eq!(resolve("a/", outside), None, "{outside}");
        }
    }

    #[test]
    fn files_of_a_chart() {
        for (file, inside) in [
            ("c/templates/a.yaml", true),
            ("c/values-prod.yaml", true),
            ("c/charts/d/templates/a.yaml", true),
            ("c/crds/a.yaml", false),
            ("c/manifests/values.yaml", false),
            ("d/templates/a.yaml", false),
        ] {
            assert_eq!(in_chart("c/", file), inside, "{file}");
        }
    }
}
