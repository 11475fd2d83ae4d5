//! From grey to two shades, each part of the page by its own light. It must never call bare paper dark.
//!
//! The page is cut into blocks of 8 × 8 pixels. A block's threshold follows from what is darkest and lightest around it;
//! where both are nearly the same there is no print, and everything counts as light.

use wide::u8x16;

use super::bits::Bits;
use super::grey::Grey;

/// Pixels of a block's side.
const BLOCK: usize = 8;
/// Blocks to each side that have a say in a block's threshold: 40 pixels across, ten modules at the scale of the search.
const AROUND: usize = 2;

/// Where to put the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Halfway between the darkest and the lightest: sound print.
    Middle,
    /// A little below the mean: print in shadow or under a stain.
    Mean,
    /// Just above the lightest: toner that has faded to grey.
    Faint,
}

/// Packs a page by a rule.
pub(super) fn binarize(page: &Grey, rule: Rule) -> Bits {
    let blocks = Blocks::of(page, rule);
    pack(page, &blocks.thresholds(rule), blocks.columns)
}

/// What each block holds.
struct Blocks {
    columns: usize,
    rows: usize,
    darkest: Vec<u8>,
    lightest: Vec<u8>,
    /// Only for the rule that asks for it.
    mean: Vec<u8>,
}

impl Blocks {
    fn of(page: &Grey, rule: Rule) -> Self {
        let (columns, rows) = (page.width.div_ceil(BLOCK), page.height.div_ceil(BLOCK));
        let count = columns * rows;
        let mut blocks =
            Self { columns, rows, darkest: vec![0; count], lightest: vec![0; count], mean: vec![0; count] };
        let width = page.width;
        // Rows end with their last block; what lies beyond the page is neither darkest nor lightest.
        let line = |shade: u8| vec![shade; columns * BLOCK];
        let (mut least, mut most, mut sum) = (line(255), line(0), vec![0_u16; width]);
        let mut room = line(0);
        for row in 0..rows {
            let (top, bottom) = (row * BLOCK, ((row + 1) * BLOCK).min(page.height));
            least.fill(255);
            most.fill(0);
            sum.fill(0);
            for y in top..bottom {
                let line = page.row(y);
                least.iter_mut().zip(line).for_each(|(least, pixel)| *least = (*least).min(*pixel));
                most.iter_mut().zip(line).for_each(|(most, pixel)| *most = (*most).max(*pixel));
                if rule == Rule::Mean {
                    sum.iter_mut().zip(line).for_each(|(sum, pixel)| *sum += u16::from(*pixel));
                }
            }
            let own = row * columns..(row + 1) * columns;
            of_each_block(&mut least, &mut room, u8::min, &mut blocks.darkest[own.clone()]);
            of_each_block(&mut most, &mut room, u8::max, &mut blocks.lightest[own.clone()]);
            if rule == Rule::Mean {
                for (mean, sums) in blocks.mean[own].iter_mut().zip(sum.chunks(BLOCK)) {
                    let total: u32 = sums.iter().map(|sum| u32::from(*sum)).sum();
                    *mean = (total / (sums.len() * (bottom - top)) as u32) as u8;
                }
            }
        }
        blocks
    }

    fn thresholds(&self, rule: Rule) -> Vec<u8> {
        let flat = self.flat();
        let darkest = self.around(&self.darkest, u8::min);
        let lightest = self.around(&self.lightest, u8::max);
        let mean = if rule == Rule::Mean { self.mean_around() } else { Vec::new() };
        let threshold = |at: usize| {
            let (low, high) = (darkest[at], lightest[at]);
            let range = high - low;
            if range <= flat {
                return 0; // paper: nothing is darker than black
            }
            let share = |parts: u16| low + (u16::from(range) * parts / 16) as u8;
            match rule {
                Rule::Middle => share(8),
                Rule::Mean => mean[at].saturating_sub(range / 12).max(1),
                Rule::Faint => share(11),
            }
        };
        (0..darkest.len()).map(threshold).collect()
    }

    /// Ranges up to this are noise: most of a page is paper, and a quarter of the blocks shows no more than its grain.
    fn flat(&self) -> u8 {
        let mut counts = [0_usize; 256];
        for (low, high) in self.darkest.iter().zip(&self.lightest) {
            counts[usize::from(high - low)] += 1;
        }
        let quarter = self.darkest.len() / 4;
        let mut passed = 0;
        let grain = counts.iter().position(|count| {
            passed += count;
            passed > quarter
        });
        (grain.unwrap_or(0) * 8 / 5 + 4).clamp(6, 110) as u8
    }

    /// The least or most of each block's surroundings, across and then down.
    fn around(&self, values: &[u8], choose: impl Fn(u8, u8) -> u8 + Copy) -> Vec<u8> {
        let mut across = values.to_vec();
        for (row, to) in values.chunks_exact(self.columns).zip(across.chunks_exact_mut(self.columns)) {
            for away in 1..=AROUND.min(self.columns - 1) {
                // Row by row and not block by block, so that the compiler takes sixteen at a time.
                to.iter_mut().zip(&row[away..]).for_each(|(value, right)| *value = choose(*value, *right));
                to[away..].iter_mut().zip(row).for_each(|(value, left)| *value = choose(*value, *left));
            }
        }
        let mut both = across.clone();
        for (y, row) in both.chunks_exact_mut(self.columns).enumerate() {
            for near in y.saturating_sub(AROUND)..(y + AROUND + 1).min(self.rows) {
                let other = &across[near * self.columns..(near + 1) * self.columns];
                row.iter_mut().zip(other).for_each(|(value, other)| *value = choose(*value, *other));
            }
        }
        both
    }

    fn mean_around(&self) -> Vec<u8> {
        let line = |row: usize, column: usize| {
            let near = column.saturating_sub(AROUND)..(column + AROUND + 1).min(self.columns);
            let count = near.len() as u32;
            let row = &self.mean[row * self.columns..(row + 1) * self.columns];
            (row[near].iter().map(|mean| u32::from(*mean)).sum::<u32>() / count) as u8
        };
        let across: Vec<u8> =
            (0..self.rows * self.columns).map(|at| line(at / self.columns, at % self.columns)).collect();
        let column = |at: usize| {
            let (row, column) = (at / self.columns, at % self.columns);
            let near = row.saturating_sub(AROUND)..(row + AROUND + 1).min(self.rows);
            let count = near.len() as u32;
            (near.map(|row| u32::from(across[row * self.columns + column])).sum::<u32>() / count) as u8
        };
        (0..self.rows * self.columns).map(column).collect()
    }
}

/// The least or most of each block of a row: of two neighbours, of four, of eight. All places are compared and not only
/// the first of each block, so that the compiler takes sixteen at a time.
fn of_each_block(line: &mut [u8], room: &mut [u8], choose: impl Fn(u8, u8) -> u8 + Copy, out: &mut [u8]) {
    let step = |from: &[u8], to: &mut [u8], away: usize| {
        to.iter_mut().zip(from.iter().zip(&from[away..])).for_each(|(to, (one, other))| *to = choose(*one, *other));
    };
    step(line, room, 1);
    step(room, line, 2);
    step(line, room, 4);
    out.iter_mut().zip(room.iter().step_by(BLOCK)).for_each(|(to, block)| *to = *block);
}

/// One bit a pixel: dark where the pixel is below its block's threshold.
fn pack(page: &Grey, thresholds: &[u8], columns: usize) -> Bits {
    let mut bits = Bits::blank(page.width, page.height);
    let stride = bits.stride;
    // A row is padded to whole words: a threshold of 0 makes what is beyond the width light.
    let mut limits = vec![0_u8; stride * 64];
    let mut tail = [255_u8; 64];
    for y in 0..page.height {
        if y % BLOCK == 0 {
            let row = &thresholds[y / BLOCK * columns..][..columns];
            let (blocks, _) = limits.as_chunks_mut::<BLOCK>();
            blocks.iter_mut().zip(row).for_each(|(limits, threshold)| *limits = [*threshold; BLOCK]);
            limits[page.width..].fill(0);
        }
        let (whole, rest) = page.row(y).as_chunks::<64>();
        let (limits, _) = limits.as_chunks::<64>();
        let words = &mut bits.words[y * stride..(y + 1) * stride];
        for ((word, pixels), limits) in words.iter_mut().zip(whole).zip(limits) {
            *word = darker(pixels, limits);
        }
        if !rest.is_empty() {
            tail[..rest.len()].copy_from_slice(rest);
            words[stride - 1] = darker(&tail, &limits[stride - 1]);
        }
    }
    bits
}

/// Which of 64 pixels are below their limits.
fn darker(pixels: &[u8; 64], limits: &[u8; 64]) -> u64 {
    let (pixels, _) = pixels.as_chunks::<16>();
    let (limits, _) = limits.as_chunks::<16>();
    let lanes = pixels.iter().zip(limits).enumerate();
    lanes.fold(0, |word, (n, (pixels, limits))| {
        let darker = u8x16::new(*limits).simd_gt(u8x16::new(*pixels));
        word | u64::from(darker.to_bitmask()) << (16 * n)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_dark_below_the_threshold_of_its_block_at_any_width() {
        for width in [40, 64, 100, 131] {
            let luma = (0..width * 48).map(|at| if at % width / 5 % 2 == 0 { 30 } else { 200 }).collect();
            let page = Grey { width, height: 48, luma };
            let bits = binarize(&page, Rule::Middle);
            for y in 0..48 {
                for x in 0..width {
                    assert_eq!(bits.dark(x, y), x / 5 % 2 == 0, "{x}, {y} of {width}");
                }
                let beyond = bits.row(y).last().unwrap() & !(u64::MAX >> ((64 - width % 64) % 64));
                assert_eq!(beyond, 0, "nothing beyond the width");
            }
        }
    }

    #[test]
    fn a_block_has_its_darkest_and_lightest_pixel_and_their_mean_at_any_edge() {
        for (width, height) in [(1, 1), (8, 8), (21, 13), (67, 30)] {
            let luma = (0..width * height).map(|n| (n * 97 % 251) as u8).collect();
            let page = Grey { width, height, luma };
            let blocks = Blocks::of(&page, Rule::Mean);
            for at in 0..blocks.columns * blocks.rows {
                let (left, top) = (at % blocks.columns * BLOCK, at / blocks.columns * BLOCK);
                let rows = top..(top + BLOCK).min(height);
                let pixels: Vec<u8> =
                    rows.flat_map(|y| page.row(y)[left..(left + BLOCK).min(width)].to_vec()).collect();
                let mean = pixels.iter().map(|pixel| usize::from(*pixel)).sum::<usize>() / pixels.len();
                let expected = (*pixels.iter().min().unwrap(), *pixels.iter().max().unwrap(), mean as u8);
                assert_eq!((blocks.darkest[at], blocks.lightest[at], blocks.mean[at]), expected, "{at} of {width}");
            }
        }
    }

    #[test]
    fn bare_paper_with_its_grain_is_light() {
        let luma = (0..160 * 160_u32).map(|n| 235 + (n.wrapping_mul(2_654_435_761) >> 29) as u8).collect();
        for rule in [Rule::Middle, Rule::Mean, Rule::Faint] {
            let bits = binarize(&Grey { width: 160, height: 160, luma: Vec::clone(&luma) }, rule);
            assert!(bits.words.iter().all(|word| *word == 0), "{rule:?}");
        }
    }
}
