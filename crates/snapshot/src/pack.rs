//! From items to layers: lines and their hashes on one thread, compression and storage on another.
//!
//! The bytes do not depend on the number of threads: lines go into layers one after the other.

use std::fmt;
use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use nachweis_canon::{Digest, merkle};
use nachweis_oci::{BlobsMut, Descriptor, LayerWriter, Packer, Problem, media};

use crate::layers::Cuts;
use crate::resolve::Item;
use crate::seal::SealError;
use crate::spool::Spool;

/// Bytes of lines that are handed on together.
const CHUNK_BYTES: usize = 256 << 10;

/// Lines that follow each other.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

struct Line {
    /// where it ends in the bytes of its chunk
    end: usize,
    starts_layer: bool,
}

/// Stores the lines of all items in sealed order and shows each to `seen`; `beside`: the layers are made on a thread of
/// their own. Returns the Merkle root and the layers.
pub(crate) fn pack(
    items: &[Item],
    spool: &mut dyn Spool,
    blobs: &dyn BlobsMut,
    beside: bool,
    seen: &mut dyn FnMut(&[u8]),
) -> Result<(Digest, Vec<Descriptor>), SealError> {
    if !beside {
        let mut layers = Layers::new(blobs);
        let root = lines(items, spool, seen, &mut |chunk| Ok(layers.take(&chunk)?))?;
        return Ok((root, layers.finish()?));
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Chunk>(2);
        let storing = scope.spawn(move || {
            let mut layers = Layers::new(blobs);
            receiver.iter().try_for_each(|chunk| layers.take(&chunk))?;
            layers.finish()
        });
        let root = lines(items, spool, seen, &mut |chunk| sender.send(chunk).map_err(|_| SealError::Worker));
        drop(sender);
        // Why storing ended early says more than that nobody took the next chunk.
        let layers = storing.join().map_err(|_| SealError::Worker)??;
        Ok((root?, layers))
    })
}

/// Gives the lines of all items, chunk by chunk, and returns their Merkle root.
fn lines(
    items: &[Item],
    spool: &mut dyn Spool,
    seen: &mut dyn FnMut(&[u8]),
    give: &mut dyn FnMut(Chunk) -> Result<(), SealError>,
) -> Result<Digest, SealError> {
    let cuts = Cuts::plan(items);
    let mut tree = merkle::Builder::new();
    let mut chunk = Chunk::default();
    let mut body = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let start = chunk.bytes.len();
        write_line(item, spool, &mut chunk.bytes, &mut body)?;
        let line = &chunk.bytes[start..];
        seen(line);
        tree.push(merkle::leaf(line));
        chunk.lines.push(Line { end: chunk.bytes.len(), starts_layer: cuts.starts_layer(at) });
        if chunk.bytes.len() >= CHUNK_BYTES {
            give(std::mem::take(&mut chunk))?;
        }
    }
    give(chunk)?;
    Ok(tree.root())
}

/// Appends the canonical JSON of `{body, id}`, or of `{bodies, id}` for a conflict. An id needs no escapes.
fn write_line(item: &Item, spool: &mut dyn Spool, line: &mut Vec<u8>, body: &mut Vec<u8>) -> io::Result<()> {
    let conflict = item.bodies.len() > 1;
    line.extend_from_slice(if conflict { b"{\"bodies\":[" } else { b"{\"body\":" });
    for (at, place) in item.bodies.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        spool.read(place.offset, place.len, body)?;
        line.extend_from_slice(body);
    }
    line.extend_from_slice(if conflict { b"],\"id\":\"" } else { b",\"id\":\"" });
    item.id.write(&mut Text(line)).map_err(io::Error::other)?;
    line.extend_from_slice(b"\"}");
    Ok(())
}

/// A line as something that text is written to.
struct Text<'l>(&'l mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Layers that are stored one after the other.
struct Layers<'b> {
    blobs: &'b dyn BlobsMut,
    layer: Option<LayerWriter<'b>>,
    /// the compressor of a layer that is finished
    packer: Option<Packer>,
    stored: Vec<Descriptor>,
}

impl<'b> Layers<'b> {
    fn new(blobs: &'b dyn BlobsMut) -> Self {
        Layers { blobs, layer: None, packer: None, stored: Vec::new() }
    }

    fn take(&mut self, chunk: &Chunk) -> Result<(), Problem> {
        let mut start = 0;
        for &Line { end, starts_layer } in &chunk.lines {
            if starts_layer {
                self.end_layer()?;
            }
            self.layer()?.write_line(&chunk.bytes[start..end])?;
            start = end;
        }
        Ok(())
    }

    fn layer(&mut self) -> Result<&mut LayerWriter<'b>, Problem> {
        let layer = match self.layer.take() {
            Some(open) => open,
            None => {
                let packer = self.packer.take().map_or_else(Packer::new, Ok)?;
                LayerWriter::create_with(self.blobs, packer)?
            }
        };
        Ok(self.layer.insert(layer))
    }

    fn end_layer(&mut self) -> Result<(), Problem> {
        if let Some(full) = self.layer.take() {
            let (descriptor, free) = full.finish(media::ITEMS)?;
            self.stored.push(descriptor);
            self.packer = Some(free);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Descriptor>, Problem> {
        self.end_layer()?;
        Ok(self.stored)
    }
}
