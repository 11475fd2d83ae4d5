//! A PNG as a page of grey pixels, within limits that are checked before anything is allocated.
//!
//! The whole image is inflated and its checksums are verified on the way, so a page that was read is a page that is
//! sound. It must never allocate by what a header claims without having checked it.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, Transformations};

use super::luma;

/// What a scan may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Pixels of one side.
    pub side: u32,
    /// Pixels in all.
    pub pixels: u64,
}

impl Default for Limits {
    /// 20,000 a side, 40 million in all: an A3 sheet at 400 dpi is 31 million.
    fn default() -> Self {
        Self { side: 20_000, pixels: 40_000_000 }
    }
}

/// Memory the decoder may use beyond the rows, in bytes: palettes and the inflate window need far less.
const DECODER_BYTES: usize = 8 << 20;

/// A page of grey pixels, 0 black to 255 white, row by row.
#[derive(Clone, Debug)]
pub struct Page {
    width: u32,
    height: u32,
    luma: Vec<u8>,
}

/// Why the bytes are no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A side is zero or too long, or there are too many pixels.
    #[error("{width} × {height} pixels are more than {side} a side or {pixels} in all, or none")]
    TooLarge {
        /// Pixels, as the header says.
        width: u32,
        /// Pixels, as the header says.
        height: u32,
        /// The limit of one side.
        side: u32,
        /// The limit of all.
        pixels: u64,
    },
    /// The decoder found the image damaged.
    #[error("the image data are damaged")]
    Damaged(#[from] DecodingError),
}

impl Page {
    /// Decodes a PNG of any colour type, depth and interlacing.
    pub fn from_png(bytes: &[u8], limits: Limits) -> Result<Self, PageError> {
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: DECODER_BYTES });
        // Neither text nor a colour profile matters here, and each can be a bomb.
        decoder.ignore_checksums(false); // Adler-32 too, which is passed over otherwise
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
        let header = decoder.read_header_info()?;
        let (width, height) = (header.width, header.height);
        let pixels = u64::from(width) * u64::from(height);
        if width == 0 || height == 0 || width.max(height) > limits.side || pixels > limits.pixels {
            return Err(PageError::TooLarge { width, height, side: limits.side, pixels: limits.pixels });
        }
        let mut reader = decoder.read_info()?;
        let (colour, _) = reader.output_color_type();
        let mut page = Self { width, height, luma: vec![255; width as usize * height as usize] };
        let mut grey = Vec::with_capacity(width as usize);
        let mut next_line = 0;
        while let Some(row) = reader.next_interlaced_row()? {
            luma::of_row(row.data(), samples(colour), &mut grey);
            match row.interlace() {
                png::InterlaceInfo::Null(_) => {
                    page.put_line(next_line, &grey);
                    next_line += 1;
                }
                // A reduced row: its pixels belong apart (PNG specification, 8.1: Adam7).
                png::InterlaceInfo::Adam7(info) => {
                    png::expand_interlaced_row(&mut page.luma, width as usize, &grey, info, 8);
                }
            }
        }
        // Without this a wrong checksum at the very end, or no end at all, would pass unseen.
        reader.finish()?;
        Ok(page)
    }

    /// A page of pixels that somebody else made. `None` when the sides do not fit the pixels.
    pub fn from_luma(width: u32, height: u32, luma: Vec<u8>) -> Option<Self> {
        let fits = luma.len() == width as usize * height as usize && !luma.is_empty();
        fits.then_some(Self { width, height, luma })
    }

    /// Pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// One row of pixels.
    pub fn row(&self, y: u32) -> &[u8] {
        let start = y as usize * self.width as usize;
        &self.luma[start..start + self.width as usize]
    }

    /// One pixel.
    pub fn at(&self, x: u32, y: u32) -> u8 {
        self.luma[y as usize * self.width as usize + x as usize]
    }

    fn put_line(&mut self, y: usize, grey: &[u8]) {
        let width = self.width as usize;
        if let Some(line) = self.luma.get_mut(y * width..(y + 1) * width) {
            line.copy_from_slice(&grey[..width]);
        }
    }
}

fn samples(colour: ColorType) -> usize {
    match colour {
        ColorType::Grayscale | ColorType::Indexed => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
    }
}
