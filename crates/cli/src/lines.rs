//! The lines of input files at which a check failed, for the first screen: an object of a manifest is mended where it
//! is written. Only small inputs are read a second time; of sealed ones no line is known.
//!
//! A file holds more than what was sealed: values that were withheld, comments, members that sealing leaves out. So lines
//! are shown only where none of these can stand in them: of objects of which nothing was withheld, outside of their
//! metadata, without a comment, from documents without repeated keys.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use nachweis_canon::Json;
use nachweis_collect::files::{ArchiveLimits, Event, Input, walk};
use nachweis_evaluate::{Inputs, traces};
use nachweis_model::ItemId;
use nachweis_report::{Excerpt, Items, Subject, Writer};
use nachweis_yaml::{Limits, Step, marks, read};

use crate::excerpt::Marks;
use crate::items::Names;

/// Bytes of input up to which lines are looked for.
const BYTES_MAX: usize = 4 << 20;
/// Lines of one place.
const LINES_MAX: usize = 4;

/// Names, and the lines of some items: (index, control) -> lines.
pub struct WithLines<'a> {
    names: &'a Names,
    found: BTreeMap<(u32, String), Excerpt>,
}

impl Items for WithLines<'_> {
    fn subject(&self, index: u32) -> Option<Subject> {
        self.names.subject(index)
    }

    fn excerpt(&self, index: u32, control: &str) -> Option<Excerpt> {
        self.found.get(&(index, control.to_string())).cloned()
    }

    fn writer(&self, resource: &str) -> Writer {
        self.names.writer(resource)
    }
}

/// Looks for the lines of the items that a screen names, each with the control that it failed.
pub fn find<'a>(
    names: &'a Names,
    inputs: &Inputs<'_>,
    paths: &[String],
    wanted: Vec<(u32, String)>,
) -> WithLines<'a> {
    let mut with = WithLines { names, found: BTreeMap::new() };
    let Some(files) = texts(paths).filter(|files| !files.is_empty() && !wanted.is_empty()) else {
        return with;
    };
    let withheld: BTreeSet<u32> = inputs.evidence.seal().withheld.iter().map(|row| row.item).collect();
    let wanted = wanted.into_iter().filter(|(index, _)| !withheld.contains(index));
    let asked = traces(inputs, &wanted.collect()).unwrap_or_default();
    let mut missing: Vec<Wanted> = Vec::new();
    for ((index, control), asked) in &asked {
        let known = inputs.catalogue.controls.iter().chain(&inputs.overlay.controls);
        let (Some(subject), Some(control)) =
            (names.subject(*index), known.into_iter().find(|c| c.id == *control))
        else {
            continue;
        };
        let resource = nachweis_snapshot::Resources::built_in().key_of(&subject.id.group, &subject.id.kind);
        let marks = Marks::of(asked).of_body(control, &resource);
        missing.push(Wanted { pair: (*index, control.id.clone()), id: subject.id, marks });
    }
    for (file, bytes) in &files {
        look(file, bytes, &mut missing, &mut with.found);
    }
    with
}

/// An item whose lines are not found yet.
struct Wanted {
    pair: (u32, String),
    id: ItemId,
    marks: Marks,
}

/// The input files; none where there are too many bytes, or where a stream cannot be read again.
fn texts(paths: &[String]) -> Option<Vec<(String, Vec<u8>)>> {
    let inputs: Vec<Input> = paths.iter().map(|text| Input::from(text.as_str())).collect();
    if inputs.iter().any(|input| matches!(input, Input::Stdin)) {
        return None;
    }
    let (mut files, mut size) = (Vec::new(), 0);
    let walked = walk(&inputs, &ArchiveLimits::default(), &mut |event| {
        if let Event::Entry { path, bytes } = event {
            size += bytes.len();
            files.push((path, bytes));
        }
        if size > BYTES_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (walked.is_ok() && size <= BYTES_MAX).then_some(files)
}

/// Looks through one file; what was found is wanted no more.
fn look(file: &str, bytes: &[u8], missing: &mut Vec<Wanted>, found: &mut BTreeMap<(u32, String), Excerpt>) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for document in read(bytes, &Limits::default()).flatten() {
        // Of a repeated key the file shows a value that nobody sealed, and nobody looked at.
        if !document.duplicates.is_empty() {
            continue;
        }
        let mut objects: Vec<(Vec<Step>, &Json<'_>)> = vec![(Vec::new(), &document.value)];
        if let Some(items) = document.value.get("items").and_then(Json::as_array) {
            let step = |at| vec![Step::Key("items".into()), Step::Item(at)];
            objects.extend(items.iter().enumerate().map(|(at, item)| (step(at), item)));
        }
        let count = (document.end_line + 1).saturating_sub(document.line);
        let own: Vec<&str> = text.lines().skip(document.line.saturating_sub(1)).take(count).collect();
        let own = own.join("\n");
        for (prefix, object) in objects {
            missing.retain(|wanted| {
                if !is(&wanted.id, object) {
                    return true;
                }
                let lines = place(&own, prefix.clone(), object, &wanted.marks);
                if let Some((line, text)) = lines {
                    let marked = (0..text.lines().count()).collect();
                    let first_line = (document.line + line).saturating_sub(1) as u64;
                    let file = Some(file.to_string());
                    found.insert(wanted.pair.clone(), Excerpt { file, first_line, text, marked });
                }
                false
            });
        }
    }
}

/// True if an object is written for the item.
fn is(id: &ItemId, object: &Json<'_>) -> bool {
    let version = object.text(&["apiVersion"]).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let namespace = object.text(&["metadata", "namespace"]);
    object.text(&["kind"]) == Some(&id.kind)
        && group == id.group
        && object.text(&["metadata", "name"]) == Some(&id.name)
        && namespace.is_none_or(|namespace| namespace == id.namespace)
}

/// The first line of the place that decided, from 1 in the document, and the lines of its block.
fn place(text: &str, prefix: Vec<Step>, object: &Json<'_>, wanted: &Marks) -> Option<(usize, String)> {
    let marks = marks(text.as_bytes(), &Limits::default()).ok()?;
    let pointer = wanted.first(object)?;
    if pointer.starts_with("/metadata") {
        return None;
    }
    let (mut steps, mut at) = (prefix, Some(object));
    for word in pointer.split('/').skip(1) {
        let word = word.replace("~1", "/").replace("~0", "~");
        let (step, below) = match at? {
            Json::Arr(items) => {
                let place: usize = word.parse().ok()?;
                (Step::Item(place), items.get(place))
            }
            other => (Step::Key(word.clone()), other.get(&word)),
        };
        // What is not there is written nowhere: the nearest key above it is.
        if below.is_none() {
            break;
        }
        steps.push(step);
        at = below;
    }
    let (line, _) = marks.key(&steps)?;
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.lines().skip(line - 1);
    let first = lines.next()?;
    let block = lines.take_while(|line| !line.trim().is_empty() && indent(line) > indent(first));
    let block: Vec<&str> = std::iter::once(first).chain(block).take(LINES_MAX).collect();
    let block: Vec<&str> = block.iter().map(|line| line.get(indent(first)..).unwrap_or(line)).collect();
    let shown = block.join("\n");
    (!shown.contains('#')).then_some((line, shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "kind: Pod\nspec:\n  containers:\n    - name: good\n    - name: bad\n      securityContext:\n        privileged: true\n  # the end\n  hostNetwork: true\n";

    fn found(pointer: &str) -> Option<(usize, String)> {
        let document = read(TEXT.as_bytes(), &Limits::default()).next().and_then(Result::ok);
        let value = document.map(|document| document.value).expect("the text is YAML");
        place(TEXT, Vec::new(), &value, &Marks::at(&[pointer]))
    }

    #[test]
    fn the_element_that_failed_is_found_with_its_line() {
        let block = "- name: bad\n  securityContext:\n    privileged: true".to_string();
        assert_eq!(found("/spec/containers/1"), Some((5, block)));
        assert_eq!(found("/spec/hostNetwork"), Some((9, "hostNetwork: true".into())));
    }

    #[test]
    fn for_what_is_missing_the_nearest_key_stands() {
        let (line, text) = found("/spec/containers/0/resources/limits").expect("a place");
        assert_eq!((line, text.as_str()), (4, "- name: good"));
        assert_eq!(found("/spec/containers"), None, "a whole list is no place");
    }
}
