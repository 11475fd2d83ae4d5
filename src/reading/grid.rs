//! From three corners to the modules of a code: the grid is fitted to what every code shows, and each module's shade is
//! taken from the page.
//!
//! It must never accept a grid by itself: decoding does.

mod bend;
mod fit;
mod sample;
mod template;

use super::bits::Bits;
use super::contrast::{Contrast, smoothed};
use super::corners::Corners;
use super::decode::{self, Decoded, Soft};
use super::effort::Effort;
use super::geometry::{Perspective, Point, centre};
use super::grey::Grey;
use super::patch::Patch;
use super::pixels::Pixels;
use template::Template;

/// A grid laid on a place of the page, decoded or not.
#[derive(Clone, Debug)]
pub(super) struct Laid {
    /// The outer corners of the code on the page, clockwise from its own upper left.
    pub outline: [Point; 4],
    /// The side of a module, in pixels.
    pub module: f32,
    /// How well the function patterns agree, from -1 to 1.
    pub agreement: f32,
    /// The modules as they were sampled on the straight grid.
    pub soft: Soft,
    /// The same on the bent one, once it was tried.
    pub bent: Option<Soft>,
}

impl Laid {
    /// The middle of the place.
    pub fn centre(&self) -> Point {
        centre(&self.outline)
    }
}

/// Pixels around a module's middle that are taken together, as a share of the module.
const SMOOTH: f32 = 0.3;
/// Modules to each side that a pixel is compared with.
const SURROUNDINGS: f32 = 5.0;
/// How much worse than the best size another may be and still be tried.
const SIZE_SLACK: f32 = 0.2;
/// How much fitting may be expected to add.
const FITTING: f32 = 0.35;

/// Instructions for each pixel of a patch, before a grid is fitted to it.
const PATCH: u64 = 60;

/// Sizes that a code with these corners may have, the likeliest first, and how well the two-shade page agrees with each.
pub(super) fn sizes(bits: &Bits, scale: f32, corners: &Corners, effort: &mut Effort) -> Vec<(f32, usize)> {
    let points = [corners.corner, corners.right, corners.opposite(), corners.below];
    let perspective = Perspective::onto(&points.map(|point| point.map(|at| at / scale)));
    let version = (corners.modules - 17.0) / 4.0;
    // What is measured of a large code may be off by more than one version.
    let slack = (version * 0.06).round().max(1.0) as i32;
    let nearest = version.round() as i32;
    let fits = |version: i32| {
        let template = Template::of(17 + 4 * usize::try_from(version).ok()?)?;
        effort.compare(template.marks.len());
        let (mut agreed, mut weight) = (0.0, 0.0);
        for mark in &template.marks {
            let [x, y] = perspective.at(mark.at);
            if x < 0.0 || y < 0.0 || x as usize >= bits.width || y as usize >= bits.height {
                continue;
            }
            weight += mark.weight.abs();
            agreed += if bits.dark(x as usize, y as usize) { mark.weight } else { -mark.weight };
        }
        Some((agreed / f32::max(weight, 60.0), template.size))
    };
    let mut sizes: Vec<(f32, usize)> = (nearest - slack..=nearest + slack).filter_map(fits).collect();
    sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
    sizes
}

/// A grid that was fitted to a place, with all that is needed to read it.
pub(super) struct Footing<'p> {
    patch: Patch<'p>,
    smooth: Grey,
    contrast: Contrast,
    /// Pixels of the patch.
    module: f32,
    template: &'static Template,
    fitted: fit::Fitted,
    /// Where the modules' middles lie on the patch.
    middles: Vec<Point>,
}

/// Fits a grid to three corners, in one of the likely sizes. None when the place is too near the edge or fits no size
/// nearly as well as `hopeless`.
pub(super) fn lay<'p>(
    pixels: &'p Pixels,
    corners: &Corners,
    sizes: &[(f32, usize)],
    hopeless: f32,
    effort: &mut Effort,
) -> Option<Footing<'p>> {
    let points = [corners.corner, corners.right, corners.opposite(), corners.below];
    let patch = Patch::around(pixels, &points, corners.module)?;
    let module = corners.module / patch.scale();
    let smooth = smoothed(&patch, (SMOOTH * module) as usize);
    let contrast = Contrast::of(&smooth, (SURROUNDINGS * module) as usize + 2);
    let points = points.map(|point| patch.at(point));
    let likeliest = sizes.first()?.0;
    let starts = sizes.iter().filter(|(likely, _)| *likely >= likeliest - SIZE_SLACK).filter_map(|(_, size)| {
        let template = Template::of(*size)?;
        let points = fit::seek_opposite(&contrast, points, template, module);
        Some((fit::judge(&contrast, points, template).agreement, template, points))
    });
    effort.look(smooth.luma.len(), PATCH);
    let (agreement, template, points) = starts.max_by(|a, b| a.0.total_cmp(&b.0))?;
    if agreement < hopeless - FITTING {
        return None;
    }
    effort.fit(template.marks.len());
    let fitted = fit::fit(&contrast, points, template, module, hopeless - SIZE_SLACK);
    let perspective = Perspective::onto(&fitted.points);
    let size = template.size;
    let middle = |at: usize| perspective.at(template.unit((at % size) as f32, (at / size) as f32));
    let middles = (0..size * size).map(middle).collect();
    (fitted.agreement >= hopeless).then_some(Footing { patch, smooth, contrast, module, template, fitted, middles })
}

/// Thresholds away from the mean of the neighbours, in parts of how far modules stray from it: ink that has spread, and
/// ink that is thin.
const SHIFTS: [f32; 4] = [-0.35, 0.35, -0.7, 0.7];
/// How much of its neighbours is taken out of a blurred module.
const STRENGTHS: [f32; 2] = [0.4, 0.9];

impl Footing<'_> {
    /// How well the function patterns agree, from -1 to 1 and a little more.
    pub fn agreement(&self) -> f32 {
        self.fitted.agreement
    }

    /// The grid as it lies, and its modules.
    pub fn laid(&self) -> Laid {
        let perspective = Perspective::onto(&self.fitted.points);
        let corner = |x: f32, y: f32| self.patch.on_page(perspective.at(self.template.unit(x - 0.5, y - 0.5)));
        let far = self.template.size as f32;
        Laid {
            outline: [corner(0.0, 0.0), corner(far, 0.0), corner(far, far), corner(0.0, far)],
            module: self.module * self.patch.scale(),
            agreement: self.fitted.agreement,
            soft: self.by_contrast(&self.middles),
            bent: None,
        }
    }

    /// Bytes that it holds, nearly.
    pub fn bytes(&self) -> usize {
        self.smooth.luma.len() + self.contrast.values.len()
    }

    /// Reads the modules where they should be.
    pub fn read(&self, effort: &mut Effort) -> Option<Decoded> {
        let size = self.template.size;
        effort.decode(size, 2);
        decode::decode(&self.by_contrast(&self.middles)).or_else(|| {
            let shades = sample::shades(&self.smooth, &self.middles);
            decode::decode(&sample::by_neighbours(&shades, size, 0.0))
        })
    }

    /// Reads the modules on a grid that was bent to the paper, sharpened and at other thresholds. Also what was seen on
    /// the bent grid.
    pub fn read_with_care(&self, effort: &mut Effort) -> (Option<Decoded>, Soft) {
        effort.bend(self.template.size);
        effort.decode(self.template.size, 1 + 2 * (STRENGTHS.len() + SHIFTS.len()) as u64);
        let bent = bend::bend(&self.contrast, &self.middles, self.template, self.module);
        let soft = self.by_contrast(&bent);
        let decoded = decode::decode(&soft).or_else(|| self.variants(&bent)).or_else(|| self.variants(&self.middles));
        (decoded, soft)
    }

    fn variants(&self, middles: &[Point]) -> Option<Decoded> {
        let size = self.template.size;
        let shades = sample::shades(&self.smooth, middles);
        let sharpened = STRENGTHS.iter().map(|strength| {
            let sharp = sample::sharpened(&shades, size, *strength);
            sample::by_neighbours(&sharp, size, 0.0)
        });
        let shifted = SHIFTS.iter().map(|shift| sample::by_neighbours(&shades, size, *shift));
        sharpened.chain(shifted).find_map(|soft| decode::decode(&soft))
    }

    fn by_contrast(&self, middles: &[Point]) -> Soft {
        sample::by_contrast(&self.contrast, middles, self.template.size)
    }
}
