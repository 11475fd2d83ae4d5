//! Decoding: what the modules of a grid looked like → the text that was printed.
//!
//! Pure, and it knows nothing of pages. It must never give a text that was not printed: that would be another ballot
//! box's page. Whatever is doubtful is no code, and every text is read alike by a second, foreign decoder.
//!
//! A grid is first asked whether it looks like a code at all. Then it goes the way of the standard: format information,
//! codewords, error correction. What that cannot mend is looked at once more as what nearly every code on a form is,
//! ten digits in the smallest symbol: most of its bits are known beforehand, and they carry the few that are not.

mod blocks;
mod codewords;
mod confirm;
mod digits;
mod format;
mod galois;
mod layout;
mod likeness;
mod payload;
mod reed_solomon;
mod twins;

use layout::Layout;
pub use payload::Padding;
pub(super) use twins::decode_twins;

/// What the modules of a grid looked like, row by row: from +127 (surely dark) over 0 (says nothing) to -127 (surely
/// light).
#[derive(Clone, Debug)]
pub(super) struct Soft {
    /// Modules of a side.
    pub size: usize,
    /// `size` × `size` of them.
    pub values: Vec<i8>,
}

impl Soft {
    fn is_whole(&self) -> bool {
        self.size.checked_mul(self.size) == Some(self.values.len())
    }
}

/// How much parity a code carries (ISO/IEC 18004:2015, 7.5.1), from the least to the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Level {
    /// Mends about 7 % of the codewords.
    L,
    /// 15 %.
    M,
    /// 25 %.
    Q,
    /// 30 %.
    H,
}

/// What it took to read a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Method {
    /// Error correction on modules that are dark or light.
    Hard,
    /// Error correction that was told which codewords not to trust.
    Erasures,
    /// The knowledge that it is ten digits.
    Digits,
}

/// A code that was read.
#[derive(Clone, Debug)]
pub(super) struct Decoded {
    /// The payload.
    pub text: String,
    /// 1 to 40.
    pub version: u8,
    /// How much parity it carries.
    pub level: Level,
    /// 0 to 7.
    pub mask: u8,
    /// Modules of the data region and the format information that looked other than they are. One that says nothing
    /// does not count.
    pub corrected: u32,
    /// How many such modules there are.
    pub modules: u32,
    /// Evidence from behind the payload.
    pub padding: Padding,
    /// The grid was the mirror image of a code.
    pub mirrored: bool,
    /// What it took.
    pub method: Method,
    /// Every module as it was printed, true for dark, in the rows and columns of the grid that was given.
    pub grid: Vec<bool>,
}

impl Decoded {
    /// The same, read in the mirror image of the grid that was given.
    fn mirrored(self, layout: &Layout) -> Self {
        Self { mirrored: true, grid: transposed(&self.grid, layout.size), ..self }
    }
}

/// Grids that look less like a code than this are none. One in ten thousand of random ones gets past.
const LIKENESS: f32 = 0.3;

/// The code of one grid, of any version and level, mirrored or not.
pub(super) fn decode(grid: &Soft) -> Option<Decoded> {
    let layout = Layout::of_size(grid.size).filter(|_| grid.is_whole())?;
    if likeness::likeness(grid) < LIKENESS {
        return None;
    }
    let read = |way: Way| way(layout, &grid.values).or_else(|| mirrored(layout, &grid.values, way));
    read(standard).or_else(|| read(as_digits))
}

/// One way of decoding.
type Way = fn(&Layout, &[i8]) -> Option<Decoded>;

/// As every decoder does it.
fn standard(layout: &Layout, values: &[i8]) -> Option<Decoded> {
    let mended = codewords::mended(layout, values)?;
    let method = if mended.erased == 0 { Method::Hard } else { Method::Erasures };
    confirm::decoded(layout, values, &mended, method)
}

/// As ten digits.
fn as_digits(layout: &Layout, values: &[i8]) -> Option<Decoded> {
    confirm::decoded(layout, values, &digits::mended(layout, &[values])?, Method::Digits)
}

/// Reads the mirror image.
fn mirrored(layout: &Layout, values: &[i8], way: Way) -> Option<Decoded> {
    Some(way(layout, &transposed(values, layout.size))?.mirrored(layout))
}

fn transposed<T: Copy>(modules: &[T], size: usize) -> Vec<T> {
    (0..size * size).map(|n| modules[n % size * size + n / size]).collect()
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod forgery;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod trials;
