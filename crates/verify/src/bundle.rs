//! A bundle: snapshot, catalogue, overlay, assessment and attestations under one manifest (`spec/bundle.md`).

use nachweis_canon::{Digest, canonical_bytes};
use nachweis_model::assessment::Assessment;
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_oci::{Blobs, BlobsMut, Descriptor, Manifest, Problem, Selected, media, publish};

/// Largest catalogue, overlay, assessment or attestation that is read: 256 MiB.
pub const DOCUMENT_BYTES_MAX: usize = 256 << 20;

/// What a bundle is made of, besides the snapshot's blobs, which lie in the store already.
pub struct Parts<'a> {
    /// descriptors of seal and item layers, in the snapshot's order
    pub snapshot: &'a [Descriptor],
    /// canonical bytes of the catalogue release
    pub catalogue: &'a [u8],
    /// the overlay
    pub overlay: &'a Overlay,
    /// the assessment
    pub assessment: &'a Assessment,
    /// DSSE envelope and public key (SPKI PEM) of its signer
    pub attestation: Option<(&'a [u8], &'a str)>,
}

/// Stores everything and publishes the one manifest.
pub fn compose(store: &dyn BlobsMut, parts: &Parts<'_>) -> Result<Descriptor, Problem> {
    let mut manifest = Manifest::artifact(media::BUNDLE);
    manifest.layers.extend(parts.snapshot.iter().cloned());
    manifest.layers.push(store.put(media::CATALOGUE, parts.catalogue)?);
    manifest.layers.push(store.put(media::OVERLAY, &canonical_bytes(parts.overlay))?);
    manifest.layers.push(store.put(media::ASSESSMENT, &canonical_bytes(parts.assessment))?);
    if let Some((envelope, key)) = parts.attestation {
        manifest.layers.push(store.put(media::ATTESTATION, envelope)?);
        manifest.layers.push(store.put(media::SIGNER_KEY, key.as_bytes())?);
    }
    publish(store, &manifest, Some("bundle"))
}

/// The documents of a bundle as they were read; nothing is verified but that the bytes have their digests.
pub struct Documents {
    /// canonical bytes of the catalogue
    pub catalogue_bytes: Vec<u8>,
    /// the catalogue
    pub catalogue: Catalogue,
    /// the overlay
    pub overlay: Overlay,
    /// bytes of the overlay
    pub overlay_bytes: Vec<u8>,
    /// the assessment
    pub assessment: Assessment,
    /// bytes of the assessment
    pub assessment_bytes: Vec<u8>,
    /// DSSE envelopes
    pub envelopes: Vec<Vec<u8>>,
    /// public keys that came along
    pub keys: Vec<String>,
}

/// A blob of a bundle that cannot be read for what it should be.
#[derive(Debug)]
pub struct Unreadable {
    /// digest or name of the blob
    pub place: String,
    /// why
    pub message: String,
}

impl From<Problem> for Unreadable {
    fn from(problem: Problem) -> Self {
        Unreadable { place: problem.place.clone(), message: problem.message.clone() }
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.place)
    }
}

fn document<T: serde::de::DeserializeOwned>(
    store: &dyn Blobs,
    descriptor: &Descriptor,
    what: &str,
) -> Result<(T, Vec<u8>), Unreadable> {
    let bytes = store.read(descriptor, DOCUMENT_BYTES_MAX)?;
    let read = serde_json::from_slice(&bytes).map_err(|error| Unreadable {
        place: descriptor.digest.to_string(),
        message: format!("the {what} cannot be read: {error}"),
    })?;
    Ok((read, bytes))
}

impl Documents {
    /// Reads the documents that a manifest names.
    pub fn read(store: &dyn Blobs, selected: &Selected) -> Result<Self, Unreadable> {
        let manifest = &selected.manifest;
        if manifest.artifact_type.as_deref() != Some(media::BUNDLE) {
            let kind = manifest.artifact_type.clone().unwrap_or_default();
            let message = format!("the artifact is of type `{kind}`, not a bundle");
            return Err(Unreadable { place: selected.descriptor.digest.to_string(), message });
        }
        let catalogue_bytes = store.read(manifest.one(media::CATALOGUE)?, DOCUMENT_BYTES_MAX)?;
        let catalogue = nachweis_catalog::parse(&catalogue_bytes)
            .map_err(|message| Unreadable { place: Digest::of(&catalogue_bytes).to_string(), message })?;
        let (overlay, overlay_bytes) = document(store, manifest.one(media::OVERLAY)?, "overlay")?;
        let (assessment, assessment_bytes) = document(store, manifest.one(media::ASSESSMENT)?, "assessment")?;
        let read_all = |media_type: &str| -> Result<Vec<Vec<u8>>, Problem> {
            manifest.layers_of(media_type).map(|layer| store.read(layer, DOCUMENT_BYTES_MAX)).collect()
        };
        let envelopes = read_all(media::ATTESTATION)?;
        let keys = read_all(media::SIGNER_KEY)?;
        let keys = keys.into_iter().map(|key| String::from_utf8_lossy(&key).into_owned()).collect();
        Ok(Documents {
            catalogue_bytes,
            catalogue,
            overlay,
            overlay_bytes,
            assessment,
            assessment_bytes,
            envelopes,
            keys,
        })
    }
}
