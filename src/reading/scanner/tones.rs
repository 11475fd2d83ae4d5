//! How light the paper is, how dark the ink, and how much of it there is. It must never look at every pixel, and never
//! at the margins, where the lid of the scanner may show.

use crate::pixels::Pixels;

/// The two tones of a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tones {
    /// The commonest shade, 0 black to 255 white.
    pub paper: u8,
    /// What a hundredth of the page is as dark as, or darker; lighter on a negative.
    pub ink: u8,
    /// The share of pixels that are ink, from 0 to 1.
    pub share: f32,
}

/// The part of each side that is passed over at either end: the margins of a form.
const MARGIN: usize = 16;
/// Pixels and rows between two that are looked at. Prime, so that no grid of a form falls in with them.
const STEP: [usize; 2] = [13, 11];
/// Rows of a two-shade page between two: whole words cost next to nothing.
const ROWS: usize = 5;
/// Shades that ink is away from the paper at least: noise and yellow paper stay below.
const INK: i32 = 40;

impl Tones {
    pub fn of(pixels: &Pixels) -> Self {
        let inner = |side: usize| side / MARGIN..(side - side / MARGIN).max(side / MARGIN + 1);
        match pixels {
            Pixels::Grey(grey) => {
                let mut shades = Shades::default();
                for y in inner(grey.height).step_by(STEP[1]) {
                    grey.row(y)[inner(grey.width)].iter().step_by(STEP[0]).for_each(|shade| shades.add(*shade));
                }
                Self::by(&shades)
            }
            Pixels::Bits(bits) => {
                let words = inner(bits.stride);
                // The last word may be filled up with pixels that are none.
                let words = words.start..words.end.min(bits.width / 64).max(words.start + 1).min(bits.stride);
                let rows = inner(bits.height).step_by(ROWS);
                let seen = (rows.len() * words.len() * 64) as f32;
                let dark: u32 = rows.flat_map(|y| &bits.row(y)[words.clone()]).map(|word| word.count_ones()).sum();
                match dark as f32 / seen {
                    share if share > 0.5 => Self { paper: 0, ink: 255, share: 1.0 - share },
                    share => Self { paper: 255, ink: 0, share },
                }
            }
        }
    }

    fn by(shades: &Shades) -> Self {
        let paper = shades.at(0.5);
        let [darkest, lightest] = [shades.at(0.01), shades.at(0.99)];
        let ink = if paper.abs_diff(darkest) >= paper.abs_diff(lightest) { darkest } else { lightest };
        let towards = (i32::from(ink) - i32::from(paper)).signum();
        let is_ink = |shade: usize| (shade as i32 - i32::from(paper)) * towards >= INK;
        let inked: u32 = (0..256).filter(|shade| is_ink(*shade)).map(|shade| shades.0[shade]).sum();
        Self { paper, ink, share: inked as f32 / shades.count().max(1) as f32 }
    }

    /// Shades between paper and ink.
    pub fn contrast(&self) -> u8 {
        self.paper.abs_diff(self.ink)
    }

    /// How far a shade is from the paper, in parts of the way to the ink.
    pub fn depth(&self, shade: u8) -> f32 {
        let way = f32::from(self.ink) - f32::from(self.paper);
        if way == 0.0 { 0.0 } else { (f32::from(shade) - f32::from(self.paper)) / way }
    }
}

/// How often each shade was seen.
#[derive(Debug)]
pub(super) struct Shades([u32; 256]);

impl Default for Shades {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Shades {
    pub fn add(&mut self, shade: u8) {
        self.0[usize::from(shade)] += 1;
    }

    fn count(&self) -> u32 {
        self.0.iter().sum()
    }

    /// The shade that this share of all pixels is darker than, or as dark as.
    pub fn at(&self, share: f32) -> u8 {
        let wanted = (self.count() as f32 * share) as u32;
        let mut darker = 0;
        let found = self.0.iter().position(|times| {
            darker += times;
            darker > wanted
        });
        found.unwrap_or(255) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::Bits;
    use crate::grey::Grey;

    /// White with every tenth row of ink.
    fn lined(ink: u8, paper: u8) -> Pixels {
        let (width, height) = (640, 800);
        let luma = (0..width * height).map(|at| if at / width % 10 == 0 { ink } else { paper }).collect();
        Pixels::Grey(Grey { width, height, luma })
    }

    #[test]
    fn paper_is_the_commonest_shade_and_ink_what_is_farthest_from_it() {
        for (ink, paper) in [(20, 250), (140, 230), (250, 12)] {
            let tones = Tones::of(&lined(ink, paper));
            assert_eq!((tones.ink, tones.paper), (ink, paper));
            assert!((0.08..0.12).contains(&tones.share), "{}", tones.share);
            assert!((tones.depth(ink) - 1.0).abs() < 1e-6 && tones.depth(paper).abs() < 1e-6);
        }
    }

    #[test]
    fn two_shades_are_counted_by_words_and_nothing_beyond_the_width_counts() {
        for width in [1, 63, 64, 65, 700] {
            let mut bits = Bits::blank(width, 640);
            assert!(Tones::of(&Pixels::Bits(bits.clone())).share == 0.0, "{width}");
            for y in (0..640).step_by(4) {
                let at = y * bits.stride;
                bits.words[at] = if width < 64 { (1 << width) - 1 } else { u64::MAX };
            }
            let tones = Tones::of(&Pixels::Bits(bits));
            assert!((0.0..0.3).contains(&tones.share) && tones.paper == 255, "{width}: {tones:?}");
        }
    }
}
