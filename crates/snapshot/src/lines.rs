//! The lines of a snapshot while the process that seals it lives: they are put together from bodies in the spool.

use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

use nachweis_model::ItemId;

use crate::resolve::{Body, Item};
use crate::spool::Spool;

/// Every line that was sealed, in sealed order, to be read again without unpacking a layer.
pub(crate) struct Lines {
    places: Vec<(ItemId, Vec<Body>)>,
    spool: Mutex<Box<dyn Spool>>,
}

impl Lines {
    pub(crate) fn new(items: Vec<Item>, spool: Box<dyn Spool>) -> Self {
        let places = items.into_iter().map(|item| (item.id, item.bodies)).collect();
        Lines { places, spool: Mutex::new(spool) }
    }

    /// Ids in sealed order, each with its place.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (u32, &ItemId)> {
        (0u32..).zip(self.places.iter().map(|(id, _)| id))
    }

    /// Replaces `line` with the line at a place.
    pub(crate) fn read(&self, at: u32, line: &mut Vec<u8>) -> io::Result<()> {
        let (id, bodies) = &self.places[at as usize];
        // A spool whose reader panicked has only lost its cursor, which every reading sets.
        let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        line.clear();
        write(id, bodies, &mut **spool, line)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lines", self.places.len())
    }
}

/// Appends the canonical JSON of `{body, id}`, or of `{bodies, id}` for a conflict. An id needs no escapes.
pub(crate) fn write(
    id: &ItemId,
    bodies: &[Body],
    spool: &mut dyn Spool,
    line: &mut Vec<u8>,
) -> io::Result<()> {
    let conflict = bodies.len() > 1;
    line.extend_from_slice(if conflict { b"{\"bodies\":[" } else { b"{\"body\":" });
    for (at, place) in bodies.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        spool.read(place.offset, place.len, line)?;
    }
    line.extend_from_slice(if conflict { b"],\"id\":\"" } else { b",\"id\":\"" });
    id.write(&mut Text(line)).map_err(io::Error::other)?;
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
