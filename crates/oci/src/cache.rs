use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nachweis_canon::Digest;

use crate::blobs::{Blobs, BlobsMut, LayoutFile, Listing, NewBlob};
use crate::growing::Growing;
use crate::problem::Problem;

/// Bytes of one blob that are held at most.
const BLOB_MAX: usize = 1 << 20;
/// Bytes of all blobs that are held at most. What is kept after the first walk over a snapshot has the same bound.
const ALL_MAX: usize = 64 << 20;

/// A layout that holds the small blobs written to it in memory, so that reading them back opens no file. They lie in
/// the storage below all the same, and readers check them as any other.
pub struct Cache<'a> {
    below: &'a dyn BlobsMut,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    blobs: BTreeMap<Digest, Arc<[u8]>>,
    bytes: usize,
}

impl<'a> Cache<'a> {
    /// Holds nothing yet.
    pub fn new(below: &'a dyn BlobsMut) -> Self {
        Cache { below, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Every change is one insertion: a panic elsewhere cannot leave half of one.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, digest: Digest, bytes: &[u8]) {
        let mut held = self.held();
        if held.bytes + bytes.len() <= ALL_MAX && held.blobs.insert(digest, bytes.into()).is_none() {
            held.bytes += bytes.len();
        }
    }
}

impl Blobs for Cache<'_> {
    fn open(&self, digest: &Digest) -> Result<(u64, Box<dyn Read + Send + '_>), Problem> {
        match self.held().blobs.get(digest).cloned() {
            Some(bytes) => Ok((bytes.len() as u64, Box::new(Cursor::new(bytes)))),
            None => self.below.open(digest),
        }
    }

    fn size(&self, digest: &Digest) -> Result<u64, Problem> {
        match self.held().blobs.get(digest) {
            Some(bytes) => Ok(bytes.len() as u64),
            None => self.below.size(digest),
        }
    }

    fn file(&self, file: LayoutFile) -> Result<Vec<u8>, Problem> {
        self.below.file(file)
    }

    fn list(&self) -> Result<Listing, Problem> {
        self.below.list()
    }
}

impl BlobsMut for Cache<'_> {
    fn create(&self) -> Result<Box<dyn NewBlob + '_>, Problem> {
        Ok(Box::new(NewCached { cache: self, bytes: Growing::new(BLOB_MAX) }))
    }

    fn put_file(&self, file: LayoutFile, bytes: &[u8]) -> Result<(), Problem> {
        self.below.put_file(file, bytes)
    }
}

struct NewCached<'a> {
    cache: &'a Cache<'a>,
    bytes: Growing<Box<dyn NewBlob + 'a>>,
}

impl Write for NewCached<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let below = self.cache.below;
        self.bytes.write(bytes, || below.create())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.bytes.flush()
    }
}

impl NewBlob for NewCached<'_> {
    fn finish(self: Box<Self>) -> Result<(Digest, u64), Problem> {
        match self.bytes.end() {
            Ok(large) => large.finish(),
            Err(bytes) => {
                let stored = self.cache.below.put("", &bytes)?;
                self.cache.hold(stored.digest, &bytes);
                Ok((stored.digest, stored.size))
            }
        }
    }
}
