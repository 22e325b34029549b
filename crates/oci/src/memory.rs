use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nachweis_canon::Digest;

use crate::blobs::{Blobs, BlobsMut, LayoutFile, Listing, NewBlob, file_missing, file_too_big, missing};
use crate::problem::Problem;

#[derive(Clone, Default)]
struct Contents {
    blobs: BTreeMap<Digest, Arc<[u8]>>,
    files: BTreeMap<&'static str, Vec<u8>>,
}

/// A layout in memory.
#[derive(Default)]
pub struct MemoryStore(Mutex<Contents>);

impl MemoryStore {
    /// An empty layout.
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        // Every change is one insertion: a panic elsewhere cannot leave half of one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs for MemoryStore {
    fn open(&self, digest: &Digest) -> Result<(u64, Box<dyn Read + Send + '_>), Problem> {
        let bytes = self.contents().blobs.get(digest).cloned().ok_or_else(|| missing(digest))?;
        Ok((bytes.len() as u64, Box::new(Cursor::new(bytes))))
    }

    fn file(&self, file: LayoutFile) -> Result<Vec<u8>, Problem> {
        match self.contents().files.get(file.name()) {
            Some(bytes) if bytes.len() > crate::DOCUMENT_BYTES_MAX => Err(file_too_big(file)),
            Some(bytes) => Ok(bytes.clone()),
            None => Err(file_missing(file)),
        }
    }

    fn list(&self) -> Result<Listing, Problem> {
        let blobs =
            self.contents().blobs.iter().map(|(digest, bytes)| (*digest, bytes.len() as u64)).collect();
        Ok(Listing { blobs, strays: Vec::new() })
    }
}

impl BlobsMut for MemoryStore {
    fn create(&self) -> Result<Box<dyn NewBlob + '_>, Problem> {
        Ok(Box::new(NewMemoryBlob { store: self, bytes: Vec::new() }))
    }

    fn put_file(&self, file: LayoutFile, bytes: &[u8]) -> Result<(), Problem> {
        self.contents().files.insert(file.name(), bytes.to_vec());
        Ok(())
    }
}

struct NewMemoryBlob<'a> {
    store: &'a MemoryStore,
    bytes: Vec<u8>,
}

impl Write for NewMemoryBlob<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NewBlob for NewMemoryBlob<'_> {
    fn finish(self: Box<Self>) -> Result<(Digest, u64), Problem> {
        let digest = Digest::of(&self.bytes);
        let size = self.bytes.len() as u64;
        self.store.contents().blobs.insert(digest, self.bytes.into());
        Ok((digest, size))
    }
}
