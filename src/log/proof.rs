//! Proofs: that an entry is in the log, and that a longer log begins with a shorter one (RFC 6962 §2.1, RFC 9162 §2.1).
//!
//! Made from roots of perfect subtrees, wherever those lie; checked against nothing but two roots. A proof may come from
//! anybody: one that does not fit exactly, to its last hash, proves nothing.

use std::collections::HashMap;
use std::convert::Infallible;

use super::frontier::{Hash, parent};
use super::tile::{BadTile, Tile, decode_hashes, holding};

/// The root of a perfect subtree: that over entries `index · 2^height` and the `2^height - 1` after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Levels below it. A leaf hash has none.
    pub height: u8,
    /// Its number among those of its height.
    pub index: u64,
}

/// Where roots of perfect subtrees come from.
pub trait HashReader {
    /// Why one cannot be had.
    type Error;
    /// The hash of `node`, which the tree that is asked about has.
    ///
    /// # Errors
    /// When it cannot be read.
    fn hash(&self, node: Node) -> Result<Hash, Self::Error>;
}

/// The leaf hashes themselves. For small trees: each subtree is computed anew.
impl HashReader for [Hash] {
    type Error = Infallible;
    fn hash(&self, Node { height, index }: Node) -> Result<Hash, Infallible> {
        let first = (index << height) as usize;
        Ok(perfect_root(&self[first..first + (1 << height)]))
    }
}

/// Why a proof cannot be made or proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// There is no such entry, or no such shorter log.
    #[error("a log of {size} entries has no {asked}")]
    Outside {
        /// What was asked for: a position, or a size.
        asked: u64,
        /// The log's entries.
        size: u64,
    },
    /// Too few or too many hashes for these sizes.
    #[error("the proof has not as many hashes as it must")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    OtherRoot,
}

/// RFC 6962 §2.1.1: the hashes that lead from entry `position` to the root over `size` entries, the sibling first.
///
/// # Errors
/// What the reader says; `None` when there is no such entry.
pub fn inclusion<R: HashReader + ?Sized>(position: u64, size: u64, reader: &R) -> Result<Option<Vec<Hash>>, R::Error> {
    collect(inclusion_ranges(position, size), reader)
}

/// RFC 6962 §2.1.2: the hashes that prove that the log of `size` entries begins with that of `old`.
///
/// # Errors
/// What the reader says; `None` when the old log is the longer one.
pub fn consistency<R: HashReader + ?Sized>(old: u64, size: u64, reader: &R) -> Result<Option<Vec<Hash>>, R::Error> {
    collect(consistency_ranges(old, size), reader)
}

/// The root over entries `0..size`.
///
/// # Errors
/// What the reader says.
pub fn root<R: HashReader + ?Sized>(size: u64, reader: &R) -> Result<Hash, R::Error> {
    if size == 0 { Ok(super::frontier::empty_root()) } else { subtree(0, size, reader) }
}

/// The tiles that a proof for `position` in a tree of `size` entries is made from. To be fetched before [`inclusion`]
/// reads them through [`TileHashes`].
pub fn inclusion_tiles(position: u64, size: u64) -> Vec<Tile> {
    tiles(inclusion_ranges(position, size), size)
}

/// The tiles that a proof from `old` to `size` entries is made from.
pub fn consistency_tiles(old: u64, size: u64) -> Vec<Tile> {
    tiles(consistency_ranges(old, size), size)
}

/// RFC 9162 §2.1.3.2: whether the entry with this leaf hash is number `position` of the `size` under `root`.
///
/// # Errors
/// When it is not proved.
pub fn verify_inclusion(leaf: &Hash, position: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), BadProof> {
    if position >= size {
        return Err(BadProof::Outside { asked: position, size });
    }
    let (mut number, mut last, mut hash) = (position, size - 1, *leaf);
    for other in proof {
        if last == 0 {
            return Err(BadProof::Length);
        }
        if number & 1 == 1 || number == last {
            hash = parent(other, &hash);
            while number & 1 == 0 && number != 0 {
                (number, last) = (number >> 1, last >> 1);
            }
        } else {
            hash = parent(&hash, other);
        }
        (number, last) = (number >> 1, last >> 1);
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(BadProof::OtherRoot),
        _ => Err(BadProof::Length),
    }
}

/// RFC 9162 §2.1.4.2: whether the log of `size` entries under `root` begins with that of `old` under `old_root`.
///
/// # Errors
/// When it is not proved.
pub fn verify_consistency(old: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> Result<(), BadProof> {
    if old > size {
        return Err(BadProof::Outside { asked: old, size });
    }
    if old == size || old == 0 {
        let fits = if old == 0 { *old_root == super::frontier::empty_root() } else { old_root == root };
        let fits = fits && (old < size || old_root == root);
        return match (proof.is_empty(), fits) {
            (true, true) => Ok(()),
            (true, false) => Err(BadProof::OtherRoot),
            (false, _) => Err(BadProof::Length),
        };
    }
    let mut hashes = proof.iter();
    // A shorter log that is one perfect tree is itself the first hash.
    let seed = if old.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let Some(seed) = seed else { return Err(BadProof::Length) };
    let (mut number, mut last) = (old - 1, size - 1);
    while number & 1 == 1 {
        (number, last) = (number >> 1, last >> 1);
    }
    let (mut of_old, mut of_new) = (*seed, *seed);
    for other in hashes {
        if last == 0 {
            return Err(BadProof::Length);
        }
        if number & 1 == 1 || number == last {
            of_old = parent(other, &of_old);
            of_new = parent(other, &of_new);
            while number & 1 == 0 && number != 0 {
                (number, last) = (number >> 1, last >> 1);
            }
        } else {
            of_new = parent(&of_new, other);
        }
        (number, last) = (number >> 1, last >> 1);
    }
    match (last, of_old == *old_root && of_new == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(BadProof::OtherRoot),
        _ => Err(BadProof::Length),
    }
}

/// Tiles that were fetched, as a source of hashes for one size of the tree.
#[derive(Clone, Debug, Default)]
pub struct TileHashes {
    size: u64,
    tiles: HashMap<Tile, Vec<Hash>>,
}

/// A tile is needed and was not put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tile that holds {0:?} is missing")]
pub struct MissingTile(pub Node);

impl TileHashes {
    /// None yet, of a tree of `size` entries.
    pub fn of(size: u64) -> Self {
        Self { size, tiles: HashMap::new() }
    }

    /// Puts in a tile's bytes.
    ///
    /// # Errors
    /// When they are not so many hashes as the tile has.
    pub fn insert(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), BadTile> {
        self.tiles.insert(tile, decode_hashes(bytes, tile.width())?.to_vec());
        Ok(())
    }
}

impl HashReader for TileHashes {
    type Error = MissingTile;
    fn hash(&self, node: Node) -> Result<Hash, MissingTile> {
        let (tile, part) = holding(node.height, node.index, self.size).ok_or(MissingTile(node))?;
        let hashes = self.tiles.get(&tile).and_then(|tile| tile.get(part)).ok_or(MissingTile(node))?;
        Ok(perfect_root(hashes))
    }
}

/// Entries `from..to` under one hash of a proof. `from` is a multiple of the next power of two of their count.
type Span = (u64, u64);

/// The largest power of two below `count`, which is 2 or more: where a tree of so many leaves is cut.
fn cut(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

fn inclusion_ranges(position: u64, size: u64) -> Option<Vec<Span>> {
    if position >= size {
        return None;
    }
    let (mut from, mut to, mut spans) = (0, size, Vec::new());
    while to - from > 1 {
        let middle = from + cut(to - from);
        if position < middle {
            spans.push((middle, to));
            to = middle;
        } else {
            spans.push((from, middle));
            from = middle;
        }
    }
    spans.reverse();
    Some(spans)
}

fn consistency_ranges(old: u64, size: u64) -> Option<Vec<Span>> {
    if old > size {
        return None;
    }
    let (mut from, mut to, mut spans) = (0, size, Vec::new());
    if old > 0 {
        while to != old {
            let middle = from + cut(to - from);
            if old <= middle {
                spans.push((middle, to));
                to = middle;
            } else {
                spans.push((from, middle));
                from = middle;
            }
        }
        if from > 0 {
            spans.push((from, to)); // The verifier has it only when the old log is one perfect tree.
        }
    }
    spans.reverse();
    Some(spans)
}

/// The perfect subtrees that make up entries `from..to`, from the left.
fn nodes((from, to): Span) -> impl Iterator<Item = Node> {
    let mut at = from;
    std::iter::from_fn(move || {
        let height = (to - at).checked_ilog2()?;
        let node = Node { height: height as u8, index: at >> height };
        at += 1 << height;
        Some(node)
    })
}

fn subtree<R: HashReader + ?Sized>(from: u64, to: u64, reader: &R) -> Result<Hash, R::Error> {
    let hashes = nodes((from, to)).map(|node| reader.hash(node)).collect::<Result<Vec<_>, _>>()?;
    let right_first = hashes.into_iter().rev();
    Ok(right_first.reduce(|right, left| parent(&left, &right)).expect("a span of a proof is never empty"))
}

fn collect<R: HashReader + ?Sized>(spans: Option<Vec<Span>>, reader: &R) -> Result<Option<Vec<Hash>>, R::Error> {
    spans.map(|spans| spans.into_iter().map(|(from, to)| subtree(from, to, reader)).collect()).transpose()
}

fn tiles(spans: Option<Vec<Span>>, size: u64) -> Vec<Tile> {
    let nodes = spans.into_iter().flatten().flat_map(nodes);
    let mut tiles: Vec<Tile> = nodes.filter_map(|node| Some(holding(node.height, node.index, size)?.0)).collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

/// The root over a power of two of hashes.
///
/// # Panics
/// When there are none, or not a power of two of them.
pub fn perfect_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [only] => *only,
        _ => {
            assert!(hashes.len().is_power_of_two(), "{} hashes are no perfect tree", hashes.len());
            let (left, right) = hashes.split_at(hashes.len() / 2);
            parent(&perfect_root(left), &perfect_root(right))
        }
    }
}

#[cfg(test)]
mod tests;
