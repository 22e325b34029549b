//! What every reader of foreign bytes must hold: one function for each reader, which panics where it does not.
//!
//! The fuzzers in `fuzz/` call these functions with bytes that they make up, `tests/corpus.rs` with the bytes that the
//! fuzzers have kept in `fuzz/corpus/`. Beyond "no panic" a target says what has to be true of any input: two ways of
//! reading agree, what was written is read again, a bundle that was touched is never found whole.
#![allow(clippy::unwrap_used, reason = "a panic is how a target fails")]

mod archives;
mod bundles;
pub mod expressions;
mod inputs;
mod proofs;
mod rules;
mod texts;

pub use bundles::good_layout;

/// A target: its name, which is also the folder of its corpus, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets, sorted by name.
pub const TARGETS: &[Target] = &[
    ("archive", archives::archive),
    ("bundle", bundles::bundle),
    ("cel", expressions::cel),
    ("envelope", proofs::envelope),
    ("intake", inputs::intake),
    ("json", texts::json),
    ("layout", bundles::layout),
    ("rules", rules::rules),
    ("yaml", texts::yaml),
];

/// The target with this name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    TARGETS.iter().find(|(other, _)| *other == name).map(|(_, run)| *run)
}
