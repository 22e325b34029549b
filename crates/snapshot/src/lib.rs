//! Seals, normalises, redacts and opens snapshots of a cluster (`spec/snapshot.md`).
//!
//! [`Ingest`] takes in the files of an input and seals them into the blobs of an OCI layout; [`Snapshot`] opens
//! them again; [`coverage`] says of which resources absence means absence. Nothing here reads a clock, the
//! environment or a file: bytes come in, bytes go out through the storage that the caller gives.

mod certificates;
mod check;
mod collections;
pub mod coverage;
mod forms;
mod gitops;
mod head;
mod ingest;
mod intake;
mod layers;
mod layout;
mod lines;
mod live;
mod lookup;
pub mod normalise;
mod open;
mod pack;
mod path;
mod proof;
mod pseudonyms;
mod resolve;
mod resources;
mod rules;
mod seal;
mod spool;
mod withhold;

pub use head::reason;
pub use ingest::{Ingest, Settings};
pub use layout::INDEX_FORMAT;
pub use live::{Listed, Listing, LiveHead};
pub use normalise::to_json as normalisation_json;
pub use open::{Item, OpenError, Problem, ReadError, Snapshot};
pub use proof::Proof;
pub use pseudonyms::{FORMAT as PSEUDONYMS, KEY_BYTES_MIN, Pseudonyms, ShortKey, pseudonyms_in};
pub use resources::{KindScope, NameError, Resource, Resources, Tier};
pub use seal::{SealError, Sealed};
pub use spool::{FileSpool, Spool};
pub use withhold::{FORMAT as REDACTION, WITHHELD, looks_secret, to_json as redaction_json};
