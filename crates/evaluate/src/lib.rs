//! The only place that decides: snapshot, catalogue, overlay and instant give an assessment.
//!
//! INVARIANT (determinism): no clock, network, file, environment, locale, random number, float or map with
//! unstable order stands on this path; the instant is an argument. INVARIANT (absence): what was not seen never
//! makes a verdict better (ARCHITECTURE, promise 3).

mod assess;
mod bind;
mod evidence;
mod exemptions;
mod judge;
mod obligations;
mod outcome;
mod plan;
pub mod relations;
mod selector;
mod tally;
mod trace;
pub mod workload;

pub use assess::{AssessError, Inputs, assess};
pub use bind::{Unbound, bind, unbound};
pub use evidence::{Evidence, Item, ReadError};
pub use outcome::{FailOn, Selection, exit_code};
pub use plan::{PlanError, VARIABLES};
pub use trace::{Asked, Part, Read, trace, traces};
