use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use nachweis_canon::{Digest, Hasher};

use crate::manifest::Descriptor;
use crate::problem::{Code, Problem};

/// The two files that a layout has beside its blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutFile {
    /// `oci-layout`, which says that this is a layout
    Marker,
    /// `index.json`, which names the manifests
    Index,
}

impl LayoutFile {
    /// Its name in the layout's folder.
    pub fn name(self) -> &'static str {
        match self {
            LayoutFile::Marker => "oci-layout",
            LayoutFile::Index => "index.json",
        }
    }
}

/// What a storage holds.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// every blob by its name, with its size; the bytes may be others than the name says
    pub blobs: BTreeMap<Digest, u64>,
    /// whatever has no place in a layout
    pub strays: Vec<Problem>,
}

/// Storage of a layout that is read. Use [`Blobs::reader`] and [`Blobs::read`], which check what they hand out.
pub trait Blobs: Send + Sync {
    /// Size and bytes of a blob, unchecked.
    fn open(&self, digest: &Digest) -> Result<(u64, Box<dyn Read + Send + '_>), Problem>;

    /// Size of a blob, unchecked.
    fn size(&self, digest: &Digest) -> Result<u64, Problem> {
        Ok(self.open(digest)?.0)
    }

    /// The bytes of `oci-layout` or `index.json`, at most [`crate::DOCUMENT_BYTES_MAX`].
    fn file(&self, file: LayoutFile) -> Result<Vec<u8>, Problem>;

    /// What is there.
    fn list(&self) -> Result<Listing, Problem>;

    /// A reader that checks size and digest while it reads; they hold once it has returned its end.
    fn reader(&self, descriptor: &Descriptor) -> Result<BlobReader<'_>, Problem> {
        let (size, inner) = self.open(&descriptor.digest)?;
        same_size(descriptor, size)?;
        Ok(BlobReader { inner, hasher: Hasher::new(), seen: 0, digest: descriptor.digest, size, ended: None })
    }

    /// The checked bytes of a blob of at most `max` bytes.
    fn read(&self, descriptor: &Descriptor, max: usize) -> Result<Vec<u8>, Problem> {
        if usize::try_from(descriptor.size).is_ok_and(|size| size <= max) {
            // A size that nobody has checked yet reserves no more than this.
            let mut out = Vec::with_capacity(descriptor.size.min(64 << 10) as usize);
            let mut reader = self.reader(descriptor)?;
            reader.read_to_end(&mut out).map_err(|error| Problem::from_io(error, descriptor.digest))?;
            return Ok(out);
        }
        let message = format!("it has {} bytes, {max} are read at most", descriptor.size);
        Err(Problem::new(Code::DocumentTooBig, descriptor.digest, message))
    }
}

/// Storage of a layout that is written.
pub trait BlobsMut: Blobs {
    /// Starts a blob. It is in the storage once [`NewBlob::finish`] has returned, and leaves nothing before.
    fn create(&self) -> Result<Box<dyn NewBlob + '_>, Problem>;

    /// Replaces `oci-layout` or `index.json` at once.
    fn put_file(&self, file: LayoutFile, bytes: &[u8]) -> Result<(), Problem>;

    /// Stores bytes and returns their descriptor.
    fn put(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor, Problem> {
        let mut blob = self.create()?;
        blob.write_all(bytes).map_err(|error| Problem::from_io(error, "new blob"))?;
        let (digest, size) = blob.finish()?;
        Ok(Descriptor::new(media_type, digest, size))
    }
}

/// A blob that is being written.
pub trait NewBlob: Write + Send {
    /// Stores the blob under its digest; returns digest and size.
    fn finish(self: Box<Self>) -> Result<(Digest, u64), Problem>;
}

/// A blob's bytes. Reading ends in an error that carries a [`Problem`] if size or digest differ.
pub struct BlobReader<'a> {
    inner: Box<dyn Read + Send + 'a>,
    hasher: Hasher,
    seen: u64,
    digest: Digest,
    size: u64,
    /// how it ended: the end stays the end, and a failure stays a failure
    ended: Option<Result<(), Problem>>,
}

impl BlobReader<'_> {
    /// Reads what is left and throws it away: the blob is whole if this returns `Ok`.
    pub fn finish(mut self) -> Result<(), Problem> {
        let digest = self.digest;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Problem::from_io(error, digest)),
            }
        }
    }
}

impl BlobReader<'_> {
    fn judge(&mut self) -> Result<(), Problem> {
        if self.seen != self.size {
            return Err(size_mismatch(&self.digest, self.size, self.seen));
        }
        let found = std::mem::take(&mut self.hasher).finish();
        if found != self.digest {
            let message = format!("its bytes have the digest {found}; the blob was changed");
            return Err(Problem::new(Code::BlobDigest, self.digest, message));
        }
        Ok(())
    }
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.ended.is_none() {
            let count = self.inner.read(buffer)?;
            self.seen += count as u64;
            if count > 0 && self.seen <= self.size {
                self.hasher.update(&buffer[..count]);
                return Ok(count);
            }
            self.ended = Some(self.judge());
        }
        match &self.ended {
            Some(Err(problem)) => Err(problem.clone().into()),
            _ => Ok(0),
        }
    }
}

/// A blob has the size that its descriptor says.
pub(crate) fn same_size(descriptor: &Descriptor, found: u64) -> Result<(), Problem> {
    if found == descriptor.size {
        return Ok(());
    }
    Err(size_mismatch(&descriptor.digest, descriptor.size, found))
}

fn size_mismatch(digest: &Digest, want: u64, found: u64) -> Problem {
    Problem::new(Code::BlobSize, digest, format!("its descriptor says {want} bytes, found {found}"))
}

pub(crate) fn missing(digest: &Digest) -> Problem {
    Problem::new(Code::BlobMissing, digest, "the blob is not in the layout")
}

pub(crate) fn file_missing(file: LayoutFile) -> Problem {
    Problem::new(Code::LayoutMissing, file.name(), "the file is not there; this is no OCI image layout")
}

pub(crate) fn file_too_big(file: LayoutFile) -> Problem {
    let message = format!("it has more than {} bytes", crate::DOCUMENT_BYTES_MAX);
    Problem::new(Code::DocumentTooBig, file.name(), message)
}
