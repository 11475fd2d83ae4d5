//! rqrr, whole page. It must never be given a hostile page: it does not come back.

use image::GrayImage;

use super::Seen;

pub fn read(page: &GrayImage) -> Vec<Seen> {
    let (width, height) = (page.width() as usize, page.height() as usize);
    let luma = page.as_raw();
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| luma[y * width + x]);
    let decoded = prepared.detect_grids().into_iter().filter_map(|grid| {
        let (_, text) = grid.decode().ok()?;
        Some(Seen::within(text, &grid.bounds.map(|corner| [corner.x as f32, corner.y as f32])))
    });
    decoded.collect()
}
