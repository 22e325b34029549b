//! Two snapshots side by side, in sealed order.

use std::cmp::Ordering;

use nachweis_canon::{Json, Limits, parse_bytes};
use nachweis_model::ItemId;
use nachweis_oci::{Blobs, Descriptor, LAYER_BYTES_MAX, LayerReader, Manifest, Unpacker, media};
use nachweis_snapshot::{OpenError, Snapshot};

/// A sealed snapshot that can be read line by line.
///
/// That number, order and Merkle root of its items are those of its seal is checked whenever it is assessed, and
/// [`crate::delta()`] assesses both sides before it compares a line.
pub struct Source<'b> {
    blobs: &'b dyn Blobs,
    layers: Vec<Descriptor>,
    snapshot: Snapshot<'b>,
}

impl<'b> Source<'b> {
    /// Opens the snapshot that a manifest names: its own, or a bundle's.
    pub fn open(blobs: &'b dyn Blobs, manifest: &Manifest) -> Result<Self, OpenError> {
        let snapshot = Snapshot::open(blobs, manifest)?;
        Ok(Source { blobs, layers: manifest.layers_of(media::ITEMS).cloned().collect(), snapshot })
    }

    /// The snapshot.
    pub fn snapshot(&self) -> &Snapshot<'b> {
        &self.snapshot
    }
}

/// A line with its place.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub index: u32,
    pub text: &'a [u8],
}

/// One identity, in one or both snapshots.
pub(crate) struct Met<'a> {
    pub id: &'a ItemId,
    pub old: Option<Line<'a>>,
    pub new: Option<Line<'a>>,
}

struct Cursor<'s> {
    source: &'s Source<'s>,
    next_layer: usize,
    reader: Option<LayerReader<'s>>,
    /// the decompressor between two layers
    spare: Option<Unpacker>,
    /// where it stands; `None` behind the end
    id: Option<ItemId>,
    index: u32,
    line: Vec<u8>,
    read: u64,
}

impl<'s> Cursor<'s> {
    fn start(source: &'s Source<'s>) -> Result<Self, String> {
        let mut cursor = Cursor {
            source,
            next_layer: 0,
            reader: None,
            spare: None,
            id: None,
            index: 0,
            line: Vec::new(),
            read: 0,
        };
        cursor.advance()?;
        Ok(cursor)
    }

    fn advance(&mut self) -> Result<(), String> {
        loop {
            let Some(reader) = &mut self.reader else {
                let Some(layer) = self.source.layers.get(self.next_layer) else {
                    self.id = None;
                    return Ok(());
                };
                self.next_layer += 1;
                let opened = self.spare.take().map_or_else(Unpacker::new, Ok).and_then(|unpacker| {
                    LayerReader::open_with(self.source.blobs, layer, LAYER_BYTES_MAX, unpacker)
                });
                self.reader = Some(opened.map_err(|problem| problem.to_string())?);
                continue;
            };
            let Some(line) = reader.next_line().map_err(|problem| problem.to_string())? else {
                self.spare = self.reader.take().map(LayerReader::into_unpacker);
                continue;
            };
            self.line.clear();
            self.line.extend_from_slice(line);
            let id = id(&self.line).ok_or("a line of the snapshot has no id")?;
            if self.id.as_ref().is_some_and(|last| *last >= id) {
                return Err(format!("the items of the snapshot are not in order at {id}"));
            }
            self.index = u32::try_from(self.read).map_err(|_| "the snapshot has too many items")?;
            self.read += 1;
            self.id = Some(id);
            return Ok(());
        }
    }

    fn line(&self) -> Line<'_> {
        Line { index: self.index, text: &self.line }
    }
}

/// Visits every identity of both snapshots once, in sealed order. Two lines stay in memory.
pub(crate) fn join(
    old: &Source<'_>,
    new: &Source<'_>,
    each: &mut dyn FnMut(Met<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let (mut left, mut right) = (Cursor::start(old)?, Cursor::start(new)?);
    loop {
        let order = match (&left.id, &right.id) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.cmp(new),
        };
        let before = left.id.as_ref().filter(|_| order.is_le());
        let after = right.id.as_ref().filter(|_| order.is_ge());
        if let Some(id) = before.or(after) {
            each(Met { id, old: before.map(|_| left.line()), new: after.map(|_| right.line()) })?;
        }
        if order.is_le() {
            left.advance()?;
        }
        if order.is_ge() {
            right.advance()?;
        }
    }
}

/// The id at the end of a line. An id holds no quote, so the last but one quote opens it.
fn id(line: &[u8]) -> Option<ItemId> {
    let rest = line.strip_suffix(b"\"}")?;
    let start = rest.iter().rposition(|byte| *byte == b'"')?;
    rest[..start].ends_with(b",\"id\":").then_some(())?;
    std::str::from_utf8(&rest[start + 1..]).ok()?.parse().ok()
}

/// The declarations in a line: one, or several where they conflict.
pub(crate) fn bodies(line: &[u8]) -> Result<Vec<Json<'_>>, String> {
    let parsed = parse_bytes(line, &Limits::OURS).map_err(|error| error.to_string())?;
    let Json::Obj(members) = parsed.value else { return Err("a line of the snapshot is no object".into()) };
    for (key, value) in members.into_members() {
        match (&*key, value) {
            ("body", value) => return Ok(vec![value]),
            ("bodies", Json::Arr(several)) => return Ok(several),
            _ => {}
        }
    }
    Err("a line of the snapshot has no body".into())
}
