//! Small pages for tests: white paper with karekods on it, as PNG. Each seed is another sheet of paper.

use image::{ExtendedColorType, ImageEncoder};
use qrcode::{Color, EcLevel, QrCode, Version};

const WIDTH: usize = 560;
const HEIGHT: usize = 420;
/// Pixels a module: what 200 dpi make of 14 mm.
const MODULE: usize = 5;

/// A page with up to two codes, one above the other at the right, as forms have them.
pub fn page(codes: &[&str], seed: u32) -> Vec<u8> {
    sheet(codes, seed, WIDTH, HEIGHT)
}

/// Such a page of any size that has room for it.
pub fn sheet(codes: &[&str], seed: u32, width: usize, height: usize) -> Vec<u8> {
    let mut pixels = vec![255_u8; width * height];
    for (n, code) in codes.iter().enumerate() {
        let qr = QrCode::with_version(code, Version::Normal(1), EcLevel::L).unwrap();
        let (left, top) = (width - 40 - 21 * MODULE, 40 + n * 200);
        for (at, colour) in qr.to_colors().into_iter().enumerate() {
            if colour == Color::Dark {
                let (x, y) = (left + at % 21 * MODULE, top + at / 21 * MODULE);
                for row in y..y + MODULE {
                    pixels[row * width + x..row * width + x + MODULE].fill(0);
                }
            }
        }
    }
    // Some pencil strokes that make this sheet another one than every other.
    for bit in 0..32 {
        if seed >> bit & 1 == 1 {
            let at = (height - 10) * width + 20 + bit * 8;
            pixels[at..at + 4].fill(60);
        }
    }
    png(&pixels, width as u32, height as u32)
}

/// A page of noise with a code in its upper right corner. Noise does not compress: twelve megabytes, more than two
/// sockets hold.
pub fn large_page(code: &str) -> Vec<u8> {
    let (width, height) = (4000, 3000);
    let mut pixels: Vec<u8> = (0..width * height).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 19) as u8).collect();
    let small = image::load_from_memory(&page(&[code], 1)).unwrap().to_luma8();
    for (x, y, pixel) in small.enumerate_pixels() {
        pixels[(y * width + x + 3400) as usize] = pixel.0[0];
    }
    png(&pixels, width, height)
}

/// Grey pixels as PNG.
pub fn png(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut out);
    encoder.write_image(pixels, width, height, ExtendedColorType::L8).unwrap();
    out
}

/// One chunk of a PNG with a right checksum.
pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let covered = [kind.as_slice(), data].concat();
    let crc = crc32fast::hash(&covered).to_be_bytes();
    [(data.len() as u32).to_be_bytes().as_slice(), &covered, &crc].concat()
}

/// A PNG of these chunks after IHDR, with the width and height one likes.
pub fn handmade(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut header = Vec::from(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([1, 0, 0, 0, 0]); // one bit, grey
    let parts = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunks.concat(), chunk(b"IEND", b"")];
    parts.concat()
}
