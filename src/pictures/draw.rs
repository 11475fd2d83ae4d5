//! From a page's pixels to a finished picture: cut out, scaled, mirrored, turned, coloured, encoded. Burns a core.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops::{self, crop_imm};
use image::{DynamicImage, ExtendedColorType, GenericImageView, ImageEncoder, ImageResult, Pixel};

use super::request::{Format, Part, Plan, Quality, Rotation};
use super::sheet::Sheet;

/// How exact a JPEG is, of 100: for reading figures on a screen.
const CLOSE: u8 = 75;
/// The same of a small picture of a whole page, where nobody reads.
const GLANCE: u8 = 40;
/// A picture with fewer pixels is for a glance.
const SMALL: u64 = 300 * 450;
/// From this shade on a pixel is white paper in black and white.
const PAPER: u8 = 160;

/// Draws the picture.
///
/// # Errors
/// It could not be encoded.
pub fn draw(sheet: &Sheet, plan: &Plan) -> ImageResult<Vec<u8>> {
    let scaled = match sheet {
        Sheet::Grey(grey) => DynamicImage::from(scaled(grey, plan)),
        Sheet::Colour(colour) => DynamicImage::from(scaled(colour, plan)),
    };
    encoded(&coloured(turned(scaled, plan.rotation), plan.quality), plan)
}

/// The part at its new size: every pixel of the page counts in the mean of those that it becomes part of.
fn scaled<I>(page: &I, plan: &Plan) -> image::ImageBuffer<I::Pixel, Vec<u8>>
where
    I: GenericImageView + 'static,
    I::Pixel: Pixel<Subpixel = u8> + 'static,
{
    let Part { x, y, width, height } = plan.part;
    let part = crop_imm(page, x, y, width, height);
    match (plan.across, plan.down) == (width, height) {
        true => part.to_image(),
        false => imageops::thumbnail(&*part, plan.across, plan.down),
    }
}

fn turned(picture: DynamicImage, rotation: Rotation) -> DynamicImage {
    let picture = if rotation.mirrored { picture.fliph() } else { picture };
    match rotation.quarters {
        1 => picture.rotate90(),
        2 => picture.rotate180(),
        3 => picture.rotate270(),
        _ => picture,
    }
}

fn coloured(picture: DynamicImage, quality: Quality) -> DynamicImage {
    match quality {
        Quality::Default | Quality::Color => picture,
        Quality::Gray => picture.into_luma8().into(),
        Quality::Bitonal => {
            let mut grey = picture.into_luma8();
            grey.pixels_mut().for_each(|pixel| pixel.0 = [if pixel.0[0] < PAPER { 0 } else { 255 }]);
            grey.into()
        }
    }
}

fn encoded(picture: &DynamicImage, plan: &Plan) -> ImageResult<Vec<u8>> {
    let (width, height) = picture.dimensions();
    let samples = match picture {
        DynamicImage::ImageLuma8(_) => ExtendedColorType::L8,
        _ => ExtendedColorType::Rgb8,
    };
    let mut out = Vec::new();
    match plan.format {
        Format::Jpg => {
            let exact = if plan.area() < SMALL { GLANCE } else { CLOSE };
            JpegEncoder::new_with_quality(&mut out, exact).write_image(picture.as_bytes(), width, height, samples)?;
        }
        Format::Png => {
            let encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Fast, FilterType::Adaptive);
            encoder.write_image(picture.as_bytes(), width, height, samples)?;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{GrayImage, Luma, Rgb, RgbImage};

    use super::*;
    use crate::pictures::request::Request;

    /// Left half red, right half blue.
    fn page() -> Sheet {
        Sheet::Colour(RgbImage::from_fn(100, 60, |x, _| if x < 50 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }))
    }

    fn drawn(sheet: &Sheet, region: &str, size: &str, rotation: &str, file: &str) -> DynamicImage {
        let (width, height) = sheet.size();
        let plan = Request::parse(region, size, rotation, file).unwrap().plan(width, height).unwrap();
        image::load_from_memory(&draw(sheet, &plan).unwrap()).unwrap()
    }

    #[test]
    fn a_picture_has_the_part_the_size_and_the_turn_that_were_asked_for() {
        let picture = drawn(&page(), "full", "50,", "0", "default.png").into_rgb8();
        assert_eq!(picture.dimensions(), (50, 30));
        assert_eq!((picture.get_pixel(5, 5).0, picture.get_pixel(45, 5).0), ([255, 0, 0], [0, 0, 255]));
        let picture = drawn(&page(), "50,0,50,60", "max", "90", "color.png").into_rgb8();
        assert_eq!((picture.dimensions(), picture.get_pixel(3, 3).0), ((60, 50), [0, 0, 255]));
        let picture = drawn(&page(), "full", "max", "!0", "default.png").into_rgb8();
        assert_eq!(picture.get_pixel(0, 0).0, [0, 0, 255], "mirrored");
        let picture = drawn(&page(), "full", "max", "90", "default.png").into_rgb8();
        assert_eq!(picture.get_pixel(30, 0).0, [255, 0, 0], "the left side is up");
    }

    #[test]
    fn grey_is_one_sample_and_black_and_white_has_two_shades() {
        assert!(matches!(drawn(&page(), "full", "max", "0", "gray.jpg"), DynamicImage::ImageLuma8(_)));
        let shades = Sheet::Grey(GrayImage::from_fn(256, 1, |x, _| Luma([x as u8])));
        let picture = drawn(&shades, "full", "max", "0", "bitonal.png").into_luma8();
        assert!(picture.pixels().all(|pixel| matches!(pixel.0, [0 | 255])));
        assert_eq!((picture.get_pixel(0, 0).0, picture.get_pixel(255, 0).0), ([0], [255]));
    }

    #[test]
    fn the_thinnest_line_stays_visible_when_a_page_is_made_small() {
        let page = Sheet::Grey(GrayImage::from_fn(1600, 2200, |x, _| Luma([if x == 800 { 0 } else { 255 }])));
        let picture = drawn(&page, "full", "200,", "0", "default.png").into_luma8();
        assert!(picture.get_pixel(100, 100).0[0] < 240);
    }

    #[test]
    fn every_encoding_can_be_read_again() {
        for file in ["default.jpg", "gray.jpg", "bitonal.jpg", "default.png", "gray.png", "bitonal.png"] {
            let (_, format) = file.split_once('.').unwrap();
            let plan = Request::parse("full", "1,", "0", file).unwrap().plan(100, 60).unwrap();
            let bytes = draw(&page(), &plan).unwrap();
            let reader = image::ImageReader::new(Cursor::new(&bytes)).with_guessed_format().unwrap();
            assert_eq!(reader.format().unwrap().extensions_str()[0], format);
            assert_eq!(reader.decode().unwrap().dimensions(), (1, 1));
        }
    }
}
