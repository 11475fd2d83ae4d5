//! The page at its own size, at half and at a quarter of it, each made when it is first asked for. It must never be made
//! twice.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::bits::Bits;
use super::grey::Grey;
use super::page::Pixels;

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

/// The mean of every four pixels. An odd row or column at the edge is left out.
fn half(page: &Grey) -> Grey {
    let (width, height) = (page.width / 2, page.height / 2);
    let mut luma = vec![0_u8; width * height];
    for (y, to) in luma.chunks_exact_mut(width.max(1)).enumerate() {
        let (upper, _) = page.row(2 * y).as_chunks::<2>();
        let (lower, _) = page.row(2 * y + 1).as_chunks::<2>();
        for ((to, upper), lower) in to.iter_mut().zip(upper).zip(lower) {
            // Two pixels as one number: so the compiler adds eight of them at a time.
            let (upper, lower) = (u16::from_le_bytes(*upper), u16::from_le_bytes(*lower));
            *to = (((upper & 0xff) + (upper >> 8) + (lower & 0xff) + (lower >> 8) + 2) >> 2) as u8;
        }
    }
    Grey { width, height, luma }
}

/// The same, from bits.
fn half_of_bits(page: &Bits) -> Grey {
    /// Grey of none to four dark pixels.
    const SHADES: [u8; 5] = [255, 191, 128, 64, 0];
    let (width, height) = (page.width / 2, page.height / 2);
    let mut luma = Vec::with_capacity(width * height);
    for y in 0..height {
        let (upper, lower) = (page.row(2 * y), page.row(2 * y + 1));
        luma.extend((0..width).map(|x| {
            let pair = |row: &[u64]| (row[x / 32] >> (x % 32 * 2) & 3).count_ones();
            SHADES[(pair(upper) + pair(lower)) as usize]
        }));
    }
    Grey { width, height, luma }
}

fn widened(page: &Bits) -> Grey {
    let mut luma = Vec::with_capacity(page.width * page.height);
    for y in 0..page.height {
        let row = page.row(y);
        luma.extend((0..page.width).map(|x| if row[x / 64] >> (x % 64) & 1 == 1 { 0 } else { 255 }));
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

/// Whether more of the page is dark than light.
pub(super) fn is_dark(pixels: &Pixels) -> bool {
    match pixels {
        Pixels::Bits(bits) => {
            let dark: u64 = bits.words.iter().map(|word| u64::from(word.count_ones())).sum();
            dark * 2 > (bits.width * bits.height) as u64
        }
        Pixels::Grey(grey) => {
            // Every 61st pixel: no form repeats itself at that length.
            let sample = || grey.luma.iter().step_by(61);
            sample().filter(|pixel| **pixel < 128).count() * 2 > sample().count()
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
        let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 1;
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
