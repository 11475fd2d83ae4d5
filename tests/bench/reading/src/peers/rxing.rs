//! rxing: its reader of several QR codes on the hybrid binarizer, told to try harder. It must never be given a hostile
//! page: it does not come back.

use std::collections::HashSet;

use image::GrayImage;
use rxing::common::HybridBinarizer;
use rxing::multi::MultipleBarcodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource};

use super::Seen;

pub fn read(page: &GrayImage) -> Vec<Seen> {
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let Ok(source) = Luma8LuminanceSource::new(page.as_raw().clone(), page.width(), page.height()) else {
        return vec![];
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let found = QrReader.decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
    let seen = found.iter().map(|result| {
        let corners: Vec<[f32; 2]> = result.getPoints().iter().map(|point| [point.x, point.y]).collect();
        Seen::within(result.getText().to_owned(), &corners)
    });
    seen.collect()
}
