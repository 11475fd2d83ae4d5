//! The header of a PNG (PNG specification, 11.2.1). It must never let a form through that the specification does not know,
//! nor a page without pixels.

use super::Damage;

/// What a sample is, and how many make a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// A shade.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// An index into the palette.
    Indexed,
    /// A shade and an alpha.
    GreyAlpha,
    /// Red, green, blue, alpha.
    Rgba,
}

impl Colour {
    fn samples(self) -> usize {
        match self {
            Self::Grey | Self::Indexed => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// A header whose form exists. How large its sides are is still only what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    pub depth: u8,
    /// What the samples are.
    pub colour: Colour,
    /// Seven passes instead of one.
    pub interlaced: bool,
}

impl Header {
    /// Reads the data of IHDR.
    pub fn read(data: &[u8; 13]) -> Result<Self, Damage> {
        let [w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, compression, filter, interlace] = *data;
        let kind = match (colour, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Colour::Grey,
            (2, 8 | 16) => Colour::Rgb,
            (3, 1 | 2 | 4 | 8) => Colour::Indexed,
            (4, 8 | 16) => Colour::GreyAlpha,
            (6, 8 | 16) => Colour::Rgba,
            _ => return Err(Damage::Form { colour, depth }),
        };
        if compression != 0 || filter != 0 || interlace > 1 {
            return Err(Damage::Method { compression, filter, interlace });
        }
        let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        if width == 0 || height == 0 {
            return Err(Damage::NoPixels { width, height });
        }
        Ok(Self { width, height, depth, colour: kind, interlaced: interlace == 1 })
    }

    /// Bytes of a row of so many pixels.
    pub fn row_bytes(&self, width: usize) -> usize {
        (width * self.colour.samples() * usize::from(self.depth)).div_ceil(8)
    }

    /// Bytes from a byte to the one that filters take for its left neighbour: those of a pixel, at least one.
    pub fn pixel_bytes(&self) -> usize {
        self.row_bytes(1)
    }
}
