//! One page to be damaged: which paper, how it lies, how badly it fares. It must never know what the damage is; every
//! kind asks it for sizes, places and chance.

use tiny_skia::{Point, Transform};

use crate::chance::Chance;
use crate::form::{lower_karekod_area, upper_karekod_area};
use crate::paper::{Area, Paper};
use crate::sheet::Lie;

const MM_PER_INCH: f32 = 25.4;

/// The levels of every damage, from mild to bad.
pub const LEVELS: u8 = 5;

/// What a damage has to know about its page.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The paper, upright.
    pub paper: Paper,
    /// Dots per inch.
    pub dpi: u32,
    /// How the paper lies on the glass.
    pub lie: Lie,
    /// From 1 to [`LEVELS`].
    pub level: u8,
    /// What differs from page to page.
    pub seed: u64,
}

impl Case {
    /// What stands in a table for this level. Tables hold what a level means, from mild to bad.
    pub fn pick<T: Copy>(&self, table: [T; LEVELS as usize]) -> T {
        table[usize::from(self.level.clamp(1, LEVELS) - 1)]
    }

    /// Chance for one part of the damage. It does not depend on the level, so that a level is the one below, but worse.
    pub fn chance(&self, part: &str) -> Chance {
        Chance::for_part(self.seed.rotate_left(16), part)
    }

    /// The length of a millimetre, in px.
    pub fn scale(&self) -> f32 {
        self.dpi as f32 / MM_PER_INCH
    }

    /// From mm on the paper to px on the glass.
    pub fn to_pixels(self) -> Transform {
        self.lie.to_pixels(self.paper, self.dpi)
    }

    /// Where a point of the paper in mm lies on the glass, in px.
    pub fn on_glass(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let mut point = Point::from_xy(x, y);
        self.to_pixels().map_point(&mut point);
        (point.x, point.y)
    }

    /// Where both codes stand on the paper, in mm, without their quiet zones.
    pub fn codes(&self) -> [Area; 2] {
        [upper_karekod_area(self.paper), lower_karekod_area(self.paper)]
    }

    /// The same page at another level; what one damage borrows from another is seldom as bad.
    pub fn milder(&self, level: u8) -> Self {
        Self { level, ..*self }
    }
}
