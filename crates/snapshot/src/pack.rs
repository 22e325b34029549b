//! From items to layers: lines and their hashes on one thread, compression and storage on another.
//!
//! The bytes do not depend on the number of threads: lines go into layers one after the other.

use std::sync::mpsc::sync_channel;
use std::thread;

use nachweis_canon::{Digest, merkle};
use nachweis_oci::{BlobsMut, Descriptor, LayerWriter, Packer, Problem, media};

use crate::layers::Cuts;
use crate::lines;
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
        let root = in_chunks(items, spool, seen, &mut |chunk| Ok(layers.take(chunk)?))?;
        return Ok((root, layers.finish()?));
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Chunk>(2);
        let storing = scope.spawn(move || {
            let mut layers = Layers::new(blobs);
            receiver.iter().try_for_each(|chunk| layers.take(&chunk))?;
            layers.finish()
        });
        let root = in_chunks(items, spool, seen, &mut |chunk| {
            sender.send(std::mem::take(chunk)).map_err(|_| SealError::Worker)
        });
        drop(sender);
        // Why storing ended early says more than that nobody took the next chunk.
        let layers = storing.join().map_err(|_| SealError::Worker)??;
        Ok((root?, layers))
    })
}

/// Gives the lines of all items, chunk by chunk, and returns their Merkle root.
fn in_chunks(
    items: &[Item],
    spool: &mut dyn Spool,
    seen: &mut dyn FnMut(&[u8]),
    give: &mut dyn FnMut(&mut Chunk) -> Result<(), SealError>,
) -> Result<Digest, SealError> {
    let cuts = Cuts::plan(items);
    let mut tree = merkle::Builder::new();
    let mut chunk = Chunk::default();
    for (at, item) in items.iter().enumerate() {
        let start = chunk.bytes.len();
        lines::write(&item.id, &item.bodies, spool, &mut chunk.bytes)?;
        let line = &chunk.bytes[start..];
        seen(line);
        tree.push(merkle::leaf(line));
        chunk.lines.push(Line { end: chunk.bytes.len(), starts_layer: cuts.starts_layer(at) });
        if chunk.bytes.len() >= CHUNK_BYTES {
            give(&mut chunk)?;
            chunk.bytes.clear();
            chunk.lines.clear();
        }
    }
    give(&mut chunk)?;
    Ok(tree.root())
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
