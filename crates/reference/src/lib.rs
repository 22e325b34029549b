//! A second evaluator: slow, obvious, and written a second time. Only tests use it.
//!
//! `nachweis-evaluate` and `nachweis-cel` decide; this crate says what they should have decided, from the texts that
//! define it: DESIGN section 4 as `docs/concepts/verdicts.md` publishes it, `spec/control.md`, `spec/assessment.md`,
//! the heads of the data files, and Kubernetes. Everything is a loop over all items in memory; nothing is indexed,
//! cached, compiled or borrowed. Where the two disagree one of them is wrong.
//!
//! # What is shared, and why
//!
//! - `nachweis-canon`: the JSON value and SHA-256. Both evaluators start from the same sealed bytes.
//! - `nachweis-model`: records that mirror file formats (seal, control, catalogue, overlay) and the words of verdicts
//!   and reason codes. They hold no rule of judgement.
//! - `nachweis-snapshot`: the reader of sealed snapshots, and nothing of its `coverage`.
//! - the crates `regex` (RE2's syntax) and `jiff` (the time-zone database): `nachweis-cel` uses them too. Errors of
//!   theirs are not found here; the recorded answers of Kubernetes are the measure for them.
//!
//! # What is not covered
//!
//! The interpreter has no static types and no cost limit: it does not refuse what the type checker refuses. It answers
//! [`cel::Class::NotCovered`] for `format`, `strings.quote`, URLs, named formats, `asApproximateFloat`, hexadecimal
//! doubles, ranges of more than 10,000 elements, classes in regular expressions, `isInteger` and `asInteger` of long
//! quantities, and quantities beyond 1e29. The lists in `tests/` name what is compared and what is not. Packs are not
//! selected here: every control is judged. `missing` and `parameters` of an assessment are lists for people and are
//! not computed a second time.

pub mod assess;
pub mod cel;
pub mod control;
pub mod judge;
pub mod relations;
pub mod world;
