use std::collections::BTreeSet;

use nachweis_canon::{Digest, Json};

use crate::annotation;
use crate::blobs::{Blobs, BlobsMut, LayoutFile, same_size};
use crate::manifest::{DOCUMENT_BYTES_MAX, Descriptor, Index, Manifest, unambiguous};
use crate::media;
use crate::problem::{Code, Problem};

const MARKER: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// A manifest whose bytes have the digest that selected them.
#[derive(Clone, Debug)]
pub struct Selected {
    /// digest and size of the manifest, as they are
    pub descriptor: Descriptor,
    /// what it says
    pub manifest: Manifest,
    /// its bytes
    pub bytes: Vec<u8>,
}

/// Stores a manifest and names it in `index.json`, under a tag if one is given. A manifest that had the tag, or
/// the same digest, before is no longer listed; its blobs stay. Every blob that it names must be there already.
pub fn publish(store: &dyn BlobsMut, manifest: &Manifest, tag: Option<&str>) -> Result<Descriptor, Problem> {
    if let Some(tag) = tag {
        check_tag(tag)?;
    }
    if manifest.config.media_type == media::EMPTY {
        store.put(media::EMPTY, b"{}")?;
    }
    for descriptor in std::iter::once(&manifest.config).chain(&manifest.layers) {
        same_size(descriptor, store.size(&descriptor.digest)?)?;
    }
    let bytes = manifest.to_bytes();
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(Problem::new(Code::DocumentTooBig, "manifest", format!("it has {} bytes", bytes.len())));
    }
    let mut descriptor = store.put(media::MANIFEST, &bytes)?;
    let found = descriptor.clone();
    if let Some(tag) = tag {
        descriptor.annotations.insert(annotation::REF_NAME.into(), tag.into());
    }
    let mut index = match store.file(LayoutFile::Index) {
        Ok(bytes) => Index::from_bytes(&bytes)?,
        Err(problem) if problem.code == Code::LayoutMissing => Index::default(),
        Err(problem) => return Err(problem),
    };
    let old_tag = |other: &Descriptor| {
        tag.is_some() && other.annotations.get(annotation::REF_NAME).map(String::as_str) == tag
    };
    index.manifests.retain(|other| other.digest != descriptor.digest && !old_tag(other));
    index.manifests.push(descriptor);
    store.put_file(LayoutFile::Marker, MARKER)?;
    store.put_file(LayoutFile::Index, &index.to_bytes())?;
    Ok(found)
}

fn check_tag(tag: &str) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if (1..=128).contains(&tag.len()) && tag.bytes().all(plain) && !tag.starts_with(['-', '.']) {
        return Ok(());
    }
    let message =
        "a tag has 1 to 128 letters, digits, `_`, `-`, `.` and starts with a letter, a digit or `_`";
    Err(Problem::new(Code::TagInvalid, tag, message))
}

/// Selects and reads a manifest: the one with the digest `wanted`, whether `index.json` lists it or not, else the
/// only one that `index.json` lists.
pub fn select(store: &dyn Blobs, wanted: Option<&Digest>) -> Result<Selected, Problem> {
    let descriptor = match wanted {
        Some(digest) => Descriptor::new(media::MANIFEST, *digest, store.open(digest)?.0),
        None => {
            check_marker(&store.file(LayoutFile::Marker)?)?;
            only_manifest(&Index::from_bytes(&store.file(LayoutFile::Index)?)?)?
        }
    };
    let bytes = store.read(&descriptor, DOCUMENT_BYTES_MAX)?;
    let manifest = Manifest::from_bytes(&bytes, &descriptor.digest.to_string())?;
    Ok(Selected { descriptor, manifest, bytes })
}

fn check_marker(bytes: &[u8]) -> Result<(), Problem> {
    let problem = |why: String| Problem::new(Code::LayoutVersion, LayoutFile::Marker.name(), why);
    let marker = unambiguous(bytes).map_err(problem)?;
    match marker.get("imageLayoutVersion").and_then(Json::as_str) {
        Some("1.0.0") => Ok(()),
        _ => Err(problem("`imageLayoutVersion` is not `1.0.0`".into())),
    }
}

fn only_manifest(index: &Index) -> Result<Descriptor, Problem> {
    let place = LayoutFile::Index.name();
    match &index.manifests[..] {
        [only] if only.media_type == media::MANIFEST => {
            Ok(Descriptor::new(media::MANIFEST, only.digest, only.size))
        }
        [only] => {
            let message = format!("it lists {} as something else than a manifest", only.digest);
            Err(Problem::new(Code::IndexEmpty, place, message))
        }
        [] => Err(Problem::new(Code::IndexEmpty, place, "it lists no manifest")),
        several => {
            let digests: Vec<String> = several.iter().take(10).map(|one| one.digest.to_string()).collect();
            let message = format!(
                "it lists {} manifests; name one by its digest: {}",
                several.len(),
                digests.join(", ")
            );
            Err(Problem::new(Code::IndexAmbiguous, place, message))
        }
    }
}

/// Everything that is wrong with a layout, beyond what selecting the manifest has shown: blobs that are missing
/// or changed, blobs that no manifest names, things that have no place. Reads every blob of the manifest once.
///
/// [`Code::BlobUnreferenced`] and [`Code::Stray`] say that something lies beside the evidence; all other codes
/// say that the evidence is not whole.
pub fn check(store: &dyn Blobs, selected: &Selected) -> Vec<Problem> {
    let mut problems = BTreeSet::new();
    let named = |manifest: &Manifest| -> Vec<Descriptor> {
        std::iter::once(&manifest.config).chain(&manifest.layers).cloned().collect()
    };
    let mut read = BTreeSet::new();
    let mut known = BTreeSet::from([selected.descriptor.digest]);
    for descriptor in named(&selected.manifest) {
        known.insert(descriptor.digest);
        if read.insert((descriptor.digest, descriptor.size)) {
            let whole = store.reader(&descriptor).and_then(|reader| reader.finish());
            problems.extend(whole.err());
        }
    }
    for other in others(store, &selected.descriptor.digest) {
        known.insert(other.descriptor.digest);
        known.extend(named(&other.manifest).iter().map(|descriptor| descriptor.digest));
    }
    match store.list() {
        Ok(listing) => {
            problems.extend(listing.strays);
            problems.extend(listing.blobs.keys().filter(|digest| !known.contains(digest)).map(|digest| {
                let message = "no manifest names this blob; it is not part of the evidence";
                Problem::new(Code::BlobUnreferenced, digest, message)
            }));
        }
        Err(problem) => {
            problems.insert(problem);
        }
    }
    problems.into_iter().collect()
}

/// The other manifests that `index.json` lists, as far as they can be read; each once, however often it is listed.
fn others(store: &dyn Blobs, selected: &Digest) -> Vec<Selected> {
    let index = store.file(LayoutFile::Index).and_then(|bytes| Index::from_bytes(&bytes)).unwrap_or_default();
    let mut listed: BTreeSet<Digest> = index.manifests.iter().map(|other| other.digest).collect();
    listed.remove(selected);
    listed.iter().filter_map(|digest| select(store, Some(digest)).ok()).collect()
}
