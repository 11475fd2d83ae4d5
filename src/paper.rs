//! Sheets that are printed and handed over, as PDF: slips with first passwords, receipts of media.
//!
//! A4, top to bottom, in the embedded cuts that have every Turkish letter; text can be searched and copied. It must never
//! know what a sheet is about. The same calls give the same bytes.

mod fonts;

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use fonts::{BOLD, Cut, PLAIN};

/// A4, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
/// White on every side, in points.
const MARGIN: f32 = 62.0;
/// Size of plain text, in points.
const TEXT: f32 = 11.0;
/// A line's height as a share of its size.
const LEADING: f32 = 1.45;
/// Where the values of fields begin, from the left margin, in points.
const VALUES: f32 = 150.0;

/// Sheets that are being written.
pub struct Paper {
    title: String,
    pages: Vec<Content>,
    /// Where the next line's top is, from the bottom of the page, in points.
    y: f32,
}

impl Paper {
    /// No sheet yet. The title is what programs show of the file.
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), pages: Vec::new(), y: PAGE.1 - MARGIN }
    }

    /// Begins a new sheet.
    pub fn page(&mut self) {
        self.pages.push(Content::new());
        self.y = PAGE.1 - MARGIN;
    }

    /// A heading.
    pub fn title(&mut self, text: &str) {
        self.lines(&BOLD, 16.0, 0.0, text);
        self.space(4.0);
    }

    /// A paragraph, broken between words.
    pub fn text(&mut self, text: &str) {
        self.lines(&PLAIN, TEXT, 0.0, text);
        self.space(4.0);
    }

    /// A name and its value on one line; a long value goes on below itself.
    pub fn field(&mut self, name: &str, value: &str) {
        let label = format!("{name}:");
        // The value begins on the label's line, so the label must not move the next line further than the value does.
        let beside = PLAIN.width(&label, TEXT) + 8.0 <= VALUES;
        if beside && !value.is_empty() {
            self.room(TEXT * LEADING);
            self.put(&PLAIN, TEXT, 0.0, self.y - TEXT, &label);
            self.lines(&BOLD, TEXT, VALUES, value);
        } else {
            self.lines(&PLAIN, TEXT, 0.0, &label);
            if !value.is_empty() {
                self.lines(&BOLD, TEXT, VALUES, value);
            }
        }
        self.space(2.0);
    }

    /// A name and, below it in large letters, what is copied from the sheet letter by letter.
    pub fn secret(&mut self, name: &str, value: &str) {
        self.lines(&PLAIN, TEXT, 0.0, &format!("{name}:"));
        self.space(2.0);
        self.lines(&BOLD, 17.0, 0.0, value);
        self.space(4.0);
    }

    /// A thin line across the sheet.
    pub fn rule(&mut self) {
        self.room(14.0);
        let y = self.y - 6.0;
        if let Some(page) = self.pages.last_mut() {
            page.set_line_width(0.6).move_to(MARGIN, y).line_to(PAGE.0 - MARGIN, y).stroke();
        }
        self.y -= 14.0;
    }

    /// What comes next has so many lines and is begun on a new sheet rather than torn apart.
    pub fn keep_together(&mut self, lines: u16) {
        self.room(f32::from(lines) * (TEXT * LEADING + 2.0));
    }

    /// White, in points.
    pub fn space(&mut self, points: f32) {
        self.y -= points;
    }

    /// A sheet goes on on the next one where it has no room left.
    fn room(&mut self, height: f32) {
        if self.pages.is_empty() || self.y - height < MARGIN {
            self.page();
        }
    }

    fn lines(&mut self, cut: &'static Cut, size: f32, indent: f32, text: &str) {
        for line in cut.wrap(text, size, PAGE.0 - 2.0 * MARGIN - indent) {
            self.room(size * LEADING);
            self.put(cut, size, indent, self.y - size, &line);
            self.y -= size * LEADING;
        }
    }

    /// Writes on the baseline `y`.
    fn put(&mut self, cut: &'static Cut, size: f32, indent: f32, y: f32, text: &str) {
        let Some(page) = self.pages.last_mut() else { return };
        let glyphs = cut.glyphs(text);
        page.begin_text().set_font(Name(cut.key), size).next_line(MARGIN + indent, y).show(Str(&glyphs)).end_text();
    }

    /// The file.
    pub fn finish(self) -> Vec<u8> {
        let mut pdf = Pdf::new();
        let mut next = 1;
        let mut id = || {
            next += 1;
            Ref::new(next - 1)
        };
        let (catalog, tree, info) = (id(), id(), id());
        pdf.catalog(catalog).pages(tree).lang(TextStr("tr")).viewer_preferences().display_doc_title(true);
        pdf.document_info(info).title(TextStr(&self.title)).producer(TextStr("tutanak"));
        let fonts = [(&PLAIN, id()), (&BOLD, id())];
        for (cut, font) in fonts {
            cut.embed(&mut pdf, font, &mut id);
        }
        let contents: Vec<Vec<u8>> = self.pages.into_iter().map(|page| deflated(&page.finish())).collect();
        let pages: Vec<(Ref, Ref)> = contents.iter().map(|_| (id(), id())).collect();
        pdf.pages(tree).kids(pages.iter().map(|(page, _)| *page)).count(pages.len() as i32);
        for ((page, stream), content) in pages.into_iter().zip(&contents) {
            let mut sheet = pdf.page(page);
            sheet.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(stream);
            let mut resources = sheet.resources();
            let mut named = resources.fonts();
            for (cut, font) in fonts {
                named.pair(Name(cut.key), font);
            }
            named.finish();
            resources.finish();
            sheet.finish();
            pdf.stream(stream, content).filter(Filter::FlateDecode);
        }
        pdf.finish()
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory can be written to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_calls_give_the_same_bytes_and_long_sheets_go_on() {
        let sheet = |lines: usize| {
            let mut paper = Paper::new("Deneme");
            paper.title("Çığır açan şoför");
            paper.field("Ad", "Ğ");
            (0..lines).for_each(|n| paper.text(&format!("{n}. satır: sözcükler satırın sonunda bölünmez. ").repeat(3)));
            paper.finish()
        };
        assert_eq!(sheet(3), sheet(3));
        let pages = |pdf: &[u8]| pdf.windows(11).filter(|window| window == b"/Type /Page").count() - 1; // less the tree
        assert_eq!(pages(&sheet(3)), 1);
        assert!(pages(&sheet(60)) > 1);
    }
}
