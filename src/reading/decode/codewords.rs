//! The way every decoder goes: format, codewords, blocks, error correction, with erasures where modules say little.
//!
//! It must never use the whole power of the parity: what is left unused is what tells a text from noise.

use super::blocks::Blocks;
use super::format::{self, Format};
use super::layout::{Layout, masked};
use super::reed_solomon;

/// Parity codewords that erasures leave unused. With fewer, noise was once taken for a text.
const RESERVE: usize = 6;
/// Numbers of erasures tried for one block at most.
const TRIES: usize = 8;

/// Codewords as they should be.
#[derive(Clone, Debug)]
pub(super) struct Mended {
    /// Level and mask.
    pub format: Format,
    /// All codewords, in the order of the symbol.
    pub codewords: Vec<u8>,
    /// How many of them had been read otherwise.
    pub wrong: usize,
    /// How many of those that are right had been left to the parity as erasures.
    pub erased: usize,
}

/// Reads the codewords of a grid and mends them.
pub(super) fn mended(layout: &Layout, values: &[i8]) -> Option<Mended> {
    let format = Format::read(layout, values)?;
    if format::version_contradicts(layout, values) {
        return None;
    }
    let blocks = Blocks::of(layout.version, format.level, layout.codewords());
    let read = Read::of(layout, values, format.mask);
    let mut mended = Mended { format, codewords: read.codewords.clone(), wrong: 0, erased: 0 };
    for block in 0..blocks.count {
        let places: Vec<usize> = blocks.places(block).collect();
        let (codewords, wrong, erased) = read.mend(&places, &blocks)?;
        places.iter().zip(codewords).for_each(|(place, codeword)| mended.codewords[*place] = codeword);
        mended.wrong += wrong;
        mended.erased += erased;
    }
    Some(mended)
}

/// Data codewords of all blocks, one block after the other.
pub(super) fn data(layout: &Layout, format: Format, codewords: &[u8]) -> Vec<u8> {
    let blocks = Blocks::of(layout.version, format.level, layout.codewords());
    let of_block = |block| blocks.places(block).take(blocks.data(block)).map(|place| codewords[place]);
    (0..blocks.count).flat_map(of_block).collect()
}

/// Codewords as they were read.
struct Read {
    codewords: Vec<u8>,
    /// For each, what is seen of its weakest module, 0 to 127…
    weakest: Vec<u8>,
    /// …and how little that must be for the codeword to count as erased.
    weak: u8,
}

impl Read {
    fn of(layout: &Layout, values: &[i8], mask: u8) -> Self {
        let bits = &layout.data[..8 * layout.codewords()];
        let codeword = |modules: &[usize]| {
            let bit =
                |module: &usize| (values[*module] > 0) != masked(mask, module % layout.size, module / layout.size);
            modules.iter().fold(0, |codeword, module| codeword << 1 | u8::from(bit(module)))
        };
        let weakest =
            |modules: &[usize]| modules.iter().map(|module| values[*module].unsigned_abs()).min().unwrap_or(0);
        let seen: usize = bits.iter().map(|module| usize::from(values[*module].unsigned_abs())).sum();
        Self {
            codewords: bits.chunks_exact(8).map(codeword).collect(),
            weakest: bits.chunks_exact(8).map(weakest).collect(),
            weak: (seen / bits.len() / 2) as u8,
        }
    }

    /// The codewords of a block, how many were wrong, and how many had been erased.
    ///
    /// 2 × errors + erasures + 6 ≤ parity; without erasures the standard's own reserve is enough, because every codeword
    /// of the block bears witness then.
    fn mend(&self, places: &[usize], blocks: &Blocks) -> Option<(Vec<u8>, usize, usize)> {
        let read: Vec<u8> = places.iter().map(|place| self.codewords[*place]).collect();
        let attempt = |erased: &[usize], errors| {
            let mut block = read.clone();
            reed_solomon::mend(&mut block, blocks.parity, erased, errors).map(|wrong| (block, wrong, erased.len()))
        };
        attempt(&[], (blocks.parity - blocks.reserve) / 2).or_else(|| {
            let mut weak: Vec<usize> = (0..places.len()).filter(|n| self.weakest[places[*n]] <= self.weak).collect();
            weak.sort_by_key(|n| self.weakest[places[*n]]);
            weak.truncate(blocks.parity - RESERVE);
            let step = weak.len().div_ceil(TRIES).max(1);
            let counts = (step..=weak.len()).step_by(step);
            counts.into_iter().find_map(|count| attempt(&weak[..count], (blocks.parity - RESERVE - count) / 2))
        })
    }
}
