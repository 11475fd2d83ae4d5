//! Tiles: the tree's hashes and entries cut into files that never change (C2SP tlog-tiles).
//!
//! Paths are the specification's, relative to where the log lies. What is there follows from the size of the tree alone,
//! so nobody need list or guess. Whatever is parsed came from outside: one spelling, and every length checked.

use std::fmt;
use std::ops::Range;

use super::frontier::Hash;

/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Bytes of an entry at most: a bundle has two bytes for its length.
pub const ENTRY_BYTES: usize = u16::MAX as usize;
/// Bytes of a bundle at most.
pub const BUNDLE_BYTES: usize = TILE_WIDTH as usize * (2 + ENTRY_BYTES);

const TILES: &str = "tile/";
const ENTRIES: &str = "entries";
/// The highest level that a tree of 2⁶⁴ entries has.
const MAX_LEVEL: u8 = 7;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Roots of perfect subtrees of 256^level entries each; level 0 has the leaf hashes.
    Hashes(u8),
    /// The entries themselves: a bundle.
    Entries,
}

/// One tile: which, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl Tile {
    /// The tile number `index` of `kind` with its first `width` hashes or entries. `None` for what no tree can have: a
    /// width of 0 or over 256, a level over 7, a place past the 2⁶⁴-th entry.
    pub fn new(kind: TileKind, index: u64, width: u64) -> Option<Self> {
        let level = match kind {
            TileKind::Hashes(level) => level,
            TileKind::Entries => 0,
        };
        let possible = (1..=TILE_WIDTH).contains(&width) && level <= MAX_LEVEL;
        let tile = possible.then_some(Self { kind, index, width: width as u16 })?;
        tile.end().map(|_| tile)
    }

    /// What it holds.
    pub fn kind(self) -> TileKind {
        self.kind
    }

    /// Its number among the tiles of its kind.
    pub fn index(self) -> u64 {
        self.index
    }

    /// Its hashes or entries, 1 to 256.
    pub fn width(self) -> u64 {
        u64::from(self.width)
    }

    /// Whether it will never grow.
    pub fn is_full(self) -> bool {
        self.width() == TILE_WIDTH
    }

    /// The tile in the place of this one once it is full.
    #[must_use]
    pub fn full(self) -> Self {
        Self { width: TILE_WIDTH as u16, ..self }
    }

    /// The number of its first hash or entry, within its level.
    pub fn first(self) -> u64 {
        self.index * TILE_WIDTH
    }

    /// Bytes of a tile of hashes. A bundle's length depends on its entries.
    pub fn hash_bytes(self) -> usize {
        usize::from(self.width) * size_of::<Hash>()
    }

    /// Entries that must be there before this tile is.
    fn end(self) -> Option<u64> {
        let level = match self.kind {
            TileKind::Hashes(level) => level,
            TileKind::Entries => 0,
        };
        let width = self.index.checked_mul(TILE_WIDTH)?.checked_add(self.width())?;
        width.checked_mul(1_u64.checked_shl(8 * u32::from(level))?)
    }

    /// Whether a tree of `size` entries has this tile, as one of full or lesser width.
    pub fn is_in(self, size: u64) -> bool {
        self.end().is_some_and(|end| end <= size)
    }

    /// Its path (tlog-tiles, "Merkle Tree"): `tile/0/x001/x234/067`, `tile/entries/003.p/17`.
    pub fn path(self) -> String {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        let number = groups.join("/");
        let partial = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        match self.kind {
            TileKind::Hashes(level) => format!("{TILES}{level}/{number}{partial}"),
            TileKind::Entries => format!("{TILES}{ENTRIES}/{number}{partial}"),
        }
    }

    /// The tile that a path names. There is one spelling only.
    pub fn parse(path: &str) -> Option<Self> {
        let (kind, number) = path.strip_prefix(TILES)?.split_once('/')?;
        let kind = match kind {
            ENTRIES => TileKind::Entries,
            level => TileKind::Hashes(level.parse().ok()?),
        };
        let (number, width) = match number.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (number, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let three = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
            index = index.checked_mul(1000)?.checked_add(if three { digits.parse().ok()? } else { return None })?;
        }
        let tile = Self::new(kind, index, width)?;
        // Signs, zeroes before numbers and misplaced `x` are gone once it is spelt again.
        (tile.path() == path).then_some(tile)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// The tiles of one kind that a tree of `size` entries has, the last of them perhaps partial; from that of entry (or
/// hash) number `from` on.
fn of_kind(kind: TileKind, from: u64, size: u64) -> impl Iterator<Item = Tile> {
    let level = match kind {
        TileKind::Hashes(level) => level,
        TileKind::Entries => 0,
    };
    let hashes = size >> (8 * u32::from(level));
    let tiles = if from < hashes { from / TILE_WIDTH..hashes.div_ceil(TILE_WIDTH) } else { 0..0 };
    tiles.map(move |index| Tile { kind, index, width: (hashes - index * TILE_WIDTH).min(TILE_WIDTH) as u16 })
}

/// The bundles that hold the entries of `range`, as a tree that ends with it has them.
pub fn bundles(range: Range<u64>) -> impl Iterator<Item = Tile> {
    of_kind(TileKind::Entries, range.start, range.end)
}

/// Every tile of hashes that a tree of `size` entries has and one of `from` has not: all of them when `from` is 0.
pub fn hash_tiles(from: u64, size: u64) -> impl Iterator<Item = Tile> {
    (0..=MAX_LEVEL).flat_map(move |level| of_kind(TileKind::Hashes(level), from >> (8 * u32::from(level)), size))
}

/// The tile of hashes that holds the root over `2^height` entries, number `index` of its height, in a tree of `size`
/// entries; and which of the tile's hashes make it up. `None` when the tree is too small to have it.
pub fn holding(height: u8, index: u64, size: u64) -> Option<(Tile, Range<usize>)> {
    let (level, within) = (height / 8, height % 8);
    let first = index.checked_mul(1 << within)?;
    let there = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let last = first.checked_add(1 << within)?;
    if last > there {
        return None;
    }
    let tile = first / TILE_WIDTH;
    let width = (there - tile * TILE_WIDTH).min(TILE_WIDTH);
    let start = (first % TILE_WIDTH) as usize;
    Some((Tile::new(TileKind::Hashes(level), tile, width)?, start..start + (1 << within)))
}

/// Why bytes are no tile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTile {
    /// An entry cannot be put into a bundle.
    #[error("entry {at} of the bundle has {bytes} bytes, more than a bundle can hold")]
    EntryTooLong {
        /// Which, within the bundle.
        at: usize,
        /// Its bytes.
        bytes: usize,
    },
    /// The bytes end before the last entry does.
    #[error("the bundle is cut off in its entry {at} of {width}")]
    CutOff {
        /// Which entry, within the bundle.
        at: u64,
        /// How many there should be.
        width: u64,
    },
    /// There are bytes after the last entry.
    #[error("the bundle has {bytes} bytes after its {width} entries")]
    Trailing {
        /// How many entries there should be.
        width: u64,
        /// The bytes too many.
        bytes: usize,
    },
    /// The bytes are not so many hashes.
    #[error("the tile has {bytes} bytes where {width} hashes are due")]
    Hashes {
        /// How many hashes there should be.
        width: u64,
        /// The bytes that are there.
        bytes: usize,
    },
}

/// A bundle of these entries (tlog-tiles, "Log entries"): each with its length in two bytes before it.
///
/// # Errors
/// [`BadTile::EntryTooLong`] for an entry of 64 KiB or more.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Result<Vec<u8>, BadTile> {
    let mut bundle = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| BadTile::EntryTooLong { at, bytes: entry.len() })?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(entry);
    }
    Ok(bundle)
}

/// The `width` entries of a bundle, without copying one.
///
/// # Errors
/// When there are fewer, or bytes after them.
pub fn decode_bundle(bundle: &[u8], width: u64) -> Result<Vec<&[u8]>, BadTile> {
    let mut entries = Vec::with_capacity(width.min(TILE_WIDTH) as usize);
    let mut rest = bundle;
    for at in 0..width {
        let entry = rest.split_first_chunk::<2>().and_then(|(length, after)| {
            let length = usize::from(u16::from_be_bytes(*length));
            after.split_at_checked(length)
        });
        let Some((entry, after)) = entry else { return Err(BadTile::CutOff { at, width }) };
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() { Ok(entries) } else { Err(BadTile::Trailing { width, bytes: rest.len() }) }
}

/// The `width` hashes of a tile.
///
/// # Errors
/// When the bytes are not exactly so many hashes.
pub fn decode_hashes(tile: &[u8], width: u64) -> Result<&[Hash], BadTile> {
    let (hashes, rest) = tile.as_chunks::<32>();
    let fits = rest.is_empty() && hashes.len() as u64 == width;
    if fits { Ok(hashes) } else { Err(BadTile::Hashes { width, bytes: tile.len() }) }
}

#[cfg(test)]
mod tests;
