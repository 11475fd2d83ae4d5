//! The karekod as printed: a QR code of version 1 and level L, 14 mm wide. It must never judge the digits; it draws
//! what it is given, right or wrong.

use qrcode::{Color, EcLevel, QrCode, Version};

use crate::paper::Area;
use crate::sheet::print::rectangles;
use crate::sheet::{Layer, Sheet};

/// The width of the printed code, without its quiet zone, in mm.
pub const KAREKOD_SIDE: f32 = 14.0;

/// The QR code of some digits. A text too long for version 1 gets the smallest version that holds it, and one that no
/// version holds is not drawn.
fn code_of(digits: &str) -> Option<QrCode> {
    QrCode::with_version(digits, Version::Normal(1), EcLevel::L)
        .or_else(|_| QrCode::with_error_correction_level(digits, EcLevel::L))
        .ok()
}

/// Prints the code with its upper left corner at a point in mm.
pub fn print_karekod(sheet: &mut Sheet, digits: &str, left: f32, top: f32) {
    let Some(code) = code_of(digits) else { return };
    let side = code.width();
    let module = KAREKOD_SIDE / side as f32;
    let mut runs = Vec::new();
    for row in 0..side {
        let mut column = 0;
        while column < side {
            let start = column;
            while column < side && code[(column, row)] == Color::Dark {
                column += 1;
            }
            if column > start {
                // A hair of overlap between rows, or anti-aliasing leaves white seams inside the finders.
                let seam = if row + 1 < side { 0.02 } else { 0.0 };
                let (x, y) = (left + start as f32 * module, top + row as f32 * module);
                runs.push(Area::new(x, y, (column - start) as f32 * module, module + seam));
            } else {
                column += 1;
            }
        }
    }
    if let Some(path) = rectangles(&runs) {
        sheet.fill(Layer::Toner, &path);
    }
}

#[cfg(test)]
mod tests {
    use super::code_of;

    #[test]
    fn ten_digits_fit_version_one() {
        assert_eq!(code_of("1093717526").map(|code| code.width()), Some(21));
    }
}
