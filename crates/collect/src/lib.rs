//! Brings evidence from outside: the room where IO is allowed.
//!
//! Nothing here judges an object; bytes go to the snapshot room as they are.

pub mod files;
pub mod live;
