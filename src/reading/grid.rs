//! From three finder patterns to a grid of modules: the corners' geometry decides which three belong together, and each
//! module is sampled from the grey page.
//!
//! It must never accept a grid by itself: the decoder's error correction does.

use rqrr::{Grid, SimpleGrid};

use super::finder::Pattern;
use super::{Page, Reading};

/// Grids sampled on one page at most. A page with two codes needs two.
const GRIDS: usize = 60;
/// Patterns looked at for corners, best seen first: a triple is cheap, but there are many of them.
const PATTERNS: usize = 40;
/// How far the angle at the corner may be from a right one, as a cosine.
const SKEW: f32 = 0.2;
/// How much longer one arm may be than the other.
const ARMS: f32 = 1.2;
/// Modules from the edge of a code to the middle of a finder pattern.
const MIDDLE: f32 = 3.5;
/// The largest version whose grid three corners alone can carry; larger ones need their alignment patterns.
const LARGEST_VERSION: u32 = 4;

/// Three patterns that stand as the corners of a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corners {
    corner: Pattern,
    right: Pattern,
    below: Pattern,
    /// Modules of one side.
    size: u32,
    /// How far they are from ideal; the smallest is tried first.
    strain: f32,
}

impl Corners {
    /// The middle of the code, in pixels.
    pub fn middle(&self) -> [f32; 2] {
        [(self.right.x + self.below.x) / 2.0, (self.right.y + self.below.y) / 2.0]
    }

    fn of(corner: Pattern, right: Pattern, below: Pattern) -> Option<Self> {
        let (across, down) = (arm(corner, right), arm(corner, below));
        let (length, height) = (across[0].hypot(across[1]), down[0].hypot(down[1]));
        // Clockwise on the page, where y grows downwards; the mirror image is the same three the other way round.
        let turn = across[0] * down[1] - across[1] * down[0];
        let cosine = (across[0] * down[0] + across[1] * down[1]) / (length * height);
        let ratio = (length / height).max(height / length);
        let module = (corner.module + right.module + below.module) / 3.0;
        let modules = (length + height) / 2.0 / module;
        let version = ((modules - 10.0) / 4.0).round().max(1.0);
        let size = 17 + 4 * version as u32;
        // The arm of a version has 10 + 4 × version modules; the measured module is some percent off.
        let stretch = (modules / (10.0 + 4.0 * version) - 1.0).abs();
        let sound = turn > 0.0 && cosine.abs() < SKEW && ratio < ARMS && stretch < 0.2;
        let strain = cosine.abs() + (ratio - 1.0) + stretch;
        (sound && version as u32 <= LARGEST_VERSION).then_some(Self { corner, right, below, size, strain })
    }
}

fn arm(from: Pattern, to: Pattern) -> [f32; 2] {
    [to.x - from.x, to.y - from.y]
}

/// Triples that may be corners of a code, the least strained first.
pub(super) fn corners(patterns: &[Pattern]) -> Vec<Corners> {
    let patterns = &patterns[..patterns.len().min(PATTERNS)];
    let mut found = Vec::new();
    for (c, corner) in patterns.iter().enumerate() {
        // Codes of the trade are small: the other two lie within some thirty modules.
        let near = |(n, other): &(usize, &Pattern)| {
            let reach = corner.module * (17 + 4 * LARGEST_VERSION) as f32;
            let alike = other.module < corner.module * 1.4 && corner.module < other.module * 1.4;
            *n != c && alike && (other.x - corner.x).hypot(other.y - corner.y) < reach
        };
        let others: Vec<&Pattern> = patterns.iter().enumerate().filter(near).map(|(_, other)| other).collect();
        for right in &others {
            found.extend(others.iter().filter_map(|below| Corners::of(*corner, **right, **below)));
        }
    }
    found.sort_by(|a, b| a.strain.total_cmp(&b.strain));
    found.truncate(GRIDS);
    found
}

/// Samples the grid and decodes it.
pub(super) fn decode(page: &Page, corners: &Corners) -> Option<Reading> {
    let lattice = Lattice::of(corners);
    let threshold = lattice.threshold(page)?;
    let size = corners.size as usize;
    let dark = |x: usize, y: usize| lattice.shade(page, x as f32, y as f32).is_some_and(|shade| shade < threshold);
    let modules: Vec<bool> = (0..size * size).map(|n| dark(n % size, n / size)).collect();
    let grid = Grid::new(SimpleGrid::from_func(size, |x, y| modules[y * size + x]));
    let (_, text) = grid.decode().ok()?;
    let far = corners.size as f32;
    let outline = [[0.0, 0.0], [far, 0.0], [far, far], [0.0, far]].map(|[x, y]| lattice.at(x, y));
    Some(Reading { text, corners: outline })
}

/// Where modules lie on the page.
struct Lattice {
    origin: [f32; 2],
    across: [f32; 2],
    down: [f32; 2],
    /// Pixels of a module's side.
    module: f32,
}

impl Lattice {
    fn of(corners: &Corners) -> Self {
        let modules = corners.size as f32 - 2.0 * MIDDLE;
        let step = |to: Pattern| arm(corners.corner, to).map(|length| length / modules);
        let (across, down) = (step(corners.right), step(corners.below));
        let origin =
            [corners.corner.x - MIDDLE * (across[0] + down[0]), corners.corner.y - MIDDLE * (across[1] + down[1])];
        Self { origin, across, down, module: across[0].hypot(across[1]) }
    }

    /// The pixel at so many modules across and down.
    fn at(&self, x: f32, y: f32) -> [f32; 2] {
        [self.origin[0] + x * self.across[0] + y * self.down[0], self.origin[1] + x * self.across[1] + y * self.down[1]]
    }

    /// The mean of the middle of a module. None beyond the page.
    fn shade(&self, page: &Page, x: f32, y: f32) -> Option<u32> {
        let [centre_x, centre_y] = self.at(x + 0.5, y + 0.5);
        let reach = (self.module / 4.0).max(0.5);
        let from = |centre: f32| (centre - reach).round();
        let count = (2.0 * reach).round().max(1.0) as u32;
        let (left, top) = (from(centre_x), from(centre_y));
        let inside =
            left >= 0.0 && top >= 0.0 && left as u32 + count <= page.width() && top as u32 + count <= page.height();
        if !inside {
            return None;
        }
        let (left, top) = (left as u32, top as u32);
        let pixels = (top..top + count).flat_map(|y| (left..left + count).map(move |x| (x, y)));
        let sum: u32 = pixels.map(|(x, y)| u32::from(page.at(x, y))).sum();
        Some(sum / (count * count))
    }

    /// Halfway between the core and the white ring of the pattern in the code's upper left.
    fn threshold(&self, page: &Page) -> Option<u32> {
        const CORE: [(f32, f32); 5] = [(3.0, 3.0), (2.0, 2.0), (4.0, 2.0), (2.0, 4.0), (4.0, 4.0)];
        const RING: [(f32, f32); 8] =
            [(1.0, 1.0), (3.0, 1.0), (5.0, 1.0), (1.0, 3.0), (5.0, 3.0), (1.0, 5.0), (3.0, 5.0), (5.0, 5.0)];
        let mean = |places: &[(f32, f32)]| {
            let shades: Option<Vec<u32>> = places.iter().map(|(x, y)| self.shade(page, *x, *y)).collect();
            shades.map(|shades| shades.iter().sum::<u32>() / shades.len() as u32)
        };
        let (dark, light) = (mean(&CORE)?, mean(&RING)?);
        (dark + 30 < light).then_some(dark.midpoint(light))
    }
}
