//! Finder patterns: the squares in three corners of a code, dark and light as 1:1:3:1:1 in every direction.
//!
//! It must never take longer because a page is hostile: the number of patterns it looks at is bounded.

use super::Page;

/// A place that looks like a finder pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pattern {
    /// The middle, in pixels.
    pub x: f32,
    /// The middle, in pixels.
    pub y: f32,
    /// The side of one module, in pixels.
    pub module: f32,
    /// How many rows saw it.
    pub seen: u32,
}

/// Places looked at before the page counts as hostile and the search ends.
const CANDIDATES: usize = 300;
/// Checks across the row at most.
const CHECKS: usize = 40_000;
/// Pixels of one block that gets a threshold of its own: about four modules at 200 dpi.
const BLOCK: u32 = 32;
/// A block with less between its darkest and its lightest pixel has no print in it.
const CONTRAST: u8 = 48;

/// Rows between two that are searched. The middle of a pattern is three modules tall, six pixels at the least.
const STEP: usize = 2;

/// Places that look like finder patterns, best seen first.
pub(super) fn patterns(page: &Page) -> Vec<Pattern> {
    let thresholds = Thresholds::of(page);
    let mut patterns: Vec<Pattern> = Vec::new();
    let mut checks = 0;
    for y in (0..page.height()).step_by(STEP) {
        let mut runs = Runs::default();
        thresholds.each_run(page, y, |end, dark| {
            let Some(found) = runs.end(end, dark) else { return };
            checks += 1;
            if checks <= CHECKS
                && patterns.len() < CANDIDATES
                && let Some(pattern) = check(page, &thresholds, found, y)
            {
                note(&mut patterns, pattern);
            }
        });
        if checks > CHECKS || patterns.len() >= CANDIDATES {
            break;
        }
    }
    ranked(patterns)
}

fn ranked(mut patterns: Vec<Pattern>) -> Vec<Pattern> {
    patterns.sort_by_key(|pattern| std::cmp::Reverse(pattern.seen));
    patterns
}

fn note(patterns: &mut Vec<Pattern>, new: Pattern) {
    let near = |known: &&mut Pattern| {
        (known.x - new.x).abs() < 2.0 * known.module && (known.y - new.y).abs() < 2.0 * known.module
    };
    match patterns.iter_mut().find(near) {
        Some(known) => known.seen += 1,
        None => patterns.push(new),
    }
}

/// The last five runs of a row.
#[derive(Default)]
struct Runs {
    lengths: [u32; 5],
    began: u32,
}

/// Where a row crossed something like a pattern: the middle, and the module it suggests.
#[derive(Clone, Copy)]
struct Crossing {
    middle: f32,
    module: f32,
}

impl Runs {
    /// Takes the run that ended before `x`. When it is dark and the last five are in proportion, says where.
    fn end(&mut self, x: u32, dark: bool) -> Option<Crossing> {
        self.lengths.rotate_left(1);
        self.lengths[4] = x - self.began;
        self.began = x;
        let module = dark.then(|| proportion(&self.lengths)).flatten()?;
        let [.., core, ring, edge] = self.lengths;
        Some(Crossing { middle: (x - edge - ring) as f32 - core as f32 / 2.0, module })
    }
}

/// The module's length if five runs are as 1:1:3:1:1, each within half a module.
fn proportion(runs: &[u32; 5]) -> Option<f32> {
    let total: u32 = runs.iter().sum();
    if runs.contains(&0) || total < 14 {
        return None; // two pixels a module are the least that can be read
    }
    let module = total as f32 / 7.0;
    let slack = module * 0.6;
    let fits = |run: u32, modules: f32| (run as f32 - modules * module).abs() <= slack * modules.max(1.0).sqrt();
    let [a, b, c, d, e] = *runs;
    (fits(a, 1.0) && fits(b, 1.0) && fits(c, 3.0) && fits(d, 1.0) && fits(e, 1.0)).then_some(module)
}

/// Looks across the row: the same proportion must stand upright through the middle.
fn check(page: &Page, thresholds: &Thresholds, crossing: Crossing, y: u32) -> Option<Pattern> {
    let x = crossing.middle as u32;
    let reach = (crossing.module * 6.0) as u32 + 2;
    let dark = |y: u32| page.at(x, y) < thresholds.at(x, y);
    if x >= page.width() || !dark(y) {
        return None;
    }
    let top = y.saturating_sub(reach);
    let bottom = (y + reach).min(page.height() - 1);
    let mut up = [0_u32; 3];
    measure((top..=y).rev().map(&dark), &mut up);
    let mut down = [0_u32; 3];
    measure((y + 1..=bottom).map(&dark), &mut down);
    let runs = [up[2], up[1], up[0] + down[0], down[1], down[2]];
    let module = proportion(&runs)?;
    let similar = module < crossing.module * 1.6 && crossing.module < module * 1.6;
    let middle = (y + down[0]) as f32 - runs[2] as f32 / 2.0 + 0.5;
    similar.then_some(Pattern { x: crossing.middle, y: middle, module: (module + crossing.module) / 2.0, seen: 1 })
}

/// Lengths of the first three runs: dark, light, dark.
fn measure(pixels: impl Iterator<Item = bool>, runs: &mut [u32; 3]) {
    let mut at = 0;
    for dark in pixels {
        if dark != (at != 1) {
            at += 1;
            if at > 2 {
                return;
            }
        }
        runs[at] += 1;
    }
}

/// Between black and white, for each block of the page: halfway between its own darkest and lightest pixel.
struct Thresholds {
    columns: usize,
    blocks: Vec<Block>,
}

#[derive(Clone, Copy)]
struct Block {
    threshold: u8,
    /// Nothing in it is dark: most of a page is paper, and paper need not be looked at twice.
    blank: bool,
}

impl Thresholds {
    fn of(page: &Page) -> Self {
        let columns = page.width().div_ceil(BLOCK) as usize;
        let rows = page.height().div_ceil(BLOCK) as usize;
        let mut extremes = vec![(255_u8, 0_u8); columns * rows];
        for y in 0..page.height() {
            let line = &mut extremes[(y / BLOCK) as usize * columns..][..columns];
            for (block, extreme) in page.row(y).chunks(BLOCK as usize).zip(line) {
                let darkest = block.iter().fold(extreme.0, |least, pixel| least.min(*pixel));
                let lightest = block.iter().fold(extreme.1, |most, pixel| most.max(*pixel));
                *extreme = (darkest, lightest);
            }
        }
        let block = |(darkest, lightest): (u8, u8)| {
            // A block of paper, or one wholly inside a dark module, goes by what is usual on a page.
            let printed = lightest.saturating_sub(darkest) >= CONTRAST;
            let threshold = if printed { darkest.midpoint(lightest) } else { 128 };
            Block { threshold, blank: darkest >= threshold }
        };
        Self { columns, blocks: extremes.into_iter().map(block).collect() }
    }

    fn at(&self, x: u32, y: u32) -> u8 {
        self.blocks[(y / BLOCK) as usize * self.columns + (x / BLOCK) as usize].threshold
    }

    /// Tells where each run of a row ends, and whether it was dark.
    fn each_run(&self, page: &Page, y: u32, mut ends: impl FnMut(u32, bool)) {
        let blocks = &self.blocks[(y / BLOCK) as usize * self.columns..][..self.columns];
        let mut dark = false;
        let mut x = 0;
        for (pixels, block) in page.row(y).chunks(BLOCK as usize).zip(blocks) {
            if !block.blank || dark {
                // One bit a pixel, so that a run costs one step however long it is.
                let mask = pixels.iter().rev().fold(0_u32, |mask, p| mask << 1 | u32::from(*p < block.threshold));
                let edges = mask ^ (mask << 1 | u32::from(dark));
                let mut edges = edges & (u32::MAX >> (BLOCK - pixels.len() as u32));
                while edges != 0 {
                    ends(x + edges.trailing_zeros(), dark);
                    dark = !dark;
                    edges &= edges - 1;
                }
            }
            x += BLOCK;
        }
        if dark {
            ends(page.width(), true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_one_three_one_one_are_a_pattern() {
        assert!(proportion(&[5, 5, 15, 5, 5]).is_some());
        assert!(proportion(&[6, 4, 16, 5, 5]).is_some());
        assert!(proportion(&[5, 5, 5, 5, 5]).is_none());
        assert!(proportion(&[5, 15, 15, 5, 5]).is_none());
        assert!(proportion(&[1, 1, 3, 1, 1]).is_none(), "one pixel a module cannot be read");
    }

    #[test]
    fn a_white_page_and_a_page_of_dots_end_soon() {
        let white = Page::from_luma(300, 300, vec![255; 90_000]).unwrap();
        assert!(patterns(&white).is_empty());
        let stripes = |n: usize| if [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1][n % 17] == 0 { 0 } else { 255 };
        let dots = (0..2000 * 2000).map(|n| stripes(n % 2000).max(stripes(n / 2000))).collect();
        let dots = Page::from_luma(2000, 2000, dots).unwrap();
        assert!(patterns(&dots).len() <= CANDIDATES);
    }
}
