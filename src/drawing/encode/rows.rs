//! The samples of a PNG row in each depth. It must fill up the last byte of a row, as the format asks.

use crate::page::{Page, luma_of};
use crate::scan::Colour;

/// Lightness from which a one-bit scan sees paper.
const PAPER_FROM: u8 = 140;

/// How much bluer than red a pixel must be to count as ink.
const INK_FROM: u8 = 28;

/// Eight steps from paper to black, then eight from light to dark ink. Index 0 is white, so that a reader that takes
/// indexes for lightness sees the page inverted and is found out.
pub static PALETTE: [[u8; 3]; 16] = [
    [255, 255, 255],
    [219, 219, 219],
    [182, 182, 182],
    [146, 146, 146],
    [109, 109, 109],
    [73, 73, 73],
    [36, 36, 36],
    [0, 0, 0],
    [226, 230, 250],
    [196, 204, 240],
    [166, 178, 228],
    [136, 150, 214],
    [106, 122, 196],
    [78, 94, 172],
    [52, 66, 142],
    [30, 40, 110],
];

/// All rows of a page, one after the other.
pub fn whole(page: &Page, colour: Colour) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..page.height as usize {
        push_row(page, colour, y, 0, 1, &mut rows);
    }
    rows
}

/// Adds the samples of the pixels `first`, `first + step` … of one row.
pub fn push_row(page: &Page, colour: Colour, y: usize, first: usize, step: usize, rows: &mut Vec<u8>) {
    let width = page.width as usize;
    let pixels = (first..width).step_by(step).map(|x| pixel(page, y * width + x));
    match colour {
        Colour::OneBit => pack(pixels.map(|[r, g, b]| u8::from(luma_of(r, g, b) >= PAPER_FROM)), 1, rows),
        Colour::Grey if step == 1 && !page.in_colour => {
            rows.extend_from_slice(&page.samples[y * width..(y + 1) * width]);
        }
        Colour::Grey => rows.extend(pixels.map(|[r, g, b]| luma_of(r, g, b))),
        Colour::Grey16 => rows.extend(pixels.flat_map(|[r, g, b]| [luma_of(r, g, b); 2])),
        Colour::Rgb => rows.extend(pixels.flatten()),
        Colour::Palette => pack(pixels.map(index_of), 4, rows),
    }
}

fn pixel(page: &Page, at: usize) -> [u8; 3] {
    if page.in_colour {
        [page.samples[at * 3], page.samples[at * 3 + 1], page.samples[at * 3 + 2]]
    } else {
        [page.samples[at]; 3]
    }
}

/// The entry of the palette a pixel is kept as.
fn index_of([red, green, blue]: [u8; 3]) -> u8 {
    let step = (255 - luma_of(red, green, blue)) / 32;
    if blue.saturating_sub(red) >= INK_FROM { 8 + step } else { step }
}

/// Packs samples of `depth` bits into bytes, the first in the highest bits.
fn pack(samples: impl Iterator<Item = u8>, depth: u32, rows: &mut Vec<u8>) {
    let mut byte = 0_u8;
    let mut filled = 0;
    for sample in samples {
        byte = (byte << depth) | sample;
        filled += depth;
        if filled == 8 {
            rows.push(byte);
            (byte, filled) = (0, 0);
        }
    }
    if filled > 0 {
        rows.push(byte << (8 - filled));
    }
}
