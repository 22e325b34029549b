//! What waits for a reading thread.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use nachweis_model::EvidenceKind;

use crate::live::Listing;

/// Something to read.
pub(super) enum Job {
    File(String, Vec<u8>),
    Evidence(String, &'static EvidenceKind, Vec<u8>),
    Page(Arc<Listing>, u32, Vec<u8>),
}

impl Job {
    fn size(&self) -> usize {
        let (Job::File(_, bytes) | Job::Evidence(_, _, bytes) | Job::Page(_, _, bytes)) = self;
        bytes.len()
    }
}

/// Jobs that go to a worker together: waking one costs as much as reading a small file.
#[derive(Default)]
pub(super) struct Group {
    pub jobs: Vec<Job>,
    bytes: usize,
}

impl Group {
    /// Bytes from which on a group is handed over.
    const BYTES: usize = 64 << 10;
    /// Jobs of a group, at most.
    const JOBS: usize = 64;

    pub fn add(&mut self, job: Job) {
        self.bytes += job.size();
        self.jobs.push(job);
    }

    pub fn is_full(&self) -> bool {
        self.bytes >= Group::BYTES || self.jobs.len() >= Group::JOBS
    }
}

/// The next group that nobody has taken; `None` once there will be no other.
pub(super) fn next(receiver: &Mutex<Receiver<Vec<Job>>>) -> Option<Vec<Job>> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
