//! `report --source DIR`: where objects are declared, so that SARIF and JUnit point at a file and a line.
//!
//! A snapshot keeps no paths. The files are read again, and an object is found by kind, namespace and name; nothing
//! of them reaches a verdict.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use nachweis_canon::Json;
use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_report::{Items, Place, Subject, Writer};
use nachweis_yaml::{Limits, read};

use crate::fail::Failure;
use crate::ingest::unreadable;
use crate::items::Names;

/// Lists that may stand inside each other.
const NESTING_MAX: usize = 4;

/// Places by kind, namespace as written, and name. The first one by path and line counts.
type Places = BTreeMap<(String, String, String), Place>;

/// Names of a snapshot, with the places of what is declared in some files.
pub struct Declared<'a> {
    names: &'a Names,
    places: Places,
}

impl<'a> Declared<'a> {
    /// Reads the files below `source`. Paths are told as a reader of the repository knows them: as they were given,
    /// relative to the folder in which the program runs. What cannot be read is left to the seal to tell.
    pub fn read(names: &'a Names, source: &Path) -> Result<Self, Failure> {
        let mut places = Places::new();
        let given = source.display().to_string().replace('\\', "/");
        let root = given.trim_start_matches("./").trim_end_matches('/').to_string();
        walk(&[Input::Path(source.to_path_buf())], &ArchiveLimits::default(), &mut |event| {
            if let Event::Entry { path, bytes } = event {
                let file = match source.is_dir() {
                    true if root.is_empty() || root == "." => path,
                    true => format!("{root}/{path}"),
                    false => root.clone(),
                };
                for document in read(&bytes, &Limits::default()).flatten() {
                    take(&document.value, &file, document.line as u64, 0, &mut places);
                }
            }
            ControlFlow::Continue(())
        })
        .map_err(|error| unreadable(&error))?;
        Ok(Declared { names, places })
    }
}

fn take(value: &Json<'_>, file: &str, line: u64, depth: usize, places: &mut Places) {
    if let (Some(kind), Some(name)) = (value.text(&["kind"]), value.text(&["metadata", "name"])) {
        let namespace = value.text(&["metadata", "namespace"]).unwrap_or_default();
        let key = (kind.to_string(), namespace.to_string(), name.to_string());
        let place = Place { file: file.to_string(), line };
        let known = places.entry(key).or_insert_with(|| place.clone());
        if (&place.file, place.line) < (&known.file, known.line) {
            *known = place;
        }
    }
    if depth < NESTING_MAX {
        value.list(&["items"]).iter().for_each(|item| take(item, file, line, depth + 1, places));
    }
}

impl Items for Declared<'_> {
    fn subject(&self, index: u32) -> Option<Subject> {
        self.names.subject(index)
    }

    fn writer(&self, resource: &str) -> Writer {
        self.names.writer(resource)
    }

    fn place(&self, kind: &str, namespace: &str, name: &str) -> Option<Place> {
        let of = |namespace: &str| {
            self.places.get(&(kind.to_string(), namespace.to_string(), name.to_string())).cloned()
        };
        // A declared object without a namespace was given `default` when it was sealed.
        of(namespace).or_else(|| of("").filter(|_| namespace == "default"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_of_an_object_counts() {
        let text = "kind: A\nmetadata: {name: x}\n---\nkind: List\nitems:\n- kind: B\n  metadata: {name: two, namespace: pay}\n";
        let mut places = Places::new();
        for file in ["b.yaml", "a.yaml", "c.yaml"] {
            for document in read(text.as_bytes(), &Limits::default()).flatten() {
                take(&document.value, file, document.line as u64, 0, &mut places);
            }
        }
        let at = |kind: &str, namespace: &str, name: &str| {
            let place = places.get(&(kind.into(), namespace.into(), name.into()));
            place.map(|place| (place.file.as_str(), place.line))
        };
        assert_eq!(at("A", "", "x"), Some(("a.yaml", 1)));
        assert_eq!(at("B", "pay", "two"), Some(("a.yaml", 4)));
        assert_eq!(at("B", "", "two"), None);
    }
}
