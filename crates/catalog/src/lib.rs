//! The mapping: releases embedded in the binary, an organisation's overlay, and the check that everything a
//! control names exists.
//!
//! Bytes come in, values go out; which files they are read from is the caller's business.

mod assemble;
mod fault;
mod freeze;
mod lint;
mod near;
mod opened;
mod overlay;
mod read;
mod release;
mod schemas;
mod source;
mod structure;

pub use assemble::{Files, assemble, control_digest, data};
pub use fault::Fault;
pub use freeze::{Changes, Frozen, freeze};
pub use lint::{Linted, lint};
pub use near::nearest;
pub use overlay::{Names, overlay, overlay_faults};
pub use read::{control, from_yaml};
pub use release::{RELEASES, Release, current, parse, release};
pub use schemas::{KnownKind, Schemas};
pub use source::{Source, field, steps};
