//! The program itself against a real API server: signals, the deadline, progress, the login of a pod, pseudonyms, and
//! what kubectl dumps of the same cluster. Without `KUBEBUILDER_ASSETS` these tests say that they are skipped; where `CI`
//! is set that is a failure.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

#[path = "live/ends.rs"]
mod ends;
#[path = "live/facts.rs"]
mod facts;
#[path = "live/inputs.rs"]
mod inputs;
#[path = "live/pod.rs"]
mod pod;
#[path = "live/progress.rs"]
mod progress;
#[path = "live/server.rs"]
mod server;
#[path = "live/volume.rs"]
mod volume;
