//! Proofs against the definition in RFC 6962 §2.1, at every small size.

use super::*;
use crate::domain::entry::leaf_hash;
use crate::log::frontier::{Frontier, empty_root};
use crate::log::tile::{TileKind, hash_tiles};

fn leaves(count: u64) -> Vec<Hash> {
    (0..count).map(|n| leaf_hash(&n.to_string())).collect()
}

/// MTH of RFC 6962 §2.1.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            parent(&mth(left), &mth(right))
        }
    }
}

/// PATH of RFC 6962 §2.1.1.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return vec![];
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    if m < k { [path(m, left), vec![mth(right)]].concat() } else { [path(m - k, right), vec![mth(left)]].concat() }
}

/// SUBPROOF of RFC 6962 §2.1.2.
fn subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { vec![] } else { vec![mth(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    if m <= k {
        [subproof(m, left, whole), vec![mth(right)]].concat()
    } else {
        [subproof(m - k, right, false), vec![mth(left)]].concat()
    }
}

/// The roots of all perfect subtrees, by height.
struct Table(Vec<Vec<Hash>>);

impl Table {
    fn of(leaves: &[Hash]) -> Self {
        let mut heights = vec![leaves.to_vec()];
        while let Some(below) = heights.last().filter(|below| below.len() > 1) {
            heights.push(below.as_chunks::<2>().0.iter().map(|[left, right]| parent(left, right)).collect());
        }
        Self(heights)
    }

    /// A tile, as a server would have it.
    fn tile(&self, tile: Tile) -> Vec<u8> {
        let TileKind::Hashes(level) = tile.kind() else { panic!("a bundle") };
        self.0[8 * usize::from(level)][tile.first() as usize..][..tile.width() as usize].concat()
    }
}

impl HashReader for Table {
    type Error = Infallible;
    fn hash(&self, node: Node) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(node.height)][node.index as usize])
    }
}

/// Sizes at which something begins or ends, and all small ones: there the definition is computed word for word.
fn is_telling(size: u64) -> bool {
    size < 36 || [63, 64, 65, 127, 128, 129, 200, 255, 256, 257, 300].contains(&size)
}

#[test]
fn every_proof_up_to_300_entries_is_the_definitions_and_verifies() {
    let leaves = leaves(300);
    let table = Table::of(&leaves);
    let roots: Vec<Hash> = (0..=300).map(|size| mth(&leaves[..size])).collect();
    for size in 0..=300_u64 {
        let known = &leaves[..size as usize];
        assert_eq!(root(size, known), root(size, &table));
        assert_eq!(root(size, known).unwrap(), roots[size as usize]);
        for position in 0..size {
            let proof = inclusion(position, size, &table).unwrap().unwrap();
            if is_telling(size) {
                assert_eq!(proof, path(position as usize, known), "{position} of {size}");
            }
            let verdict = verify_inclusion(&leaves[position as usize], position, size, &proof, &roots[size as usize]);
            assert_eq!(verdict, Ok(()), "{position} of {size}");
        }
        assert_eq!(inclusion(size, size, known).unwrap(), None);
        for old in 0..=size {
            let proof = consistency(old, size, &table).unwrap().unwrap();
            if old > 0 && is_telling(size) {
                assert_eq!(proof, subproof(old as usize, known, true), "{old} to {size}");
            }
            let verdict = verify_consistency(old, &roots[old as usize], size, &roots[size as usize], &proof);
            assert_eq!(verdict, Ok(()), "{old} to {size}");
        }
        assert_eq!(consistency(size + 1, size, known).unwrap(), None);
    }
}

#[test]
fn a_proof_with_anything_changed_proves_nothing() {
    let leaves = leaves(20);
    for size in 1..=20_u64 {
        let known = &leaves[..size as usize];
        let top = mth(known);
        for position in 0..size {
            let proof = inclusion(position, size, known).unwrap().unwrap();
            let leaf = &leaves[position as usize];
            let fails = |position, size, proof: &[Hash]| verify_inclusion(leaf, position, size, proof, &top).is_err();
            for other in (0..size).filter(|other| *other != position) {
                assert!(fails(other, size, &proof), "{position} as {other} of {size}");
            }
            assert!(fails(size, size, &proof) && verify_inclusion(&[0; 32], position, size, &proof, &top).is_err());
            altered(&proof, |proof| fails(position, size, proof));
        }
        for old in 1..size {
            let proof = consistency(old, size, known).unwrap().unwrap();
            let old_root = mth(&known[..old as usize]);
            let fails = |proof: &[Hash]| verify_consistency(old, &old_root, size, &top, proof).is_err();
            altered(&proof, fails);
            for (a, b) in [(&old_root, &[0; 32]), (&[0; 32], &top), (&top, &old_root)] {
                assert!(verify_consistency(old, a, size, b, &proof).is_err(), "{old} to {size}");
            }
        }
    }
    let (empty, other) = (empty_root(), [1; 32]);
    assert!(verify_consistency(0, &other, 5, &other, &[]).is_err());
    assert!(verify_consistency(0, &empty, 5, &other, &[other]).is_err());
    assert!(verify_consistency(0, &empty, 0, &other, &[]).is_err());
    assert!(verify_consistency(5, &other, 4, &other, &[]).is_err());
    assert!(verify_consistency(5, &other, 5, &empty, &[]).is_err());
}

/// One flipped bit in each byte, one hash less, one more, two changed about.
fn altered(proof: &[Hash], fails: impl Fn(&[Hash]) -> bool) {
    for at in 0..proof.len() {
        for byte in 0..32 {
            let mut other = proof.to_vec();
            other[at][byte] ^= 1 << (byte % 8);
            assert!(fails(&other));
        }
        let mut other = proof.to_vec();
        other.remove(at);
        assert!(fails(&other));
        if at > 0 {
            let mut other = proof.to_vec();
            other.swap(at, at - 1);
            assert!(fails(&other));
        }
    }
    assert!(fails(&[proof, &[[7; 32]]].concat()));
}

#[test]
fn the_tiles_that_are_named_suffice_and_none_is_named_in_vain() {
    let leaves = leaves(70_000);
    let table = Table::of(&leaves);
    let mut roots = vec![empty_root()];
    let mut frontier = Frontier::empty();
    for leaf in &leaves {
        frontier.push(*leaf);
        roots.push(frontier.root());
    }
    for size in [1, 2, 255, 256, 257, 511, 512, 600, 65_535, 65_536, 65_537, 70_000_u64] {
        let top = roots[size as usize];
        let there: Vec<Tile> = hash_tiles(0, size).collect();
        for at in [0, 1, size / 3, size / 2, size.saturating_sub(2), size - 1] {
            let at = at.min(size - 1);
            for (tiles, old) in [(inclusion_tiles(at, size), None), (consistency_tiles(at, size), Some(at))] {
                let mut reader = TileHashes::of(size);
                for tile in &tiles {
                    assert!(there.contains(tile), "{tile} is not in a tree of {size}");
                    reader.insert(*tile, &table.tile(*tile)).unwrap();
                }
                match old {
                    None => {
                        let proof = inclusion(at, size, &reader).unwrap().unwrap();
                        assert_eq!(verify_inclusion(&leaves[at as usize], at, size, &proof, &top), Ok(()));
                    }
                    Some(old) => {
                        let proof = consistency(old, size, &reader).unwrap().unwrap();
                        let old_root = roots[old as usize];
                        assert_eq!(verify_consistency(old, &old_root, size, &top, &proof), Ok(()), "{old} {size}");
                    }
                }
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_proof_makes_the_verifiers_panic(
        position: u64, size: u64, leaf: [u8; 32], top: [u8; 32], proof: Vec<[u8; 32]>,
    ) {
        proptest::prop_assert!(verify_inclusion(&leaf, position, size, &proof, &top).is_err());
        let _ = verify_consistency(position, &leaf, size, &top, &proof);
        let _ = (inclusion_tiles(position, size), consistency_tiles(position, size));
    }
}
