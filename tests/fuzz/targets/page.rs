//! Bytes as a page: whatever comes, no panic, no pixel beyond the limits, and the pixels that another decoder finds. What is
//! a page is searched like any other, if it is small.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::reading::{self, Limits, Page, scanner};

/// Pixels that are searched in a moment.
const SMALL: u32 = 10_000;
const LIMITS: Limits = Limits { side: 4000, pixels: 1_000_000 };

fuzz_target!(|bytes: &[u8]| {
    let _ = Page::from_png(bytes, LIMITS);
    let mended = mended(bytes);
    let Ok(page) = Page::from_png(&mended, LIMITS) else { return };
    assert!(page.width().max(page.height()) <= LIMITS.side);
    if page.width() * page.height() <= SMALL {
        let _ = scanner::check(&page, &reading::read(&page));
    }
    // What a damaged tRNS means is everybody's own guess, and the other decoder prefers a frame to the still image.
    let debatable = [b"tRNS", b"fcTL"].iter().any(|chunk| mended.windows(4).any(|four| four == *chunk));
    let two_shades = mended[24] == 1;
    if debatable || two_shades {
        return;
    }
    let Some(shades) = by_another_hand(&mended) else { return };
    let places = (0..page.height()).flat_map(|y| (0..page.width()).map(move |x| (x, y)));
    assert!(places.map(|(x, y)| page.at(x, y)).eq(shades));
});

/// The same chunks with their checksums put right: no chance finds those.
fn mended(bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    let mut at = 8;
    while let Some(length) = file.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let end = at + 8 + u32::from_be_bytes(*length) as usize;
        let Some(covered) = file.get(at + 4..end) else { break };
        let checksum = crc32fast::hash(covered).to_be_bytes();
        let Some(place) = file.get_mut(end..end + 4) else { break };
        place.copy_from_slice(&checksum);
        at = end + 4;
    }
    file
}

fn by_another_hand(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().ok()?;
    let mut samples = vec![0; reader.output_buffer_size()?];
    reader.next_frame(&mut samples).ok()?;
    let luma = |rgb: &[u8]| ((u32::from(rgb[0]) * 77 + u32::from(rgb[1]) * 150 + u32::from(rgb[2]) * 29) >> 8) as u8;
    let over = |grey: u8, a: u8| ((u32::from(grey) * u32::from(a) + 255 * (255 - u32::from(a))) / 255) as u8;
    Some(match reader.output_color_type().0.samples() {
        1 => samples,
        2 => samples.chunks(2).map(|pixel| over(pixel[0], pixel[1])).collect(),
        3 => samples.chunks(3).map(luma).collect(),
        _ => samples.chunks(4).map(|pixel| over(luma(pixel), pixel[3])).collect(),
    })
}
