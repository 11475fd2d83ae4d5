//! The printed letters: outlines of two cuts, measured and broken into lines. It must never draw; the sheet does.

use std::collections::HashMap;
use std::sync::LazyLock;

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, OutlineBuilder};

static PLAIN: LazyLock<Typeface> = LazyLock::new(|| Typeface::open(include_bytes!("font/DejaVuSans-tr.ttf")));
static BOLD: LazyLock<Typeface> = LazyLock::new(|| Typeface::open(include_bytes!("font/DejaVuSans-Bold-tr.ttf")));

const MM_PER_POINT: f32 = 25.4 / 72.0;

/// DejaVu runs wide; forms are set in a narrower face, so glyphs are set at nine tenths of their width.
const USUAL_SQUEEZE: f32 = 0.9;

/// How far text may be squeezed and shrunk to fit its box before it is cut off.
const LEAST_SQUEEZE: f32 = 0.74;
const LEAST_SHARE_OF_SIZE: f32 = 0.62;

/// The height of a capital letter as a share of the size: text is centred by its capitals.
pub const CAPITAL_SHARE: f32 = 0.73;

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub struct Lettering {
    /// The bold cut instead of the plain one.
    pub bold: bool,
    /// The size, in mm.
    pub size: f32,
    /// Width of the glyphs as a share of the font's own.
    pub squeeze: f32,
}

impl Lettering {
    /// The plain cut at a size in points.
    pub fn plain(points: f32) -> Self {
        Self { bold: false, size: points * MM_PER_POINT, squeeze: USUAL_SQUEEZE }
    }

    /// The bold cut at a size in points.
    pub fn bold(points: f32) -> Self {
        Self { bold: true, ..Self::plain(points) }
    }

    fn typeface(self) -> &'static Typeface {
        if self.bold { &BOLD } else { &PLAIN }
    }

    /// How far the text reaches, in mm.
    pub fn width(self, text: &str) -> f32 {
        self.glyphs(text).map(|glyph| glyph.advance).sum::<f32>() * self.size * self.squeeze
    }

    /// The glyphs of a text; a letter the cuts lack is set as a question mark, so that it is seen.
    pub fn glyphs(self, text: &str) -> impl Iterator<Item = &'static Glyph> {
        let typeface = self.typeface();
        text.chars().map(move |letter| typeface.glyphs.get(&letter).unwrap_or(&typeface.unknown))
    }

    /// The text and lettering that fit a width in mm: squeezed first, then smaller, and cut off at last.
    pub fn fit(self, text: &str, width: f32) -> (String, Self) {
        let wanted = self.width(text);
        if wanted <= width {
            return (text.to_owned(), self);
        }
        let squeeze = (self.squeeze * width / wanted).max(LEAST_SQUEEZE.min(self.squeeze));
        let narrow = Self { squeeze, ..self };
        let share = (width / narrow.width(text)).clamp(LEAST_SHARE_OF_SIZE, 1.0);
        let small = Self { size: self.size * share, ..narrow };
        let mut kept = text.to_owned();
        while small.width(&kept) > width * 1.001 && kept.chars().count() > 1 {
            kept.truncate(kept.trim_end_matches('…').trim_end().char_indices().last().map_or(0, |(at, _)| at));
            kept.push('…');
        }
        (kept, small)
    }

    /// The lines of a text broken between words at a width in mm.
    pub fn wrap(self, text: &str, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}")) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// One letter at size 1, baseline at 0, downwards positive like the page.
#[derive(Debug)]
pub struct Glyph {
    /// The outline; a space has none.
    pub outline: Option<Path>,
    /// The way to the next letter.
    pub advance: f32,
}

struct Typeface {
    glyphs: HashMap<char, Glyph>,
    unknown: Glyph,
}

impl Typeface {
    fn open(file: &'static [u8]) -> Self {
        let face = Face::parse(file, 0).expect("the embedded font is whole: a test draws with it");
        let scale = 1.0 / f32::from(face.units_per_em());
        let glyph_of = |letter: char| {
            let id = face.glyph_index(letter)?;
            let mut pen = Outline { builder: PathBuilder::new(), scale };
            face.outline_glyph(id, &mut pen);
            let advance = f32::from(face.glyph_hor_advance(id)?) * scale;
            Some(Glyph { outline: pen.builder.finish(), advance })
        };
        let covered = (' '..='\u{2605}').filter_map(|letter| Some((letter, glyph_of(letter)?))).collect();
        let unknown = glyph_of('?').expect("the embedded font has a question mark");
        Self { glyphs: covered, unknown }
    }
}

/// Takes an outline from font units, upwards positive, to size 1, downwards positive.
struct Outline {
    builder: PathBuilder,
    scale: f32,
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.builder.move_to(x * self.scale, -y * self.scale);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.builder.line_to(x * self.scale, -y * self.scale);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let s = self.scale;
        self.builder.quad_to(x1 * s, -y1 * s, x * s, -y * s);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let s = self.scale;
        self.builder.cubic_to(x1 * s, -y1 * s, x2 * s, -y2 * s, x * s, -y * s);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}

#[cfg(test)]
mod tests {
    use super::Lettering;

    #[test]
    fn every_turkish_letter_has_a_glyph_in_both_cuts() {
        for lettering in [Lettering::plain(10.0), Lettering::bold(10.0)] {
            for letter in "ABCÇDEFGĞHIİJKLMNOÖPRSŞTUÜVYZabcçdefgğhıijklmnoöprsştuüvyzÂâÎîÛû0123456789★…".chars()
            {
                assert!(lettering.typeface().glyphs.contains_key(&letter), "{letter}");
            }
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_made_to_fit() {
        let long = "BÜYÜKŞEHİR BELEDİYE BAŞKANLIĞI SEÇİMİ ".repeat(4);
        for width in [10.0, 30.0, 90.0] {
            let (text, lettering) = Lettering::bold(9.0).fit(&long, width);
            assert!(lettering.width(&text) <= width * 1.01, "{width}: {text}");
        }
    }

    #[test]
    fn lines_are_broken_between_words() {
        let lettering = Lettering::plain(8.0);
        let lines = lettering.wrap("Adayların aldığı oyların toplamı geçerli oyların toplamına eşit olmalıdır.", 40.0);
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| lettering.width(line) <= 40.0));
    }
}
