//! When the files do not lead to the signed root: which of them is it, down to the entry where that can be told.

use super::advance::Sound;
use super::bundle::Bundle;
use super::{Context, RoundError};
use crate::client::problem::Problem;
use crate::client::state::{Spine, tile_path};
use crate::log::checkpoint::Checkpoint;
use crate::log::frontier::Hash;
use crate::log::proof::perfect_root;
use crate::log::tile::{TILE_WIDTH, Tile, TileKind, hash_tiles};

/// More wrong entries than that are not told one by one.
const TOLD: usize = 20;

impl Context {
    /// A full bundle whose entries do not give the root that is signed for it. The tile of its leaf hashes tells which
    /// entries are wrong, if it is itself sound.
    pub(super) async fn blame_bundle(&self, bundle: &Bundle, root: &Hash) -> Result<Problem, RoundError> {
        let leaves = Tile::new(TileKind::Hashes(0), bundle.tile.index(), TILE_WIDTH).expect("as the bundle");
        let path = tile_path(bundle.tile);
        Ok(match self.hashes(leaves).await? {
            Ok(signed) if perfect_root(&signed) == *root => {
                let wrong: Vec<u64> = differing(bundle, &signed);
                match wrong.as_slice() {
                    [position] => Problem::Entry { position: *position, path },
                    _ => Problem::Tile { path, what: format!("wrong entries / yanlış kayıtlar: {}", list(&wrong)) },
                }
            }
            _ => Problem::Tile { path, what: "its entries are not those that were signed".to_owned() },
        })
    }

    /// A spine that does not give the signed root: did the server change its past, or is a file damaged?
    pub(super) async fn blame_spine(
        &self,
        known: &Spine,
        spine: &Spine,
        ours: Option<(&Checkpoint, &str)>,
        theirs: &Checkpoint,
        note: &str,
    ) -> Result<Vec<Problem>, RoundError> {
        // Is the last bundle to blame? Then its tile of leaf hashes gives the root.
        let last = (theirs.size % TILE_WIDTH, theirs.size / TILE_WIDTH);
        let mut signed_tail = None;
        if let Some(leaves) = Tile::new(TileKind::Hashes(0), last.1, last.0)
            && let Ok(signed) = self.hashes(leaves).await?
        {
            let other = Spine { bundles: spine.bundles.clone(), tail: signed.clone() };
            if other.root() == theirs.root {
                let path = tile_path(Tile::new(TileKind::Entries, last.1, last.0).expect("as the hashes"));
                let pairs = (last.1 * TILE_WIDTH..).zip(spine.tail.iter().zip(&signed));
                let wrong = pairs.filter(|(_, (given, signed))| given != signed).map(|(position, _)| position);
                return Ok(wrong.take(TOLD).map(|position| Problem::Entry { position, path: path.clone() }).collect());
            }
            signed_tail = Some(signed);
        }
        // Is the server's log sound in itself, and only not ours? Then it has signed two.
        if let Some((ours, our_note)) = ours.filter(|_| !known.bundles.is_empty())
            && let Ok(all) = self.all_bundle_roots(theirs.size).await?
        {
            let tails = [Some(spine.tail.clone()), signed_tail];
            let sound =
                tails.into_iter().flatten().any(|tail| Spine { bundles: all.clone(), tail }.root() == theirs.root);
            if sound {
                let evidence = Some(self.keep_evidence(ours, our_note, theirs, note)?);
                return Ok(vec![Problem::SplitView { ours: ours.size, theirs: theirs.size, evidence }]);
            }
        }
        Ok(vec![Problem::Root { size: theirs.size }])
    }

    async fn all_bundle_roots(&self, size: u64) -> Result<Sound<Vec<Hash>>, RoundError> {
        let mut all = Vec::new();
        for tile in hash_tiles(0, size).filter(|tile| tile.kind() == TileKind::Hashes(1)) {
            match self.hashes(tile).await? {
                Ok(hashes) => all.extend(hashes),
                Err(problem) => return Ok(Err(problem)),
            }
        }
        Ok(Ok(all))
    }
}

fn differing(bundle: &Bundle, signed: &[Hash]) -> Vec<u64> {
    let pairs = (bundle.tile.first()..).zip(bundle.leaves.iter().zip(signed));
    pairs.filter(|(_, (given, signed))| given != signed).map(|(position, _)| position).collect()
}

fn list(positions: &[u64]) -> String {
    let told: Vec<String> = positions.iter().take(TOLD).map(u64::to_string).collect();
    let more = if positions.len() > TOLD { ", …" } else { "" };
    format!("{}{more}", told.join(", "))
}
