//! A sheet of paper with everything put on it, in layers: toner, tint, pen, stamp ink and shade. Paths come in mm and
//! are turned into coverage as they are drawn, already skewed and turned, so that nothing is ever resampled. It must
//! never know colours or the scanner: a layer says how much of a thing lies on a pixel, not what it looks like.

pub mod print;
mod soften;

use tiny_skia::{FillRule, LineCap, LineJoin, Mask, Path, Stroke, Transform};

use crate::paper::Paper;

/// The longest side of a sheet, in px. Beyond it there is no form, only a mistake in the resolution.
const LONGEST_SIDE_PX: f32 = 20_000.0;

const MM_PER_INCH: f32 = 25.4;

/// What lies on the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Black print.
    Toner,
    /// Light grey print behind headings and for the watermark.
    Tint,
    /// What the committee wrote.
    Pen,
    /// What the committee stamped.
    Stamp,
    /// Shadows, folds and dirt, seen by the scanner only.
    Shade,
    /// Where the glass shows beside a paper that lies askew.
    Beside,
}

const LAYERS: usize = 6;

/// How the paper lies on the glass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lie {
    /// Quarter turns, clockwise.
    pub quarter_turns: u8,
    /// Clockwise, in degrees, on top of the quarter turns.
    pub skew_degrees: f32,
    /// To the right and downwards, in mm.
    pub shift: (f32, f32),
    /// How much larger than the paper the glass is on each of its four sides: left and right, above and below, in mm.
    pub room: (f32, f32),
}

impl Lie {
    /// Width and height of what the scanner sees, in mm.
    fn glass(&self, paper: Paper) -> (f32, f32) {
        let upright = self.quarter_turns.is_multiple_of(2);
        let (width, height) = if upright { (paper.width, paper.height) } else { (paper.height, paper.width) };
        (width + 2.0 * self.room.0, height + 2.0 * self.room.1)
    }

    /// From mm on the paper to px on the glass.
    pub fn to_pixels(self, paper: Paper, dpi: u32) -> Transform {
        let (width, height) = self.glass(paper);
        let scale = dpi as f32 / MM_PER_INCH;
        Transform::from_translate(-paper.width / 2.0, -paper.height / 2.0)
            .post_concat(Transform::from_rotate(f32::from(self.quarter_turns % 4) * 90.0 + self.skew_degrees))
            .post_translate(width / 2.0 + self.shift.0, height / 2.0 + self.shift.1)
            .post_scale(scale, scale)
    }
}

/// The layers of one page, each a coverage from 0 to 255 for every pixel.
pub struct Sheet {
    paper: Paper,
    dpi: u32,
    width: u32,
    height: u32,
    to_pixels: Transform,
    layers: [Option<Mask>; LAYERS],
}

impl Sheet {
    /// An empty sheet at a resolution in dots per inch.
    pub fn new(paper: Paper, dpi: u32, lie: Lie) -> Self {
        let (seen_width, seen_height) = lie.glass(paper);
        let scale = dpi as f32 / MM_PER_INCH;
        let side = |mm: f32| (mm * scale).round().clamp(1.0, LONGEST_SIDE_PX) as u32;
        let to_pixels = lie.to_pixels(paper, dpi);
        Self { paper, dpi, width: side(seen_width), height: side(seen_height), to_pixels, layers: Default::default() }
    }

    /// The paper, upright.
    pub fn paper(&self) -> Paper {
        self.paper
    }

    /// The resolution, in dots per inch.
    pub fn dpi(&self) -> u32 {
        self.dpi
    }

    /// Width and height as the scanner sees them, in px.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// One row of a layer, or nothing when the layer is empty.
    pub fn row(&self, layer: Layer, y: u32) -> Option<&[u8]> {
        let mask = self.layers[layer as usize].as_ref()?;
        let width = self.width as usize;
        mask.data().get(y as usize * width..(y as usize + 1) * width)
    }

    /// Fills a path given in mm.
    pub fn fill(&mut self, layer: Layer, path: &Path) {
        self.fill_placed(layer, path, Transform::identity());
    }

    /// Fills a path that `place` brings to mm.
    pub fn fill_placed(&mut self, layer: Layer, path: &Path, place: Transform) {
        let transform = place.post_concat(self.to_pixels);
        self.layer(layer).fill_path(path, FillRule::Winding, true, transform);
    }

    /// Fills, in px of the glass and not of the paper: what belongs to the scanner neither skews nor turns.
    pub fn fill_on_glass(&mut self, layer: Layer, path: &Path) {
        self.layer(layer).fill_path(path, FillRule::EvenOdd, true, Transform::identity());
    }

    /// Draws along a path with a round pen; path and width in mm.
    pub fn stroke(&mut self, layer: Layer, path: &Path, width: f32) {
        let pen = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        // Curves are flattened for the resolution of the page, not for that of a millimetre.
        let resolution = self.dpi as f32 / MM_PER_INCH;
        if let Some(outline) = path.stroke(&pen, resolution) {
            self.fill(layer, &outline);
        }
    }

    /// The outline of the paper as it lies, brought to px.
    pub fn on_glass(&self, path: Path) -> Option<Path> {
        path.transform(self.to_pixels)
    }

    /// Thins a layer where `keep` says so: it gets the position in px and the coverage, and returns the coverage left.
    pub fn thin(&mut self, layer: Layer, mut keep: impl FnMut(usize, usize, u8) -> u8) {
        let width = self.width as usize;
        let Some(mask) = self.layers[layer as usize].as_mut() else { return };
        for (y, row) in mask.data_mut().chunks_exact_mut(width).enumerate() {
            for (x, coverage) in row.iter_mut().enumerate() {
                if *coverage > 0 {
                    *coverage = keep(x, y, *coverage);
                }
            }
        }
    }

    fn layer(&mut self, layer: Layer) -> &mut Mask {
        let (width, height) = (self.width, self.height);
        self.layers[layer as usize]
            .get_or_insert_with(|| Mask::new(width, height).expect("both sides are at least one pixel"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lie, Sheet};
    use crate::paper::Paper;

    #[test]
    fn a_quarter_turn_exchanges_the_sides() {
        let upright = Sheet::new(Paper::A4, 200, Lie::default());
        let turned = Sheet::new(Paper::A4, 200, Lie { quarter_turns: 1, ..Lie::default() });
        assert_eq!(upright.size(), (1654, 2339));
        assert_eq!(turned.size(), (2339, 1654));
    }
}
