//! A small layout that has one blob of each kind.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses some of it; a panic is how a test fails"
)]

use std::path::Path;

use nachweis_oci::{BlobsMut, Descriptor, LayerWriter, Manifest, media, publish};

pub fn line(at: usize) -> String {
    format!(r#"{{"body":{{"value":{at}}},"id":"live//Pod/default/pod-{at}"}}"#)
}

/// Writes the layout and returns the manifest's descriptor.
pub fn small(store: &dyn BlobsMut, tag: Option<&str>) -> Descriptor {
    let mut layer = LayerWriter::create(store).unwrap();
    for at in 0..50 {
        layer.write_line(line(at).as_bytes()).unwrap();
    }
    let mut manifest = Manifest::artifact(media::BUNDLE);
    manifest.layers = vec![
        store.put(media::SEAL, br#"{"format":"nachweis-seal/1"}"#).unwrap(),
        layer.finish(media::ITEMS).unwrap().0,
        store.put(media::CATALOGUE, br#"{"release":"2026.1"}"#).unwrap(),
        store.put(media::OVERLAY, br#"{"params":{}}"#).unwrap(),
        store.put(media::ASSESSMENT, br#"{"findings":[]}"#).unwrap(),
        store.put(media::ATTESTATION, br#"{"payload":""}"#).unwrap(),
        store.put(media::SIGNER_KEY, b"-----BEGIN PUBLIC KEY-----\n").unwrap(),
    ];
    manifest.annotations.insert("org.opencontainers.image.title".into(), "example".into());
    publish(store, &manifest, tag).unwrap()
}

/// Every file of a folder, relative and sorted.
pub fn files(root: &Path) -> Vec<String> {
    let mut out: Vec<String> = ["index.json", "oci-layout"].map(String::from).into();
    for entry in std::fs::read_dir(root.join("blobs/sha256")).unwrap() {
        out.push(format!("blobs/sha256/{}", entry.unwrap().file_name().into_string().unwrap()));
    }
    out.sort();
    out
}
