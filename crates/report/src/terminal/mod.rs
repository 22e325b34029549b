//! The first screen of `assess`, and that of `snapshot`.

mod assess;
mod row;
pub(crate) mod screen;
mod snapshot;
mod unseen;

pub use assess::{terminal, terminal_excerpts};
pub use snapshot::snapshot_terminal;
