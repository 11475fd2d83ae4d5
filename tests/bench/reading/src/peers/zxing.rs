//! zxing-cpp by its own crate, with the options it has by itself, which are its most careful ones, but for the text: as
//! it stands in the code, without signs for what cannot be printed.

use image::GrayImage;
use zxingcpp::{BarcodeFormat, ImageFormat, ImageView, TextMode};

use super::Seen;

pub fn read(page: &GrayImage) -> Vec<Seen> {
    let Ok(view) = ImageView::from_slice(page.as_raw(), page.width(), page.height(), ImageFormat::Lum) else {
        return vec![];
    };
    let reader = zxingcpp::read().formats([BarcodeFormat::QRCode]).text_mode(TextMode::Plain);
    let found = reader.from(&view).unwrap_or_default();
    let seen = found.iter().map(|code| {
        let at = code.position();
        let corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left];
        Seen::within(code.text(), &corners.map(|corner| [corner.x as f32, corner.y as f32]))
    });
    seen.collect()
}
