//! The two cuts that sheets are set in, measured and put into the file as they are: both together are 22 KB.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use ttf_parser::Face;

use super::deflated;

pub(super) static PLAIN: LazyLock<Cut> =
    LazyLock::new(|| Cut::open(b"P", b"DejaVuSans", 400, include_bytes!("../drawing/font/DejaVuSans-tr.ttf")));
pub(super) static BOLD: LazyLock<Cut> = LazyLock::new(|| {
    Cut::open(b"B", b"DejaVuSans-Bold", 700, include_bytes!("../drawing/font/DejaVuSans-Bold-tr.ttf"))
});

const IDENTITY: SystemInfo = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Units of a font in a PDF to one size.
const UNITS: f32 = 1000.0;

/// A cut of the letters.
#[derive(Debug)]
pub(super) struct Cut {
    /// Its name on a page.
    pub key: &'static [u8],
    name: &'static [u8],
    weight: u16,
    file: &'static [u8],
    /// Glyph and advance of each letter, in thousandths of the size.
    letters: BTreeMap<char, (u16, f32)>,
    unknown: (u16, f32),
    bounds: [f32; 4],
    ascent: f32,
    descent: f32,
}

impl Cut {
    fn open(key: &'static [u8], name: &'static [u8], weight: u16, file: &'static [u8]) -> Self {
        let face = Face::parse(file, 0).expect("the embedded font is whole: a test writes with it");
        let scale = UNITS / f32::from(face.units_per_em());
        let glyph = |letter: char| {
            let id = face.glyph_index(letter)?;
            Some((id.0, f32::from(face.glyph_hor_advance(id)?) * scale))
        };
        let letters = (' '..='\u{2605}').filter_map(|letter| Some((letter, glyph(letter)?))).collect();
        let unknown = glyph('?').expect("the embedded font has a question mark");
        let bounds = face.global_bounding_box();
        let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|unit| f32::from(unit) * scale);
        let (ascent, descent) = (f32::from(face.ascender()) * scale, f32::from(face.descender()) * scale);
        Self { key, name, weight, file, letters, unknown, bounds, ascent, descent }
    }

    /// A letter that the cuts lack is set as a question mark, so that it is seen.
    fn letter(&self, letter: char) -> (u16, f32) {
        self.letters.get(&letter).copied().unwrap_or(self.unknown)
    }

    /// How far a text reaches, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.letter(letter).1).sum::<f32>() * size / UNITS
    }

    /// What a page says to show a text.
    pub fn glyphs(&self, text: &str) -> Vec<u8> {
        text.chars().flat_map(|letter| self.letter(letter).0.to_be_bytes()).collect()
    }

    /// The lines of a text broken at `width` points: between words, and inside a word that is longer than a line.
    pub fn wrap(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}"), size) <= width => {
                    line.push(' ');
                    line.push_str(word);
                    continue;
                }
                _ => lines.push(String::new()),
            }
            for letter in word.chars() {
                let line = lines.last_mut().expect("one was pushed");
                if line.is_empty() || self.width(&format!("{line}{letter}"), size) <= width {
                    line.push(letter);
                } else {
                    lines.push(letter.to_string());
                }
            }
        }
        lines
    }

    /// Writes the font into the file as `font`.
    pub fn embed(&self, pdf: &mut Pdf, font: Ref, id: &mut impl FnMut() -> Ref) {
        let (descendant, descriptor, file, map) = (id(), id(), id(), id());
        pdf.type0_font(font)
            .base_font(Name(self.name))
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(map);
        let mut cid = pdf.cid_font(descendant);
        cid.subtype(CidFontType::Type2).base_font(Name(self.name)).system_info(IDENTITY).font_descriptor(descriptor);
        cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = cid.widths();
        for (glyph, advance) in self.letters.values() {
            widths.consecutive(*glyph, [*advance]);
        }
        widths.finish();
        cid.finish();
        let [x0, y0, x1, y1] = self.bounds;
        pdf.font_descriptor(descriptor)
            .name(Name(self.name))
            .flags(FontFlags::SYMBOLIC)
            .weight(self.weight)
            .bbox(Rect::new(x0, y0, x1, y1))
            .italic_angle(0.0)
            .ascent(self.ascent)
            .descent(self.descent)
            .cap_height(729.0)
            .stem_v(if self.weight > 500 { 150.0 } else { 90.0 })
            .font_file2(file);
        let deflated_file = deflated(self.file);
        pdf.stream(file, &deflated_file).filter(Filter::FlateDecode).pair(Name(b"Length1"), self.file.len() as i32);
        let mut unicode = UnicodeCmap::<u16>::new(Name(b"Letters"), IDENTITY);
        for (letter, (glyph, _)) in &self.letters {
            unicode.pair(*glyph, *letter);
        }
        let unicode = deflated(unicode.finish().as_slice());
        pdf.cmap(map, &unicode).filter(Filter::FlateDecode);
    }
}
