//! stub
use crate::Limits;
use crate::text::Place;
use crate::unread::Reason;
use nachweis_canon::{Duplicate, Json};
pub(crate) struct Fail {
    pub offset: usize,
    pub reason: Reason,
    pub detail: String,
}
pub(crate) struct Composed<'a> {
    pub value: Json<'a>,
    pub start: usize,
    pub duplicates: Vec<(usize, String)>,
    pub rest: Option<usize>,
}
pub(crate) fn document<'a>(_text: &'a str, _limits: &Limits) -> Result<Composed<'a>, Fail> {
    Err(Fail { offset: 0, reason: Reason::YamlSyntax, detail: "YAML is not read yet".into() })
}
/// Duplicates with the lines of their offsets; `first` is the line on which `bytes` start.
pub(crate) fn with_lines(mut found: Vec<(usize, String)>, bytes: &[u8], first: usize) -> Vec<Duplicate> {
    found.sort();
    let mut place = Place { line: first, ..Place::START };
    let line = |(offset, key)| {
        place.advance(bytes, offset);
        Duplicate { line: place.line, key }
    };
    found.into_iter().map(line).collect()
}
