//! A bundle of entries as it came, taken apart and hashed.

use bytes::Bytes;

use crate::log::frontier::{Hash, leaf};
use crate::log::proof::perfect_root;
use crate::log::tile::{BadTile, TILE_WIDTH, Tile, decode_bundle, encode_bundle};

/// The entries of a bundle and their leaf hashes. Only its shape is sound; what it says is not verified.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Which, and how many entries.
    pub tile: Tile,
    /// Its bytes.
    pub bytes: Bytes,
    /// The leaf hashes.
    pub leaves: Vec<Hash>,
}

impl Bundle {
    /// Takes bytes apart.
    ///
    /// # Errors
    /// When they are not exactly so many entries.
    pub fn parse(tile: Tile, bytes: Bytes) -> Result<Self, BadTile> {
        let leaves = decode_bundle(&bytes, tile.width())?.into_iter().map(leaf).collect();
        Ok(Self { tile, bytes, leaves })
    }

    /// The first `width` entries of a full bundle, for a partial one that is not kept any more.
    ///
    /// # Errors
    /// When the bytes are no full bundle.
    pub fn beginning(tile: Tile, full: &[u8]) -> Result<Self, BadTile> {
        let mut entries = decode_bundle(full, TILE_WIDTH)?;
        entries.truncate(tile.width() as usize);
        Self::parse(tile, encode_bundle(entries)?.into())
    }

    /// The entries.
    pub fn entries(&self) -> Vec<&[u8]> {
        decode_bundle(&self.bytes, self.tile.width()).unwrap_or_default()
    }

    /// The entries as text. What is not UTF-8 is no entry of ours, and stays out of the way as an empty line.
    pub fn lines(&self) -> Vec<&str> {
        self.entries().into_iter().map(|entry| std::str::from_utf8(entry).unwrap_or("")).collect()
    }

    /// The root over it, if it is full.
    pub fn root(&self) -> Option<Hash> {
        self.tile.is_full().then(|| perfect_root(&self.leaves))
    }
}
