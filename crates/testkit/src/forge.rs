//! A layout in memory that takes any change, as a forger's disk does.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use nachweis_canon::Digest;
use nachweis_oci::{
    Blobs, Code, Descriptor, LayoutFile, Listing, Manifest, MemoryStore, Problem, media, select,
};

/// Blobs under names that need not be their digests, and the layout's files.
#[derive(Clone, Default)]
pub struct Forged {
    /// blobs by the name they lie under
    pub blobs: BTreeMap<Digest, Vec<u8>>,
    /// `oci-layout`
    pub marker: Vec<u8>,
    /// `index.json`
    pub index: Vec<u8>,
}

impl Forged {
    /// A copy of a layout.
    pub fn copy(store: &MemoryStore) -> Self {
        let blobs = store.list().unwrap().blobs.into_keys().map(|digest| {
            let mut bytes = Vec::new();
            store.open(&digest).unwrap().1.read_to_end(&mut bytes).unwrap();
            (digest, bytes)
        });
        let file = |file| store.file(file).unwrap();
        Forged { blobs: blobs.collect(), marker: file(LayoutFile::Marker), index: file(LayoutFile::Index) }
    }

    /// Digest of the manifest that is selected.
    pub fn manifest_digest(&self) -> Digest {
        select(self, None).unwrap().descriptor.digest
    }

    /// The manifest that is selected.
    pub fn manifest(&self) -> Manifest {
        select(self, None).unwrap().manifest
    }

    /// The only layer of a media type.
    pub fn layer(&self, media_type: &str) -> Descriptor {
        self.manifest().one(media_type).unwrap().clone()
    }

    /// Stores bytes under their digest.
    pub fn put(&mut self, media_type: &str, bytes: Vec<u8>) -> Descriptor {
        let descriptor = Descriptor::of(media_type, &bytes);
        self.blobs.insert(descriptor.digest, bytes);
        descriptor
    }

    /// Selects other bytes as the manifest.
    pub fn publish(&mut self, manifest: Vec<u8>) {
        let descriptor = self.put(media::MANIFEST, manifest);
        self.index = nachweis_oci::Index { manifests: vec![descriptor] }.to_bytes();
    }

    /// Replaces a blob and lets the manifest name the new one, notes on it kept.
    pub fn replace(&mut self, old: &Digest, bytes: Vec<u8>) {
        let mut manifest = self.manifest();
        for layer in manifest.layers.iter_mut().filter(|layer| layer.digest == *old) {
            let new = self.put(&layer.media_type, bytes.clone());
            (layer.digest, layer.size) = (new.digest, new.size);
        }
        self.publish(manifest.to_bytes());
    }
}

impl Blobs for Forged {
    fn open(&self, digest: &Digest) -> Result<(u64, Box<dyn Read + Send + '_>), Problem> {
        match self.blobs.get(digest) {
            Some(bytes) => Ok((bytes.len() as u64, Box::new(Cursor::new(bytes)))),
            None => Err(Problem::new(Code::BlobMissing, digest, "there is no such blob")),
        }
    }

    fn file(&self, file: LayoutFile) -> Result<Vec<u8>, Problem> {
        Ok(match file {
            LayoutFile::Marker => self.marker.clone(),
            LayoutFile::Index => self.index.clone(),
        })
    }

    fn list(&self) -> Result<Listing, Problem> {
        let blobs = self.blobs.iter().map(|(digest, bytes)| (*digest, bytes.len() as u64)).collect();
        Ok(Listing { blobs, strays: Vec::new() })
    }
}
