//! Reading PNGs of every colour type and depth as pages, and refusing what is damaged or too large.

use image::{ExtendedColorType, ImageEncoder};
use tutanak::reading::{self, Limits, Page, PageError};

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
