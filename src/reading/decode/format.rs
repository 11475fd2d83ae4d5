//! Format information, which says level and mask, and version information, read from what the modules looked like.
//!
//! It must never choose between two words that stand close: a wrong mask reads as damage everywhere.

use super::Level;
use super::layout::Layout;

/// Level and mask of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// How much parity the code has.
    pub level: Level,
    /// 0 to 7.
    pub mask: u8,
}

/// Modules, each surely seen, by which a word must agree better than not…
const LEAST: i32 = 8 * 127;
/// …and by which it must be ahead of every other. Two words differ in fourteen modules of the two copies at least, so
/// that one copy seen clearly is ahead by fourteen.
const AHEAD: i32 = 6 * 127;
/// A version that is ahead of the one the size says by so many modules contradicts it.
const CONTRADICTS: i32 = 6 * 127;

impl Format {
    /// The 32 words that there are.
    pub fn all() -> impl Iterator<Item = Self> {
        [Level::L, Level::M, Level::Q, Level::H]
            .into_iter()
            .flat_map(|level| (0..8).map(move |mask| Self { level, mask }))
    }

    /// The word that stands clearly in the two copies taken together.
    pub fn read(layout: &Layout, values: &[i8]) -> Option<Self> {
        let places = places(layout.size);
        let read: [i32; 15] =
            std::array::from_fn(|bit| places[bit].iter().map(|place| i32::from(values[*place])).sum());
        let (mut best, mut second) = ((i32::MIN, None), i32::MIN);
        for format in Self::all() {
            let score = agreement(format.word(), &read);
            if score > best.0 {
                (best, second) = ((score, Some(format)), best.0);
            } else {
                second = second.max(score);
            }
        }
        best.1.filter(|_| best.0 >= LEAST && best.0 - second >= AHEAD)
    }

    /// The fifteen bits: two of the level, three of the mask, ten of a BCH code, so masked that they are never all alike
    /// (ISO/IEC 18004:2015, 7.9.1 and annex C).
    pub fn word(self) -> u32 {
        let level = [0b01, 0b00, 0b11, 0b10][self.level as usize];
        with_remainder(level << 3 | u32::from(self.mask), 10, 0b101_0011_0111) ^ 0b101_0100_0001_0010
    }

    /// The modules of both copies, and whether this word makes them dark.
    pub fn modules(self, size: usize) -> impl Iterator<Item = (usize, bool)> {
        let word = self.word();
        places(size)
            .into_iter()
            .enumerate()
            .flat_map(move |(bit, places)| places.map(|place| (place, word >> bit & 1 != 0)))
    }
}

/// `data` followed by its remainder of so many bits.
fn with_remainder(data: u32, bits: u32, generator: u32) -> u32 {
    let shifted = data << bits;
    let remainder = (bits..32)
        .rev()
        .fold(shifted, |rest, n| if rest >> n & 1 != 0 { rest ^ generator << (n - bits) } else { rest });
    shifted | remainder
}

/// How far the modules, summed over the copies of a bit, agree with a word.
fn agreement(word: u32, read: &[i32]) -> i32 {
    read.iter().enumerate().map(|(bit, value)| if word >> bit & 1 != 0 { *value } else { -value }).sum()
}

/// Both modules of each bit, from the least significant one on (7.9.1, figure 25).
fn places(size: usize) -> [[usize; 2]; 15] {
    std::array::from_fn(|bit| {
        // The first copy goes around the finder pattern of the upper left corner, leaving out the timing patterns.
        let around = match bit {
            0..=5 => bit * size + 8,
            6 | 7 => (bit + 1) * size + 8,
            8 => 8 * size + 7,
            _ => 8 * size + 14 - bit,
        };
        // The second is shared between the other two finder patterns.
        let shared = if bit < 8 { 8 * size + size - 1 - bit } else { (size - 15 + bit) * size + 8 };
        [around, shared]
    })
}

/// The modules of both copies of the version information, and whether they are dark. None before version 7
/// (ISO/IEC 18004:2015, 7.10).
pub(super) fn version_modules(layout: &Layout) -> impl Iterator<Item = (usize, bool)> {
    let word = version_word(layout.version);
    let places = (layout.version >= 7).then(|| version_places(layout.size));
    places
        .into_iter()
        .flatten()
        .enumerate()
        .flat_map(move |(bit, places)| places.map(|place| (place, word >> bit & 1 != 0)))
}

/// Whether another version stands clearly where the version information is.
pub(super) fn version_contradicts(layout: &Layout, values: &[i8]) -> bool {
    if layout.version < 7 {
        return false;
    }
    let read = version_places(layout.size).map(|places| places.iter().map(|place| i32::from(values[*place])).sum());
    let score = |version| agreement(version_word(version), &read);
    let own = score(layout.version);
    (7..=40).any(|version| score(version) - own >= CONTRADICTS)
}

fn version_word(version: u8) -> u32 {
    with_remainder(u32::from(version), 12, 0b1_1111_0010_0101)
}

fn version_places(size: usize) -> [[usize; 2]; 18] {
    std::array::from_fn(|bit| {
        let (along, across) = (bit / 3, size - 11 + bit % 3);
        [across * size + along, along * size + across]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_standard() {
        // Annex C's example, and annex D's.
        assert_eq!(Format { level: Level::M, mask: 0b101 }.word(), 0b100_0000_1100_1110);
        assert_eq!(version_word(7), 0b00_0111_1100_1001_0100);
    }

    #[test]
    fn one_copy_is_enough_and_none_is_not() {
        let layout = Layout::of_size(21).unwrap();
        for format in Format::all() {
            let mut values = vec![0; 441];
            for (module, dark) in format.modules(21).step_by(2) {
                values[module] = if dark { 127 } else { -127 };
            }
            assert_eq!(Format::read(layout, &values), Some(format));
        }
        assert_eq!(Format::read(layout, &[0; 441]), None);
        assert_eq!(Format::read(layout, &[127; 441]), None);
    }
}
