//! What a copy has: the newest checkpoint it believes, and which entries' scans are done.
//!
//! The checkpoint is written after the log's files it speaks of, so a copy is a sound log at every instant. The notes in
//! `.tutanak/state.json` only save work: without them the next run looks at each file again.

use serde::{Deserialize, Serialize};

use super::disk::{self, Disk, DiskError};
use super::ranges::Ranges;
use crate::domain::naming;
use crate::log::checkpoint::{Checkpoint, CheckpointError};
use crate::log::frontier::{Frontier, Hash};
use crate::log::note::NOTE_BYTES;
use crate::log::tile::{self, Tile, TileKind, decode_hashes};

const NOTES: &str = "state.json";
const NOTES_BYTES: usize = 16 << 20;

/// Notes on what is done.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Notes {
    /// Which scans are wanted; other wishes make the notes worthless.
    pub wanted: String,
    /// Whether packs are kept instead of the tree.
    pub packs: bool,
    /// Entries whose wanted scans are all there.
    pub done: Ranges,
}

impl Notes {
    /// The notes of the last run.
    ///
    /// # Errors
    /// When they cannot be read. Notes that make no sense are as good as none.
    pub fn read(disk: &Disk) -> Result<Option<Self>, DiskError> {
        let text = disk::read(disk.folder(), &disk.private(NOTES), NOTES_BYTES)?;
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
    }

    /// Writes them down.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn write(&self, disk: &Disk) -> Result<(), DiskError> {
        let text = serde_json::to_vec(self).expect("plain values");
        disk::write(disk.folder(), &disk.private(NOTES), &text)
    }
}

/// The newest checkpoint that a copy believes, as its signed note.
///
/// # Errors
/// When it cannot be read.
pub fn checkpoint_note(disk: &Disk) -> Result<Option<String>, DiskError> {
    let note = disk.read(&log_path(naming::CHECKPOINT), NOTE_BYTES)?;
    Ok(note.map(|note| String::from_utf8_lossy(&note).into_owned()))
}

/// What that checkpoint says. It was verified when it was written.
///
/// # Errors
/// When it is no checkpoint.
pub fn believed(note: &str) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::unverified(note)
}

/// A path inside the log.
pub fn log_path(inside: &str) -> String {
    format!("{}/{inside}", naming::LOG)
}

/// A tile's path in the tree.
pub fn tile_path(tile: Tile) -> String {
    log_path(&tile.path())
}

/// Hashes of a tile of the copy that are there as a tree of `size` entries has them; `None` when the file is missing or
/// is no tile.
///
/// # Errors
/// When it cannot be read.
pub fn hashes(disk: &Disk, tile: Tile) -> Result<Option<Vec<Hash>>, DiskError> {
    let bytes = disk.read(&tile_path(tile), tile.hash_bytes())?;
    Ok(bytes.and_then(|bytes| decode_hashes(&bytes, tile.width()).ok().map(<[Hash]>::to_vec)))
}

/// What the copy's log of `size` entries has of the tree: the roots of its full bundles, and the leaf hashes after them.
/// `None` when a file is missing.
///
/// # Errors
/// When one cannot be read.
pub fn spine(disk: &Disk, size: u64) -> Result<Option<Spine>, DiskError> {
    let mut spine = Spine::default();
    for tile in tile::hash_tiles(0, size).filter(|tile| tile.kind() == TileKind::Hashes(1)) {
        let Some(hashes) = hashes(disk, tile)? else { return Ok(None) };
        spine.bundles.extend(hashes);
    }
    if let Some(last) = tile::bundles(0..size).last().filter(|last| !last.is_full()) {
        let leaves = Tile::new(TileKind::Hashes(0), last.index(), last.width());
        let Some(hashes) = leaves.map(|leaves| hashes(disk, leaves)).transpose()?.flatten() else { return Ok(None) };
        spine.tail = hashes;
    }
    Ok(Some(spine))
}

/// Roots of all full bundles, and the leaf hashes of the last partial one: 32 bytes for 256 entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spine {
    /// Roots of the full bundles.
    pub bundles: Vec<Hash>,
    /// Leaf hashes after them.
    pub tail: Vec<Hash>,
}

impl Spine {
    /// The root over everything.
    pub fn root(&self) -> Hash {
        let mut frontier = Frontier::empty();
        self.bundles.iter().for_each(|root| frontier.push(*root));
        let mut frontier = frontier.raised(8);
        self.tail.iter().for_each(|leaf| frontier.push(*leaf));
        frontier.root()
    }
}
