//! Canonical bytes: `nachweis-json/1`, SHA-256 digests and RFC 6962 Merkle trees.
//!
//! `nachweis-json/1` is RFC 8785 with one published deviation: an integer literal keeps its exact decimal
//! digits, whatever its size (`spec/canonical-json.md`). Nothing in this room does IO.

mod digest;
mod json;
pub mod merkle;
mod number;
mod order;
mod parse;
mod write;

pub use digest::{Digest, DigestError, Hasher};
pub use json::{Json, Object};
pub use order::utf16_cmp;
pub use parse::{Duplicate, Limits, ParseError, Parsed, Stream, parse, parse_bytes};
pub use write::{canonical_bytes, clear_blocks, write, write_str};

/// Name of the byte format, as the seal names it.
pub const FORMAT: &str = "nachweis-json/1";
