//! Merkle trees of RFC 6962 section 2.1 over SHA-256.

use crate::digest::{Digest, Hasher};

/// Hash of a leaf: SHA-256(0x00 || bytes).
pub fn leaf(bytes: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[0]);
    hasher.update(bytes);
    hasher.finish()
}

/// Hash of an inner node: SHA-256(0x01 || left || right).
pub fn node(left: &Digest, right: &Digest) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(&[1]);
    hasher.update(&left.0);
    hasher.update(&right.0);
    hasher.finish()
}

/// Builds the root over leaves that arrive in order; memory grows with the logarithm of their number.
#[derive(Clone, Default)]
pub struct Builder {
    /// roots of perfect subtrees, largest first, with their number of leaves
    peaks: Vec<(u64, Digest)>,
    size: u64,
}

impl Builder {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Digest) {
        let (mut size, mut hash) = (1, leaf);
        while let Some((left_size, left)) = self.peaks.last().copied() {
            if left_size != size {
                break;
            }
            self.peaks.pop();
            hash = node(&left, &hash);
            size *= 2;
        }
        self.peaks.push((size, hash));
        self.size += 1;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root; of no leaves it is SHA-256 of nothing.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev().map(|(_, hash)| *hash);
        match peaks.next() {
            None => Digest::of(b""),
            Some(last) => peaks.fold(last, |right, left| node(&left, &right)),
        }
    }
}

/// The root over all leaf hashes.
pub fn root(leaves: &[Digest]) -> Digest {
    let mut builder = Builder::new();
    leaves.iter().for_each(|leaf| builder.push(*leaf));
    builder.root()
}

fn split(size: usize) -> usize {
    // Largest power of two below size; size is at least 2.
    1 << (usize::BITS - 1 - (size - 1).leading_zeros())
}

/// The audit path of leaf `index` (RFC 6962 section 2.1.1), lowest sibling first; `None` outside of the tree.
pub fn inclusion_proof(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    if leaves.len() == 1 {
        return Some(Vec::new());
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if index < left.len() {
        (inclusion_proof(left, index)?, root(right))
    } else {
        (inclusion_proof(right, index - left.len())?, root(left))
    };
    path.push(sibling);
    Some(path)
}

/// The root that a leaf, its index, the tree's size and an audit path lead to; `None` where they cannot fit.
pub fn root_from_proof(leaf: Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at % 2 == 1 || at == last {
            hash = node(sibling, &hash);
            while at % 2 == 0 && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            hash = node(&hash, sibling);
        }
        at /= 2;
        last /= 2;
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962 section 2.1, word by word.
    fn by_definition(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(b""),
            [one] => *one,
            more => {
                let (left, right) = more.split_at(split(more.len()));
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    #[test]
    fn root_and_proofs_agree_with_the_definition() {
        let leaves: Vec<Digest> = (0u8..70).map(|n| leaf(&[n])).collect();
        for size in 0..=leaves.len() {
            let tree = &leaves[..size];
            assert_eq!(root(tree), by_definition(tree), "size {size}");
            for (index, hash) in tree.iter().enumerate() {
                let path = inclusion_proof(tree, index).unwrap();
                let again = root_from_proof(*hash, index as u64, size as u64, &path);
                assert_eq!(again, Some(root(tree)), "leaf {index} of {size}");
                let other = root_from_proof(leaf(b"other"), index as u64, size as u64, &path);
                assert_ne!(other, Some(root(tree)));
            }
        }
    }

    #[test]
    fn known_root_of_the_empty_tree() {
        assert_eq!(root(&[]).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
