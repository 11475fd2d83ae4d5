//! The right edge of the Merkle tree over all entries (RFC 6962 §2.1): what is needed to add a leaf and to know the root.
//!
//! It sits in the head row and moves in the transaction that moves the size, so root and sequence cannot differ.

use sha2::{Digest as _, Sha256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// Levels of the tree that one tile covers (C2SP tlog-tiles): a tile is 2⁸ hashes wide.
pub const TILE_HEIGHT: u32 = 8;

/// A perfect tree whose root stands in a tile above the leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// 1 for 256 leaves, 2 for 256², …
    pub level: u32,
    /// Which one of its level, from the left.
    pub index: u64,
    /// Its root.
    pub root: Hash,
}

/// Roots of the perfect subtrees that make up a tree of `size` leaves, the largest first: one for each bit set in `size`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

/// The stored bytes are not a frontier of the stored size.
#[derive(Debug, thiserror::Error)]
#[error("the stored frontier does not fit a tree of {size} entries")]
pub struct BadFrontier {
    size: u64,
}

impl Frontier {
    /// Of a tree without a leaf.
    pub fn empty() -> Self {
        Self { size: 0, roots: Vec::new() }
    }

    /// Reads a frontier back from the head row.
    pub fn from_stored(size: u64, bytes: &[u8]) -> Result<Self, BadFrontier> {
        let (roots, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && roots.len() == size.count_ones() as usize;
        if fits { Ok(Self { size, roots: roots.to_vec() }) } else { Err(BadFrontier { size }) }
    }

    /// The bytes for the head row.
    pub fn to_stored(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The same tree with each leaf taken for the root over `2^height` leaves of its own.
    ///
    /// # Panics
    /// When the tree would have more than 2⁶⁴ leaves.
    #[must_use]
    pub fn raised(self, height: u32) -> Self {
        Self { size: self.size.checked_mul(1 << height).expect("no tree has so many leaves"), roots: self.roots }
    }

    /// Adds one leaf hash at the right edge.
    pub fn push(&mut self, leaf: Hash) {
        self.push_and_tell(leaf, |_| {});
    }

    /// The same, telling of every tree of 256, 256², … leaves that the leaf completes: the hashes that tiles of the
    /// upper levels are made of (C2SP tlog-tiles).
    pub fn push_and_tell(&mut self, leaf: Hash, mut completed: impl FnMut(Subtree)) {
        let mut node = leaf;
        // As in binary addition: each trailing one of the size is a perfect tree that now has its right-hand twin.
        for height in 1..=self.size.trailing_ones() {
            let left = self.roots.pop().expect("one root for each bit set in the size");
            node = parent(&left, &node);
            if height % TILE_HEIGHT == 0 {
                completed(Subtree { level: height / TILE_HEIGHT, index: self.size >> height, root: node });
            }
        }
        self.roots.push(node);
        self.size += 1;
    }

    /// The root over all leaves. Of an empty tree it is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut right_first = self.roots.iter().rev();
        let Some(last) = right_first.next() else { return empty_root() };
        right_first.fold(*last, |right, left| parent(left, &right))
    }
}

/// RFC 6962 §2.1: the hash of an entry, whatever its bytes are.
pub fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// RFC 6962 §2.1: the root of no entries, which is the hash of nothing.
pub(super) fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The hash over two subtrees that stand beside each other (RFC 6962 §2.1).
pub fn parent(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::leaf_hash;

    /// The definition of RFC 6962 §2.1, word for word.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [only] => *only,
            _ => {
                let k = leaves.len().next_power_of_two() / 2;
                parent(&by_definition(&leaves[..k]), &by_definition(&leaves[k..]))
            }
        }
    }

    #[test]
    fn the_root_is_rfc_6962s_at_every_size() {
        let leaves: Vec<Hash> = (0..130).map(|n| leaf_hash(&n.to_string())).collect();
        let mut frontier = Frontier::from_stored(0, &[]).unwrap();
        for size in 0..=leaves.len() {
            assert_eq!(frontier.root(), by_definition(&leaves[..size]), "{size} leaves");
            let again = Frontier::from_stored(frontier.size(), &frontier.to_stored()).unwrap();
            assert_eq!(again, frontier);
            if let Some(leaf) = leaves.get(size) {
                frontier.push(*leaf);
            }
        }
    }

    #[test]
    fn every_tree_of_256_is_told_once_with_its_root() {
        let leaves: Vec<Hash> = (0..256 * 256 + 300).map(|n: u32| leaf_hash(&n.to_string())).collect();
        let mut frontier = Frontier::from_stored(0, &[]).unwrap();
        let mut told = Vec::new();
        for leaf in &leaves {
            frontier.push_and_tell(*leaf, |subtree| told.push(subtree));
        }
        let of_level = |level| told.iter().filter(move |subtree| subtree.level == level);
        assert_eq!((of_level(1).count(), of_level(2).count()), (257, 1));
        for (at, subtree) in of_level(1).enumerate() {
            assert_eq!(subtree.index, at as u64);
            assert_eq!(subtree.root, by_definition(&leaves[at * 256..][..256]));
        }
        let second = of_level(2).next().unwrap();
        assert_eq!((second.index, second.root), (0, by_definition(&leaves[..256 * 256])));
    }

    #[test]
    fn a_frontier_of_another_size_is_refused() {
        assert!(Frontier::from_stored(3, &[0; 32]).is_err());
        assert!(Frontier::from_stored(1, &[0; 33]).is_err());
        assert!(Frontier::from_stored(0, &[0; 32]).is_err());
    }
}
