//! zbar by its C interface, for QR codes only, at its default density.

#![expect(unsafe_code, reason = "zbar is a C library, and no crate of it is maintained")]

use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};
use std::ptr::null;

use image::GrayImage;

use super::Seen;

#[link(name = "zbar")]
unsafe extern "C" {
    fn zbar_image_scanner_create() -> *mut c_void;
    fn zbar_image_scanner_destroy(scanner: *mut c_void);
    fn zbar_image_scanner_set_config(scanner: *mut c_void, symbology: c_int, config: c_int, value: c_int) -> c_int;
    fn zbar_image_create() -> *mut c_void;
    fn zbar_image_destroy(image: *mut c_void);
    fn zbar_image_set_format(image: *mut c_void, fourcc: c_ulong);
    fn zbar_image_set_size(image: *mut c_void, width: c_uint, height: c_uint);
    fn zbar_image_set_data(image: *mut c_void, data: *const c_void, bytes: c_ulong, clean_up: *const c_void);
    fn zbar_scan_image(scanner: *mut c_void, image: *mut c_void) -> c_int;
    fn zbar_image_first_symbol(image: *const c_void) -> *const c_void;
    fn zbar_symbol_next(symbol: *const c_void) -> *const c_void;
    fn zbar_symbol_get_data(symbol: *const c_void) -> *const c_char;
    fn zbar_symbol_get_data_length(symbol: *const c_void) -> c_uint;
    fn zbar_symbol_get_loc_size(symbol: *const c_void) -> c_uint;
    fn zbar_symbol_get_loc_x(symbol: *const c_void, index: c_uint) -> c_int;
    fn zbar_symbol_get_loc_y(symbol: *const c_void, index: c_uint) -> c_int;
}

// Numbers of zbar.h.
const ALL: c_int = 0;
const QR_CODE: c_int = 64;
const ENABLE: c_int = 0;
/// One byte a pixel.
const Y800: c_ulong = u32::from_le_bytes(*b"Y800") as c_ulong;

pub fn read(page: &GrayImage) -> Vec<Seen> {
    let luma = page.as_raw();
    let mut seen = Vec::new();
    // SAFETY: scanner and image live until they are destroyed below, once each; the scanner only reads the pixels, which
    // outlive the image and, as no clean-up is given, are not freed by it. Symbols, their data and the lengths told of
    // them are valid as long as their image, and are copied before it goes.
    unsafe {
        let scanner = zbar_image_scanner_create();
        zbar_image_scanner_set_config(scanner, ALL, ENABLE, 0);
        zbar_image_scanner_set_config(scanner, QR_CODE, ENABLE, 1);
        let image = zbar_image_create();
        zbar_image_set_format(image, Y800);
        zbar_image_set_size(image, page.width(), page.height());
        zbar_image_set_data(image, luma.as_ptr().cast(), luma.len() as c_ulong, null());
        zbar_scan_image(scanner, image);
        let mut symbol = zbar_image_first_symbol(image);
        while !symbol.is_null() {
            let data = zbar_symbol_get_data(symbol).cast::<u8>();
            let bytes = std::slice::from_raw_parts(data, zbar_symbol_get_data_length(symbol) as usize);
            let corner =
                |index| [zbar_symbol_get_loc_x(symbol, index) as f32, zbar_symbol_get_loc_y(symbol, index) as f32];
            let corners: Vec<[f32; 2]> = (0..zbar_symbol_get_loc_size(symbol)).map(corner).collect();
            seen.push(Seen::within(String::from_utf8_lossy(bytes).into_owned(), &corners));
            symbol = zbar_symbol_next(symbol);
        }
        zbar_image_destroy(image);
        zbar_image_scanner_destroy(scanner);
    }
    seen
}
