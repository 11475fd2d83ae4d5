//! The page at its own size, at half and at a quarter of it, each made when it is first asked for. It must never be made
//! twice.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::bits::Bits;
use super::grey::Grey;
use super::pixels::Pixels;

/// The page at three sizes.
#[derive(Debug)]
pub(super) struct Scales<'p> {
    pixels: &'p Pixels,
    widened: OnceCell<Grey>,
    half: OnceCell<Grey>,
    quarter: OnceCell<Grey>,
}

/// How many times the page is reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Whole,
    Half,
    Quarter,
}

impl Scale {
    /// Pixels of the page that become one.
    pub fn times(self) -> f32 {
        match self {
            Self::Whole => 1.0,
            Self::Half => 2.0,
            Self::Quarter => 4.0,
        }
    }
}

impl<'p> Scales<'p> {
    pub fn of(pixels: &'p Pixels) -> Self {
        Self { pixels, widened: OnceCell::new(), half: OnceCell::new(), quarter: OnceCell::new() }
    }

    /// With the half, if it was made already.
    pub fn with_half(pixels: &'p Pixels, half: Option<Grey>) -> Self {
        Self { half: half.map_or_else(OnceCell::new, OnceCell::from), ..Self::of(pixels) }
    }

    pub fn get(&self, scale: Scale) -> &Grey {
        match (scale, self.pixels) {
            (Scale::Whole, Pixels::Grey(grey)) => grey,
            (Scale::Whole, Pixels::Bits(bits)) => self.widened.get_or_init(|| widened(bits)),
            (Scale::Half, Pixels::Grey(grey)) => self.half.get_or_init(|| half(grey)),
            (Scale::Half, Pixels::Bits(bits)) => self.half.get_or_init(|| half_of_bits(bits)),
            (Scale::Quarter, _) => self.quarter.get_or_init(|| half(self.get(Scale::Half))),
        }
    }
}

/// Pixels a module of a karekod would have on a page of this size: 14 mm have 21 of them.
pub(super) fn expected_module(width: usize, height: usize) -> f32 {
    const MILLIMETRES: f32 = 14.0 / 21.0;
    const INCH: f32 = 25.4;
    /// The longer side of A4, in inches.
    const PAPER: f32 = 11.69;
    MILLIMETRES / INCH * width.max(height) as f32 / PAPER
}

/// Whether a module of a page of shades is larger than it need be, so that the search begins at half the size.
pub(super) fn begins_at_half(width: usize, height: usize) -> bool {
    /// Below this a module is too small at half the size.
    const HALF: f32 = 3.5;
    expected_module(width, height) / 2.0 >= HALF
}

/// The mean of every four pixels. An odd row or column at the edge is left out.
fn half(page: &Grey) -> Grey {
    let (width, height) = (page.width / 2, page.height / 2);
    let mut luma = vec![0_u8; width * height];
    for (y, to) in luma.chunks_exact_mut(width.max(1)).enumerate() {
        halve_row(page.row(2 * y), page.row(2 * y + 1), to);
    }
    Grey { width, height, luma }
}

/// One row of the half, from two of the page.
pub(super) fn halve_row(upper: &[u8], lower: &[u8], to: &mut [u8]) {
    let (upper, lower) = (upper.as_chunks::<2>().0, lower.as_chunks::<2>().0);
    for ((to, upper), lower) in to.iter_mut().zip(upper).zip(lower) {
        // Two pixels as one number: so the compiler adds eight of them at a time.
        let (upper, lower) = (u16::from_le_bytes(*upper), u16::from_le_bytes(*lower));
        *to = (((upper & 0xff) + (upper >> 8) + (lower & 0xff) + (lower >> 8) + 2) >> 2) as u8;
    }
}

/// The same, from bits: four pixels of the half at a time.
fn half_of_bits(page: &Bits) -> Grey {
    /// For each byte of a row how many of each two pixels are dark, one byte each.
    static PAIRS: [u32; 256] = {
        let mut pairs = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut pair = 0;
            while pair < 4 {
                pairs[byte] |= (byte as u32 >> (2 * pair) & 3).count_ones() << (8 * pair);
                pair += 1;
            }
            byte += 1;
        }
        pairs
    };
    let (width, height) = (page.width / 2, page.height / 2);
    let mut luma = Vec::with_capacity(width * height + 32);
    for y in 0..height {
        for (upper, lower) in page.row(2 * y).iter().zip(page.row(2 * y + 1)) {
            for (upper, lower) in upper.to_le_bytes().into_iter().zip(lower.to_le_bytes()) {
                let dark = PAIRS[usize::from(upper)] + PAIRS[usize::from(lower)];
                // 63 for each of four dark pixels: no byte borrows from its neighbour.
                luma.extend_from_slice(&(u32::MAX - 63 * dark).to_le_bytes());
            }
        }
        luma.truncate((y + 1) * width);
    }
    Grey { width, height, luma }
}

fn widened(page: &Bits) -> Grey {
    /// The shades of the eight pixels of a byte.
    static SHADES: [[u8; 8]; 256] = {
        let mut shades = [[255; 8]; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut pixel = 0;
            while pixel < 8 {
                if byte >> pixel & 1 == 1 {
                    shades[byte][pixel] = 0;
                }
                pixel += 1;
            }
            byte += 1;
        }
        shades
    };
    let mut luma = Vec::with_capacity(page.width * page.height + 64);
    for y in 0..page.height {
        for word in page.row(y) {
            word.to_le_bytes().iter().for_each(|byte| luma.extend_from_slice(&SHADES[usize::from(*byte)]));
        }
        luma.truncate((y + 1) * page.width);
    }
    Grey { width: page.width, height: page.height, luma }
}

/// The page in negative.
pub(super) fn inverted(pixels: &Pixels) -> Pixels {
    match pixels {
        Pixels::Grey(grey) => Pixels::Grey(Grey { luma: grey.luma.iter().map(|pixel| 255 - pixel).collect(), ..*grey }),
        Pixels::Bits(bits) => {
            let mut inverted = bits.clone();
            let beyond = (64 - bits.width % 64) % 64;
            for row in inverted.words.chunks_exact_mut(bits.stride) {
                row.iter_mut().for_each(|word| *word = !*word);
                if let Some(last) = row.last_mut() {
                    *last &= u64::MAX >> beyond;
                }
            }
            Pixels::Bits(inverted)
        }
    }
}

/// Whether more of the page is dark than light. Its half, where it is at hand, says it too, and is sooner looked through.
pub(super) fn is_dark(pixels: &Pixels, half: Option<&Grey>) -> bool {
    match (pixels, half) {
        (Pixels::Bits(bits), _) => {
            let dark: u64 = bits.words.iter().map(|word| u64::from(word.count_ones())).sum();
            dark * 2 > (bits.width * bits.height) as u64
        }
        (Pixels::Grey(page), half) => {
            let luma = &half.unwrap_or(page).luma;
            // Every 487th pixel: no form repeats itself at that length. Of a small page, every 61st.
            let sample = || luma.iter().step_by(if luma.len() < 1_000_000 { 61 } else { 487 });
            sample().filter(|pixel| **pixel < 128).count() * 2 > sample().len()
        }
    }
}

/// Two-shade pages as they are, all others by a rule.
pub(super) fn as_bits<'p>(pixels: &'p Pixels, otherwise: impl FnOnce() -> Bits) -> Cow<'p, Bits> {
    match pixels {
        Pixels::Bits(bits) => Cow::Borrowed(bits),
        Pixels::Grey(_) => Cow::Owned(otherwise()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pixel_is_the_mean_of_four_and_odd_edges_are_left_out() {
        let page = Grey { width: 5, height: 3, luma: vec![0, 4, 100, 102, 9, 8, 4, 98, 100, 9, 7, 7, 7, 7, 7] };
        let half = half(&page);
        assert_eq!((half.width, half.height, half.luma), (2, 1, vec![4, 100]));
    }

    #[test]
    fn bits_are_halved_as_their_grey_would_be() {
        let mut bits = Bits::blank(131, 6);
        for (n, word) in bits.words.iter_mut().enumerate() {
            *word = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        for row in bits.words.chunks_exact_mut(3) {
            row[2] &= 7;
        }
        let (from_bits, from_grey) = (half_of_bits(&bits), half(&widened(&bits)));
        let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 3;
        assert!(from_bits.luma.iter().zip(&from_grey.luma).all(near));
    }

    #[test]
    fn the_negative_of_the_negative_is_the_page_and_nothing_is_dark_beyond_its_width() {
        let mut bits = Bits::blank(70, 2);
        bits.words = vec![0b1011, 0b10, u64::MAX, 0];
        let page = Pixels::Bits(bits.clone());
        let Pixels::Bits(once) = inverted(&page) else { panic!("bits stay bits") };
        assert_eq!(once.words, [!0b1011, 0b11_1101, 0, 0b11_1111]);
        let Pixels::Bits(twice) = inverted(&Pixels::Bits(once)) else { panic!("bits stay bits") };
        assert_eq!(twice.words, bits.words);
    }
}
