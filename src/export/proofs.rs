//! Proofs and tiles of the log as they were at one size, so that a medium stands under one checkpoint.

use crate::domain::naming;
use crate::ledger::{Ledger, LedgerError};
use crate::log::proof::{self, TileHashes};
use crate::log::proof_file::ProofFile;
use crate::log::tile::{Tile, TileKind, hash_tiles};

use super::item::BagFile;
use super::walk::Item;
use crate::formats::bag::PAYLOAD;

/// Tiles that are kept in memory: 8 KiB each.
const TILES: usize = 2048;

/// Makes the proofs of a walk.
#[derive(Debug)]
pub struct Proofs<'a> {
    ledger: &'a Ledger,
    size: u64,
    checkpoint: &'a str,
    hashes: TileHashes,
    there: std::collections::HashSet<Tile>,
}

impl<'a> Proofs<'a> {
    /// Proofs under `checkpoint`, which is over the ledger's first `size` entries.
    pub fn new(ledger: &'a Ledger, size: u64, checkpoint: &'a str) -> Self {
        Self { ledger, size, checkpoint, hashes: TileHashes::of(size), there: Default::default() }
    }

    /// The proof file's text for a scan.
    pub async fn of(&mut self, item: &Item) -> Result<String, LedgerError> {
        let corrupt = |what: &str| LedgerError::Corrupt(format!("{what} of entry {}", item.position));
        if self.there.len() >= TILES {
            (self.hashes, self.there) = (TileHashes::of(self.size), Default::default());
        }
        for tile in proof::inclusion_tiles(item.position, self.size) {
            if self.there.insert(tile) {
                let bytes = tile_bytes(self.ledger, tile).await?;
                self.hashes.insert(tile, &bytes).map_err(|_| corrupt("a tile"))?;
            }
        }
        let way = proof::inclusion(item.position, self.size, &self.hashes).map_err(|_| corrupt("a tile"))?;
        let file = ProofFile {
            extra: Some(item.line.clone().into_bytes()),
            index: item.position,
            hashes: way.ok_or_else(|| corrupt("the proof"))?,
            checkpoint: self.checkpoint.to_owned(),
        };
        Ok(file.to_string())
    }

    /// Bytes of such a text at most.
    pub fn bytes_of(&self, item: &Item) -> u64 {
        let hashes = u64::from(64 - self.size.leading_zeros()) * 45;
        64 + (item.line.len() as u64).div_ceil(3) * 4 + hashes + self.checkpoint.len() as u64
    }
}

/// Tiles of hashes that a medium has: all of the log's. They tell nothing of an entry but that it is there, and with them
/// any earlier checkpoint can be held against the medium's.
pub fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    hash_tiles(0, size)
}

/// Bytes of all tiles.
pub fn tiles_bytes(size: u64, mut occupied: impl FnMut(u64) -> u64) -> u64 {
    tiles(size).map(|tile| occupied(tile.hash_bytes() as u64)).sum()
}

/// A tile as a file of the bag.
pub async fn tile_file(ledger: &Ledger, tile: Tile) -> Result<BagFile, LedgerError> {
    let path = format!("{PAYLOAD}/{}/{}", naming::LOG, tile.path());
    Ok(BagFile::made(path, tile_bytes(ledger, tile).await?))
}

async fn tile_bytes(ledger: &Ledger, tile: Tile) -> Result<Vec<u8>, LedgerError> {
    let TileKind::Hashes(level) = tile.kind() else { return Ok(Vec::new()) };
    let hashes = ledger.hashes(level.into(), tile.first(), tile.first() + tile.width()).await?;
    Ok(hashes.as_flattened().to_vec())
}
