//! Bundles that somebody touched.

use std::io::Read;
use std::sync::LazyLock;

use nachweis_canon::{Limits, canonical_bytes, parse_bytes};
use nachweis_model::catalogue::{Catalogue, Overlay};
use nachweis_oci::{Blobs, Descriptor, LayerReader, LayerWriter, MemoryStore, TarStore, media, select};
use nachweis_testkit::{Entries, Forged, Options, bundle as sign, catalogue, key, seal};
use nachweis_verify::{Settings, Verification, verify};

const OBJECTS: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: a, uid: 6e1c7a52-0001-4000-8000-000000000001}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: a, uid: 6e1c7a52-0001-4000-8000-000000000002}
spec: {containers: [{name: c, image: "r/c:1", securityContext: {privileged: true}, env: [{name: TOKEN, value: hunter2}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: q, namespace: a, uid: 6e1c7a52-0001-4000-8000-000000000003}
spec: {containers: [{name: c, image: "r/c:latest"}]}
"#;

const COLLECTIONS: &str = r#"{"format":"nachweis-collections/1","cluster":{"name":"c"},"instant":"2026-11-20T06:00:00Z",
"collections":[{"resource":"namespaces","scope":"*","status":"complete","count":1},
{"resource":"pods","scope":"*","status":"complete","count":2}]}"#;

/// A bundle that holds, and what its verifier trusts and accepts.
struct Base {
    bundle: Forged,
    settings: Settings,
}

/// The bundle is small, so that many can be tried: two controls, one parameter, three objects.
static BASE: LazyLock<Base> = LazyLock::new(|| {
    let mut rules: Catalogue = catalogue().clone();
    rules
        .controls
        .retain(|control| ["privileged-containers", "production-image-tags"].contains(&&*control.id));
    let named =
        |id: &str| rules.controls.iter().any(|control| control.obligations.iter().any(|link| link.id == id));
    rules.provisions.retain(|provision| named(&provision.id));
    rules.crosswalk.clear();
    rules.data.retain(|name, _| name == "normalisation");
    let overlay = Overlay {
        params: [("production_namespaces".to_string(), serde_json::json!(["a"]))].into(),
        ..Overlay::default()
    };
    let file = |path: &str, text: &str| (path.to_string(), text.as_bytes().into());
    let files = vec![file("collections.json", COLLECTIONS), file("objects.yaml", OBJECTS)];
    let kept = seal(&Entries { files, unread: Vec::new() }, &Options::default()).unwrap();
    let assessment = kept.assess_with(&rules, &overlay);
    sign(&kept.store, &kept.sealed.layers, &canonical_bytes(&rules), &overlay, &assessment, Some(&key(1)));
    let settings = Settings {
        trust: vec![key(1).public()],
        accept: [rules.digest(), overlay.digest()].into(),
        ..Settings::default()
    };
    let base = Base { bundle: Forged::copy(&kept.store), settings };
    let found = verify(&base.bundle, &base.settings);
    assert_eq!(found.exit, 0, "{found:?}");
    base
});

/// Up to eight edits of the good bundle. Each names a part, says whether addresses are written anew and how the part's
/// bytes change; see [`edit`].
pub fn bundle(bytes: &[u8]) {
    let mut forged = BASE.bundle.clone();
    let mut script = bytes;
    for _ in 0..8 {
        if script.is_empty() || edit(&mut forged, &mut script).is_none() {
            break;
        }
    }
    holds(&forged);
}

/// Bytes as a tar file that holds a layout.
pub fn layout(bytes: &[u8]) {
    let file = tempfile::NamedTempFile::new_in(crate::archives::memory()).unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    if let Ok(store) = TarStore::open(file.path()) {
        holds(&store);
    }
}

/// A bundle is found whole only if its evidence is that of the good one, byte by byte.
fn holds(store: &dyn Blobs) {
    let found = verify(store, &BASE.settings);
    let texts = (nachweis_verify::text(&found), nachweis_verify::json(&found).canonical());
    assert!(!texts.0.is_empty() && !texts.1.is_empty());
    if found.exit != 0 {
        assert!(!told(&found).is_empty(), "a refusal says why");
        return;
    }
    let evidence = |store: &dyn Blobs| {
        let manifest = select(store, None).unwrap().manifest;
        let kinds = [media::SEAL, media::ITEMS, media::CATALOGUE, media::OVERLAY, media::ASSESSMENT];
        let layers =
            kinds.iter().flat_map(|kind| manifest.layers_of(kind)).map(|layer| match &*layer.media_type {
                media::ITEMS => lines(store, layer).expect("a layer that was found whole"),
                _ => store.read(layer, 1 << 20).unwrap(),
            });
        layers.collect::<Vec<_>>()
    };
    assert_eq!(evidence(store), evidence(&BASE.bundle), "a forged bundle is found whole");
}

fn told(found: &Verification) -> String {
    let answers = [&found.bytes, &found.verdicts, &found.signer, &found.catalogue];
    answers.iter().map(|answer| answer.detail.as_str()).collect()
}

/// One edit: which part, what to do with its address, how its bytes change. `None` at the end of the script.
///
/// | byte | meaning |
/// |---|---|
/// | 0 | the part: 0 `oci-layout`, 1 `index.json`, 2 the manifest, then its blobs in order |
/// | 1 | bits 0-1: 0 the bytes change under the old address, 1 the address is written anew, 2 it is also made canonical JSON, 3 it is a layer and its lines change; bits 2-3: 0 cut off, 1 replaced by what follows, 2 and 3 a piece is replaced |
/// | 2-5 | offset, bytes taken out, bytes put in |
/// | then | the bytes put in |
fn edit(forged: &mut Forged, script: &mut &[u8]) -> Option<()> {
    let [part, how, high, low, out, put, rest @ ..] = script else { return None };
    let (part, how) = (usize::from(*part), *how);
    let (offset, out, put) =
        (usize::from(*high) << 8 | usize::from(*low), usize::from(*out), usize::from(*put));
    let new = &rest[..put.min(rest.len())];
    *script = &rest[new.len()..];
    let change = |old: &mut Vec<u8>| {
        let at = offset % (old.len() + 1);
        match how >> 2 & 3 {
            0 => old.truncate(at),
            1 => *old = new.to_vec(),
            _ => drop(old.splice(at..(at + out).min(old.len()), new.iter().copied())),
        }
    };
    let found = select(&*forged, None).ok();
    let blobs = found.iter().flat_map(|found| {
        [&found.descriptor, &found.manifest.config].into_iter().chain(&found.manifest.layers)
    });
    let blobs: Vec<Descriptor> = blobs.cloned().collect();
    match part % (blobs.len() + 2) {
        0 => change(&mut forged.marker),
        1 => change(&mut forged.index),
        2 if how & 3 != 0 => {
            let mut bytes = forged.blobs.get(&blobs[0].digest)?.clone();
            change(&mut bytes);
            forged.publish(if how & 3 == 2 { canonical(bytes) } else { bytes });
        }
        at => {
            let blob = &blobs[at - 2];
            let mut bytes = forged.blobs.get(&blob.digest)?.clone();
            match how & 3 {
                0 => change(forged.blobs.get_mut(&blob.digest)?),
                3 if blob.media_type == media::ITEMS => {
                    let mut text = lines(forged, blob)?;
                    change(&mut text);
                    relayer(forged, blob, &text);
                }
                mode => {
                    change(&mut bytes);
                    forged.replace(&blob.digest, if mode == 2 { canonical(bytes) } else { bytes });
                }
            }
        }
    }
    Some(())
}

/// The same value as canonical JSON, where it is one.
fn canonical(bytes: Vec<u8>) -> Vec<u8> {
    match parse_bytes(&bytes, &Limits::default()) {
        Ok(parsed) => parsed.value.canonical(),
        Err(_) => bytes,
    }
}

/// The lines of a layer of items.
fn lines(store: &dyn Blobs, layer: &Descriptor) -> Option<Vec<u8>> {
    let mut reader = LayerReader::open(store, layer, 1 << 20).ok()?;
    let mut text = Vec::new();
    while let Some(line) = reader.next_line().ok()? {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    Some(text)
}

/// Writes a layer with these lines and lets the manifest name it.
fn relayer(forged: &mut Forged, old: &Descriptor, text: &[u8]) {
    let memory = MemoryStore::new();
    let mut writer = LayerWriter::create(&memory).unwrap();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        writer.write_line(line).unwrap();
    }
    let (new, _) = writer.finish(media::ITEMS).unwrap();
    let mut bytes = Vec::new();
    memory.open(&new.digest).unwrap().1.read_to_end(&mut bytes).unwrap();
    forged.blobs.insert(new.digest, bytes);
    let mut manifest = forged.manifest();
    manifest
        .layers
        .iter_mut()
        .filter(|layer| layer.digest == old.digest)
        .for_each(|layer| *layer = new.clone());
    forged.publish(manifest.to_bytes());
}

/// The good bundle as a tar file, for the corpus.
pub fn good_layout() -> Vec<u8> {
    let mut out = Vec::new();
    nachweis_oci::write_tar(&BASE.bundle, &mut out).unwrap();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_good_bundle_holds_in_both_forms() {
        bundle(&[]);
        layout(&good_layout());
    }
}
