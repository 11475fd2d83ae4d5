//! Finder patterns: the squares in three corners of a code, dark and light as 1:1:3:1:1 in every direction
//! (ISO/IEC 18004:2015, 6.3.3).
//!
//! It must never take longer because a page is hostile: the number of places it looks at is bounded.

use super::bits::Bits;
use super::effort::Effort;
use super::geometry::Point;

/// A place that looks like a finder pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pattern {
    /// The middle.
    pub middle: Point,
    /// A module's width and height, in pixels, as a row and a column cross it: askew both are longer than its side.
    pub module: Point,
    /// How many rows saw it.
    pub seen: u32,
    /// How well its surroundings agree with the pattern, from -1 to 1.
    pub likeness: f32,
}

impl Pattern {
    /// What puts one pattern before another: how well and how often it was seen.
    pub fn weight(&self, most_seen: u32) -> f32 {
        self.likeness * self.seen.min(most_seen) as f32
    }

    /// The mean of a module's width and height, in pixels.
    pub fn size(&self) -> f32 {
        (self.module[0] + self.module[1]) / 2.0
    }

    /// Whether both are the same place at the same size.
    pub fn is_same(&self, other: &Self) -> bool {
        let (size, other_size) = (self.size(), other.size());
        let near = |axis: usize| (self.middle[axis] - other.middle[axis]).abs() < 1.5 * size;
        near(0) && near(1) && size < 1.6 * other_size && other_size < 1.6 * size
    }
}

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The patterns, in pixels of the page.
    pub patterns: Vec<Pattern>,
    /// How many places were looked at across the rows: how much the page looks like a code everywhere.
    pub checks: usize,
    /// Changes between dark and light along the rows.
    pub edges: usize,
    /// Whether the search ended because there were too many.
    pub crowded: bool,
}

/// Patterns kept before a page counts as crowded. The fullest form of a night has some forty.
const PATTERNS: usize = 400;
/// Checks across the rows at most.
const CHECKS: usize = 60_000;
/// The least likeness worth keeping.
const LIKENESS: f32 = 0.62;
/// Pixels a module at most: what is larger is found on the page at half its size.
const LARGEST_MODULE: f32 = 40.0;

/// Searches every `step`th row of a page that was reduced `scale` times, as far as the effort goes.
pub(super) fn search(bits: &Bits, scale: f32, step: usize, effort: &mut Effort) -> Found {
    let mut found = Found::default();
    let mut edges = Vec::with_capacity(1024);
    for y in (step / 2..bits.height).step_by(step) {
        if found.checks > CHECKS || found.patterns.len() > PATTERNS {
            found.crowded = true;
            break;
        }
        if !effort.is_left() {
            break;
        }
        mark_edges(bits.row(y), bits.width, &mut edges);
        found.edges += edges.len();
        effort.row(bits.stride, edges.len());
        search_row(bits, y, &edges, &mut found, effort);
    }
    for pattern in &mut found.patterns {
        pattern.middle = pattern.middle.map(|at| at * scale);
        pattern.module = pattern.module.map(|side| side * scale);
    }
    found
}

/// Where the shade changes: dark runs begin at even places of the list and end at odd ones.
fn mark_edges(row: &[u64], width: usize, edges: &mut Vec<u32>) {
    edges.clear();
    let mut before = 0;
    for (n, word) in row.iter().enumerate() {
        let mut changes = word ^ (word << 1 | before);
        before = word >> 63;
        while changes != 0 {
            edges.push(n as u32 * 64 + changes.trailing_zeros());
            changes &= changes - 1;
        }
    }
    if edges.len() % 2 == 1 {
        edges.push(width as u32);
    }
}

fn search_row(bits: &Bits, y: usize, edges: &[u32], found: &mut Found, effort: &mut Effort) {
    for six in edges.windows(6).step_by(2) {
        let [a, b, c, d, e, f] = [six[0], six[1], six[2], six[3], six[4], six[5]];
        // Most of a page is text: nearly all of it ends here.
        if c - b > d - c || e - d > d - c {
            continue;
        }
        let runs = [b - a, c - b, d - c, e - d, f - e].map(|run| run as f32);
        let Some(module) = proportion(runs) else { continue };
        if !(1.0..=LARGEST_MODULE).contains(&module) {
            continue;
        }
        let at = [(c + d) as f32 / 2.0, y as f32 + 0.5];
        effort.candidate(found.patterns.len());
        if !seen_before(&mut found.patterns, at, module) {
            found.checks += 1;
            effort.check();
            if let Some(pattern) = check(bits, at, module, effort) {
                keep(&mut found.patterns, pattern);
            }
        }
    }
}

/// The newest patterns are nearest to the row, so the list is searched from its end.
fn seen_before(patterns: &mut [Pattern], at: Point, module: f32) -> bool {
    let known = patterns.iter_mut().rev().find(|known| {
        (known.middle[0] - at[0]).abs() < 1.2 * known.module[0]
            && (known.middle[1] - at[1]).abs() < 2.0 * known.module[1]
            && module < 1.7 * known.module[0]
            && known.module[0] < 1.7 * module
    });
    if let Some(known) = known {
        known.middle[0] = (known.middle[0] * known.seen as f32 + at[0]) / (known.seen + 1) as f32;
        known.seen += 1;
        return true;
    }
    false
}

fn keep(patterns: &mut Vec<Pattern>, new: Pattern) {
    let near = |known: &&mut Pattern| {
        (0..2).all(|axis| (known.middle[axis] - new.middle[axis]).abs() < 1.2 * known.module[axis])
    };
    match patterns.iter_mut().find(near) {
        Some(known) => known.seen += 1,
        None if new.likeness >= LIKENESS => patterns.push(new),
        None => {}
    }
}

/// The length of a module if five runs are near 1:1:3:1:1.
///
/// The core and the white ring decide; of the outer ring one side may have run together with a stroke or a line. Print
/// that has spread makes dark runs longer by what it takes from the light ones: in one part light, two parts core, one
/// part light this cancels out.
fn proportion([left, light, core, ring, right]: [f32; 5]) -> Option<f32> {
    let module = (light + 2.0 * core + ring) / 8.0;
    let rings = 0.25 * module..=2.0 * module + 0.5;
    let thinner = left.min(right);
    let sound = (light - ring).abs() <= 0.9 * module + 1.0
        && (2.15 * module - 0.5..=4.1 * module + 0.5).contains(&core)
        && rings.contains(&light)
        && rings.contains(&ring)
        && (0.35 * module..=2.2 * module + 0.5).contains(&thinner);
    sound.then_some(module)
}

/// Looks down through the middle and then across again: the same proportion must stand both ways.
fn check(bits: &Bits, at: Point, module: f32, effort: &mut Effort) -> Option<Pattern> {
    let (y, tall) = crossing(bits, at, [0, 1], module)?;
    let (x, wide) = crossing(bits, [at[0], y], [1, 0], module)?;
    let (middle, module) = ([x, y], [wide, tall]);
    effort.likeness();
    Some(Pattern { middle, module, seen: 1, likeness: likeness(bits, middle, module) })
}

/// Where the middle lies along an axis, and the module's length there.
fn crossing(bits: &Bits, at: Point, [across, down]: [i32; 2], module: f32) -> Option<(f32, f32)> {
    let (x, y) = (at[0] as i32, at[1] as i32);
    let reach = (module * 6.0) as i32 + 3;
    let dark = |steps: i32| {
        let (x, y) = (x + steps * across, y + steps * down);
        let inside = x >= 0 && y >= 0 && (x as usize) < bits.width && (y as usize) < bits.height;
        inside.then(|| bits.dark(x as usize, y as usize))
    };
    if dark(0) != Some(true) {
        return None;
    }
    let edge_reach = (3.0 * module) as i32 + 2;
    let walk = |sign: i32| {
        let mut runs = [0_i32; 3]; // dark, light, dark
        let mut at = 0;
        for steps in 1..=reach {
            let Some(dark) = dark(sign * steps) else { break };
            if dark != (at != 1) {
                at += 1;
                if at == 3 {
                    break;
                }
            }
            runs[at] += 1;
            if runs[2] > edge_reach {
                break;
            }
        }
        runs
    };
    let (before, after) = (walk(-1), walk(1));
    let core = before[0] + after[0] + 1;
    let length = proportion([before[2], before[1], core, after[1], after[2]].map(|run| run as f32))?;
    let similar = length <= 1.9 * module + 0.6 && module <= 1.9 * length + 0.6;
    let start = if down == 1 { y } else { x } - before[0];
    similar.then_some((start as f32 + core as f32 / 2.0, length))
}

/// How well the surroundings agree with a pattern and its white border, at the best of four angles.
fn likeness(bits: &Bits, middle: Point, module: Point) -> f32 {
    let best = (0..4).map(|eighth| {
        let angle = eighth as f32 * std::f32::consts::PI / 8.0;
        // A row crosses a turned pattern at an angle and sees its modules longer than they are.
        let askew = angle.min(std::f32::consts::FRAC_PI_2 - angle);
        let (sin, cos) = angle.sin_cos();
        let [wide, tall] = module.map(|side| side * askew.cos());
        agreement(bits, middle, [[cos * wide, sin * tall], [-sin * wide, cos * tall]])
    });
    best.fold(-1.0, f32::max)
}

/// How well the surroundings agree when a module's sides are the given arms.
fn agreement(bits: &Bits, middle: Point, [across, down]: [Point; 2]) -> f32 {
    /// What the upper and the lower row weigh, what every other row weighs, and all nine of them.
    const EDGE: f32 = 9.0 * 0.4;
    const ROW: f32 = 7.0 + 2.0 * 0.4;
    let mut left = 2.0 * EDGE + 7.0 * ROW;
    let (mut agreed, mut weights) = (0.0, 0.0);
    for row in -4..=4_i32 {
        for column in -4..=4_i32 {
            let ring = column.abs().max(row.abs());
            // On two sides the border is the quiet zone, where people write.
            let weight = if ring == 4 { 0.4 } else { 1.0 };
            let x = middle[0] + across[0] * column as f32 + down[0] * row as f32;
            let y = middle[1] + across[1] * column as f32 + down[1] * row as f32;
            if x < 0.0 || y < 0.0 || x as usize >= bits.width || y as usize >= bits.height {
                continue;
            }
            weights += weight;
            let right = bits.dark(x as usize, y as usize) == (ring != 2 && ring != 4);
            agreed += if right { weight } else { -weight };
        }
        // Where all that is left could not make a pattern of it, nothing more need be looked at.
        left = f32::max(left - if row.abs() == 4 { EDGE } else { ROW }, 0.0);
        if agreed + left < LIKENESS * f32::max(weights + left, 20.0) {
            return -1.0;
        }
    }
    // A pattern that is half beyond the edge cannot agree as well as a whole one.
    agreed / f32::max(weights, 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_one_one_three_one_one_are_a_pattern() {
        assert!(proportion([5.0, 5.0, 15.0, 5.0, 5.0]).is_some());
        assert!(proportion([6.0, 4.0, 16.0, 5.0, 5.0]).is_some());
        assert!(proportion([90.0, 5.0, 15.0, 5.0, 5.0]).is_some(), "a line has run into one side");
        assert!(proportion([90.0, 5.0, 15.0, 5.0, 90.0]).is_none(), "no outer ring to be seen");
        assert!(proportion([10.0, 10.0, 10.0, 10.0, 10.0]).is_none());
        assert!(proportion([5.0, 15.0, 15.0, 5.0, 5.0]).is_none());
    }

    #[test]
    fn a_pattern_is_found_where_it_is_and_at_its_size() {
        let mut bits = Bits::blank(200, 150);
        for y in 0..35 {
            for x in 0..35 {
                let ring = (x as i32 / 5 - 3).abs().max((y as i32 / 5 - 3).abs());
                if ring != 2 {
                    let (x, y) = (80 + x, 60 + y);
                    bits.words[y * bits.stride + x / 64] |= 1 << (x % 64);
                }
            }
        }
        let found = search(&bits, 2.0, 2, &mut Effort::of(30_000)).patterns;
        assert_eq!(found.len(), 1);
        let [x, y] = found[0].middle;
        assert!((x - 195.0).abs() < 1.0 && (y - 155.0).abs() < 1.0, "{x}, {y}");
        assert!((found[0].size() - 10.0).abs() < 0.5 && found[0].likeness > 0.95);
    }

    #[test]
    fn a_page_of_nothing_but_patterns_ends_soon() {
        let mut bits = Bits::blank(4000, 4000);
        for y in 0..4000 {
            for x in 0..4000 {
                let ring = (x as i32 % 18 / 2 - 4).abs().max((y as i32 % 18 / 2 - 4).abs());
                if ring != 2 && ring != 4 {
                    bits.words[y * bits.stride + x / 64] |= 1 << (x % 64);
                }
            }
        }
        let found = search(&bits, 1.0, 2, &mut Effort::of(4000 * 4000));
        assert!(found.crowded && found.patterns.len() < 2 * PATTERNS);
    }
}
