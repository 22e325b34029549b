//! Opens a sealed snapshot and reads its items.

use std::fmt;
use std::sync::OnceLock;

use nachweis_canon::{Digest, Json, Limits, canonical_bytes, merkle, parse_bytes};
use nachweis_model::seal::{FORMAT, Seal};
use nachweis_model::{ItemId, Source};
use nachweis_oci::{Blobs, Descriptor, LAYER_BYTES_MAX, LayerReader, Manifest, Unpacker, media};

use crate::lines::Lines;
use crate::normalise;
use crate::seal::Sealed;

/// Bytes of a seal that are read at most.
const SEAL_BYTES_MAX: usize = 256 << 20;

/// Compressed bytes of a snapshot that are kept after the first walk, at most. What lies in memory cannot be changed
/// by others, so later walks hash nothing; a bigger snapshot is read and hashed from its storage each time.
const KEEP_MAX: u64 = 64 << 20;

/// Something in a snapshot that cannot be so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// stable code
    pub code: &'static str,
    /// a blob, an item, a collection
    pub place: String,
    /// in words
    pub message: String,
}

impl Problem {
    pub(crate) fn new(code: &'static str, place: impl fmt::Display, message: impl Into<String>) -> Self {
        Problem { code, place: place.to_string(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] `{}`: {}", self.code, self.place, self.message)
    }
}

impl std::error::Error for Problem {}

impl From<nachweis_oci::Problem> for Problem {
    fn from(problem: nachweis_oci::Problem) -> Self {
        Problem { code: problem.code.as_str(), place: problem.place, message: problem.message }
    }
}

/// Why a snapshot could not be opened.
pub type OpenError = Problem;

/// Why reading ended early.
#[derive(Debug)]
pub enum ReadError<E> {
    /// the snapshot is not what its seal says: nothing that was visited may be used
    Snapshot(Problem),
    /// the visitor's own error
    Visit(E),
}

impl<E: fmt::Display> fmt::Display for ReadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Snapshot(problem) => problem.fmt(f),
            ReadError::Visit(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Display + fmt::Debug> std::error::Error for ReadError<E> {}

/// Called with index, id and line.
pub(crate) type EachLine<'a, E> = dyn FnMut(u32, &ItemId, &[u8]) -> Result<(), ReadError<E>> + 'a;

/// One item while it is visited.
#[derive(Debug)]
pub struct Item<'a> {
    /// position in the sealed order
    pub index: u32,
    /// identity
    pub id: &'a ItemId,
    /// the body; several for a conflict, sorted by digest
    pub bodies: &'a [Json<'a>],
    /// the line as it is sealed
    pub line: &'a [u8],
}

/// Where a walk takes its layers from.
#[derive(Clone, Copy)]
enum Walk<'k> {
    /// too big to be kept: read and hashed each time
    Storage,
    /// compressed bytes that agree with their descriptors; the lines were not hashed yet
    First(&'k [Vec<u8>]),
    /// all of it was found to be right before
    Again(&'k [Vec<u8>]),
}

/// Where the lines come from.
enum Content<'b> {
    Stored(Layers<'b>),
    /// this process sealed them, so no walk has to find out whether they are right
    Own(&'b Lines),
}

/// Layers in a storage.
struct Layers<'b> {
    blobs: &'b dyn Blobs,
    descriptors: Vec<Descriptor>,
    /// compressed bytes of all layers, once a walk over all of them found everything to be right
    kept: OnceLock<Vec<Vec<u8>>>,
}

/// A snapshot that is read.
pub struct Snapshot<'b> {
    seal: Seal,
    id: Digest,
    content: Content<'b>,
}

impl<'b> Snapshot<'b> {
    /// Opens the snapshot that a manifest names: its own, or a bundle's. Reads the seal and no items.
    pub fn open(blobs: &'b dyn Blobs, manifest: &Manifest) -> Result<Self, OpenError> {
        let descriptor = manifest.one(media::SEAL)?;
        let bytes = blobs.read(descriptor, SEAL_BYTES_MAX)?;
        let odd = |message: String| Problem::new("seal-malformed", descriptor.digest, message);
        let seal: Seal = serde_json::from_slice(&bytes).map_err(|error| odd(error.to_string()))?;
        if seal.format != FORMAT || seal.canonical != nachweis_canon::FORMAT {
            let message = format!(
                "its formats are `{}` and `{}`; this program reads `{FORMAT}` and `{}`",
                seal.format,
                seal.canonical,
                nachweis_canon::FORMAT
            );
            return Err(Problem::new("seal-format", descriptor.digest, message));
        }
        if seal.normalisation != normalise::FORMAT {
            let message =
                format!("its normalisation is `{}`, not `{}`", seal.normalisation, normalise::FORMAT);
            return Err(Problem::new("seal-format", descriptor.digest, message));
        }
        if canonical_bytes(&seal) != bytes {
            return Err(odd("its bytes are not canonical".into()));
        }
        let descriptors = manifest.layers_of(media::ITEMS).cloned().collect();
        let content = Content::Stored(Layers { blobs, descriptors, kept: OnceLock::new() });
        Ok(Snapshot { seal, id: descriptor.digest, content })
    }

    /// A snapshot that this process has sealed. Nothing is read back from its storage: that the layers there hold these
    /// lines is for those to check who verify them.
    pub fn sealed(sealed: &'b Sealed) -> Self {
        Snapshot { seal: sealed.seal.clone(), id: sealed.id, content: Content::Own(&sealed.lines) }
    }

    /// The seal.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The snapshot's id: SHA-256 of the seal's canonical bytes.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// Visits the items of kinds that are wanted (group, kind), in sealed order; bodies of others are not parsed.
    ///
    /// Every line of a stored snapshot is hashed: that order, number and Merkle root are those of the seal has been
    /// checked once this returns `Ok`, and not before.
    pub fn read<E>(
        &self,
        want: &dyn Fn(&str, &str) -> bool,
        visit: &mut dyn FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), ReadError<E>> {
        self.lines_of(want, &mut |index, id, line| {
            let bodies =
                bodies(line).map_err(|why| ReadError::Snapshot(Problem::new("item-malformed", id, why)))?;
            visit(Item { index, id, bodies: &bodies, line }).map_err(ReadError::Visit)
        })
    }

    /// Walks over all lines and checks order, number and root, unless an earlier walk did.
    pub(crate) fn lines<E>(&self, each: &mut EachLine<'_, E>) -> Result<(), ReadError<E>> {
        self.lines_of(&|_, _| true, each)
    }

    /// The same, visiting kinds that are wanted.
    fn lines_of<E>(
        &self,
        want: &dyn Fn(&str, &str) -> bool,
        each: &mut EachLine<'_, E>,
    ) -> Result<(), ReadError<E>> {
        match &self.content {
            Content::Own(lines) => own(lines, want, each),
            Content::Stored(layers) => self.stored(layers, want, each),
        }
    }

    fn stored<E>(
        &self,
        layers: &Layers<'_>,
        want: &dyn Fn(&str, &str) -> bool,
        each: &mut EachLine<'_, E>,
    ) -> Result<(), ReadError<E>> {
        if let Some(kept) = layers.kept.get() {
            return self.walk(layers, Walk::Again(kept), want, each);
        }
        let size = layers.descriptors.iter().fold(0u64, |sum, layer| sum.saturating_add(layer.size));
        if size > KEEP_MAX {
            return self.walk(layers, Walk::Storage, want, each);
        }
        let read = |layer: &Descriptor| layers.blobs.read(layer, KEEP_MAX as usize);
        let bytes: Vec<Vec<u8>> = layers
            .descriptors
            .iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|problem| ReadError::Snapshot(problem.into()))?;
        self.walk(layers, Walk::First(&bytes), want, each)?;
        // Another walk may have been faster; its bytes are the same.
        let _ = layers.kept.set(bytes);
        Ok(())
    }

    fn walk<E>(
        &self,
        layers: &Layers<'_>,
        walk: Walk<'_>,
        want: &dyn Fn(&str, &str) -> bool,
        each: &mut EachLine<'_, E>,
    ) -> Result<(), ReadError<E>> {
        let broken = |code, place: &dyn fmt::Display, message: String| {
            ReadError::Snapshot(Problem::new(code, place, message))
        };
        let failed = |problem: nachweis_oci::Problem| ReadError::Snapshot(problem.into());
        let hashing = !matches!(walk, Walk::Again(_));
        let mut tree = merkle::Builder::new();
        let mut count = 0u32;
        let mut last: Option<ItemId> = None;
        let mut unpacker = Unpacker::new().map_err(failed)?;
        for (at, layer) in layers.descriptors.iter().enumerate() {
            let mut reader = match walk {
                Walk::Storage => LayerReader::open_with(layers.blobs, layer, LAYER_BYTES_MAX, unpacker),
                Walk::First(bytes) | Walk::Again(bytes) => {
                    LayerReader::of_checked(&bytes[at], layer, unpacker)
                }
            }
            .map_err(failed)?;
            while let Some(line) = reader.next_line().map_err(failed)? {
                let index = count;
                if u64::from(index) >= self.seal.items || index == u32::MAX {
                    let message = format!("more items than the {} of the seal", self.seal.items);
                    return Err(broken("item-count", &layer.digest, message));
                }
                count += 1;
                // The order was checked before: an id that nobody wants need not be taken apart.
                if !hashing && kind(line).is_some_and(|(group, kind)| !want(group, kind)) {
                    continue;
                }
                let id = id(line).ok_or_else(|| {
                    let message = format!("item {index} is no line of a snapshot");
                    broken("item-malformed", &layer.digest, message)
                })?;
                if hashing {
                    if last.as_ref().is_some_and(|last| *last >= id) {
                        let message = format!("item {index} is not behind the one before");
                        return Err(broken("item-order", &id, message));
                    }
                    tree.push(merkle::leaf(line));
                }
                if want(&id.group, &id.kind) {
                    each(index, &id, line)?;
                }
                last = Some(id);
            }
            unpacker = reader.into_unpacker();
        }
        if u64::from(count) != self.seal.items {
            let message = format!("{count} items, the seal counts {}", self.seal.items);
            return Err(broken("item-count", &self.id, message));
        }
        if hashing && tree.root() != self.seal.root {
            let message = format!("the items give {}, the seal says {}", tree.root(), self.seal.root);
            return Err(broken("merkle-root", &self.id, message));
        }
        Ok(())
    }

    /// The names of all sealed items of kind Namespace, sorted, for [`crate::coverage::Coverage::new`].
    pub fn namespaces(&self) -> Result<Vec<String>, Problem> {
        let mut names = Vec::new();
        let found = self.lines::<std::convert::Infallible>(&mut |_, id, _| {
            if id.source == Source::Kubernetes && id.group.is_empty() && id.kind == "Namespace" {
                names.push(id.name.clone());
            }
            Ok(())
        });
        match found {
            Ok(()) => Ok(names),
            Err(ReadError::Snapshot(problem)) => Err(problem),
            Err(ReadError::Visit(never)) => match never {},
        }
    }
}

/// Visits the lines of wanted kinds that this process sealed.
fn own<E>(
    lines: &Lines,
    want: &dyn Fn(&str, &str) -> bool,
    each: &mut EachLine<'_, E>,
) -> Result<(), ReadError<E>> {
    let mut line = Vec::new();
    for (index, id) in lines.ids().filter(|(_, id)| want(&id.group, &id.kind)) {
        lines.read(index, &mut line).map_err(|error| {
            let message = format!("temporary storage failed: {error}");
            ReadError::Snapshot(Problem::new("temporary-storage", id, message))
        })?;
        each(index, id, &line)?;
    }
    Ok(())
}

/// The id at the end of a line. An id holds no quote, so the last but one quote opens it.
pub(crate) fn id(line: &[u8]) -> Option<ItemId> {
    id_text(line)?.parse().ok()
}

fn id_text(line: &[u8]) -> Option<&str> {
    let rest = line.strip_suffix(b"\"}")?;
    let start = memchr::memrchr(b'"', rest)?;
    rest[..start].ends_with(b",\"id\":").then_some(())?;
    std::str::from_utf8(&rest[start + 1..]).ok()
}

/// Group and kind of the id at the end of a line, where nothing in it has to be decoded.
fn kind(line: &[u8]) -> Option<(&str, &str)> {
    let mut parts = id_text(line)?.split('/').skip(1);
    let found = (parts.next()?, parts.next()?);
    (!found.0.contains('%') && !found.1.contains('%')).then_some(found)
}

/// The bodies of a line.
pub(crate) fn bodies(line: &[u8]) -> Result<Vec<Json<'_>>, String> {
    let parsed = parse_bytes(line, &Limits::OURS).map_err(|error| error.to_string())?;
    if !parsed.duplicates.is_empty() {
        return Err("a key is given twice".into());
    }
    let Json::Obj(members) = parsed.value else { return Err("it is no object".into()) };
    let mut bodies = Vec::new();
    for (key, value) in members.into_members() {
        match (&*key, value) {
            ("body", value) if bodies.is_empty() => bodies.push(value),
            ("bodies", Json::Arr(several)) if several.len() > 1 && bodies.is_empty() => bodies = several,
            ("id", Json::Str(_)) => {}
            _ => return Err(format!("the member `{key}` does not belong there")),
        }
    }
    if bodies.is_empty() { Err("it has no body".into()) } else { Ok(bodies) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_read_without_the_body() {
        let line = br#"{"body":{"a":",\"id\":\"x"},"id":"kubernetes//Pod/a/b"}"#;
        assert_eq!(id(line).unwrap().to_string(), "kubernetes//Pod/a/b");
        assert_eq!(kind(line), Some(("", "Pod")));
        assert_eq!(kind(br#"{"body":{},"id":"kubernetes/g%20/Pod/a/b"}"#), None, "it has to be decoded");
        for bad in [&b""[..], b"{}", br#"{"id":"kubernetes//Pod/a/b"}"#, br#"{"body":{},"id":"nonsense"}"#] {
            assert_eq!(id(bad), None);
        }
    }

    #[test]
    fn lines_of_another_form_have_no_bodies() {
        assert_eq!(bodies(br#"{"body":{},"id":"x"}"#).unwrap().len(), 1);
        assert_eq!(bodies(br#"{"bodies":[{},{"a":1}],"id":"x"}"#).unwrap().len(), 2);
        for bad in [
            &br#"{"id":"x"}"#[..],
            br#"{"bodies":[{}],"id":"x"}"#,
            br#"{"body":{},"extra":1,"id":"x"}"#,
            br#"{"body":{},"body":{},"id":"x"}"#,
            br#"{"bodies":[{},{}],"body":{},"id":"x"}"#,
            b"[]",
        ] {
            assert!(bodies(bad).is_err());
        }
    }
}
