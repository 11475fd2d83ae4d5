//! What a printer can do: lines, frames, tints and text. It must never let text leave its box.

use tiny_skia::{Path, PathBuilder, Rect, Transform};

use crate::font::{CAPITAL_SHARE, Lettering};
use crate::paper::Area;
use crate::sheet::{Layer, Sheet};

/// A thin table line, in mm.
pub const THIN: f32 = 0.18;
/// An outer frame, in mm.
pub const THICK: f32 = 0.4;

const DOT: f32 = 0.22;
const DOT_STEP: f32 = 0.75;

/// Where a text stands in its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At the left edge.
    Left,
    /// In the middle.
    Centre,
    /// At the right edge.
    Right,
}

impl Sheet {
    /// The four sides of an area, the line centred on its edge; weight in mm.
    pub fn frame(&mut self, area: Area, weight: f32) {
        let half = weight / 2.0;
        let (outer, inner) = (area.inset(-half, -half), area.inset(half, half));
        let sides = [
            Area::new(outer.left, outer.top, outer.width, weight),
            Area::new(outer.left, inner.bottom(), outer.width, weight),
            Area::new(outer.left, inner.top, weight, inner.height),
            Area::new(inner.right(), inner.top, weight, inner.height),
        ];
        if let Some(path) = rectangles(&sides) {
            self.fill(Layer::Toner, &path);
        }
    }

    /// A light grey ground, as behind a heading.
    pub fn tint(&mut self, area: Area) {
        if let Some(path) = rectangles(&[area]) {
            self.fill(Layer::Tint, &path);
        }
    }

    /// A dotted line to write on; all in mm.
    pub fn dotted(&mut self, left: f32, right: f32, y: f32) {
        let count = ((right - left) / DOT_STEP).max(0.0) as usize;
        let dots: Vec<Area> =
            (0..=count).map(|dot| Area::new(left + dot as f32 * DOT_STEP, y - DOT, DOT, DOT)).collect();
        if let Some(path) = rectangles(&dots) {
            self.fill(Layer::Toner, &path);
        }
    }

    /// One line of text inside an area, made smaller until it fits.
    pub fn text(&mut self, area: Area, text: &str, lettering: Lettering, align: Align) {
        let height = Lettering { size: lettering.size.min(area.height * 1.05), ..lettering };
        let (text, fitted) = height.fit(text, area.width);
        let spare = (area.width - fitted.width(&text)).max(0.0);
        let left = match align {
            Align::Left => area.left,
            Align::Centre => area.left + spare / 2.0,
            Align::Right => area.left + spare,
        };
        let baseline = area.top + (area.height + fitted.size * CAPITAL_SHARE) / 2.0;
        self.set(Layer::Toner, &text, fitted, Transform::from_translate(left, baseline));
    }

    /// Several lines, broken between words, from the top of an area; returns the height used, in mm.
    pub fn paragraph(&mut self, area: Area, text: &str, lettering: Lettering) -> f32 {
        let leading = lettering.size * 1.22;
        let mut top = area.top;
        for line in lettering.wrap(text, area.width) {
            if top + leading > area.bottom() + 0.01 {
                break;
            }
            self.text(Area::new(area.left, top, area.width, leading), &line, lettering, Align::Left);
            top += leading;
        }
        top - area.top
    }

    /// Several lines in the middle of an area, across and down; shrinks until they fit.
    pub fn heading(&mut self, area: Area, text: &str, lettering: Lettering) {
        let mut set = lettering;
        let mut lines = set.wrap(text, area.width);
        while lines.len() as f32 * set.size * 1.18 > area.height && set.size > lettering.size * 0.6 {
            set.size *= 0.93;
            lines = set.wrap(text, area.width);
        }
        let leading = set.size * 1.18;
        let top = area.top + (area.height - leading * lines.len() as f32) / 2.0;
        for (row, line) in lines.iter().enumerate() {
            let strip = Area::new(area.left, top + row as f32 * leading, area.width, leading);
            self.text(strip, line, set, Align::Centre);
        }
    }

    /// One line that reads upwards, in the middle of an area.
    pub fn text_upwards(&mut self, area: Area, text: &str, lettering: Lettering) {
        let (text, fitted) = lettering.fit(text, area.height);
        let (middle, centre) = area.centre();
        let place = Transform::from_translate(-fitted.width(&text) / 2.0, fitted.size * CAPITAL_SHARE / 2.0)
            .post_concat(Transform::from_rotate(-90.0))
            .post_translate(middle, centre);
        self.set(Layer::Toner, &text, fitted, place);
    }

    /// Sets glyphs from the origin along the baseline that `place` brings to mm on the page.
    pub fn set(&mut self, layer: Layer, text: &str, lettering: Lettering, place: Transform) {
        let mut reach = 0.0;
        for glyph in lettering.glyphs(text) {
            if let Some(outline) = &glyph.outline {
                let glyph_place = Transform::from_translate(reach, 0.0)
                    .post_scale(lettering.size * lettering.squeeze, lettering.size)
                    .post_concat(place);
                self.fill_placed(layer, outline, glyph_place);
            }
            reach += glyph.advance;
        }
    }
}

/// One path of several upright rectangles in mm; nothing when none of them has an extent.
pub fn rectangles(areas: &[Area]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for area in areas {
        if let Some(rect) = Rect::from_xywh(area.left, area.top, area.width, area.height) {
            builder.push_rect(rect);
        }
    }
    builder.finish()
}
