//! What is asked of a page, as the IIIF Image API 3.0 spells it (level 2, without upscaling), and what that means for a page
//! of a given size. Pure.
//!
//! Specification: <https://iiif.io/api/image/3.0/>, part 4.

mod part;
mod size;

use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::domain::Digest;
pub use part::Region;
pub use size::Size;

/// Pixels of a picture at most: an A4 page at 400 dpi. Larger pages are shown smaller.
pub const MAX_AREA: u64 = 16_000_000;

/// Why no picture is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// A part of the address is not of the specification's syntax, or names nothing of the page.
    #[error("{0} cannot be understood, or names nothing of the page")]
    Bad(&'static str),
    /// It is sound, and we do not do it.
    #[error("{0} of this kind is not made here")]
    NotMade(&'static str),
}

const REGION: &str = "the region";
const SIZE: &str = "the size";
const ROTATION: &str = "the rotation";
const QUALITY: &str = "the quality";
const FORMAT: &str = "the format";

/// How a picture is turned, clockwise, after it was mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rotation {
    /// Whether it is mirrored on its vertical axis first.
    pub mirrored: bool,
    /// Quarter turns, 0 to 3.
    pub quarters: u8,
}

impl FromStr for Rotation {
    type Err = BadRequest;

    fn from_str(text: &str) -> Result<Self, BadRequest> {
        let (mirrored, degrees) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let quarters = match number(degrees).ok_or(BadRequest::Bad(ROTATION))? {
            0.0 | 360.0 => 0,
            90.0 => 1,
            180.0 => 2,
            270.0 => 3,
            at if at < 360.0 => return Err(BadRequest::NotMade(ROTATION)),
            _ => return Err(BadRequest::Bad(ROTATION)),
        };
        Ok(Self { mirrored, quarters })
    }
}

/// Which colours a picture has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// As the page has them.
    Default,
    /// The same.
    Color,
    /// Shades of grey.
    Gray,
    /// Black and white.
    Bitonal,
}

impl FromStr for Quality {
    type Err = BadRequest;

    fn from_str(text: &str) -> Result<Self, BadRequest> {
        match text {
            "default" => Ok(Self::Default),
            "color" => Ok(Self::Color),
            "gray" => Ok(Self::Gray),
            "bitonal" => Ok(Self::Bitonal),
            _ => Err(BadRequest::Bad(QUALITY)),
        }
    }
}

/// In which format a picture comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG.
    Jpg,
    /// PNG.
    Png,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

impl FromStr for Format {
    type Err = BadRequest;

    fn from_str(text: &str) -> Result<Self, BadRequest> {
        match text {
            "jpg" => Ok(Self::Jpg),
            "png" => Ok(Self::Png),
            "tif" | "gif" | "jp2" | "pdf" | "webp" => Err(BadRequest::NotMade(FORMAT)),
            _ => Err(BadRequest::Bad(FORMAT)),
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Which part of the page.
    pub region: Region,
    /// How large.
    pub size: Size,
    /// How turned.
    pub rotation: Rotation,
    /// In which colours.
    pub quality: Quality,
    /// In which format.
    pub format: Format,
}

impl Request {
    /// Reads the four parts of an address: `full`, `!200,283`, `0`, `gray.jpg`.
    ///
    /// # Errors
    /// One of them is none, or is not made here.
    pub fn parse(region: &str, size: &str, rotation: &str, file: &str) -> Result<Self, BadRequest> {
        let (quality, format) = file.split_once('.').ok_or(BadRequest::Bad(FORMAT))?;
        Ok(Self {
            region: region.parse()?,
            size: size.parse()?,
            rotation: rotation.parse()?,
            quality: quality.parse()?,
            format: format.parse()?,
        })
    }

    /// What it means for a page of `width` by `height` pixels.
    ///
    /// # Errors
    /// It names nothing of such a page, or would make it larger than it is.
    pub fn plan(&self, width: u32, height: u32) -> Result<Plan, BadRequest> {
        let part = self.region.on(width, height)?;
        let (across, down) = self.size.of(part.width, part.height)?;
        if u64::from(across) * u64::from(down) > MAX_AREA {
            return Err(BadRequest::Bad(SIZE));
        }
        let Self { rotation, quality, format, .. } = *self;
        Ok(Plan { part, across, down, rotation, quality, format })
    }
}

/// A rectangle of a page, in its pixels. It lies on the page and is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// Pixels left of it.
    pub x: u32,
    /// Pixels above it.
    pub y: u32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// What is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// From which part of the page.
    pub part: Part,
    /// Pixels across, before it is turned. Never more than the part has.
    pub across: u32,
    /// Pixels down, before it is turned.
    pub down: u32,
    /// How it is turned then.
    pub rotation: Rotation,
    /// In which colours.
    pub quality: Quality,
    /// In which format.
    pub format: Format,
}

/// What the name of a picture covers beside the request. Who draws differently changes this, or old pictures stay.
const DRAWN: &str = "tutanak picture v1";

impl Plan {
    /// Pixels of the picture.
    pub fn area(&self) -> u64 {
        u64::from(self.across) * u64::from(self.down)
    }

    /// Whether it shows all of a page of this size.
    pub fn is_of_all(&self, width: u32, height: u32) -> bool {
        self.part == Part { x: 0, y: 0, width, height }
    }

    /// The picture's own name: the same plan for the same scan gives the same bytes.
    pub fn key(&self, scan: Digest) -> Digest {
        Digest::finish(Sha256::new_with_prefix(format!("{DRAWN}\n{scan}\n{self:?}")))
    }
}

/// A number as the specification writes it: digits, perhaps a point and digits behind it; no sign, no exponent.
fn number(text: &str) -> Option<f64> {
    let mut parts = text.splitn(2, '.');
    let digits = |part: &str| (1..=12).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = parts.next().is_some_and(digits);
    let rest = parts.next().is_none_or(digits);
    if whole && rest { text.parse().ok() } else { None }
}

/// A count of pixels.
fn pixels(text: &str) -> Option<u32> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
