//! A page with what was found on it, as a picture for people: why was this code read, and that one not? It must never
//! show more than the findings say.

use anyhow::Context;
use serde::Serialize;

use crate::drawing::{Canvas, Rgb};
use crate::reading::scanner::ScanCheck;
use crate::reading::{Findings, Page, Reading};

/// The longest side of the picture, in px: what a screen shows without scrolling far.
const LONGEST: u32 = 2000;
/// The picture is at least so wide, in px, that a line of the legend has room.
const NARROWEST: u32 = 900;

const SIZE: f32 = 20.0;
const LEADING: f32 = 27.0;
const MARGIN: f32 = 14.0;

const BLACK: Rgb = [20, 20, 20];
const GREEN: Rgb = [0, 150, 60];
const ORANGE: Rgb = [235, 120, 0];
const BLUE: Rgb = [20, 70, 160];
const LEGEND: Rgb = [244, 244, 240];

/// The bytes of a PNG: a legend, and below it the page in pale grey with its findings.
pub fn draw(page: &Page, findings: &Findings, check: &ScanCheck) -> anyhow::Result<Vec<u8>> {
    let entries = legend(findings, check);
    let (width, height) = (page.width() as f32, page.height() as f32);
    // The page is reduced to what the legend leaves, and the legend is broken at the width of the page.
    let mut scale = f32::max(1.0, width.max(height) / LONGEST as f32);
    let mut lines = vec![];
    for _ in 0..3 {
        lines = broken(&entries, (width / scale).max(NARROWEST as f32));
        scale = f32::max(scale, height / (LONGEST as f32 - strip(&lines)));
    }
    let top = strip(&lines) as u32;
    let (wide, high) = (((width / scale) as u32).max(1), ((height / scale) as u32).max(1));
    let mut canvas = Canvas::white(wide.max(NARROWEST), top + high).context("the picture is too large to be drawn")?;
    pale(&mut canvas, page, top, [wide, high]);
    canvas.fill([0.0, 0.0], [wide.max(NARROWEST) as f32, top as f32], LEGEND);
    for (row, (line, colour)) in lines.iter().enumerate() {
        canvas.text([MARGIN, MARGIN + LEADING * row as f32 + SIZE * 0.85], SIZE, line, *colour);
    }
    let on_picture = |[x, y]: [f32; 2]| [x / scale, y / scale + top as f32];
    for (n, reading) in findings.readings.iter().enumerate() {
        outline(&mut canvas, &reading.corners.map(on_picture), n + 1);
    }
    for (n, unread) in findings.unread.iter().enumerate() {
        let [a, b, c, d] = unread.corners.map(on_picture);
        canvas.line(&[a, b, c, d, a], 3.0, Some(9.0), ORANGE);
        number(&mut canvas, a, b, findings.readings.len() + n + 1, ORANGE);
    }
    Ok(canvas.to_png())
}

/// What stands above the page: a line for each finding, for the scan as a whole, and for each advice.
fn legend(findings: &Findings, check: &ScanCheck) -> Vec<(String, Rgb)> {
    let mut entries = vec![];
    for (n, reading) in findings.readings.iter().enumerate() {
        entries.push((format!("{}  {}", n + 1, sentence(reading)), GREEN));
    }
    for (n, unread) in findings.unread.iter().enumerate() {
        let number = findings.readings.len() + n + 1;
        let agreement = unread.agreement;
        entries.push((format!("{number}  looks like a code and could not be read: agreement {agreement:.2}"), ORANGE));
    }
    if entries.is_empty() {
        entries.push(("Nothing on this page looks like a code.".to_owned(), ORANGE));
    }
    entries.push((scanned(check), BLACK));
    for advice in &check.advice {
        entries.push((format!("{}: {} ({})", advice.kind(), advice.turkish(), advice.english()), BLUE));
    }
    entries
}

fn sentence(reading: &Reading) -> String {
    let stage = name(&reading.stage);
    let inverted = if reading.inverted { ", light on dark" } else { "" };
    let Some(proof) = &reading.proof else { return format!("{}: stage {stage}{inverted}", reading.code) };
    let (method, corrected, modules) = (name(&proof.method).to_lowercase(), proof.corrected_modules, proof.modules);
    let code = &reading.code;
    format!("{code}: stage {stage}, method {method}, {corrected} of {modules} modules corrected{inverted}")
}

fn scanned(check: &ScanCheck) -> String {
    let mut said = format!("Scan: {:.0} dpi by the {}", check.dpi.value, name(&check.dpi.by));
    let mut add = |part: Option<String>| said.extend(part.map(|part| format!(", {part}")));
    add(check.turned.map(|turned| format!("turned {turned}°")));
    add(check.skew.map(|skew| format!("skew {skew:.1}°")));
    add(check.contrast.map(|contrast| format!("contrast {contrast}")));
    add(check.sharpness.map(|sharpness| format!("sharpness {sharpness:.2}")));
    said
}

/// The name under which a value stands in the JSON.
fn name(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value);
    json.ok().and_then(|json| Some(json.as_str()?.to_owned())).unwrap_or_default()
}

fn broken(entries: &[(String, Rgb)], width: f32) -> Vec<(String, Rgb)> {
    let lines = |(text, colour): &(String, Rgb)| {
        let lines = Canvas::wrap(text, SIZE, width - 2.0 * MARGIN);
        lines.into_iter().map(|line| (line, *colour)).collect::<Vec<_>>()
    };
    entries.iter().flat_map(lines).collect()
}

/// The height of the legend, in px. However much there is to say, half of the picture is the page's.
fn strip(lines: &[(String, Rgb)]) -> f32 {
    (2.0 * MARGIN + LEADING * lines.len() as f32).min(LONGEST as f32 / 2.0).ceil()
}

/// The page, reduced and pale, so that what is drawn on it stands out.
fn pale(canvas: &mut Canvas, page: &Page, top: u32, [wide, high]: [u32; 2]) {
    /// How much of the ink stays.
    const INK: u32 = 55;
    let part = |n: u32, of: u32, whole: u32| (u64::from(n) * u64::from(whole) / u64::from(of)) as u32;
    for row in 0..high {
        let ys = part(row, high, page.height())..part(row + 1, high, page.height()).max(1);
        let shades: Vec<u8> = (0..wide)
            .map(|column| {
                let xs = part(column, wide, page.width())..part(column + 1, wide, page.width()).max(1);
                let ink = |x, y| u32::from(255 - page.at(x, y));
                let all: u32 = ys.clone().map(|y| xs.clone().map(|x| ink(x, y)).sum::<u32>()).sum();
                255 - (all * INK / 100 / (xs.len() * ys.len()) as u32) as u8
            })
            .collect();
        canvas.grey_row(0, top + row, &shades);
    }
}

/// A code that was read: thick at its own top, with a mark at its own upper left corner.
fn outline(canvas: &mut Canvas, &[a, b, c, d]: &[[f32; 2]; 4], shown: usize) {
    const MARK: f32 = 14.0;
    canvas.line(&[a, d, c, b], 3.0, None, GREEN);
    canvas.line(&[a, b], 8.0, None, GREEN);
    canvas.fill([a[0] - MARK / 2.0, a[1] - MARK / 2.0], [MARK, MARK], GREEN);
    number(canvas, a, b, shown, GREEN);
}

/// The number of a finding, outside its upper left corner, as the code itself sees it.
fn number(canvas: &mut Canvas, a: [f32; 2], b: [f32; 2], shown: usize, colour: Rgb) {
    const AWAY: f32 = 24.0;
    let (right, down) = (b[0] - a[0], b[1] - a[1]);
    let length = right.hypot(down).max(1.0);
    let [x, y] = [a[0] - right / length * AWAY, a[1] - down / length * AWAY];
    // On white, or it could not be told from a stamp.
    canvas.fill([x - AWAY / 2.0, y - AWAY / 2.0], [AWAY, AWAY], [255; 3]);
    canvas.text([x - SIZE * 0.35, y + SIZE * 0.45], SIZE * 1.2, &shown.to_string(), colour);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::scanner;

    #[test]
    fn the_picture_is_no_longer_than_a_screen_and_wide_enough_for_words() {
        for (width, height) in [(1, 1), (30, 2500), (2500, 30), (827, 1170)] {
            let page = Page::from_luma(width, height, vec![255; (width * height) as usize]).expect("the sides fit");
            let findings = Findings::default();
            let png = draw(&page, &findings, &scanner::check(&page, &findings)).expect("a small picture");
            let drawn = Page::from_png(&png, crate::reading::Limits::default()).expect("a sound PNG");
            assert!(drawn.width().max(drawn.height()) <= LONGEST && drawn.width() >= NARROWEST, "{width} × {height}");
        }
    }
}
