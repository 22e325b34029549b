//! Where layers begin, so that snapshots of two weeks share the layers in which nothing changed.
//!
//! A layer that changes is stored again as a whole, and every layer is named in the manifest, which is stored again
//! each time. So small neighbours share a layer, and what is big stands alone. A boundary depends on the item at it,
//! on its neighbour and on the size of their places, never on a count from the start: what comes or goes changes the
//! layer that it lies in and no other. Layers follow each other in sealed order.

use nachweis_canon::Digest;

use crate::resolve::Item;

/// Bytes from which on a line has a layer of its own, in a small snapshot.
const ALONE_BYTES: u64 = 8 << 10;
/// A place with as many times of these bytes shares no layer with another place.
const BIG_PLACE: u64 = 4;
/// One item in this many starts a layer in a big place, in a small snapshot.
const ITEMS_PER_LAYER: u64 = 16;
/// One small place in this many starts a layer, where there are few.
const PLACES_PER_LAYER: u64 = 3;
/// The three figures double until none of them asks for more layers than this. A layer is a file, and making one takes
/// as long as compressing 20 KiB. A manifest of all that they allow together, some 9,000 layers, has less than half of
/// the 4 MiB that registries take.
const LAYERS_MAX: u64 = 2048;

/// The items that start a layer.
pub(crate) struct Cuts(Vec<bool>);

/// How coarse the layers of a snapshot are. Steps are powers of two, so that growth moves them rarely.
struct Scale {
    alone_bytes: u64,
    items: u64,
    places: u64,
}

impl Cuts {
    /// Decides over items in sealed order.
    pub(crate) fn plan(items: &[Item]) -> Self {
        let scale = Scale::of(items);
        let mut cuts = Cuts(Vec::with_capacity(items.len()));
        let mut after_big = true;
        for place in items.chunk_by(same_place) {
            let big = size(place) >= BIG_PLACE.saturating_mul(scale.alone_bytes);
            let mut start = big || after_big || marks(&place_name(&place[0]), scale.places);
            let mut after_alone = false;
            for item in place {
                let alone = bytes(item) >= scale.alone_bytes;
                start |= alone || after_alone || (big && marks(&item.id.to_string(), scale.items));
                cuts.0.push(start);
                (start, after_alone) = (false, alone);
            }
            after_big = big || after_alone;
        }
        cuts
    }

    /// True if the item at this index starts a layer.
    pub(crate) fn starts_layer(&self, at: usize) -> bool {
        self.0[at]
    }
}

impl Scale {
    fn of(items: &[Item]) -> Self {
        let places = items.chunk_by(same_place).count() as u64;
        Scale::sized(size(items), items.len() as u64, places)
    }

    fn sized(bytes: u64, items: u64, places: u64) -> Self {
        let mut scale = Scale { alone_bytes: ALONE_BYTES, items: ITEMS_PER_LAYER, places: PLACES_PER_LAYER };
        while bytes / scale.alone_bytes > LAYERS_MAX || items / scale.items > LAYERS_MAX {
            scale.alone_bytes *= 2;
            scale.items *= 2;
        }
        while places / scale.places > LAYERS_MAX {
            scale.places *= 2;
        }
        scale
    }
}

/// A place is a namespace, or a kind of items without one.
fn same_place(a: &Item, b: &Item) -> bool {
    let same_namespace = (a.id.source, &a.id.namespace) == (b.id.source, &b.id.namespace);
    same_namespace && (!a.id.namespace.is_empty() || (&a.id.group, &a.id.kind) == (&b.id.group, &b.id.kind))
}

fn place_name(first: &Item) -> String {
    match &*first.id.namespace {
        "" => format!("{}/{}", first.id.group, first.id.kind),
        namespace => namespace.to_string(),
    }
}

fn bytes(item: &Item) -> u64 {
    item.line_len as u64 + 1
}

fn size(items: &[Item]) -> u64 {
    items.iter().map(bytes).sum()
}

/// True for one name in `every`, always the same ones.
fn marks(name: &str, every: u64) -> bool {
    let [a, b, c, d, ..] = Digest::of(name.as_bytes()).0;
    u64::from(u32::from_be_bytes([a, b, c, d])).is_multiple_of(every)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Registries refuse manifests of more than 4 MiB; a descriptor of a layer has about 155 bytes.
    #[test]
    fn the_manifest_of_the_biggest_snapshot_is_small_enough() {
        for (bytes, items, places) in [
            (10 << 20, 10_651, 1_327),
            (60 << 20, 15_267, 70),
            (1 << 30, 100_000, 15_000),
            (1 << 40, 1_000_000, 1_000_000),
            (1 << 42, u64::from(u32::MAX), 1 << 24),
        ] {
            let Scale { alone_bytes, items: per_layer, places: places_per_layer } =
                Scale::sized(bytes, items, places);
            // Each item that stands alone, and each big place, ends a layer and starts one.
            let alone = 2 * (bytes / alone_bytes);
            let big = 2 * (bytes / (BIG_PLACE * alone_bytes));
            let layers = alone + big + items / per_layer + places / places_per_layer;
            assert!(layers * 155 < 2 << 20, "{layers} layers");
        }
        let Scale { alone_bytes, items, places } = Scale::sized(10 << 20, 10_651, 1_327);
        assert_eq!((alone_bytes, items, places), (ALONE_BYTES, ITEMS_PER_LAYER, PLACES_PER_LAYER));
    }
}
