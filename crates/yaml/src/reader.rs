//! The documents of one text, in order.

use std::borrow::Cow;

use memchr::memmem;
use nachweis_canon::{Json, Stream};

use crate::compose::{self, Fail};
use crate::text::Place;
use crate::unread::{Reason, Unread};
use crate::{Document, Limits, detect, json, text};

/// Reads the documents of a text, YAML or JSON or one after the other, as kubectl takes them apart.
///
/// Empty and null documents are left out. After an `Err` the reader goes on at the next document separator, or
/// ends where there is none.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Reader<'a> {
    let mut reader = Reader {
        text: Cow::Borrowed(""),
        limits: *limits,
        cursor: Cursor {
            place: Place::START,
            mode: Mode::Done,
            json_values: 0,
            json_error: None,
            pending: None,
        },
        refused: None,
    };
    if let Some((reason, detail)) = detect::by_signature(bytes) {
        reader.refused = Some(Unread { line: 1, column: 1, reason, detail: detail.into() });
        return reader;
    }
    reader.text = text::decode(bytes);
    let is_json =
        reader.text.trim_start().starts_with('{') || reader.text.trim_ascii_start().starts_with('[');
    reader.cursor.mode = if is_json { Mode::Json } else { Mode::Yaml };
    reader
}

/// The documents of one text. Made by [`read`].
pub struct Reader<'a> {
    text: Cow<'a, str>,
    limits: Limits,
    cursor: Cursor,
    refused: Option<Unread>,
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Document<'a>, Unread>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(unread) = self.refused.take() {
            return Some(Err(unread));
        }
        match &self.text {
            Cow::Borrowed(text) => self.cursor.next(text, &self.limits),
            Cow::Owned(text) => {
                let found = self.cursor.next(text, &self.limits)?;
                Some(found.map(|document| Document {
                    value: document.value.into_owned(),
                    line: document.line,
                    end_line: document.end_line,
                    duplicates: document.duplicates,
                }))
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Json,
    Yaml,
    Done,
}

/// Where in the text the reader stands.
struct Cursor {
    /// the next unread byte
    place: Place,
    mode: Mode,
    /// JSON values read so far
    json_values: usize,
    /// why the text after `at` is no JSON; told if it is no YAML either
    json_error: Option<Unread>,
    /// what comes after the document given last
    pending: Option<Unread>,
}

type Found<'t> = Option<Result<Document<'t>, Unread>>;

impl Cursor {
    fn next<'t>(&mut self, text: &'t str, limits: &Limits) -> Found<'t> {
        loop {
            if let Some(unread) = self.pending.take() {
                return Some(Err(unread));
            }
            let found = match self.mode {
                Mode::Done => return None,
                Mode::Json => self.json(text, limits),
                Mode::Yaml => self.yaml(text, limits),
            };
            if found.is_some() {
                return found;
            }
        }
    }

    /// One JSON value. `None`: nothing found yet, look at the mode again.
    fn json<'t>(&mut self, text: &'t str, limits: &Limits) -> Found<'t> {
        let before = self.place;
        self.place.advance(text.as_bytes(), before.at + text::blanks(&text.as_bytes()[before.at..]));
        if self.place.at == text.len() {
            self.mode = Mode::Done;
            return None;
        }
        if text.len() - self.place.at > limits.document_bytes {
            let end = json::skip_value(text.as_bytes(), self.place.at).unwrap_or(text.len());
            if end - self.place.at > limits.document_bytes {
                return Some(Err(self.too_large(text, end, limits)));
            }
        }
        let start = self.place;
        let mut stream = Stream::new(&text[start.at..], limits.canon());
        match stream.next_value() {
            Ok(None) => {
                self.mode = Mode::Done;
                None
            }
            // kubectl takes only braces for JSON; a list in brackets may be the first key of a mapping.
            Ok(Some(_)) if self.json_values == 0 && is_part(&text[start.at..], stream.offset()) => {
                self.place = Place::START;
                self.mode = Mode::Yaml;
                None
            }
            Ok(Some(mut parsed)) => {
                self.place.advance(text.as_bytes(), start.at + stream.offset());
                self.json_values += 1;
                parsed.duplicates.iter_mut().for_each(|duplicate| duplicate.line += start.line - 1);
                let body = &text[start.at..self.place.at];
                let document = Document {
                    value: parsed.value,
                    line: start.line,
                    end_line: self.place.line,
                    duplicates: parsed.duplicates,
                };
                judge(document, body)
            }
            Err(error) => {
                let unread = json::unread(text, start, &error);
                self.no_json(text, before, unread)
            }
        }
    }

    /// The text at the cursor, which follows blanks from `before` on, is no JSON value that we take.
    fn no_json<'t>(&mut self, text: &'t str, before: Place, unread: Unread) -> Found<'t> {
        let refused = matches!(unread.reason, Reason::TooDeep | Reason::NumberRange | Reason::LoneSurrogate);
        if refused && let Some(end) = json::skip_value(text.as_bytes(), self.place.at) {
            self.json_values += 1;
            self.place.advance(text.as_bytes(), end);
            return Some(Err(unread));
        }
        // kubectl reads brackets as YAML only.
        if self.json_values == 0 && text[self.place.at..].starts_with('[') {
            self.place = Place::START;
            self.mode = Mode::Yaml;
            return None;
        }
        // kubectl takes a text for YAML after all as long as it gave at most one JSON value.
        if self.json_values <= 1
            && let Some(start) = yaml_start(text, before.at)
        {
            self.place = before.after(text.as_bytes(), start);
            self.mode = Mode::Yaml;
            self.json_error = Some(unread);
            return None;
        }
        let end = memmem::find(&text.as_bytes()[self.place.at..], b"\n---")
            .map_or(text.len(), |at| self.place.at + at + 1);
        self.place.advance(text.as_bytes(), end);
        self.mode = Mode::Yaml;
        Some(Err(unread))
    }

    /// One YAML document. `None`: nothing found yet, look at the mode again.
    fn yaml<'t>(&mut self, text: &'t str, limits: &Limits) -> Found<'t> {
        if self.place.at == text.len() {
            self.mode = Mode::Done;
            return None;
        }
        let json_error = self.json_error.take();
        let start = self.place;
        let chunk = Chunk::next(text, start.at);
        let body = &text[start.at..chunk.end];
        if body.len() > limits.document_bytes {
            let unread = self.too_large(text, chunk.end, limits);
            self.place.advance(text.as_bytes(), chunk.next);
            return Some(Err(unread));
        }
        self.place.advance(text.as_bytes(), chunk.next);
        let place = |offset| start.after(text.as_bytes(), start.at + offset);
        let composed = match chunk.fault {
            Some(offset) => Err(Fail {
                offset: offset - start.at,
                reason: Reason::YamlSyntax,
                detail: "only a comment may follow the separator `---`".into(),
            }),
            None => compose::document(body, limits),
        };
        match composed {
            Ok(composed) => {
                let first = place(composed.start);
                let own = body[..composed.rest.unwrap_or(body.len())].trim_end();
                let last = first.after(text.as_bytes(), start.at + own.len().max(composed.start));
                self.pending = composed.rest.map(|offset| {
                    let detail = "kubectl drops what follows the end of a document: put `---` before it";
                    unread(place(offset), Reason::AfterDocument, detail.into())
                });
                let duplicates = compose::with_lines(composed.duplicates, body.as_bytes(), start.line);
                let (line, end_line) = (first.line, last.line);
                judge(Document { value: composed.value, line, end_line, duplicates }, body)
            }
            Err(fail) if fail.reason != Reason::Binary && detect::looks_like_template(body) => {
                Some(Err(unread(place(fail.offset), Reason::HelmTemplate, detect::TEMPLATE_HINT.into())))
            }
            Err(fail) => {
                // Of two complaints about syntax the one about JSON is the better one for a text in braces.
                let syntax = matches!(fail.reason, Reason::YamlSyntax | Reason::Truncated);
                let json_error = json_error.filter(|_| syntax);
                Some(Err(json_error.unwrap_or_else(|| unread(place(fail.offset), fail.reason, fail.detail))))
            }
        }
    }

    fn too_large(&mut self, text: &str, end: usize, limits: &Limits) -> Unread {
        let detail =
            format!("the document has {} bytes, more than {}", end - self.place.at, limits.document_bytes);
        let unread = unread(self.place, Reason::TooLarge, detail);
        self.place.advance(text.as_bytes(), end);
        unread
    }
}

fn unread(place: Place, reason: Reason, detail: String) -> Unread {
    Unread { line: place.line, column: place.column, reason, detail }
}

/// Leaves out null, refuses what is no statement about a cluster.
fn judge<'t>(document: Document<'t>, body: &str) -> Found<'t> {
    if document.value == Json::Null {
        return None;
    }
    match detect::by_value(&document.value, body) {
        Some((reason, detail)) => Some(Err(Unread { line: document.line, column: 1, reason, detail })),
        None => Some(Ok(document)),
    }
}

/// True if a list at the start of `text` that ends at `end` is part of something longer.
fn is_part(text: &str, end: usize) -> bool {
    let rest = text[end..].trim_ascii_start();
    text.starts_with('[') && !rest.is_empty() && !rest.starts_with(['{', '[']) && !rest.starts_with("---")
}

/// Where kubectl goes on with YAML after JSON failed at `at`: after white space up to the first line feed. It
/// needs four bytes to look at, and no U+FFFD; else it gives up.
fn yaml_start(text: &str, at: usize) -> Option<usize> {
    let mut start = at;
    for c in text[at..].chars() {
        if text.len() - start < 4 {
            return None;
        }
        if c == char::REPLACEMENT_CHARACTER {
            return None;
        }
        if !c.is_whitespace() {
            break;
        }
        start += c.len_utf8();
        if c == '\n' {
            break;
        }
    }
    Some(start)
}

/// A part of a text between two separators.
struct Chunk {
    /// offset of its end
    end: usize,
    /// offset of the next chunk
    next: usize,
    /// offset of a line that starts with `---` and goes on: kubectl refuses what came before it, too
    fault: Option<usize>,
}

impl Chunk {
    /// The chunk that starts at `start`. A separator at its very start belongs to it.
    fn next(text: &str, start: usize) -> Chunk {
        let bytes = text.as_bytes();
        let mut fault = None;
        let mut from = start;
        loop {
            // `from` is the start of a line.
            let separator = if bytes[from..].starts_with(b"---") {
                from
            } else {
                match memmem::find(&bytes[from..], b"\n---") {
                    Some(at) => from + at + 1,
                    None => return Chunk { end: text.len(), next: text.len(), fault },
                }
            };
            let line_end =
                memchr::memchr(b'\n', &bytes[separator..]).map_or(text.len(), |at| separator + at + 1);
            let rest = text[separator + 3..line_end].trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                fault = fault.or(Some(separator));
            } else if separator > start {
                return Chunk { end: separator, next: line_end, fault };
            }
            if line_end == text.len() {
                return Chunk { end: line_end, next: line_end, fault };
            }
            from = line_end;
        }
    }
}
