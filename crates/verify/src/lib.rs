//! Recomputes a report offline and says, question by question, what holds (ARCHITECTURE).
//!
//! Five answers: are the bytes intact, do the verdicts come out equal, who signed, is the catalogue a released
//! one, and where does the snapshot say it comes from. What no verification can show is said in words:
//! that nobody dropped objects before sealing.

mod alterations;
mod answers;
pub mod bundle;
mod check;
mod render;
mod statement;

pub use alterations::{Alteration, catalogue_alterations, overlay_alterations};
pub use answers::{Answer, Problem, State, Verification};
pub use check::{Settings, verify};
pub use render::{json, text};
pub use statement::statement;
