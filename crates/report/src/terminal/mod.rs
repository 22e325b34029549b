//! The first screen of `assess`, and that of `snapshot`.

mod assess;
mod screen;
mod snapshot;

pub use assess::terminal;
pub use snapshot::snapshot_terminal;
