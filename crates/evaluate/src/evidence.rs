//! What the evaluation reads: a sealed snapshot, or in tests a few items in memory.

use nachweis_canon::{Digest, Json};
use nachweis_model::ItemId;
use nachweis_model::seal::Seal;

/// One sealed item.
pub struct Item<'a> {
    /// position in the sealed order
    pub index: u32,
    /// identity
    pub id: &'a ItemId,
    /// the body; several where declarations of the identity differ
    pub bodies: &'a [Json<'a>],
}

/// Reading failed: the evidence is not what its seal says, or could not be read at all.
#[derive(Debug)]
pub struct ReadError(pub String);

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

/// Sealed evidence that can be read again and again, item by item in sealed order.
pub trait Evidence {
    /// The seal.
    fn seal(&self) -> &Seal;

    /// Digest of the seal.
    fn id(&self) -> Digest;

    /// Visits the items of the kinds that `want(group, kind)` asks for, in sealed order.
    fn read(
        &self,
        want: &dyn Fn(&str, &str) -> bool,
        visit: &mut dyn FnMut(&Item<'_>),
    ) -> Result<(), ReadError>;
}

impl Evidence for nachweis_snapshot::Snapshot<'_> {
    fn seal(&self) -> &Seal {
        nachweis_snapshot::Snapshot::seal(self)
    }

    fn id(&self) -> Digest {
        nachweis_snapshot::Snapshot::id(self)
    }

    fn read(
        &self,
        want: &dyn Fn(&str, &str) -> bool,
        visit: &mut dyn FnMut(&Item<'_>),
    ) -> Result<(), ReadError> {
        let mut pass = |item: nachweis_snapshot::Item<'_>| -> Result<(), std::convert::Infallible> {
            visit(&Item { index: item.index, id: item.id, bodies: item.bodies });
            Ok(())
        };
        nachweis_snapshot::Snapshot::read(self, want, &mut pass).map_err(|error| ReadError(error.to_string()))
    }
}
