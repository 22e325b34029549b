//! Where the keys and values of a document stand in its text, for messages to the person who wrote it.
//!
//! This walk knows nothing of types: it follows the tokens, and a document that [`crate::read`] refuses may get
//! marks all the same. It costs more than reading and is meant for small files.

use std::borrow::Cow;

use crate::compose::Fail;
use crate::scanner::{Kind, Scanner, Style};
use crate::text::{self, Place};
use crate::unread::{Reason, Unread};
use crate::{Limits, detect};

/// One step from a value to a value inside of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// the member of a mapping
    Key(String),
    /// the element of a list, from 0
    Item(usize),
}

/// Line and column in characters, both from 1.
pub type Position = (usize, usize);

/// The places of one document.
pub struct Marks<'a> {
    text: Cow<'a, str>,
    root: Mark,
}

struct Mark {
    /// byte offset of the first character
    at: usize,
    inner: Inner,
}

enum Inner {
    Other,
    Scalar(Style, String),
    List(Vec<Mark>),
    Map(Vec<Member>),
}

struct Member {
    key: String,
    at: usize,
    value: Mark,
}

/// Marks of the first document of a text.
///
/// # Errors
/// If its tokens are none of YAML.
pub fn marks<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Marks<'a>, Unread> {
    let text = text::decode(bytes);
    if text.len() > limits.document_bytes {
        let detail = format!("the text has {} bytes, more than {}", text.len(), limits.document_bytes);
        return Err(Unread { line: 1, column: 1, reason: Reason::TooLarge, detail });
    }
    let root = match detect::forbidden_character(&text) {
        Some((offset, code)) => {
            let detail = format!("the character U+{code:04X} is not allowed");
            Err(Fail { offset, reason: Reason::YamlSyntax, detail })
        }
        None => Walk { scanner: Scanner::new(&text, limits.depth), depth: limits.depth }.document(),
    };
    match root {
        Ok(root) => Ok(Marks { text, root }),
        Err(fail) => {
            let place = Place::START.after(text.as_bytes(), fail.offset);
            Err(Unread { line: place.line, column: place.column, reason: fail.reason, detail: fail.detail })
        }
    }
}

struct Walk<'a> {
    scanner: Scanner<'a>,
    /// levels that may still be opened
    depth: usize,
}

impl Walk<'_> {
    fn document(&mut self) -> Result<Mark, Fail> {
        while matches!(self.scanner.peek()?, Kind::Version { .. } | Kind::TagDirective | Kind::DocumentStart)
        {
            self.scanner.take()?;
        }
        self.node()
    }

    fn node(&mut self) -> Result<Mark, Fail> {
        while matches!(self.scanner.peek()?, Kind::Anchor | Kind::Tag) {
            self.scanner.take()?;
        }
        let at = self.scanner.peek_at()?;
        let kind = self.scanner.peek()?;
        let inner = match kind {
            Kind::Scalar(style) => Inner::Scalar(style, self.scanner.take()?.value.into_owned()),
            Kind::Alias => {
                self.scanner.take()?;
                Inner::Other
            }
            Kind::BlockEntry | Kind::BlockSequenceStart | Kind::FlowSequenceStart => {
                self.nested(Self::list)?
            }
            Kind::BlockMappingStart | Kind::FlowMappingStart => self.nested(Self::map)?,
            _ => Inner::Other,
        };
        Ok(Mark { at, inner })
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result<Inner, Fail>) -> Result<Inner, Fail> {
        let Some(left) = self.depth.checked_sub(1) else {
            let (offset, detail) = (self.scanner.peek_at()?, "too many levels of nesting".to_string());
            return Err(Fail { offset, reason: Reason::TooDeep, detail });
        };
        self.depth = left;
        let inner = read(self)?;
        self.depth += 1;
        Ok(inner)
    }

    /// Elements up to the end of the list. A list that is not indented has no token at its start and end.
    fn list(&mut self) -> Result<Inner, Fail> {
        let bare = self.scanner.peek()? == Kind::BlockEntry;
        if !bare {
            self.scanner.take()?;
        }
        let mut items = Vec::new();
        loop {
            match self.scanner.peek()? {
                Kind::BlockEntry => {
                    self.scanner.take()?;
                    let empty = matches!(self.scanner.peek()?, Kind::BlockEntry | Kind::BlockEnd | Kind::Key);
                    items.push(if empty { self.nothing()? } else { self.node()? });
                }
                _ if bare => return Ok(Inner::List(items)),
                Kind::BlockEnd | Kind::FlowSequenceEnd => {
                    self.scanner.take()?;
                    return Ok(Inner::List(items));
                }
                Kind::FlowEntry | Kind::Key | Kind::Value => drop(self.scanner.take()?),
                Kind::StreamEnd | Kind::DocumentEnd | Kind::DocumentStart => return Ok(Inner::List(items)),
                _ => items.push(self.some_node()?),
            }
        }
    }

    fn map(&mut self) -> Result<Inner, Fail> {
        self.scanner.take()?;
        let mut members: Vec<Member> = Vec::new();
        loop {
            match self.scanner.peek()? {
                Kind::Key => {
                    self.scanner.take()?;
                    let key = self.node()?;
                    let value = match self.scanner.peek()? {
                        Kind::Value => {
                            self.scanner.take()?;
                            let empty = matches!(
                                self.scanner.peek()?,
                                Kind::Key
                                    | Kind::Value
                                    | Kind::BlockEnd
                                    | Kind::FlowEntry
                                    | Kind::FlowMappingEnd
                            );
                            if empty { self.nothing()? } else { self.node()? }
                        }
                        _ => self.nothing()?,
                    };
                    if let Inner::Scalar(_, name) = key.inner {
                        members.push(Member { key: name, at: key.at, value });
                    }
                }
                Kind::BlockEnd | Kind::FlowMappingEnd => {
                    self.scanner.take()?;
                    return Ok(Inner::Map(members));
                }
                Kind::FlowEntry | Kind::Value => drop(self.scanner.take()?),
                Kind::StreamEnd | Kind::DocumentEnd | Kind::DocumentStart => return Ok(Inner::Map(members)),
                _ => drop(self.some_node()?),
            }
        }
    }

    /// A node where the grammar has none; takes at least one token.
    fn some_node(&mut self) -> Result<Mark, Fail> {
        let before = self.scanner.peek_at()?;
        let mark = self.node()?;
        if matches!(mark.inner, Inner::Other) && self.scanner.peek_at()? == before {
            self.scanner.take()?;
        }
        Ok(mark)
    }

    fn nothing(&mut self) -> Result<Mark, Fail> {
        Ok(Mark { at: self.scanner.peek_at()?, inner: Inner::Other })
    }
}

impl Marks<'_> {
    fn position(&self, offset: usize) -> Position {
        let place = Place::START.after(self.text.as_bytes(), offset);
        (place.line, place.column)
    }

    fn member<'m>(mark: &'m Mark, key: &str) -> Option<&'m Member> {
        match &mark.inner {
            // The last one wins, as it does for the value.
            Inner::Map(members) => members.iter().rev().find(|member| member.key == key),
            _ => None,
        }
    }

    fn find(&self, path: &[Step]) -> Option<&Mark> {
        path.iter().try_fold(&self.root, |mark, step| match (step, &mark.inner) {
            (Step::Key(key), _) => Self::member(mark, key).map(|member| &member.value),
            (Step::Item(at), Inner::List(items)) => items.get(*at),
            _ => None,
        })
    }

    /// Where a value starts; of a scalar its first character, quote or `|`.
    pub fn value(&self, path: &[Step]) -> Option<Position> {
        self.find(path).map(|mark| self.position(mark.at))
    }

    /// Where the key of a value starts, or the value where it is an element of a list.
    pub fn key(&self, path: &[Step]) -> Option<Position> {
        let (last, before) = path.split_last()?;
        match last {
            Step::Item(_) => self.value(path),
            Step::Key(key) => Some(self.position(Self::member(self.find(before)?, key)?.at)),
        }
    }

    /// Every key that a mapping gives again, with its place.
    pub fn repeated(&self) -> Vec<(String, Position)> {
        let mut found = Vec::new();
        let mut todo = vec![&self.root];
        while let Some(mark) = todo.pop() {
            match &mark.inner {
                Inner::List(items) => todo.extend(items),
                Inner::Map(members) => {
                    let mut seen = std::collections::BTreeSet::new();
                    for member in members {
                        if !seen.insert(member.key.as_str()) && member.key != "<<" {
                            found.push((member.key.clone(), self.position(member.at)));
                        }
                        todo.push(&member.value);
                    }
                }
                _ => {}
            }
        }
        found.sort_by_key(|(_, position)| *position);
        found
    }

    /// Where byte `offset` of a scalar's text stands: in a plain, quoted or block scalar, escapes and folded lines
    /// counted. The offset behind the last byte is the place behind the last character.
    pub fn inside(&self, path: &[Step], offset: usize) -> Option<Position> {
        let mark = self.find(path)?;
        let Inner::Scalar(style, value) = &mark.inner else { return None };
        let raw = &self.text[mark.at..];
        let (start, quote) = match style {
            Style::Plain => (0, None),
            Style::Quoted => (1, raw.chars().next()),
            Style::Block => (raw.find('\n').map_or(raw.len(), |at| at + 1), None),
        };
        let end = value.trim_end().len();
        let (wanted, behind) = if offset < end { (offset, 0) } else { (last_character(&value[..end]), 1) };
        let found = mark.at + start + align(&raw[start..], quote, value, wanted);
        let behind = if value.is_empty() { 0 } else { behind };
        let (line, column) = self.position(found);
        Some((line, column + behind))
    }

    /// A line of the text, from 1, without its line feed.
    pub fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number.saturating_sub(1)).unwrap_or_default()
    }
}

/// Offset of the last character.
fn last_character(text: &str) -> usize {
    text.char_indices().next_back().map_or(0, |(at, _)| at)
}

/// Offset in `raw`, the inside of a scalar as it is written, of byte `wanted` of its value. Both are walked side by
/// side: characters stand for themselves, escapes for one, and a run of blanks with a line break for the blanks that
/// are left of it.
fn align(raw: &str, quote: Option<char>, value: &str, wanted: usize) -> usize {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    let (mut at, mut done) = (0, 0);
    // Indentation of the first line.
    at += raw[at..].len() - raw[at..].trim_start_matches(blank).len();
    done += value.len() - value.trim_start_matches(blank).len();
    while done < wanted {
        let rest = &raw[at..];
        let Some(c) = rest.chars().next() else { return at };
        let run = rest.len() - rest.trim_start_matches(blank).len();
        if rest[..run].contains(['\n', '\r']) {
            at += run;
            let left = &value[done..];
            done += left.len() - left.trim_start_matches(blank).len();
            if done > wanted {
                return at;
            }
            continue;
        }
        let length = match (quote, c) {
            (Some('\''), '\'') => 2,
            (Some('"'), '\\') => match escaped(rest) {
                // An escaped line break stands for nothing.
                0 => {
                    at += 1;
                    at += raw[at..].len() - raw[at..].trim_start_matches(blank).len();
                    continue;
                }
                length => length,
            },
            _ => c.len_utf8(),
        };
        at += length.min(rest.len());
        done += value[done..].chars().next().map_or(1, char::len_utf8);
    }
    // An escaped line break, or a fold, before the character that is wanted.
    if quote == Some('"') && raw[at..].starts_with('\\') && escaped(&raw[at..]) == 0 {
        at += 1;
    }
    let rest = &raw[at..];
    let run = rest.len() - rest.trim_start_matches(blank).len();
    let gap = rest[..run].contains(['\n', '\r']) && !value[done..].starts_with(blank);
    at + if gap { run } else { 0 }
}

/// Bytes of the escape at the start of `text`; 0 for an escaped line break.
fn escaped(text: &str) -> usize {
    match text.chars().nth(1) {
        Some('\n' | '\r') => 0,
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        Some(c) => 1 + c.len_utf8(),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<Step> {
        let steps = text.split('.').filter(|part| !part.is_empty());
        steps.map(|part| part.parse().map_or_else(|_| Step::Key(part.into()), Step::Item)).collect()
    }

    const TEXT: &str = "# a comment\na: {b: [1, two, \"th\\tree x\"], 'c': &n ~}\nlist:\n- x: 'it''s here'\n  t: |2-\n      in  ö\n\n     d\n- >\n  folded\n  text q\n\n  end\nplain: one\n  two three\nd: \"a \\\n   b \\u00e9z\"\n";

    #[test]
    fn keys_and_values_have_places() {
        let marks = marks(TEXT.as_bytes(), &Limits::default()).unwrap();
        for (at, key, value) in [
            ("a", (2, 1), (2, 4)),
            ("a.b", (2, 5), (2, 8)),
            ("a.b.1", (2, 12), (2, 12)),
            ("a.c", (2, 31), (2, 39)),
            ("list", (3, 1), (4, 1)),
            ("list.0", (4, 3), (4, 3)),
            ("list.0.t", (5, 3), (5, 6)),
            ("list.1", (9, 3), (9, 3)),
            ("plain", (14, 1), (14, 8)),
        ] {
            assert_eq!((marks.key(&path(at)), marks.value(&path(at))), (Some(key), Some(value)), "{at}");
        }
        assert_eq!(marks.value(&path("a.z")), None);
        assert_eq!(marks.value(&path("list.7")), None);
        assert_eq!(marks.line(4), "- x: 'it''s here'");
    }

    /// Every character of every scalar is found where it is written.
    #[test]
    fn characters_inside_scalars_have_places() {
        let marks = marks(TEXT.as_bytes(), &Limits::default()).unwrap();
        let value = crate::read(TEXT.as_bytes(), &Limits::default()).next().unwrap().unwrap().value;
        for (at, needle, place) in [
            ("a.b.2", "x", (2, 26)),
            ("list.0.x", "here", (4, 13)),
            ("list.0.t", "ö", (6, 11)),
            ("list.0.t", "d", (8, 6)),
            ("list.1", "text", (11, 3)),
            ("list.1", "q", (11, 8)),
            ("list.1", "end", (13, 3)),
            ("plain", "two", (15, 3)),
            ("plain", "three", (15, 7)),
            ("d", "b", (17, 4)),
            ("d", "z", (17, 12)),
        ] {
            let text = path(at).iter().fold(&value, |value, step| match step {
                Step::Key(key) => value.get(key).unwrap(),
                Step::Item(at) => &value.as_array().unwrap()[*at],
            });
            let offset = text.as_str().unwrap().find(needle).unwrap();
            assert_eq!(marks.inside(&path(at), offset), Some(place), "{at} {needle}");
        }
        assert_eq!(marks.inside(&path("plain"), 99), Some((15, 12)));
        assert_eq!(marks.inside(&path("a"), 0), None);
    }

    #[test]
    fn repeated_keys_are_found_everywhere() {
        let text = b"a: 1\nb: {c: 1, c: 2}\na: 2\n";
        let marks = marks(text, &Limits::default()).unwrap();
        assert_eq!(marks.repeated(), [("c".to_string(), (2, 11)), ("a".to_string(), (3, 1))]);
    }

    #[test]
    fn hostile_texts_end() {
        for text in [
            "[", "{", "[[[[", "- - - -", "? ? ?", "{a: {b", "[a: [b", "- a\nb", "a: b: c", "*x", "&a", "!t",
            "}", "]", "%TAG", "\u{0}",
        ] {
            let _ = marks(text.as_bytes(), &Limits::default());
        }
        assert!(marks("[".repeat(100_000).as_bytes(), &Limits::default()).is_err());
        assert!(marks("- ".repeat(100_000).as_bytes(), &Limits::default()).is_err());
    }
}
