//! What happens to paper before and while it is scanned: worn toner, a fold, dust, a crooked edge. It must leave the
//! codes as readable as the style says: only toner wear and the fold may touch them.

use tiny_skia::{Path, PathBuilder, Rect};

use crate::chance::{Chance, Grains};
use crate::paper::Area;
use crate::scan::ScanStyle;
use crate::sheet::print::rectangles;
use crate::sheet::{Layer, Sheet};

const FOLD_LINE: f32 = 0.12;
/// Toner cracks this far on either side of a fold, in mm.
const FOLD_CRACK: f32 = 0.35;
const MM_PER_INCH: f32 = 25.4;

/// What an office scanner's lens gives of each pixel to either neighbour.
const OFFICE_BLUR: f32 = 0.09;

/// Wears the sheet as the style asks, and sees it through the style's lens.
pub fn damage_sheet(sheet: &mut Sheet, style: &ScanStyle, seed: u64) {
    if style.dust > 0.0 {
        scatter_dust(sheet, style.dust, &mut Chance::for_part(seed, "dust"));
    }
    let fold = style.fold.then(|| crease(sheet, &mut Chance::for_part(seed, "fold"))).flatten();
    if style.fade > 0.0 || fold.is_some() {
        wear_toner(sheet, style.fade, fold, &mut Chance::for_part(seed, "toner"));
    }
    if style.blur > 0.0 {
        thin_pen(sheet, &mut Chance::for_part(seed, "ink"));
        for layer in [Layer::Toner, Layer::Pen] {
            sheet.soften(layer, OFFICE_BLUR * style.blur);
        }
    }
}

/// Covers what of the glass the paper leaves free, with the shadow of the paper's edge.
pub fn lay_beside(sheet: &mut Sheet) {
    let (width, height) = sheet.size();
    let paper = sheet.paper();
    let edge = rectangles(&[Area::new(0.0, 0.0, paper.width, paper.height)]).expect("paper has an extent");
    sheet.stroke(Layer::Shade, &edge, 0.25);
    let Some(on_glass) = sheet.on_glass(edge) else { return };
    let Some(glass) = Rect::from_xywh(-1.0, -1.0, width as f32 + 2.0, height as f32 + 2.0) else { return };
    let mut builder = PathBuilder::new();
    builder.push_rect(glass);
    builder.push_path(&on_glass);
    if let Some(beside) = builder.finish() {
        sheet.fill_on_glass(Layer::Beside, &beside);
    }
}

/// Lets the pen press harder here than there.
fn thin_pen(sheet: &mut Sheet, chance: &mut Chance) {
    const LIGHTEST: f32 = 0.66;
    let mm = MM_PER_INCH / sheet.dpi() as f32;
    let (width, height) = sheet.size();
    let mut waves = |length: u32| -> Vec<f32> {
        let (slope, phase) = (chance.between(1.1, 1.9), chance.between(0.0, 6.0));
        (0..length).map(|at| (at as f32 * mm * slope + phase).sin()).collect()
    };
    let (across, down) = (waves(width), waves(height));
    sheet.thin(Layer::Pen, |x, y, coverage| {
        let pressure = 1.0 - (1.0 - LIGHTEST) * (0.5 + 0.5 * across[x] * down[y]);
        (f32::from(coverage) * pressure) as u8
    });
}

fn scatter_dust(sheet: &mut Sheet, dust: f32, chance: &mut Chance) {
    let paper = sheet.paper();
    let specks = (dust * 26.0 * paper.width / 210.0) as u32;
    let mut builder = PathBuilder::new();
    for _ in 0..specks {
        let (x, y) = (chance.between(0.0, paper.width), chance.between(0.0, paper.height));
        builder.push_circle(x, y, chance.between(0.04, 0.16));
    }
    // A hair or two on the glass.
    for _ in 0..(dust * 2.0 * chance.unit()).round() as u32 {
        let (x, y) = (chance.between(0.0, paper.width), chance.between(0.0, paper.height));
        let hair = hair_at(x, y, chance);
        if let Some(hair) = hair {
            sheet.stroke(Layer::Shade, &hair, 0.09);
        }
    }
    if let Some(path) = builder.finish() {
        sheet.fill(Layer::Shade, &path);
    }
}

fn hair_at(x: f32, y: f32, chance: &mut Chance) -> Option<Path> {
    let mut builder = PathBuilder::new();
    builder.move_to(x, y);
    let mut near = |reach: f32| (x + chance.wobble(reach), y + chance.wobble(reach));
    let (first, second, end) = (near(4.0), near(5.0), near(7.0));
    builder.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
    builder.finish()
}

/// A line in px: a point on it and its direction, of length 1.
type Crease = ((f32, f32), (f32, f32));

/// Draws the fold, half-way down give or take, and says where it lies on the glass.
fn crease(sheet: &mut Sheet, chance: &mut Chance) -> Option<Crease> {
    let paper = sheet.paper();
    let left = paper.height * chance.between(0.46, 0.54);
    let right = left + chance.wobble(1.5);
    let mut builder = PathBuilder::new();
    builder.move_to(0.0, left);
    builder.line_to(paper.width, right);
    let line = builder.finish()?;
    sheet.stroke(Layer::Shade, &line, FOLD_LINE);
    let seen = sheet.on_glass(line)?;
    let (from, to) = (seen.points().first()?, seen.points().last()?);
    let (across, down) = (to.x - from.x, to.y - from.y);
    let length = across.hypot(down);
    Some(((from.x, from.y), (across / length, down / length)))
}

/// Takes toner away: in bands along the page as a cartridge runs out, in grain everywhere, and along the fold.
fn wear_toner(sheet: &mut Sheet, fade: f32, fold: Option<Crease>, chance: &mut Chance) {
    let mm = MM_PER_INCH / sheet.dpi() as f32;
    let bands: Vec<f32> = {
        let (width, height) = sheet.size();
        let (first, second) = (chance.between(0.05, 0.12), chance.between(0.2, 0.4));
        let (phase, other) = (chance.between(0.0, 6.0), chance.between(0.0, 6.0));
        (0..width.max(height))
            .map(|x| 0.5 + 0.3 * (x as f32 * mm * first + phase).sin() + 0.2 * (x as f32 * mm * second + other).sin())
            .collect()
    };
    let mut grains = Grains::from(chance.clone());
    sheet.thin(Layer::Toner, |x, y, coverage| {
        let grain = grains.grain();
        let mut left = 1.0 - fade * (0.3 + 0.45 * bands[x] + 0.25 * grain);
        if let Some((on, along)) = fold {
            let away = ((x as f32 - on.0) * along.1 - (y as f32 - on.1) * along.0).abs() * mm;
            if away < FOLD_CRACK {
                left *= 0.25 + 0.75 * (away / FOLD_CRACK) * grain;
            }
        }
        (f32::from(coverage) * left.clamp(0.0, 1.0)) as u8
    });
}
