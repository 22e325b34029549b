//! The elements of one large JSON list or map, one at a time.

use std::borrow::Cow;

use nachweis_canon::{Duplicate, Json, Object, ParseError, Stream};

use crate::text::Place;
use crate::unread::{Reason, Unread};
use crate::{Limits, json, text};

/// What holds the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// an object whose member `items` is an array
    List,
    /// an object without apiVersion and kind whose members are all objects
    Map,
    /// an array
    Array,
}

/// A JSON text taken apart into its elements and the rest.
pub struct Wrapped<'a> {
    /// what holds the elements
    pub shape: Shape,
    /// the members of a list except `items`; empty for maps and arrays
    pub wrapper: Object<'a>,
    /// number of elements
    pub len: usize,
    /// the elements in order of the text
    pub items: Items<'a>,
}

/// One element.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    /// its name in a map
    pub key: Option<Cow<'a, str>>,
    /// its value
    pub value: Json<'a>,
    /// its first line in the text, from 1
    pub line: usize,
    /// its last line in the text, from 1
    pub end_line: usize,
    /// keys given more than once, with the line on which their object ends; the last value won
    pub duplicates: Vec<Duplicate>,
}

/// Takes apart a text that is one JSON value of a known [`Shape`]; `None` for every other text: use
/// [`read`](crate::read) for it.
///
/// Only the wrapper is read here, the elements while walking; the limit on bytes holds for each element and for the
/// wrapper. The text is complete: one that ends early gives `None`.
pub fn items<'a>(bytes: &'a [u8], limits: &Limits) -> Option<Result<Wrapped<'a>, Unread>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let start = text::blanks(bytes);
    match bytes.get(start)? {
        b'[' => {
            let outline = outline(text, start)?;
            let items = Items::new(text, start + 1, false, limits);
            Some(Ok(Wrapped { shape: Shape::Array, wrapper: Object::new(), len: outline.len, items }))
        }
        b'{' => {
            let outline = outline(text, start)?;
            match outline.items {
                Some(array) => {
                    let items = Items::new(text, array.start + 1, false, limits);
                    Some(wrapper(text, start, &array, limits).map(|wrapper| Wrapped {
                        shape: Shape::List,
                        wrapper,
                        len: array.len,
                        items,
                    }))
                }
                None if outline.only_objects && outline.len > 0 => {
                    let items = Items::new(text, start + 1, true, limits);
                    Some(Ok(Wrapped { shape: Shape::Map, wrapper: Object::new(), len: outline.len, items }))
                }
                None => None,
            }
        }
        _ => None,
    }
}

/// What stands directly inside of the outermost brackets.
struct Outline {
    /// number of members or elements
    len: usize,
    /// the array of the last member `items`
    items: Option<Array>,
    /// all members are objects and none is called apiVersion or kind
    only_objects: bool,
}

/// An array, by offsets, and how many elements it has.
struct Array {
    start: usize,
    end: usize,
    len: usize,
}

/// Walks the outermost brackets without reading values. `None` if the text is not exactly one balanced value.
fn outline(text: &str, start: usize) -> Option<Outline> {
    let bytes = text.as_bytes();
    let mut outline = Outline { len: 0, items: None, only_objects: true };
    let mut walk = Walk { bytes, at: start + 1 };
    let keyed = bytes[start] == b'{';
    while let Some(step) = walk.enter(keyed)? {
        outline.len += 1;
        let key = &bytes[step.key..step.key_end];
        outline.only_objects &= bytes[step.start] == b'{' && key != b"\"apiVersion\"" && key != b"\"kind\"";
        if !keyed || key != b"\"items\"" {
            walk.skip(&step)?;
            continue;
        }
        outline.items = None;
        if bytes[step.start] == b'[' {
            walk.at += 1;
            let mut len = 0;
            while let Some(inner) = walk.enter(false)? {
                walk.skip(&inner)?;
                len += 1;
            }
            outline.items = Some(Array { start: step.start, end: walk.at, len });
        } else {
            walk.skip(&step)?;
        }
    }
    (walk.at + text::blanks(&bytes[walk.at..]) == bytes.len()).then_some(outline)
}

/// One member or element, by offsets.
struct Step {
    key: usize,
    key_end: usize,
    start: usize,
}

/// Steps over members or elements by brackets and quotes alone.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    fn skip_blanks(&mut self) -> Option<u8> {
        self.at += text::blanks(self.bytes.get(self.at..)?);
        self.bytes.get(self.at).copied()
    }

    /// Goes to the next value; `Some(None)` after the closing bracket; `None` if the text is not built like that.
    fn enter(&mut self, keyed: bool) -> Option<Option<Step>> {
        let mut byte = self.skip_blanks()?;
        if byte == b',' {
            self.at += 1;
            byte = self.skip_blanks()?;
        }
        if byte == if keyed { b'}' } else { b']' } {
            self.at += 1;
            return Some(None);
        }
        let key = self.at;
        let mut key_end = key;
        if keyed {
            if byte != b'"' {
                return None;
            }
            key_end = json::skip_string(self.bytes, key)?;
            self.at = key_end;
            if self.skip_blanks()? != b':' {
                return None;
            }
            self.at += 1;
            self.skip_blanks()?;
        }
        Some(Some(Step { key, key_end, start: self.at }))
    }

    /// Goes behind the value that was entered.
    fn skip(&mut self, step: &Step) -> Option<()> {
        self.at = json::skip_value(self.bytes, step.start).filter(|end| *end > step.start)?;
        Some(())
    }
}

/// The members around `items`, which is this array.
fn wrapper<'a>(text: &'a str, start: usize, array: &Array, limits: &Limits) -> Result<Object<'a>, Unread> {
    let bytes = text.as_bytes();
    let mut walk = Walk { bytes, at: start + 1 };
    let mut members = Vec::new();
    let (mut size, mut place) = (0, Place::START);
    while let Some(Some(step)) = walk.enter(true) {
        if step.start == array.start {
            walk.at = array.end;
            continue;
        }
        if walk.skip(&step).is_none() {
            break;
        }
        if &bytes[step.key..step.key_end] == b"\"items\"" {
            continue;
        }
        place.advance(bytes, step.key);
        size += walk.at - step.key;
        if size > limits.document_bytes {
            return Err(too_large(place, size, limits));
        }
        let one =
            |place: Place| parsed(text, place.at, limits).map_err(|error| json::unread(text, place, &error));
        let (key, value) = (one(place)?.value, one(place.after(bytes, step.start))?.value);
        if let Json::Str(key) = key {
            members.push((key, value));
        }
    }
    Ok(Object::from_members(members, |_| {}))
}

/// A value, its duplicates with lines counted from its start, and its end.
struct Parsed<'a> {
    value: Json<'a>,
    duplicates: Vec<Duplicate>,
    end: usize,
}

fn parsed<'a>(text: &'a str, at: usize, limits: &Limits) -> Result<Parsed<'a>, ParseError> {
    let mut stream = Stream::new(&text[at..], limits.canon());
    Ok(match stream.next_value()? {
        Some(nachweis_canon::Parsed { value, duplicates, .. }) => {
            Parsed { value, duplicates, end: at + stream.offset() }
        }
        None => Parsed { value: Json::Null, duplicates: Vec::new(), end: text.len() },
    })
}

fn too_large(place: Place, size: usize, limits: &Limits) -> Unread {
    let detail = format!("the document has {size} bytes, more than {}", limits.document_bytes);
    Unread { line: place.line, column: place.column, reason: Reason::TooLarge, detail }
}

/// The elements of a list or map, one at a time.
pub struct Items<'a> {
    text: &'a str,
    walk: Walk<'a>,
    keyed: bool,
    limits: Limits,
    /// the last place whose line was counted
    line: (usize, usize),
    /// the last place whose column was counted: only a problem needs one
    place: Place,
}

impl<'a> Items<'a> {
    fn new(text: &'a str, at: usize, keyed: bool, limits: &Limits) -> Self {
        let walk = Walk { bytes: text.as_bytes(), at };
        Items { text, walk, keyed, limits: *limits, line: (0, 1), place: Place::START }
    }

    /// The line of an offset, which is not before the last one that was asked for.
    fn line(&mut self, at: usize) -> usize {
        self.line.1 += text::line_feeds(&self.text.as_bytes()[self.line.0..at]);
        self.line.0 = at;
        self.line.1
    }

    /// The place of an offset; the same holds.
    fn place(&mut self, at: usize) -> Place {
        self.place.advance(self.text.as_bytes(), at);
        self.place
    }

    /// The value that was entered, and what its name, if it has one, reads.
    fn element(&mut self, step: &Step) -> Result<Element<'a>, Unread> {
        let most = self.limits.document_bytes;
        if self.text.len() - step.start > most {
            let end = json::skip_value(self.text.as_bytes(), step.start).unwrap_or(self.text.len());
            if end - step.start > most {
                return Err(too_large(self.place(step.start), end - step.start, &self.limits));
            }
        }
        let key = match self.keyed {
            true => match self.one(step.key)?.value {
                Json::Str(name) => Some(name),
                _ => None,
            },
            false => None,
        };
        let line = self.line(step.start);
        let Parsed { value, mut duplicates, end } = self.one(step.start)?;
        if !json::ends_value(self.text.as_bytes(), step.start, end) {
            let Place { line, column, .. } = self.place(end);
            let detail = "expected `,` after the value".into();
            return Err(Unread { line, column, reason: Reason::JsonSyntax, detail });
        }
        duplicates.iter_mut().for_each(|duplicate| duplicate.line += line - 1);
        self.walk.at = end;
        let end_line = self.line(end);
        Ok(Element { key, value, line, end_line, duplicates })
    }

    fn one(&mut self, at: usize) -> Result<Parsed<'a>, Unread> {
        let text = self.text;
        parsed(text, at, &self.limits).map_err(|error| json::unread(text, self.place(at), &error))
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Element<'a>, Unread>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.walk.enter(self.keyed)??;
        let element = self.element(&step);
        // What cannot be read is passed over by its brackets; where that is impossible too, it is the last one.
        if element.is_err() && self.walk.skip(&step).is_none() {
            self.walk.at = self.text.len();
        }
        Some(element)
    }
}
