//! A PNG as a page of pixels, within limits that are checked before anything is allocated.
//!
//! # What is taken, and what is refused
//!
//! A district board that sends at night has one scanner. If that scanner writes a fault into every file, and every file is
//! refused for it, the board can send nothing until morning; so a tutanak is not refused for a fault that harms nobody. The
//! original bytes are kept as they came, and parties show them with whatever they have: so what every reader shows alike is
//! taken, and the measure of that is libpng. But a figure on a tutanak must be the figure that was scanned: so every
//! checksum over the pixels must be right, also where libpng would only warn.
//!
//! | fault of the file | decision |
//! |---|---|
//! | an ancillary chunk (iCCP, tEXt, gAMA, pHYs, tRNS …) with a wrong checksum | taken, the chunk passed over, advice |
//! | one that is out of order, doubled, or whose content does not fit | taken, the chunk passed over, advice |
//! | a compressed text or profile that would inflate without end | taken: nothing ever inflates it |
//! | up to 16 rows of pixels more than the header says | taken, the surplus passed over, advice |
//! | bytes in IDAT behind the compressed pixels, or in IEND | taken, passed over, advice |
//! | bytes behind IEND, as many as a file may have | taken, passed over, advice |
//! | a second image behind IEND: a page that nobody would see | refused |
//! | more than 16 rows too many: a sheet whose end nobody would see | refused |
//! | a critical chunk (IHDR, PLTE, IDAT, IEND) with a wrong checksum, missing, out of order or unknown | refused |
//! | no IEND: libpng ends in an error, and nothing else tells a whole file from one that was cut | refused |
//! | rows missing, the compressed pixels damaged | refused |
//! | the checksum over the pixels (Adler-32) wrong or missing: nothing else covers them from scanner to file | refused |
//!
//! Advice stands beside the receipt ([`Flaw`]); a refusal names the chunk and what is wrong with it ([`Damage`]).

mod chunks;
mod filter;
mod flaw;
mod header;
mod inflate;
mod luma;
mod order;
mod rows;
mod sheet;
mod turkish;

use std::sync::{Mutex, PoisonError};

use super::grey::Grey;
use super::pixels::Pixels;
pub use chunks::PngError;
use flaw::Flaws;
pub use flaw::{ChunkFault, Flaw};
use header::Header;

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

/// A page of pixels: packed bits when the file has one bit a pixel, grey otherwise.
#[derive(Debug)]
pub struct Page {
    pixels: Pixels,
    /// The page at half its size, made while it was decoded, until somebody reads it.
    half: Mutex<Option<Grey>>,
    density: Option<[f32; 2]>,
    flaws: Flaws,
}

/// Why the bytes are no page.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// A side is too long, or there are too many pixels.
    #[error("{width} × {height} pixels are more than {side} a side or {pixels} in all")]
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
    /// The file or its pixels are damaged.
    #[error(transparent)]
    Damaged(#[from] Damage),
}

/// What is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The frame of the file, or it is no PNG.
    #[error(transparent)]
    Frame(#[from] PngError),
    /// The header says that there are no pixels.
    #[error("a page of {width} × {height} pixels is none")]
    NoPixels {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The header names a colour type and a depth that do not exist together.
    #[error("there is no colour type {colour} with {depth} bits a sample")]
    Form {
        /// The colour type.
        colour: u8,
        /// Bits of a sample.
        depth: u8,
    },
    /// The header names a method that does not exist.
    #[error("there is no compression method {compression}, filter method {filter} or interlace method {interlace}")]
    Method {
        /// The specification knows 0.
        compression: u8,
        /// The specification knows 0.
        filter: u8,
        /// The specification knows 0 and 1.
        interlace: u8,
    },
    /// The pixels are indices into a palette that is not there, or not whole.
    #[error("the palette is missing or damaged")]
    Palette,
    /// The compressed pixels cannot be inflated.
    #[error("the compressed pixels are damaged")]
    Deflate,
    /// The compressed pixels are blocks with next to nothing in them, made to cost.
    #[error("the compressed pixels are bytes without pixels")]
    Hollow,
    /// The checksum over the pixels (Adler-32) is wrong.
    #[error("the pixels have a wrong checksum")]
    Checksum,
    /// The compressed pixels end before the last row.
    #[error("the pixels end before the last row")]
    Short,
    /// The compressed pixels end before their checksum.
    #[error("the pixels have no checksum")]
    NoChecksum,
    /// The compressed pixels go on for more than sixteen rows.
    #[error("there are far more pixels than the header says")]
    Long,
    /// A row names a filter that does not exist.
    #[error("there is no row filter {filter}")]
    Filter {
        /// The specification knows 0 to 4.
        filter: u8,
    },
}

/// Whether the frame of a PNG is sound: every critical chunk whole, in order, its checksum right, down to IEND. The pixels
/// are not looked at.
///
/// # Errors
/// What is wrong with it, and where.
pub fn check_frame(bytes: &[u8]) -> Result<(), PngError> {
    chunks::walk(bytes).map(|_| ())
}

impl Page {
    /// Decodes a PNG of any colour type, depth and interlacing. Of an animation it is the still image.
    pub fn from_png(bytes: &[u8], limits: Limits) -> Result<Self, PageError> {
        let mut file = chunks::walk(bytes).map_err(Damage::Frame)?;
        let header = Header::read(file.header)?;
        let Header { width, height, .. } = header;
        let pixels = u64::from(width) * u64::from(height);
        if width.max(height) > limits.side || pixels > limits.pixels {
            return Err(PageError::TooLarge { width, height, side: limits.side, pixels: limits.pixels });
        }
        let (pixels, half, rest) = rows::pixels(&header, &file)?;
        file.flaws.add((rest.surplus > 0).then_some(Flaw::MorePixels { bytes: rest.surplus }));
        file.flaws.add(rest.followed.then_some(Flaw::BehindPixels));
        Ok(Self { pixels, half: Mutex::new(half), density: file.density.and_then(density), flaws: file.flaws })
    }

    /// A page of pixels that somebody else made, 0 black to 255 white. `None` when the sides do not fit the pixels.
    pub fn from_luma(width: u32, height: u32, luma: Vec<u8>) -> Option<Self> {
        let (width, height) = (width as usize, height as usize);
        let fits = width.checked_mul(height) == Some(luma.len()) && !luma.is_empty();
        fits.then(|| Self {
            pixels: Pixels::Grey(Grey { width, height, luma }),
            half: Mutex::default(),
            density: None,
            flaws: Flaws::default(),
        })
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        match &self.pixels {
            Pixels::Bits(bits) => bits.width as u32,
            Pixels::Grey(grey) => grey.width as u32,
        }
    }

    /// Height in pixels.
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

    /// What is wrong with the file and was passed over, the first of each kind.
    pub fn flaws(&self) -> &[Flaw] {
        self.flaws.list()
    }

    pub(super) fn pixels(&self) -> &Pixels {
        &self.pixels
    }

    /// The page at half its size, for the first who asks, if it was made: who has done with it frees its memory.
    pub(super) fn take_half(&self) -> Option<Grey> {
        self.half.lock().unwrap_or_else(PoisonError::into_inner).take()
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
}

/// Metres in an inch.
const INCH: f32 = 0.0254;

/// Dots per inch across and down, if the file counts them by the metre (PNG specification, 11.3.4.3: pHYs).
fn density(data: &[u8; 9]) -> Option<[f32; 2]> {
    let [x0, x1, x2, x3, y0, y1, y2, y3, unit] = *data;
    let dots = [u32::from_be_bytes([x0, x1, x2, x3]), u32::from_be_bytes([y0, y1, y2, y3])];
    (unit == 1 && !dots.contains(&0)).then(|| dots.map(|dots| dots as f32 * INCH))
}
