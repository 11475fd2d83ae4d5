//! Sizes on paper. Everything is in millimetres from the upper left corner of the upright page; it must never know
//! pixels, which begin at the sheet.

use crate::face::FaceKind;

/// A paper format, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paper {
    /// From the left edge to the right, in mm.
    pub width: f32,
    /// From the upper edge to the lower, in mm.
    pub height: f32,
}

impl Paper {
    /// A4 upright.
    pub const A4: Self = Self { width: 210.0, height: 297.0 };
    /// A3 across: the count sheet needs the width for its tally marks.
    pub const A3_ACROSS: Self = Self { width: 420.0, height: 297.0 };

    /// The paper a kind of form is printed on.
    pub fn of(kind: FaceKind) -> Self {
        match kind {
            FaceKind::Cetvel => Self::A3_ACROSS,
            FaceKind::Sonuc
            | FaceKind::Denetim
            | FaceKind::BirlestirmeKurul
            | FaceKind::BirlestirmeIlce
            | FaceKind::BirlestirmeIl => Self::A4,
        }
    }
}

/// A rectangle on the paper, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The left edge, in mm.
    pub left: f32,
    /// The upper edge, in mm.
    pub top: f32,
    /// The width, in mm.
    pub width: f32,
    /// The height, in mm.
    pub height: f32,
}

impl Area {
    /// A rectangle from its upper left corner and its size, in mm.
    pub const fn new(left: f32, top: f32, width: f32, height: f32) -> Self {
        Self { left, top, width, height }
    }

    /// The right edge, in mm.
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// The lower edge, in mm.
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// The middle, in mm.
    pub fn centre(&self) -> (f32, f32) {
        (self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    /// The same rectangle with this much less on the left and right, and above and below, in mm.
    pub fn inset(&self, across: f32, down: f32) -> Self {
        Self::new(self.left + across, self.top + down, self.width - 2.0 * across, self.height - 2.0 * down)
    }

    /// Equal strips from top to bottom.
    pub fn rows(&self, count: usize) -> impl Iterator<Item = Self> + use<> {
        let (whole, height) = (*self, self.height / count as f32);
        (0..count).map(move |row| Self::new(whole.left, whole.top + row as f32 * height, whole.width, height))
    }

    /// Strips from left to right whose widths stand to each other like `shares`.
    pub fn columns(&self, shares: &[f32]) -> Vec<Self> {
        let unit = self.width / shares.iter().sum::<f32>();
        let mut left = self.left;
        shares
            .iter()
            .map(|share| {
                let column = Self::new(left, self.top, share * unit, self.height);
                left += share * unit;
                column
            })
            .collect()
    }

    /// The part between two heights measured from its own upper edge, in mm.
    pub fn band(&self, from: f32, to: f32) -> Self {
        Self::new(self.left, self.top + from, self.width, to - from)
    }
}
