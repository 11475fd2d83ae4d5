//! The scanner check: how a page was scanned, and what a clerk could do better next time.
//!
//! Pure. It must never refuse a page, never change what is read, and never cost more than a small part of reading: it
//! samples, and looks closely only where a code was read.

mod advice;
mod edges;
mod lie;
mod print;
mod tones;

use serde::Serialize;

pub use advice::Advice;
pub use edges::Edge;

use self::lie::Lie;
use self::tones::Tones;
use super::evidence::Findings;
use super::page::Page;

/// How a page was scanned.
#[derive(Clone, Debug, Serialize)]
pub struct ScanCheck {
    /// How finely.
    pub dpi: Dpi,
    /// How far the page lies askew beyond its quarter turns, clockwise, in degrees from -45 to 45. `None` without a code.
    pub skew: Option<f32>,
    /// By how many degrees the page is turned, clockwise: 0, 90, 180 or 270. `None` without a code, and where a code
    /// stands on the side on which no form has one.
    pub turned: Option<u16>,
    /// Shades of 255 between paper and print: by the best code read, by the whole page without one. `None` on a page of
    /// two shades, which tells nothing of it.
    pub contrast: Option<u8>,
    /// How steep the edges of print are: 1 is within a pixel, 0 is a module of a karekod wide (two thirds of a
    /// millimetre). `None` without edges, and on a page of two shades.
    pub sharpness: Option<f32>,
    /// The share of the page that is ink, from 0 to 1, the margins left out.
    pub ink: f32,
    /// Whether there is hardly any ink, and no code.
    pub blank: bool,
    /// Edges of the page that run through print, or have a code right beside them.
    pub cut: Vec<Edge>,
    /// Whether the page is no whole sheet of A4 or A3 by its size or shape.
    pub odd_size: bool,
    /// Whether something looks like a code and none could be read.
    pub code_unread: bool,
    /// Whether one code was read on a page that must carry two.
    pub twin_unread: bool,
    /// What to do better, the most important first. Empty for what an office usually sends.
    pub advice: Vec<Advice>,
}

/// How finely a page was scanned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Dpi {
    /// Dots per inch.
    pub value: f32,
    /// How that is known.
    pub by: DpiBy,
}

/// How the resolution is known, the best source first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DpiBy {
    /// The file says so, and the page it gives is as large as a form.
    File,
    /// A karekod is printed 14 mm wide.
    Karekod,
    /// The longer side is taken for that of A4.
    Paper,
}

/// Modules of a karekod's side.
const MODULES: f32 = 21.0;
/// The printed side of a karekod, in millimetres.
const KAREKOD: f32 = 14.0;
/// Millimetres in an inch.
const INCH: f32 = 25.4;
/// The sides of A4, in millimetres, the longer first.
const A4: [f32; 2] = [297.0, 210.0];

/// Shares of ink below this are specks: an empty form has twenty times as much.
const BLANK: f32 = 0.002;

/// Says how a page was scanned on which `findings` were found.
pub fn check(page: &Page, findings: &Findings) -> ScanCheck {
    let pixels = page.pixels();
    let tones = Tones::of(pixels);
    let lie = Lie::of(page, &findings.readings);
    let dpi = dpi(page, findings);
    let module = KAREKOD / MODULES / INCH * dpi.value;
    let prints = print::of_codes(pixels, &tones, &findings.readings);
    let (contrast, sharpness) = match print::best(&prints) {
        Some(best) => (Some(best.contrast), best.sharpness),
        None => print::of_page(pixels, &tones, module),
    };
    let blank = findings.readings.is_empty() && tones.share < BLANK;
    let mut check = ScanCheck {
        dpi,
        skew: lie.map(|lie| lie.skew),
        turned: lie.and_then(|lie| lie.on_its_side_of_the_form.then_some(lie.quarter * 90)),
        contrast,
        sharpness,
        ink: tones.share,
        blank,
        cut: if blank { vec![] } else { edges::cut(pixels, &tones, &findings.readings, dpi.value) },
        odd_size: is_odd_size(page, dpi),
        code_unread: findings.readings.is_empty() && !findings.unread.is_empty(),
        twin_unread: lie.is_some_and(|lie| lie.has_room_for_two) && findings.readings.len() == 1,
        advice: vec![],
    };
    check.advice = Advice::on(&check);
    check
}

fn dpi(page: &Page, findings: &Findings) -> Dpi {
    /// The longer side of a page, in millimetres, when the file is to be believed: A4 and A3 with some centimetres of
    /// glass. Programs that do not know write 72 or 96, which makes a form the size of a poster.
    const FORMS: std::ops::RangeInclusive<f32> = 280.0..=460.0;
    let longer = page.width().max(page.height()) as f32;
    let said = page.dpi().filter(|dpi| *dpi > 0.0 && FORMS.contains(&(longer / dpi * INCH)));
    match said {
        Some(value) => Dpi { value, by: DpiBy::File },
        None => match findings.module() {
            Some(module) => Dpi { value: module * MODULES / KAREKOD * INCH, by: DpiBy::Karekod },
            None => Dpi { value: longer / A4[0] * INCH, by: DpiBy::Paper },
        },
    }
}

/// Whether a sheet cannot be whole by the size or shape of its picture.
fn is_odd_size(page: &Page, dpi: Dpi) -> bool {
    /// How far the sides may be off: scanners that find the paper's edges are within 2 %, Letter, which cuts the foot
    /// off A4 and the lower code with it, is 8.5 % off.
    const SLACK: f32 = 0.07;
    /// Millimetres that a glass may lack of A4: no form prints there.
    const MARGIN: f32 = 8.0;
    /// The longer side of half a sheet, in millimetres, with a tenth to spare: a code is no exact ruler. What is smaller
    /// is a detail that somebody cut out on purpose.
    const HALF: std::ops::Range<f32> = 133.0..267.0;
    let sides = [page.width().max(page.height()), page.width().min(page.height())].map(|side| side as f32);
    let off = (sides[0] / sides[1] / (A4[0] / A4[1]) - 1.0).abs();
    if dpi.by == DpiBy::Paper {
        return off > SLACK;
    }
    let millimetres = sides.map(|side| side / dpi.value * INCH);
    // A glass that is larger than the paper cuts nothing off, whatever its shape.
    let holds_a4 = millimetres.iter().zip(A4).all(|(side, paper)| side + MARGIN >= paper);
    !holds_a4 && (off > SLACK || HALF.contains(&millimetres[0]))
}
