//! OCI image layouts: content-addressed blobs in a folder, a tar file or memory, and the one manifest that
//! names them (`spec/bundle.md`).
//!
//! Layouts are hostile input. Every byte that is handed out was checked against the size and digest of the
//! descriptor that names it, or the reader ends in a [`Problem`] with a stable code and the blob's name.
//! `index.json` selects a manifest and proves nothing: registries and tools write it anew.
//!
//! # What registries take
//! The manifest is an image manifest (`application/vnd.oci.image.manifest.v1+json`) with an `artifactType`, the
//! *empty* config of the image specification (`{}`, `application/vnd.oci.empty.v1+json`) and layers with media
//! types of our own. skopeo 1.9.3 and docker-registry 2.8.2 of Debian 12 copy this form in both directions, as
//! `oci:`, `oci-archive:` and `docker://`, and leave manifest and blobs byte by byte as they were; the test
//! `registry` holds it. Two things come back changed: `index.json` (only the tag's annotation is left) and the
//! white space of `oci-layout`. `skopeo inspect` refuses artifacts of any kind; `skopeo inspect --raw` works.

mod blobs;
mod cache;
mod folder;
mod growing;
mod layer;
mod layout;
mod manifest;
mod memory;
mod problem;
mod tarball;

pub use blobs::{BlobReader, Blobs, BlobsMut, LayoutFile, Listing, NewBlob};
pub use cache::Cache;
pub use folder::FolderStore;
pub use layer::{LAYER_BYTES_MAX, LEVEL, LINE_BYTES_MAX, LayerReader, LayerWriter, Packer, Unpacker};
pub use layout::{Selected, check, publish, select};
pub use manifest::{DOCUMENT_BYTES_MAX, Descriptor, Index, Manifest};
pub use memory::MemoryStore;
pub use problem::{Code, Problem};
pub use tarball::{TarStore, write_tar};

/// Media types of what a layout holds.
pub mod media {
    /// an image manifest
    pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// an image index
    pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// the config of an artifact that has none: the two bytes `{}`
    pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
    /// artifact type: snapshot, catalogue, overlay, assessment, attestations
    pub const BUNDLE: &str = "application/vnd.nachweis.bundle.v1";
    /// artifact type: a snapshot alone
    pub const SNAPSHOT: &str = "application/vnd.nachweis.snapshot.v1";
    /// the seal of a snapshot
    pub const SEAL: &str = "application/vnd.nachweis.seal.v1+json";
    /// items of a snapshot: one zstd frame of JSON lines in sealed order
    pub const ITEMS: &str = "application/vnd.nachweis.items.v1";
    /// a catalogue release
    pub const CATALOGUE: &str = "application/vnd.nachweis.catalogue.v1+json";
    /// an organisation's overlay
    pub const OVERLAY: &str = "application/vnd.nachweis.overlay.v1+json";
    /// an assessment
    pub const ASSESSMENT: &str = "application/vnd.nachweis.assessment.v1+json";
    /// an attestation: a DSSE envelope
    pub const ATTESTATION: &str = "application/vnd.dsse.envelope.v1+json";
    /// the public key of a signer: SPKI PEM
    pub const SIGNER_KEY: &str = "application/x-pem-file";
}

/// Keys of annotations.
pub mod annotation {
    /// on a descriptor in `index.json`: the tag
    pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
}
