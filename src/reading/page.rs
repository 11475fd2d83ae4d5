//! A PNG as a page of grey pixels, within limits that are checked before anything is allocated.
//!
//! The whole image is inflated and its checksums are verified on the way, so a page that was read is a page that is
//! sound. It must never allocate by what a header claims without having checked it.

use std::borrow::Cow;
use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, DecodingError, Transformations};

use super::bits::{self, Bits};
use super::grey::Grey;
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

/// A page of pixels: packed bits when the file has one bit a pixel, grey otherwise.
#[derive(Clone, Debug)]
pub struct Page {
    pixels: Pixels,
    density: Option<[f32; 2]>,
}

/// The pixels, in the form in which they are the cheapest to search.
#[derive(Clone, Debug)]
pub(super) enum Pixels {
    /// Two shades.
    Bits(Bits),
    /// 256 shades.
    Grey(Grey),
}

impl Pixels {
    /// Pixels of a row.
    pub fn width(&self) -> usize {
        match self {
            Self::Bits(bits) => bits.width,
            Self::Grey(grey) => grey.width,
        }
    }

    /// Rows.
    pub fn height(&self) -> usize {
        match self {
            Self::Bits(bits) => bits.height,
            Self::Grey(grey) => grey.height,
        }
    }
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
        let two_shades = header.bit_depth == BitDepth::One && !header.interlaced;
        if two_shades {
            decoder.set_transformations(Transformations::IDENTITY);
        }
        let mut reader = decoder.read_info()?;
        let density = density(reader.info());
        let (width, height) = (width as usize, height as usize);
        let pixels = if two_shades {
            let flip = bits::flip(reader.info());
            let mut bits = Bits::blank(width, height);
            let mut y = 0;
            while let Some(row) = reader.next_row()? {
                bits.put_row(y, row.data(), flip);
                y += 1;
            }
            Pixels::Bits(bits)
        } else {
            let (colour, _) = reader.output_color_type();
            let mut luma = vec![255; width * height];
            let mut grey = Vec::with_capacity(width);
            let mut y = 0;
            while let Some(row) = reader.next_interlaced_row()? {
                luma::of_row(row.data(), samples(colour), &mut grey);
                match row.interlace() {
                    png::InterlaceInfo::Null(_) => {
                        luma[y * width..(y + 1) * width].copy_from_slice(&grey);
                        y += 1;
                    }
                    // A reduced row: its pixels belong apart (PNG specification, 8.1: Adam7).
                    png::InterlaceInfo::Adam7(info) => png::expand_interlaced_row(&mut luma, width, &grey, info, 8),
                }
            }
            Pixels::Grey(Grey { width, height, luma })
        };
        // Without this a wrong checksum at the very end, or no end at all, would pass unseen.
        reader.finish()?;
        Ok(Self { pixels, density })
    }

    /// A page of pixels that somebody else made, 0 black to 255 white. `None` when the sides do not fit the pixels.
    pub fn from_luma(width: u32, height: u32, luma: Vec<u8>) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let fits = width.checked_mul(height) == Some(luma.len()) && !luma.is_empty();
        fits.then_some(Self { pixels: Pixels::Grey(Grey { width, height, luma }), density: None })
    }

    /// Pixels.
    pub fn width(&self) -> u32 {
        match &self.pixels {
            Pixels::Bits(bits) => bits.width as u32,
            Pixels::Grey(grey) => grey.width as u32,
        }
    }

    /// Pixels.
    pub fn height(&self) -> u32 {
        match &self.pixels {
            Pixels::Bits(bits) => bits.height as u32,
            Pixels::Grey(grey) => grey.height as u32,
        }
    }

    /// Dots per inch as the file says, the mean of across and down. A scanner may say what it likes.
    pub fn dpi(&self) -> Option<f32> {
        self.density.map(|[across, down]| f32::midpoint(across, down))
    }

    pub(super) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// One pixel, 0 black to 255 white.
    pub fn at(&self, x: u32, y: u32) -> u8 {
        let (x, y) = (x as usize, y as usize);
        match &self.pixels {
            Pixels::Bits(bits) if bits.dark(x, y) => 0,
            Pixels::Bits(_) => 255,
            Pixels::Grey(grey) => grey.at(x, y),
        }
    }

    /// One row of shades.
    pub(super) fn row(&self, y: u32) -> Cow<'_, [u8]> {
        match &self.pixels {
            Pixels::Bits(_) => (0..self.width()).map(|x| self.at(x, y)).collect(),
            Pixels::Grey(grey) => grey.row(y as usize).into(),
        }
    }
}

/// Metres in an inch.
const INCH: f32 = 0.0254;

/// Dots per inch, if the file counts them by the metre (PNG specification, 11.3.4.3: pHYs).
fn density(info: &png::Info) -> Option<[f32; 2]> {
    let dots = info.pixel_dims.filter(|dots| dots.unit == png::Unit::Meter)?;
    Some([dots.xppu as f32 * INCH, dots.yppu as f32 * INCH])
}

fn samples(colour: ColorType) -> usize {
    match colour {
        ColorType::Grayscale | ColorType::Indexed => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
    }
}
