//! The nouns of Nachweis as plain values: ids, instants, seals, controls, assessments.
//!
//! Nothing here decides anything and nothing here does IO. Records that are written to files mirror their
//! format field by field (`spec/`); they serialise through `nachweis_canon::canonical_bytes`.

pub mod assessment;
pub mod catalogue;
pub mod control;
mod evidence;
mod id;
mod instant;
pub mod news;
mod ranges;
pub mod seal;
mod text;
mod verdict;

pub use evidence::{EVIDENCE, EVIDENCE_FOLDER, EvidenceKind};
pub use id::{ItemId, ItemIdError, Source};
pub use instant::{Instant, InstantError};
pub use ranges::Ranges;
pub use text::{Lang, Text};
pub use verdict::{ObligationState, Severity, Verdict};

/// Number of the evaluation semantics that this engine implements (ARCHITECTURE, promise 2).
///
/// It grows whenever the same snapshot, catalogue, overlay and instant could give another verdict.
pub const SEMANTICS: u32 = 1;
