//! Where layers begin, so that snapshots of two weeks share the layers in which nothing changed.
//!
//! A namespace is one layer; items without namespace are one layer for each kind. What is larger than
//! [`SPLIT_BYTES`] is split further: a namespace by kind, a kind at names that their own hash marks. A hash looks at
//! one name only, so an item that comes or goes changes the layer that it lies in and no other. Layers follow each
//! other in sealed order.

use nachweis_canon::Digest;

use crate::resolve::Item;

/// Bytes of lines from which on a layer is split.
const SPLIT_BYTES: usize = 4 << 20;
/// One name in this many starts a layer, where a kind is split.
const NAMES_PER_LAYER: u16 = 512;

/// The items that start a layer.
pub(crate) struct Cuts(Vec<bool>);

impl Cuts {
    /// Decides over items in sealed order.
    pub(crate) fn plan(items: &[Item]) -> Self {
        let mut cuts = Cuts(vec![false; items.len()]);
        let part = |a: &Item, b: &Item| {
            let same_place = (a.id.source, &a.id.namespace) == (b.id.source, &b.id.namespace);
            same_place && (!a.id.namespace.is_empty() || same_kind(a, b))
        };
        let mut at = 0;
        for chunk in items.chunk_by(part) {
            cuts.mark(at, chunk);
            at += chunk.len();
        }
        cuts
    }

    /// Marks the layers of one namespace, or of one kind without namespace.
    fn mark(&mut self, start: usize, chunk: &[Item]) {
        self.0[start] = true;
        if size(chunk) <= SPLIT_BYTES {
            return;
        }
        let mut at = start;
        for kind in chunk.chunk_by(same_kind) {
            self.0[at] = true;
            if size(kind) > SPLIT_BYTES {
                for (offset, item) in kind.iter().enumerate() {
                    self.0[at + offset] |= is_marked(&item.id.name);
                }
            }
            at += kind.len();
        }
    }

    /// True if the item at this index starts a layer.
    pub(crate) fn starts_layer(&self, at: usize) -> bool {
        self.0[at]
    }
}

fn same_kind(a: &Item, b: &Item) -> bool {
    (&a.id.group, &a.id.kind) == (&b.id.group, &b.id.kind)
}

fn size(items: &[Item]) -> usize {
    items.iter().map(|item| item.line_len() + 1).sum()
}

fn is_marked(name: &str) -> bool {
    let [first, second, ..] = Digest::of(name.as_bytes()).0;
    u16::from_be_bytes([first, second]) % NAMES_PER_LAYER == 0
}
