//! Live collection against a real API server and etcd. Without `KUBEBUILDER_ASSETS` these tests say that they are
//! skipped; where `CI` is set that is a failure.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "live_server/help.rs"]
mod help;

#[path = "live_server/aggregated.rs"]
mod aggregated;
#[path = "live_server/faults.rs"]
mod faults;
#[path = "live_server/logins.rs"]
mod logins;
#[path = "live_server/rights.rs"]
mod rights;
#[path = "live_server/whole.rs"]
mod whole;
