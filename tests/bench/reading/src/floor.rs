//! What nobody who reads a PNG can be faster than: inflating it. Ours on clean pages, beside that.

use std::io::Cursor;

use anyhow::{Context, anyhow, ensure};
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
        "\nFLOOR: a clean form, CPU ms (median of {ROUNDS}, in turns): its stream inflated by fdeflate and by zlib-rs into"
    );
    println!("one buffer, the png crate's rows, our own decoder, ours in all; and ours in all beside each of them");
    for (name, draw) in SHEETS {
        table(name, draw)?;
    }
    Ok(())
}

/// What is measured, in the order of the columns.
const HEADS: [&str; 5] = ["fdeflate", "zlib-rs", "png rows", "Page", "ours"];

fn table(sheet: &str, draw: fn(&str, u32, Colour, u64) -> Vec<u8>) -> anyhow::Result<()> {
    print!("{sheet:<15} {:>6}", "kB");
    HEADS.iter().for_each(|head| print!(" {head:>8}"));
    HEADS[..4].iter().for_each(|head| print!(" {:>10}", format!("/{head}")));
    println!(" {:>9} {:>6}", "bytes/px", "codes");
    for (name, dpi, colour) in FORMATS {
        let png = draw(&drawn::karekod(1), dpi, colour, 1);
        let stream = stream_of(&png)?;
        let mut room = vec![0; inflated_bytes(&png)?];
        let mut times: [Vec<f64>; 5] = Default::default();
        for _ in 0..ROUNDS {
            let (done, fdeflate) = cpu_of(|| by_fdeflate(&stream, &mut room));
            done?;
            let (done, zlib) = cpu_of(|| by_zlib_rs(&stream, &mut room));
            done?;
            let (done, rows) = cpu_of(|| rows_of(&png));
            done?;
            let (done, page) = cpu_of(|| Page::from_png(&png, Limits::default()).map(drop));
            done?;
            let whole = Ours::read(&png)?.ms;
            times.iter_mut().zip([fdeflate, zlib, rows, page, whole]).for_each(|(times, ms)| times.push(ms));
        }
        let times = times.map(|times| median(&times));
        let read = Ours::read(&png)?;
        print!("{name:<15} {:>6}", png.len() / 1000);
        times.iter().for_each(|ms| print!(" {ms:>8.2}"));
        times[..4].iter().for_each(|ms| print!(" {:>10.2}", times[4] / ms));
        println!(" {:>9.2} {:>6}", read.bytes_a_pixel(), read.findings.readings.len());
    }
    Ok(())
}

/// The compressed pixels, from all IDAT chunks.
fn stream_of(png: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut rest = png.get(8..).context("no PNG")?;
    let mut stream = vec![];
    while let Some(([l0, l1, l2, l3, kind @ ..], data)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
        if kind == b"IDAT" {
            stream.extend_from_slice(data.get(..length).context("a chunk is cut off")?);
        }
        rest = data.get(length + 4..).unwrap_or_default();
    }
    Ok(stream)
}

/// How much they give.
fn inflated_bytes(png: &[u8]) -> anyhow::Result<usize> {
    let reader = png::Decoder::new(Cursor::new(png)).read_info()?;
    let row = reader.output_line_size(reader.info().width).context("rows longer than memory")?;
    Ok((row + 1) * reader.info().height as usize)
}

fn by_fdeflate(stream: &[u8], room: &mut [u8]) -> anyhow::Result<()> {
    let mut inflate = fdeflate::Decompressor::new();
    let (mut read, mut written) = (0, 0);
    while !inflate.is_done() {
        let (r, w) = inflate.read(&stream[read..], room, written, true).map_err(|error| anyhow!("{error:?}"))?;
        (read, written) = (read + r, written + w);
    }
    ensure!(written == room.len(), "{written} bytes instead of {}", room.len());
    Ok(())
}

fn by_zlib_rs(stream: &[u8], room: &mut [u8]) -> anyhow::Result<()> {
    let status = flate2::Decompress::new(true).decompress(stream, room, flate2::FlushDecompress::Finish)?;
    ensure!(status == flate2::Status::StreamEnd, "the stream does not end");
    Ok(())
}

/// Inflates all rows and undoes their filters.
fn rows_of(png: &[u8]) -> Result<(), png::DecodingError> {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info()?;
    while reader.next_row()?.is_some() {}
    Ok(())
}
