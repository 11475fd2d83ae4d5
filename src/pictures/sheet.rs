//! A scan's pixels, for drawing: grey or coloured, eight bits a sample, on white paper.

use std::io::Cursor;

use image::codecs::png::PngDecoder;
use image::{DynamicImage, GrayImage, ImageDecoder, Luma, Pixel, Rgb, RgbImage};

use crate::reading::{Limits, Page};

/// The pixels of one page.
#[derive(Clone, Debug)]
pub enum Sheet {
    /// Shades of grey.
    Grey(GrayImage),
    /// A scan in colours.
    Colour(RgbImage),
}

impl Sheet {
    /// Decodes a scan. What takes more than `most` bytes, or has a fault that intake passes over, is read as intake reads it:
    /// in grey. None for what intake never lets in.
    pub fn decode(png: &[u8], most: u64) -> Option<Self> {
        Self::coloured(png, most).or_else(|| Self::grey(png))
    }

    fn coloured(png: &[u8], most: u64) -> Option<Self> {
        let decoder = PngDecoder::new(Cursor::new(png)).ok()?;
        if decoder.total_bytes() > most {
            return None;
        }
        Some(match DynamicImage::from_decoder(decoder).ok()? {
            DynamicImage::ImageLuma8(grey) => Self::Grey(grey),
            DynamicImage::ImageRgb8(colour) => Self::Colour(colour),
            grey @ DynamicImage::ImageLuma16(_) => Self::Grey(grey.into_luma8()),
            grey @ (DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLumaA16(_)) => {
                let grey = grey.into_luma_alpha8();
                Self::Grey(GrayImage::from_fn(grey.width(), grey.height(), |x, y| {
                    let [shade, alpha] = grey.get_pixel(x, y).0;
                    Luma([on_paper(shade, alpha)])
                }))
            }
            other if other.color().has_alpha() => {
                let colour = other.into_rgba8();
                Self::Colour(RgbImage::from_fn(colour.width(), colour.height(), |x, y| {
                    let [red, green, blue, alpha] = colour.get_pixel(x, y).0;
                    Rgb([red, green, blue].map(|shade| on_paper(shade, alpha)))
                }))
            }
            other => Self::Colour(other.into_rgb8()),
        })
    }

    fn grey(png: &[u8]) -> Option<Self> {
        let page = Page::from_png(png, Limits::default()).ok()?;
        Some(Self::Grey(GrayImage::from_fn(page.width(), page.height(), |x, y| Luma([page.at(x, y)]))))
    }

    /// Pixels across and down.
    pub fn size(&self) -> (u32, u32) {
        match self {
            Self::Grey(grey) => grey.dimensions(),
            Self::Colour(colour) => colour.dimensions(),
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        let (width, height) = self.size();
        let samples = match self {
            Self::Grey(_) => Luma::<u8>::CHANNEL_COUNT,
            Self::Colour(_) => Rgb::<u8>::CHANNEL_COUNT,
        };
        u64::from(width) * u64::from(height) * u64::from(samples)
    }
}

/// What is seen of a shade that lets through the white behind it.
fn on_paper(shade: u8, alpha: u8) -> u8 {
    let (shade, alpha) = (u32::from(shade), u32::from(alpha));
    ((shade * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_clear_is_white_and_what_is_opaque_is_itself() {
        assert_eq!([on_paper(0, 0), on_paper(0, 255), on_paper(200, 255), on_paper(0, 128)], [255, 0, 200, 127]);
    }

    #[test]
    fn a_page_that_takes_too_much_is_shown_in_grey() {
        let mut png = Vec::new();
        let red = RgbImage::from_pixel(40, 20, Rgb([255, 0, 0]));
        red.write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        assert!(matches!(Sheet::decode(&png, 4_000), Some(Sheet::Colour(_))));
        let Some(Sheet::Grey(grey)) = Sheet::decode(&png, 1_000) else { panic!("not grey") };
        assert_eq!(grey.dimensions(), (40, 20));
        assert!(Sheet::decode(b"no page", 1_000).is_none());
    }
}
