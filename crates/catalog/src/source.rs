//! A file as its author wrote it: problems of a field become problems at a line and column.

use nachweis_yaml::{Limits, Marks, Position, Step, marks};

use crate::Fault;

/// A YAML file with the places of its keys and values.
pub struct Source<'a> {
    file: &'a str,
    marks: Marks<'a>,
}

/// A field of a file as text: `reasons[2].when`.
pub fn field(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Item(at) => out.push_str(&format!("[{at}]")),
            Step::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(key);
            }
        }
    }
    out
}

/// The steps of a field; keys of files of ours hold no dot and no bracket.
pub fn steps(field: &str) -> Vec<Step> {
    let mut out = Vec::new();
    for part in field.split('.').filter(|part| !part.is_empty()) {
        let (key, items) = part.split_once('[').map_or((part, ""), |(key, rest)| (key, rest));
        if !key.is_empty() {
            out.push(Step::Key(key.to_string()));
        }
        let numbers = items.split('[').filter_map(|item| item.trim_end_matches(']').parse().ok());
        out.extend(numbers.map(Step::Item));
    }
    out
}

impl<'a> Source<'a> {
    /// Finds the places of a file.
    ///
    /// # Errors
    /// If the text is no YAML.
    pub fn new(file: &'a str, bytes: &'a [u8]) -> Result<Self, Fault> {
        let marks = marks(bytes, &Limits::default());
        let marks = marks.map_err(|unread| {
            Fault::of(file, "file-unreadable", unread.detail).at(unread.line, unread.column)
        })?;
        Ok(Source { file, marks })
    }

    /// A problem of a field. `inside` is a byte offset in the text of the field's value; without one the value is
    /// meant, and where there is none the nearest key above it.
    pub fn fault(
        &self,
        path: &[Step],
        inside: Option<usize>,
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Fault {
        let inner = inside.and_then(|offset| self.marks.inside(path, offset));
        let place = inner.or_else(|| self.place(path));
        self.at(place, code, message.into(), help)
    }

    /// A problem of a key.
    pub(crate) fn key_fault(
        &self,
        path: &[Step],
        code: &'static str,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Fault {
        let place = self.marks.key(path).or_else(|| self.place(path));
        self.at(place, code, message.into(), help)
    }

    /// Keys that are given again.
    pub(crate) fn repeated(&self) -> Vec<Fault> {
        let found = self.marks.repeated().into_iter();
        found
            .map(|(key, place)| {
                let message = format!("the key `{key}` is given twice; the first one has no effect");
                self.at(Some(place), "key-repeated", message, None)
            })
            .collect()
    }

    fn at(
        &self,
        place: Option<Position>,
        code: &'static str,
        message: String,
        help: Option<String>,
    ) -> Fault {
        let (line, column) = place.unwrap_or((1, 1));
        let quote = Some(self.marks.line(line).to_string());
        Fault { help, quote, ..Fault::of(self.file, code, message).at(line, column) }
    }

    fn place(&self, path: &[Step]) -> Option<Position> {
        if self.marks.inside(path, 0).is_some() {
            return self.marks.value(path);
        }
        (1..=path.len()).rev().find_map(|length| self.marks.key(&path[..length]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_they_are_written() {
        for text in ["predicate", "reasons[2].when", "population.exclude[0].text.de", "reads[1].versions[0]"]
        {
            assert_eq!(field(&steps(text)), text);
        }
    }

    #[test]
    fn what_is_not_there_is_placed_at_the_nearest_key_above() {
        let source = Source::new("a.yaml", b"title:\n  en: x\nreads: []\n").unwrap();
        let fault = source.fault(&steps("title.de"), None, "text-missing", "m", None);
        assert_eq!((fault.line, fault.column, fault.quote.as_deref()), (1, 1, Some("title:")));
        let fault = source.fault(&steps("other"), None, "key-missing", "m", None);
        assert_eq!((fault.line, fault.column), (1, 1));
    }
}
