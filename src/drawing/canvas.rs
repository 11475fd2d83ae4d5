//! A picture in colour to draw lines and plain text on, in pixels: for whoever explains a scan instead of making one. It
//! must never be taken for a form: nothing on it has a size in millimetres.

use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform};

use crate::encode::to_png;
use crate::font::Lettering;
use crate::page::Page;
use crate::scan::Colour;

/// Red, green and blue, 0 to 255.
pub type Rgb = [u8; 3];

/// A picture that is drawn on. Points are across and down from its upper left corner, in px.
pub struct Canvas {
    pixels: Pixmap,
}

impl Canvas {
    /// A white picture. `None` when a side is zero, or the picture too large for memory.
    pub fn white(width: u32, height: u32) -> Option<Self> {
        let mut pixels = Pixmap::new(width, height)?;
        pixels.fill(Color::WHITE);
        Some(Self { pixels })
    }

    /// Sets a row of pixels to shades of grey, 0 black to 255 white; what reaches beyond the picture is left out.
    pub fn grey_row(&mut self, left: u32, y: u32, shades: &[u8]) {
        let width = self.pixels.width();
        if y >= self.pixels.height() || left >= width {
            return;
        }
        let row = &mut self.pixels.pixels_mut()[(y * width + left) as usize..((y + 1) * width) as usize];
        for (pixel, shade) in row.iter_mut().zip(shades) {
            *pixel = tiny_skia::ColorU8::from_rgba(*shade, *shade, *shade, 255).premultiply();
        }
    }

    /// A filled rectangle.
    pub fn fill(&mut self, [left, top]: [f32; 2], [width, height]: [f32; 2], colour: Rgb) {
        if let Some(rect) = Rect::from_xywh(left, top, width, height) {
            self.pixels.fill_rect(rect, &paint(colour), Transform::identity(), None);
        }
    }

    /// A line through points, `width` thick; `dash` long pieces with gaps as long, or whole.
    pub fn line(&mut self, points: &[[f32; 2]], width: f32, dash: Option<f32>, colour: Rgb) {
        let mut builder = PathBuilder::new();
        for (n, [x, y]) in points.iter().enumerate() {
            if n == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
        }
        let Some(path) = builder.finish() else { return };
        let dash = dash.and_then(|dash| StrokeDash::new(vec![dash, dash], 0.0));
        let stroke = Stroke { width, dash, ..Stroke::default() };
        self.pixels.stroke_path(&path, &paint(colour), &stroke, Transform::identity(), None);
    }

    /// One line of text from a point on its baseline; `size` is about a line's height.
    pub fn text(&mut self, [left, baseline]: [f32; 2], size: f32, text: &str, colour: Rgb) {
        let lettering = lettering(size);
        let mut reach = left;
        for glyph in lettering.glyphs(text) {
            if let Some(outline) = &glyph.outline {
                self.fill_path(outline, Transform::from_scale(size, size).post_translate(reach, baseline), colour);
            }
            reach += glyph.advance * size;
        }
    }

    /// The lines that a text has between words at a width.
    pub fn wrap(text: &str, size: f32, width: f32) -> Vec<String> {
        lettering(size).wrap(text, width)
    }

    /// The bytes of a PNG.
    pub fn to_png(&self) -> Vec<u8> {
        /// What screens are said to have. A picture on a screen has no other resolution.
        const DPI: u32 = 96;
        let samples = self.pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]);
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let page = Page { dpi: DPI, width, height, samples: samples.collect(), in_colour: true };
        to_png(&page, Colour::Rgb, false)
    }

    fn fill_path(&mut self, path: &Path, place: Transform, colour: Rgb) {
        self.pixels.fill_path(path, &paint(colour), FillRule::Winding, place, None);
    }
}

/// At its own width: on a screen nothing has to be squeezed into a box.
fn lettering(size: f32) -> Lettering {
    Lettering { bold: false, size, squeeze: 1.0 }
}

fn paint([red, green, blue]: Rgb) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_turkish_letter_leaves_ink_where_it_was_set() {
        for letter in "çÇğĞıIiİöÖşŞüÜâ".chars() {
            let mut canvas = Canvas::white(40, 40).expect("the picture is small");
            canvas.text([10.0, 28.0], 20.0, &letter.to_string(), [0, 0, 0]);
            let dark = canvas.pixels.pixels().iter().filter(|pixel| pixel.red() < 100).count();
            assert!(dark > 5, "{letter}");
        }
    }
}
