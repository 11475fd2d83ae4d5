//! Patches without a pattern, as toner and stains have them. It must be the same wherever on the page one begins to look.

use crate::chance::Chance;

/// A landscape of soft hills, from 0 to 1 in height.
#[derive(Clone, Copy, Debug)]
pub struct Blotches {
    seed: u64,
    /// From one hill to the next, in mm.
    step: f32,
}

impl Blotches {
    /// Hills about `step` mm from each other.
    pub fn new(chance: &mut Chance, step: f32) -> Self {
        Self { seed: chance.bits(), step }
    }

    /// The height at a point in mm: broad hills, with smaller ones on them.
    pub fn height(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x / self.step, y / self.step);
        0.7 * self.smooth(x, y) + 0.3 * self.smooth(x * 3.1 + 17.0, y * 3.1 + 5.0)
    }

    fn smooth(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (across, down) = (ease(x - left), ease(y - top));
        let corner = |right: i64, below: i64| self.corner(left as i64 + right, top as i64 + below);
        let above = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * across;
        let below = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * across;
        above + (below - above) * down
    }

    fn corner(&self, x: i64, y: i64) -> f32 {
        let place = (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        Chance::from_seed(self.seed ^ place).unit()
    }
}
