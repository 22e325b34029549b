//! Brings evidence from outside: the room where IO is allowed.
//!
//! Nothing here knows what a Kubernetes object is; bytes go to the snapshot room as they are.

pub mod files;
