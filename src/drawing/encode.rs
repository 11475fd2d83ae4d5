//! Pages as PNG files, in the forms scanners deliver and readers must understand. It must never change what is seen: it
//! only reduces to the depth that was asked for.

mod adam7;
mod rows;

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use png::chunk::IDAT;
use png::{BitDepth, ColorType, Encoder, Filter, Info, PixelDimensions, Unit};

use crate::page::Page;
use crate::scan::Colour;

const MM_PER_METRE: f32 = 1000.0;
const MM_PER_INCH: f32 = 25.4;

/// The level of zlib: files grow by a twentieth over the usual 6, and are written in half the time.
const LEVEL: u8 = 4;

/// How a colour is kept in a file.
fn format_of(colour: Colour) -> (ColorType, BitDepth) {
    match colour {
        Colour::OneBit => (ColorType::Grayscale, BitDepth::One),
        Colour::Grey => (ColorType::Grayscale, BitDepth::Eight),
        Colour::Grey16 => (ColorType::Grayscale, BitDepth::Sixteen),
        Colour::Rgb => (ColorType::Rgb, BitDepth::Eight),
        Colour::Palette => (ColorType::Indexed, BitDepth::Four),
    }
}

/// The bytes of a PNG of the page; its resolution is written into the file.
pub fn to_png(page: &Page, colour: Colour, interlaced: bool) -> Vec<u8> {
    let (color_type, bit_depth) = format_of(colour);
    let mut info = Info::with_size(page.width, page.height);
    info.color_type = color_type;
    info.bit_depth = bit_depth;
    info.interlaced = interlaced;
    let per_metre = (page.dpi as f32 * MM_PER_METRE / MM_PER_INCH).round() as u32;
    info.pixel_dims = Some(PixelDimensions { xppu: per_metre, yppu: per_metre, unit: Unit::Meter });
    if colour == Colour::Palette {
        info.palette = Some(rows::PALETTE.as_flattened().into());
    }
    let mut file = Vec::new();
    write_file(&mut file, info, page, colour, interlaced).expect("writing to memory fails for no size of page");
    file
}

fn write_file(
    file: &mut Vec<u8>,
    info: Info<'_>,
    page: &Page,
    colour: Colour,
    interlaced: bool,
) -> Result<(), png::EncodingError> {
    let mut encoder = Encoder::with_info(file, info)?;
    encoder.set_deflate_compression(png::DeflateCompression::Level(LEVEL));
    // Filters suit continuous tone and hurt packed bits, where a byte is several pixels.
    encoder.set_filter(if matches!(colour, Colour::OneBit | Colour::Palette) { Filter::NoFilter } else { Filter::Sub });
    let mut writer = encoder.write_header()?;
    if interlaced {
        // The encoder writes no interlaced images: the passes are made here and it only frames them.
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL.into()));
        deflate.write_all(&adam7::passes(page, colour))?;
        writer.write_chunk(IDAT, &deflate.finish()?)?;
    } else {
        writer.write_image_data(&rows::whole(page, colour))?;
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::to_png;
    use crate::page::Page;
    use crate::scan::Colour;

    fn checked(in_colour: bool) -> Page {
        let (width, height) = (37, 23);
        let samples = (0..height)
            .flat_map(|y| (0..width).map(move |x| if (x / 3 + y / 2) % 2 == 0 { 255 } else { 0 }))
            .flat_map(|value| std::iter::repeat_n(value, if in_colour { 3 } else { 1 }))
            .collect();
        Page { dpi: 200, width, height, samples, in_colour }
    }

    #[test]
    fn every_kind_of_file_shows_the_same_page() {
        let expected = checked(false).samples;
        for colour in [Colour::OneBit, Colour::Grey, Colour::Grey16, Colour::Rgb, Colour::Palette] {
            for interlaced in [false, true] {
                for in_colour in [false, true] {
                    let file = to_png(&checked(in_colour), colour, interlaced);
                    let seen = image::load_from_memory(&file).expect("the file is a PNG").into_luma8();
                    assert_eq!(seen.dimensions(), (37, 23));
                    assert!(seen.as_raw() == &expected, "{colour:?}, interlaced: {interlaced}");
                }
            }
        }
    }
}
