//! Reads YAML and JSON texts as kubectl 1.36 reads them.
//!
//! [`read`] walks the documents of a text; every document is either a value or an [`Unread`] with position and
//! reason, and a bad document does not hide the next one. [`items`] walks the elements of one large JSON list or
//! map without holding more than one of them.
//!
//! The YAML side follows go-yaml v2, which kubectl uses, with its YAML 1.1 scalars (`yes`, `0644`), merge keys and
//! limits of its own; `tests/conformance.rs` compares it with recorded decodings. Nothing here does IO.

mod compose;
mod detect;
mod items;
mod json;
mod marks;
mod reader;
mod resolve;
mod scanner;
mod text;
mod unread;

pub use items::{Element, Items, Shape, Wrapped, items};
pub use marks::{Marks, Position, Step, marks};
pub use reader::{Reader, read};
pub use unread::{Reason, Unread};

use nachweis_canon::{Duplicate, Json};

/// How much a text may ask of the reader.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// bytes of one document
    pub document_bytes: usize,
    /// arrays and objects that may stand inside each other
    pub depth: usize,
    /// nodes that the aliases of one document may stand for
    pub alias_nodes: usize,
}

impl Default for Limits {
    /// 64 MiB, 256 levels, 100,000 nodes.
    fn default() -> Self {
        Limits { document_bytes: 64 << 20, depth: 256, alias_nodes: 100_000 }
    }
}

impl Limits {
    /// The limits of the JSON reader; the size of a document is checked here, not there.
    fn canon(&self) -> nachweis_canon::Limits {
        nachweis_canon::Limits { depth: self.depth, bytes: usize::MAX }
    }
}

/// One document of a text.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    /// the value; never null, since kubectl skips empty documents
    pub value: Json<'a>,
    /// its first line in the text, from 1
    pub line: usize,
    /// its last line in the text, from 1
    pub end_line: usize,
    /// keys given more than once, the last value won; YAML gives the line of the repeated key, JSON the line on
    /// which the object ends
    pub duplicates: Vec<Duplicate>,
}
