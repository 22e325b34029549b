//! What differs between two assessments, item by item, and why (`nachweis diff`).
//!
//! Two [`Side`]s give a [`Delta`]: findings that are new, fixed or changed with the items that moved, objects that
//! came, went or changed with the paths that changed in them, and collections that are seen otherwise. Every change
//! of a finding is attributed to its cause by evaluating what lies between the sides, in one fixed order ([`Kind`]):
//! each part is the difference of two neighbouring evaluations, so the parts sum to the whole exactly.
//!
//! A pure room: no clock, no environment, no file; blobs come through the storage that the caller gives. Memory is
//! bounded by what changed: both snapshots are read side by side in sealed order, line by line.

mod changes;
mod compare;
mod inputs;
mod join;
mod news;
mod objects;
mod paths;
mod state;
mod steps;

pub use changes::{
    Class, CollectionChange, Delta, End, FORMAT, FindingDelta, InputChange, ItemDelta, ItemStep, Kind,
    KindCount, Neighbours, ObjectChange, Objects, ObligationChange, Part, Presence, Step, Summary,
};
pub use compare::{DeltaError, Side, delta};
pub use join::Source;
pub use news::{Told, news};
pub use objects::Fate;
pub use paths::{PathChange, PathChanges, Shown};
pub use state::State;
