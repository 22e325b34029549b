//! The elements of one large JSON list or map, one at a time.

use std::borrow::Cow;

use nachweis_canon::{Duplicate, Json, Object, Stream};

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
                Some((at, len)) => {
                    let items = Items::new(text, at + 1, false, limits);
                    Some(wrapper(text, start, at, limits).map(|wrapper| Wrapped {
                        shape: Shape::List,
                        wrapper,
                        len,
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
    /// where the array of the last member `items` starts, and how many elements it has
    items: Option<(usize, usize)>,
    /// all members are objects and none is called apiVersion or kind
    only_objects: bool,
}

/// Walks the outermost brackets without reading values. `None` if the text is not exactly one balanced value.
fn outline(text: &str, start: usize) -> Option<Outline> {
    let bytes = text.as_bytes();
    let mut outline = Outline { len: 0, items: None, only_objects: true };
    let mut walk = Walk { bytes, at: start + 1 };
    let keyed = bytes[start] == b'{';
    while let Some(step) = walk.next(keyed)? {
        outline.len += 1;
        if !keyed {
            continue;
        }
        let key = &bytes[step.key..step.key_end];
        outline.only_objects &= bytes[step.start] == b'{' && key != b"\"apiVersion\"" && key != b"\"kind\"";
        if key == b"\"items\"" {
            outline.items = None;
            if bytes[step.start] == b'[' {
                let mut inner = Walk { bytes, at: step.start + 1 };
                let mut len = 0;
                while inner.next(false)?.is_some() {
                    len += 1;
                }
                outline.items = Some((step.start, len));
            }
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

    /// The next step; `Some(None)` after the closing bracket; `None` if the text is not built like that.
    fn next(&mut self, keyed: bool) -> Option<Option<Step>> {
        let mut byte = self.skip_blanks()?;
        if byte == b',' {
            self.at += 1;
            byte = self.skip_blanks()?;
        }
        if matches!(byte, b'}' | b']') {
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
        let start = self.at;
        let end = json::skip_value(self.bytes, start)?;
        if end == start {
            return None;
        }
        self.at = end;
        Some(Some(Step { key, key_end, start }))
    }
}

/// The members around `items`, whose array starts at `array`.
fn wrapper<'a>(text: &'a str, start: usize, array: usize, limits: &Limits) -> Result<Object<'a>, Unread> {
    let bytes = text.as_bytes();
    let mut walk = Walk { bytes, at: start + 1 };
    let mut members = Vec::new();
    let (mut size, mut place) = (0, Place::START);
    while let Some(Some(step)) = walk.next(true) {
        if step.start == array || &bytes[step.key..step.key_end] == b"\"items\"" {
            continue;
        }
        place.advance(bytes, step.key);
        size += walk.at - step.key;
        if size > limits.document_bytes {
            return Err(too_large(place, size, limits));
        }
        let (key, ..) = one(text, place, limits)?;
        let (value, ..) = one(text, place.after(bytes, step.start), limits)?;
        if let Json::Str(key) = key {
            members.push((key, value));
        }
    }
    Ok(Object::from_members(members, |_| {}))
}

/// The value at a place, its duplicates with lines counted from there, and its end.
fn one<'a>(
    text: &'a str,
    place: Place,
    limits: &Limits,
) -> Result<(Json<'a>, Vec<Duplicate>, usize), Unread> {
    let mut stream = Stream::new(&text[place.at..], limits.canon());
    match stream.next_value() {
        Ok(Some(parsed)) => Ok((parsed.value, parsed.duplicates, place.at + stream.offset())),
        Ok(None) => Ok((Json::Null, Vec::new(), text.len())),
        Err(error) => Err(json::unread(text, place, &error)),
    }
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
    /// where the walk stands
    place: Place,
}

impl<'a> Items<'a> {
    fn new(text: &'a str, at: usize, keyed: bool, limits: &Limits) -> Self {
        let walk = Walk { bytes: text.as_bytes(), at };
        Items { text, walk, keyed, limits: *limits, place: Place::START }
    }

    fn element(&mut self, step: &Step, end: usize) -> Result<Element<'a>, Unread> {
        let bytes = self.text.as_bytes();
        let key = self.place.after(bytes, step.key);
        let start = key.after(bytes, step.start);
        self.place = start.after(bytes, end);
        if end - start.at > self.limits.document_bytes {
            return Err(too_large(start, end - start.at, &self.limits));
        }
        let name = match self.keyed {
            true => one(self.text, key, &self.limits)?.0,
            false => Json::Null,
        };
        let (value, mut duplicates, read) = one(self.text, start, &self.limits)?;
        if read != end {
            let Place { line, column, .. } = start.after(bytes, read);
            let detail = "expected `,` after the value".into();
            return Err(Unread { line, column, reason: Reason::JsonSyntax, detail });
        }
        duplicates.iter_mut().for_each(|duplicate| duplicate.line += start.line - 1);
        let key = if let Json::Str(name) = name { Some(name) } else { None };
        Ok(Element { key, value, line: start.line, end_line: self.place.line, duplicates })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Element<'a>, Unread>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.walk.next(self.keyed)??;
        let end = self.walk.at;
        Some(self.element(&step, end))
    }
}
