//! Damage by the printer: too little toner, too much, or somebody else's. It must leave what people wrote alone where it
//! works on the sheet.

use crate::chance::Grains;
use crate::damage::blotch::Blotches;
use crate::damage::case::Case;
use crate::damage::lens::blurred;
use crate::damage::pixels::{grey, through, wash};
use crate::font::Lettering;
use crate::page::Page;
use crate::paper::Area;
use crate::scan::{Light, expose};
use crate::sheet::print::Align;
use crate::sheet::{Layer, Sheet};

/// Toner is missing in patches of a few millimetres, and in grain.
pub fn faded(case: &Case, sheet: &mut Sheet) {
    let missing = case.pick([0.06, 0.11, 0.15, 0.18, 0.22]);
    let least = case.pick([0.6, 0.5, 0.4, 0.3, 0.2]);
    let mut chance = case.chance("faded");
    let patches = Blotches::new(&mut chance, 4.0);
    let mut grains = Grains::from(chance);
    let mm = 1.0 / case.scale();
    sheet.thin(Layer::Toner, |x, y, coverage| {
        let height = patches.height(x as f32 * mm, y as f32 * mm) + 0.3 * (grains.grain() - 0.5);
        let left = ((height - missing) * 5.0 + 0.5).clamp(least, 1.0);
        (f32::from(coverage) * left) as u8
    });
}

/// How far the edge of a print blurs before it is made sharp again elsewhere, in mm.
const SPREAD: f32 = 0.14;

/// The ink runs.
pub fn ink_spread(case: &Case, page: Page) -> Page {
    sharpened_at(case, page, case.pick([165.0, 195.0, 214.0, 225.0, 232.0]))
}

/// The print is thin.
pub fn thin_print(case: &Case, page: Page) -> Page {
    sharpened_at(case, page, case.pick([85.0, 62.0, 45.0, 33.0, 25.0]))
}

/// Blurs edges and makes them sharp again where the light has this value: above the middle, dark things grow.
fn sharpened_at(case: &Case, page: Page, limit: f32) -> Page {
    let steepness = 255.0 / (255.0 - limit).min(limit).min(40.0);
    through(blurred(page, SPREAD * case.scale()), |value| (127.5 + (value - limit) * steepness).clamp(0.0, 255.0))
}

/// What is printed on the back shines through: dense bold lines, seen from behind and soft.
pub fn bleed_through(case: &Case, page: Page) -> Page {
    let strength = case.pick([0.12, 0.22, 0.31, 0.38, 0.44]);
    let mut chance = case.chance("back");
    let mut back = Sheet::new(case.paper, case.dpi, case.lie);
    let size = chance.between(9.0, 24.0);
    let mut top = chance.between(4.0, 8.0);
    while top < case.paper.height - size {
        let number = chance.whole(100_000, 999_999_999);
        let line = format!("{number} SANDIK SONUÇ TUTANAĞI {number} SEÇİM KURULU BAŞKANLIĞI {number} ARKA SAYFA");
        let area = Area::new(chance.between(2.0, 9.0), top, case.paper.width - 6.0, size * 0.6);
        back.text(area, &line, Lettering::bold(size), Align::Left);
        top += size * chance.between(0.4, 0.55);
    }
    let seen = expose(&back, &Light::of_print(), false, 0.0, false, chance);
    let soft = blurred(seen, 0.12 * case.scale());
    let width = soft.width as usize;
    wash(page, grey(0.0), |x, y| {
        let from_behind = width - 1 - x as usize;
        strength * (1.0 - f32::from(soft.samples[y as usize * width + from_behind]) / 255.0)
    })
}
