//! Samples of a row as shades. It must never need more memory than the row.

use super::header::{Colour, Header};

/// How the samples of a page become shades, 0 black to 255 white. What is transparent is paper.
pub(super) enum Shades {
    /// One sample of 8 bits is one shade.
    AsTheyAre,
    /// One sample of up to 8 bits is looked up.
    Table {
        /// Bits of a sample.
        depth: u8,
        /// The shade of each sample.
        shades: Box<[u8; 256]>,
    },
    /// Samples of one or two bytes, of which the first says enough.
    Samples {
        /// What they are.
        colour: Colour,
        /// Bytes of a sample.
        bytes: usize,
        /// The pixel that is transparent, as it stands in a row.
        transparent: Option<Vec<u8>>,
    },
}

impl Shades {
    /// By the header, PLTE and a tRNS that fits both. `None` when a palette is needed and there is none that is sound.
    pub fn new(header: &Header, palette: Option<&[u8]>, transparency: Option<&[u8]>) -> Option<Self> {
        let Header { depth, colour, .. } = *header;
        let bytes = usize::from(depth.div_ceil(8));
        match colour {
            Colour::Indexed => {
                let (colours, []) = palette?.as_chunks::<3>() else { return None };
                if colours.is_empty() || colours.len() > 256 {
                    return None;
                }
                let alphas = transparency.unwrap_or_default();
                let mut shades = Box::new([0; 256]); // a sample beyond the palette is black, as other readers have it
                for (n, [red, green, blue]) in colours.iter().enumerate() {
                    shades[n] = over_white(luma(*red, *green, *blue), alphas.get(n).copied().unwrap_or(u8::MAX));
                }
                Some(Self::Table { depth, shades })
            }
            Colour::Grey if depth <= 8 => {
                let transparent = transparency.and_then(|samples| samples.as_array::<2>()).map(|sample| sample[1]);
                if depth == 8 && transparent.is_none() {
                    return Some(Self::AsTheyAre);
                }
                let most = u8::MAX >> (8 - depth);
                let shade = |sample: u8| if Some(sample) == transparent { u8::MAX } else { sample * (u8::MAX / most) };
                Some(Self::Table { depth, shades: Box::new(std::array::from_fn(|n| shade(n as u8 & most))) })
            }
            Colour::Grey | Colour::Rgb => {
                let samples = if colour == Colour::Grey { 1 } else { 3 };
                let transparent = transparency.filter(|pixel| pixel.len() == 2 * samples);
                let transparent = transparent
                    .map(|pixel| pixel.chunks_exact(2).flat_map(|sample| &sample[2 - bytes..]).copied().collect());
                Some(Self::Samples { colour, bytes, transparent })
            }
            Colour::GreyAlpha | Colour::Rgba => Some(Self::Samples { colour, bytes, transparent: None }),
        }
    }

    /// Which samples of a page of one bit are dark: the darker of the two, unless neither is darker.
    pub fn dark(&self) -> [bool; 2] {
        match self {
            Self::Table { shades, .. } if shades[0] != shades[1] => [shades[0] < shades[1], shades[1] < shades[0]],
            Self::Table { shades, .. } => [shades[0] < 128; 2],
            Self::AsTheyAre | Self::Samples { .. } => [true, false],
        }
    }

    /// The shades of a row, as many as there is room for.
    pub fn of_row(&self, row: &[u8], out: &mut [u8]) {
        match self {
            Self::AsTheyAre => out.copy_from_slice(&row[..out.len()]),
            Self::Table { depth: 8, shades } => each(row.as_chunks::<1>().0, out, |[n]| shades[usize::from(*n)]),
            Self::Table { depth, shades } => {
                let most = u8::MAX >> (8 - depth);
                for (byte, pixels) in row.iter().zip(out.chunks_mut(usize::from(8 / depth))) {
                    let mut rest = *byte;
                    for pixel in pixels {
                        rest = rest.rotate_left(u32::from(*depth));
                        *pixel = shades[usize::from(rest & most)];
                    }
                }
            }
            Self::Samples { colour, bytes, transparent } => {
                match (colour, bytes) {
                    (Colour::Grey | Colour::Indexed, _) => each(row.as_chunks::<2>().0, out, |[grey, _]| *grey),
                    (Colour::GreyAlpha, 1) => each(row.as_chunks().0, out, |[grey, a]| over_white(*grey, *a)),
                    (Colour::GreyAlpha, _) => each(row.as_chunks().0, out, |[grey, _, a, _]| over_white(*grey, *a)),
                    (Colour::Rgb, 1) => each(row.as_chunks().0, out, |[r, g, b]| luma(*r, *g, *b)),
                    (Colour::Rgb, _) => each(row.as_chunks().0, out, |[r, _, g, _, b, _]| luma(*r, *g, *b)),
                    (Colour::Rgba, 1) => each(row.as_chunks().0, out, |[r, g, b, a]| over_white(luma(*r, *g, *b), *a)),
                    (Colour::Rgba, _) => {
                        each(row.as_chunks().0, out, |[r, _, g, _, b, _, a, _]| over_white(luma(*r, *g, *b), *a));
                    }
                }
                if let Some(transparent) = transparent {
                    let pixels = row.chunks_exact(transparent.len()).zip(out);
                    pixels.filter(|(pixel, _)| pixel == transparent).for_each(|(_, shade)| *shade = u8::MAX);
                }
            }
        }
    }
}

fn each<const BYTES: usize>(pixels: &[[u8; BYTES]], out: &mut [u8], shade: impl Fn(&[u8; BYTES]) -> u8) {
    pixels.iter().zip(out).for_each(|(pixel, out)| *out = shade(pixel));
}

/// Rec. 601 in integers: 77, 150 and 29 parts of 256.
fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29) >> 8) as u8
}

fn over_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
}
