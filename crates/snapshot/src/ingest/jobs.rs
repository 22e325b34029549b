//! What waits for a reading thread.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use nachweis_model::EvidenceKind;

use crate::live::Listing;

/// Something to read.
pub(super) enum Job {
    Files(Files),
    /// a large file: its path, its bytes
    File(String, Vec<u8>),
    Evidence(String, &'static EvidenceKind, Vec<u8>),
    Page(Arc<Listing>, u32, Vec<u8>),
}

/// Small files that are read together: waking a thread costs as much as reading one of them. They lie in one piece of
/// memory, which one thread takes and another one frees.
#[derive(Default)]
pub(super) struct Files {
    paths: String,
    bytes: Vec<u8>,
    /// where each path and each file ends
    ends: Vec<(usize, usize)>,
}

impl Files {
    /// Bytes from which on a group is handed over, and a file needs no group.
    pub const BYTES: usize = 128 << 10;
    /// Files of a group, at most.
    const COUNT: usize = 256;

    pub fn add(&mut self, path: &str, bytes: &[u8]) {
        if self.ends.is_empty() {
            self.bytes.reserve(Files::BYTES);
        }
        self.paths.push_str(path);
        self.bytes.extend_from_slice(bytes);
        self.ends.push((self.paths.len(), self.bytes.len()));
    }

    pub fn is_full(&self) -> bool {
        self.bytes.len() >= Files::BYTES || self.ends.len() >= Files::COUNT
    }

    /// Paths and bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let starts = std::iter::once(&(0, 0)).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| (&self.paths[start.0..end.0], &self.bytes[start.1..end.1]))
    }
}

/// The next job that nobody has taken; `None` once there will be no other.
pub(super) fn next(receiver: &Mutex<Receiver<Job>>) -> Option<Job> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
