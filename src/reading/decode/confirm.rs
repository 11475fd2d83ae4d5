//! The last word: a grid with every module put right must be read alike by this decoder and by another one.
//!
//! It must never pass on a text that only one of the two has read.

use rqrr::{Grid, SimpleGrid};

use super::codewords::{self, Mended};
use super::format;
use super::layout::{Layout, masked};
use super::payload::{self, Payload};
use super::{Decoded, Level, Method};

/// rqrr 0.11 has the last alignment patterns of this version two modules off (92 for 94, annex E), so that it reads some
/// bits out of order and mends them itself.
const MISDRAWN: u8 = 21;
/// Padding codewords from which on none of them agreeing is no chance.
const PADDING: u32 = 4;

/// The text of mended codewords, if everything about them fits.
pub(super) fn decoded(layout: &Layout, values: &[i8], mended: &Mended, method: Method) -> Option<Decoded> {
    let format = mended.format;
    let payload = payload::read(&codewords::data(layout, format, &mended.codewords), layout.version)?;
    // Some encoders pad as they like. But padding that is all wrong, behind a text that had to be mended much, says that
    // the text is no text either.
    let padding = payload.padding;
    if padding.agree == 0 && padding.of >= PADDING && 2 * mended.wrong > most_wrong(layout, mended) {
        return None;
    }
    let grid = drawn(layout, mended);
    if !another_agrees(layout, mended, &grid, &payload) {
        return None;
    }
    let carriers: Vec<usize> = layout.data[..8 * layout.codewords()]
        .iter()
        .copied()
        .chain(format.modules(layout.size).map(|(module, _)| module))
        .collect();
    let otherwise = |module: &usize| values[*module] != 0 && (values[*module] > 0) != grid[*module];
    Some(Decoded {
        corrected: carriers.iter().copied().filter(otherwise).count() as u32,
        modules: carriers.len() as u32,
        text: payload.text,
        version: layout.version,
        level: format.level,
        mask: format.mask,
        padding,
        mirrored: false,
        method,
        grid,
    })
}

/// Codewords that may be wrong at most.
fn most_wrong(layout: &Layout, mended: &Mended) -> usize {
    let blocks = super::blocks::Blocks::of(layout.version, mended.format.level, layout.codewords());
    blocks.count * (blocks.parity - blocks.reserve) / 2
}

/// The whole symbol as it was printed.
fn drawn(layout: &Layout, mended: &Mended) -> Vec<bool> {
    let mut grid = vec![false; layout.size * layout.size];
    let fixed = layout.patterns.iter().copied();
    for (module, dark) in fixed.chain(mended.format.modules(layout.size)).chain(format::version_modules(layout)) {
        grid[module] = dark;
    }
    for (n, module) in layout.data.iter().enumerate() {
        // What is left of the data region behind the last codeword are zeros, masked like the rest.
        let bit = mended.codewords.get(n / 8).is_some_and(|codeword| codeword >> (7 - n % 8) & 1 != 0);
        grid[*module] = bit != masked(mended.format.mask, module % layout.size, module / layout.size);
    }
    grid
}

/// Whether the other decoder finds the same format, the same bits in the same order, and the same payload.
///
/// The codewords it reads are those whose syndromes are zero already, so that it has nothing left to correct.
fn another_agrees(layout: &Layout, mended: &Mended, grid: &[bool], payload: &Payload) -> bool {
    let other = Grid::new(SimpleGrid::from_func(layout.size, |x, y| grid[y * layout.size + x]));
    let Ok((meta, raw)) = other.get_raw_data() else { return false };
    let level = match meta.ecc_level {
        0b01 => Level::L,
        0b00 => Level::M,
        0b11 => Level::Q,
        _ => Level::H,
    };
    let alike = (meta.version.0, level, meta.mask)
        == (usize::from(layout.version), mended.format.level, u16::from(mended.format.mask));
    let bit = |n: usize| raw.data[n / 8] >> (7 - n % 8) & 1 != 0;
    let mut bytes = Vec::new();
    alike
        && raw.len == layout.data.len()
        && (layout.version == MISDRAWN || layout.data.iter().enumerate().all(|(n, module)| bit(n) == grid[*module]))
        && other.decode_to(&mut bytes).is_ok()
        && bytes == payload.bytes
}
