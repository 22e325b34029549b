//! Shows one item of a snapshot without the rest.

use std::convert::Infallible;

use nachweis_canon::{Digest, merkle};
use nachweis_model::ItemId;
use nachweis_model::seal::Seal;

use crate::open::{Problem, ReadError, Snapshot, id};

/// An item with the audit path to the root (RFC 6962 section 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// position in the sealed order
    pub index: u32,
    /// the line as it is sealed
    pub line: Vec<u8>,
    /// siblings, lowest first
    pub path: Vec<Digest>,
}

impl Proof {
    /// Checks that a seal holds this item at this position; returns whose line it is. That the seal is the one
    /// meant is told by its own digest, the snapshot's id.
    pub fn check(&self, seal: &Seal) -> Result<ItemId, Problem> {
        let id = id(&self.line)
            .ok_or_else(|| Problem::new("item-malformed", self.index, "the line is none of a snapshot"))?;
        let leaf = merkle::leaf(&self.line);
        let root = merkle::root_from_proof(leaf, self.index.into(), seal.items, &self.path);
        if root == Some(seal.root) {
            return Ok(id);
        }
        Err(Problem::new(
            "inclusion-proof",
            id,
            format!("the seal does not hold this line as item {}", self.index),
        ))
    }
}

impl Snapshot<'_> {
    /// The proof for the item at an index. Reads and checks all items, and holds their hashes.
    pub fn prove(&self, index: u32) -> Result<Proof, Problem> {
        let (mut leaves, mut wanted) = (Vec::new(), None);
        let walked = self.lines::<Infallible>(&mut |at, _, line| {
            leaves.push(merkle::leaf(line));
            if at == index {
                wanted = Some(line.to_vec());
            }
            Ok(())
        });
        match walked {
            Ok(()) => {}
            Err(ReadError::Snapshot(problem)) => return Err(problem),
            Err(ReadError::Visit(never)) => match never {},
        }
        let missing =
            || Problem::new("item-missing", index, format!("the snapshot has {} items", leaves.len()));
        let line = wanted.ok_or_else(missing)?;
        let path = merkle::inclusion_proof(&leaves, index as usize).ok_or_else(missing)?;
        Ok(Proof { index, line, path })
    }
}
