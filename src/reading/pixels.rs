//! The pixels of a page in memory.

use super::bits::Bits;
use super::grey::Grey;

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

    /// The number of rows.
    pub fn height(&self) -> usize {
        match self {
            Self::Bits(bits) => bits.height,
            Self::Grey(grey) => grey.height,
        }
    }
}
