//! Reading PNGs of every colour type and depth as pages, and refusing what is damaged or too large.

mod flawed;
mod hostile;
mod made;

use image::{ExtendedColorType, ImageEncoder};
use proptest::prelude::*;
use tutanak::reading::{self, Damage, Limits, Page, PageError};

use made::{Made, any_file, chunk, deflate};

/// A PNG written by another hand than ours.
fn png(width: u32, height: u32, colour: ExtendedColorType, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    image::codecs::png::PngEncoder::new(&mut out).write_image(bytes, width, height, colour).unwrap();
    out
}

#[test]
fn grey_colour_and_depth_make_the_same_page() {
    let grey: Vec<u8> = (0..64 * 48).map(|n| (n * 7 % 256) as u8).collect();
    let rgb: Vec<u8> = grey.iter().flat_map(|g| [*g, *g, *g]).collect();
    let rgba: Vec<u8> = grey.iter().flat_map(|g| [*g, *g, *g, 255]).collect();
    let deep: Vec<u8> = grey.iter().flat_map(|g| [*g, 0]).collect::<Vec<_>>();
    let deep: Vec<u8> = deep.chunks(2).flat_map(|two| u16::from_be_bytes([two[0], 0]).to_ne_bytes()).collect();
    let plain = Page::from_png(&png(64, 48, ExtendedColorType::L8, &grey), Limits::default()).unwrap();
    for (name, colour, bytes) in [
        ("rgb", ExtendedColorType::Rgb8, &rgb),
        ("rgba", ExtendedColorType::Rgba8, &rgba),
        ("16 bits", ExtendedColorType::L16, &deep),
    ] {
        let page = Page::from_png(&png(64, 48, colour, bytes), Limits::default()).unwrap();
        for y in 0..48 {
            for x in 0..64 {
                // The weights of the colours sum to one, so grey stays grey but for rounding.
                assert!(page.at(x, y).abs_diff(plain.at(x, y)) <= 1, "{name} at {x}, {y}");
            }
        }
    }
}

#[test]
fn too_many_pixels_are_refused_by_the_header_alone() {
    let tiny = Limits { side: 100, pixels: 1000 };
    let page = |width, height| png(width, height, ExtendedColorType::L8, &vec![0; (width * height) as usize]);
    assert!(Page::from_png(&page(20, 50), tiny).is_ok());
    assert!(matches!(Page::from_png(&page(20, 51), tiny), Err(PageError::TooLarge { .. })));
    assert!(matches!(Page::from_png(&page(101, 1), tiny), Err(PageError::TooLarge { .. })));
}

#[test]
fn a_page_without_a_code_has_no_reading() {
    for shade in [0, 128, 255] {
        let page = Page::from_luma(400, 300, vec![shade; 400 * 300]).unwrap();
        assert!(reading::read(&page).readings.is_empty(), "a page of {shade}");
    }
    let noise: Vec<u8> = (0..1000 * 800_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(reading::read(&Page::from_luma(1000, 800, noise).unwrap()).readings.is_empty());
}

/// The shades another decoder finds: over white, and for a page of two shades only which of them is the darker.
fn by_another_hand(bytes: &[u8]) -> Result<Vec<u8>, png::DecodingError> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.ignore_checksums(false);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info()?;
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut samples)?;
    // Of the rows it has given, before a tRNS behind them makes it think otherwise.
    let colour = reader.output_color_type().0;
    reader.finish()?;
    let luma = |rgb: &[u8]| ((u32::from(rgb[0]) * 77 + u32::from(rgb[1]) * 150 + u32::from(rgb[2]) * 29) >> 8) as u8;
    let over = |grey: u8, a: u8| ((u32::from(grey) * u32::from(a) + 255 * (255 - u32::from(a))) / 255) as u8;
    Ok(match colour.samples() {
        1 => samples,
        2 => samples.chunks(2).map(|pixel| over(pixel[0], pixel[1])).collect(),
        3 => samples.chunks(3).map(luma).collect(),
        _ => samples.chunks(4).map(|pixel| over(luma(pixel), pixel[3])).collect(),
    })
}

fn has_the_pixels_another_decoder_finds(page: &Page, file: &Made) -> bool {
    agrees(page, file, &file.bytes())
}

/// Whether a page of `bytes`, which are `file` with some fault, has the pixels another decoder finds.
fn agrees(page: &Page, file: &Made, bytes: &[u8]) -> bool {
    let shades = by_another_hand(bytes).unwrap();
    let found = (0..file.height).flat_map(|y| (0..file.width).map(move |x| (x, y))).map(|(x, y)| page.at(x, y));
    if file.depth == 1 && !file.interlaced {
        let darkest = shades.iter().min().unwrap();
        // A page of one shade may be all dark or all paper; which of them, its palette knows.
        let one_shade = shades.iter().all(|shade| shade == darkest);
        one_shade || found.zip(&shades).all(|(found, shade)| found == if shade == darkest { 0 } else { 255 })
    } else {
        found.eq(shades)
    }
}

/// Whether another inflater takes the stream for sound, its checksum (Adler-32) included.
fn is_sound(stream: &[u8]) -> bool {
    std::io::copy(&mut flate2::read::ZlibDecoder::new(stream), &mut std::io::sink()).is_ok()
}

proptest! {
    #[test]
    fn every_form_has_the_pixels_another_decoder_finds(file in any_file()) {
        prop_assert!(has_the_pixels_another_decoder_finds(&file.read().unwrap(), &file));
    }

    #[test]
    fn no_lost_byte_passes_and_a_flipped_bit_only_where_no_pixel_changes(
        file in any_file(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let sound = file.bytes();
        let mut flipped = sound.clone();
        flipped[at.index(sound.len())] ^= 1 << bit;
        if let Ok(page) = Page::from_png(&flipped, Limits::default()) {
            prop_assert!(!page.flaws().is_empty(), "nothing is passed over in silence");
            prop_assert!(agrees(&page, &file, &flipped));
        }
        prop_assert!(Page::from_png(&sound[..at.index(sound.len())], Limits::default()).is_err());
    }

    #[test]
    fn spoilt_pixels_in_sound_chunks_pass_only_where_their_checksum_does_not_know(
        file in any_file(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
        cut in any::<bool>(),
    ) {
        let mut spoilt = file.clone();
        let at = at.index(file.zlib.len());
        if cut {
            spoilt.zlib.truncate(at.max(1));
        } else {
            spoilt.zlib[at] ^= 1 << bit;
        }
        // A few bits of a stream fill up a byte and say nothing; and one bit can change a copied piece so that the checksum of
        // all stays as it was: Adler-32 is weak. Then the page is what the stream says now.
        if let Ok(page) = spoilt.read() {
            prop_assert!(!cut);
            prop_assert!(is_sound(&spoilt.zlib));
            prop_assert!(has_the_pixels_another_decoder_finds(&page, &spoilt));
        }
    }
}

#[test]
fn the_error_says_what_is_damaged() {
    let rows = |count: usize| deflate(&[0, 1, 2, 3].repeat(count));
    let sound = Made {
        width: 3,
        height: 40,
        depth: 8,
        colour: 0,
        interlaced: false,
        palette: Vec::new(),
        transparency: Vec::new(),
        zlib: rows(40),
        piece: 9,
    };
    assert_eq!(sound.read().unwrap().at(2, 39), 3);
    let damage = |file: Made| match file.read().unwrap_err() {
        PageError::Damaged(damage) => damage,
        error @ PageError::TooLarge { .. } => panic!("{error}"),
    };
    assert_eq!(damage(Made { zlib: rows(39), ..sound.clone() }), Damage::Short);
    assert_eq!(damage(Made { zlib: rows(40 + 17), ..sound.clone() }), Damage::Long);
    assert_eq!(damage(Made { zlib: rows(4_000_000), ..sound.clone() }), Damage::Long, "and no bomb");
    let without_checksum = sound.zlib[..sound.zlib.len() - 4].to_vec();
    assert_eq!(damage(Made { zlib: without_checksum, ..sound.clone() }), Damage::NoChecksum);
    let mut wrong = sound.zlib.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(damage(Made { zlib: wrong, ..sound.clone() }), Damage::Checksum);
    assert_eq!(damage(Made { zlib: b"no stream of zlib".to_vec(), ..sound.clone() }), Damage::Deflate);
    assert_eq!(damage(Made { zlib: deflate(&[5, 1, 2, 3].repeat(40)), ..sound.clone() }), Damage::Filter { filter: 5 });
    assert_eq!(damage(Made { colour: 3, ..sound.clone() }), Damage::Palette);
    assert_eq!(damage(Made { colour: 3, palette: vec![0; 4], ..sound.clone() }), Damage::Palette);
    assert_eq!(damage(Made { colour: 2, depth: 4, ..sound.clone() }), Damage::Form { colour: 2, depth: 4 });
    assert_eq!(damage(Made { height: 0, ..sound.clone() }), Damage::NoPixels { width: 3, height: 0 });
    assert!(matches!(Page::from_png(b"GIF89a", Limits::default()), Err(PageError::Damaged(Damage::Frame(_)))));
}

#[test]
fn on_a_page_of_two_shades_the_darker_one_is_ink_whatever_its_number() {
    let page = |palette: &[u8], transparency: &[u8]| {
        let zlib = deflate(&[0, 0b0100_0000]);
        let (palette, transparency) = (palette.to_vec(), transparency.to_vec());
        let colour = if palette.is_empty() { 0 } else { 3 };
        let made =
            Made { width: 2, height: 1, depth: 1, colour, interlaced: false, palette, transparency, zlib, piece: 100 };
        let page = made.read().unwrap();
        [page.at(0, 0), page.at(1, 0)]
    };
    assert_eq!(page(&[], &[]), [0, 255], "grey");
    assert_eq!(page(&[], &[0, 0]), [255, 255], "grey whose black is transparent");
    assert_eq!(page(&[0, 0, 0, 255, 255, 255], &[]), [0, 255], "black first");
    assert_eq!(page(&[255, 255, 255, 0, 0, 0], &[]), [255, 0], "white first");
    assert_eq!(page(&[255, 255, 255, 200, 200, 200], &[]), [255, 0], "white and a pale grey");
    assert_eq!(page(&[0, 0, 0, 10, 10, 10], &[0]), [255, 0], "the darker one is transparent");
    assert_eq!(page(&[255, 255, 255], &[]), [255, 0], "a sample beyond the palette is black");
}

#[test]
fn the_resolution_is_told_where_the_file_tells_it() {
    let file = |unit: u8, dots: u32| {
        let sound = png(1, 1, ExtendedColorType::L8, &[0]);
        let density = chunk(b"pHYs", &[&dots.to_be_bytes(), &dots.to_be_bytes(), [unit].as_slice()].concat());
        let (header, rest) = sound.split_at(8 + 25);
        Page::from_png(&[header, &density, rest].concat(), Limits::default()).unwrap().dpi()
    };
    assert_eq!(file(1, 11_811).map(f32::round), Some(300.0));
    assert_eq!(file(0, 11_811), None, "a shape and no resolution");
    assert_eq!(file(1, 0), None);
}
