//! What nobody who reads a PNG can be faster than: inflating it. Ours on clean pages, beside that.

use std::io::Cursor;

use tutanak::drawing::Colour;
use tutanak::reading::{Limits, Page};

use crate::clock::cpu_of;
use crate::drawn;
use crate::ours::Ours;
use crate::score::median;

const FORMATS: [(&str, u32, Colour); 5] = [
    ("300 dpi grey", 300, Colour::Grey),
    ("200 dpi grey", 200, Colour::Grey),
    ("200 dpi 1-bit", 200, Colour::OneBit),
    ("300 dpi 1-bit", 300, Colour::OneBit),
    ("300 dpi colour", 300, Colour::Rgb),
];
/// As it was printed, white where nothing is, so that there is next to nothing to inflate; and as a good scanner sees it:
/// what offices send.
const SHEETS: [(&str, fn(&str, u32, Colour, u64) -> Vec<u8>); 2] =
    [("PRINTED", drawn::clean), ("SCANNED", drawn::scanned)];
/// How often each is measured, in turns; the median is told.
const ROUNDS: usize = 15;

/// Prints a line for each kind of file.
pub fn run() -> anyhow::Result<()> {
    println!(
        "\nFLOOR: a clean form, CPU ms (median of {ROUNDS}): ours in all; the png crate's rows; our own decoder; ratios"
    );
    for (name, draw) in SHEETS {
        table(name, draw)?;
    }
    Ok(())
}

fn table(sheet: &str, draw: fn(&str, u32, Colour, u64) -> Vec<u8>) -> anyhow::Result<()> {
    let heads = ["kB", "ours", "png rows", "ours /", "Page", "ours /", "bytes/px", "codes"];
    let [kilobytes, ours, rows, ratio, page, other, bytes, codes] = heads;
    println!("{:<15} {kilobytes:>6} {ours:>8} {rows:>9} {ratio:>7} {page:>8} {other:>7} {bytes:>9} {codes:>6}", sheet);
    for (name, dpi, colour) in FORMATS {
        let png = draw(&drawn::karekod(1), dpi, colour, 1);
        let (mut whole, mut plain, mut page) = (vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            whole.push(Ours::read(&png)?.ms);
            let (inflated, ms) = cpu_of(|| rows_of(&png));
            inflated?;
            plain.push(ms);
            let (decoded, ms) = cpu_of(|| Page::from_png(&png, Limits::default()));
            decoded?;
            page.push(ms);
        }
        let (whole, plain, page) = (median(&whole), median(&plain), median(&page));
        let read = Ours::read(&png)?;
        print!("{name:<15} {:>6} {whole:>8.2} {plain:>9.2} {:>7.2}", png.len() / 1000, whole / plain);
        print!(" {page:>8.2} {:>7.2}", whole / page);
        println!(" {:>9.2} {:>6}", read.bytes_a_pixel(), read.findings.readings.len());
    }
    Ok(())
}

/// Inflates all rows and leaves them as they are in the file.
fn rows_of(png: &[u8]) -> Result<(), png::DecodingError> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info()?;
    while reader.next_row()?.is_some() {}
    Ok(())
}
