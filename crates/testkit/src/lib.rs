//! Help for tests of the whole path: inputs in memory, from entries to verdicts to a verified bundle, a seeded
//! generator, and ways to change a platform object by object. Only tests use this room.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bodies;
pub mod changes;
pub mod cluster;
mod entries;
pub mod fintech;
mod forge;
pub mod multiply;
mod pipeline;
mod platform;
mod random;
pub mod registry;
mod resolved;

pub use bodies::{Bodies, changed, differing, kind};
pub use entries::{Entries, corpus, example, example_overlay};
pub use forge::Forged;
pub use pipeline::{Kept, Options, bundle, catalogue, key, seal, seal_live};
pub use platform::{File, Place, Platform, at, json, set, strings};
pub use random::{Random, seeds};
pub use resolved::{Resolved, Row, resolve};
