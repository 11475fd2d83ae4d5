//! From the compressed pixels of a file to packed bits or shades, sixteen rows at a time.
//!
//! It must never widen a page of two shades, and never hold a second copy of a page, whatever its colours.

use std::convert::Infallible;

use super::Damage;
use super::chunks::File;
use super::filter::{self, LANES};
use super::header::Header;
use super::inflate::{Inflate, Rest};
use super::luma::Shades;
use super::sheet::Sheet;
use crate::bits::Bits;
use crate::grey::Grey;
use crate::pixels::Pixels;
use crate::scales::begins_at_half;

/// Rows beyond those that the header counts which are passed over: two millimetres of a sheet at 200 dpi, where no form has
/// print. What has more is a page of which no reader shows the end.
pub(super) const SURPLUS_ROWS: usize = 16;

/// All pixels, their half where the search begins with it, and what their stream held beyond them. The header's sides must
/// have been found small enough.
pub(super) fn pixels(header: &Header, file: &File) -> Result<(Pixels, Option<Grey>, Rest), Damage> {
    let shades = Shades::new(header, file.palette, file.transparency).ok_or(Damage::Palette)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let band = header.row_bytes(width).saturating_add(1) * LANES.min(height);
    let mut inflate = Inflate::new(file.pixels, band);
    let (pixels, half) = if header.interlaced {
        (Pixels::Grey(interlaced(header, &shades, &mut inflate)?), None)
    } else if header.depth == 1 {
        (Pixels::Bits(bits(header, &shades, &mut inflate)?), None)
    } else {
        let (page, half) = grey(header, &shades, &mut inflate)?;
        (Pixels::Grey(page), half)
    };
    let rest = inflate.finish(SURPLUS_ROWS * header.row_bytes(width).saturating_add(1))?;
    Ok((pixels, half, rest))
}

/// One bit a pixel: rows are packed anew as they come.
fn bits(header: &Header, shades: &Shades, inflate: &mut Inflate) -> Result<Bits, Damage> {
    let (width, height) = (header.width as usize, header.height as usize);
    let mut bits = Bits::blank(width, height);
    let dark = shades.dark();
    each_row(header, width, height, inflate, |y, row| bits.put_row(y, row, dark))?;
    Ok(bits)
}

/// Shades, of whatever the samples are.
fn grey(header: &Header, shades: &Shades, inflate: &mut Inflate) -> Result<(Grey, Option<Grey>), Damage> {
    let (width, height) = (header.width as usize, header.height as usize);
    let mut sheet = Sheet::new(width, height, begins_at_half(width, height));
    if matches!(shades, Shades::AsTheyAre) {
        // The filters are undone where the page will be.
        for y in (0..height).step_by(LANES) {
            let count = LANES.min(height - y);
            let filtered = inflate.take(count * (1 + width))?;
            sheet.push(|page| filter::undo(filtered, width, 1, page))?;
        }
    } else {
        let mut line = vec![0; width];
        each_row(header, width, height, inflate, |_, row| {
            shades.of_row(row, &mut line);
            let Ok(()) = sheet.push::<Infallible>(|page| {
                page.extend_from_slice(&line);
                Ok(())
            });
        })?;
    }
    Ok(sheet.done())
}

/// Shades in seven passes.
fn interlaced(header: &Header, shades: &Shades, inflate: &mut Inflate) -> Result<Grey, Damage> {
    let (width, height) = (header.width as usize, header.height as usize);
    let mut luma = vec![0; width * height];
    let mut line = vec![0; width];
    for Pass { left, top, across, down } in ADAM7 {
        let (columns, rows) = (width.saturating_sub(left).div_ceil(across), height.saturating_sub(top).div_ceil(down));
        if columns == 0 {
            continue; // a pass without columns has no rows either, not even their filters
        }
        each_row(header, columns, rows, inflate, |y, row| {
            let line = &mut line[..columns];
            shades.of_row(row, line);
            let target = luma[(top + y * down) * width..][..width][left..].iter_mut().step_by(across);
            target.zip(line).for_each(|(pixel, shade)| *pixel = *shade);
        })?;
    }
    Ok(Grey { width, height, luma })
}

/// Where the pixels of a pass belong.
struct Pass {
    left: usize,
    top: usize,
    across: usize,
    down: usize,
}

/// The passes of an interlaced page (PNG specification, 8.1).
const ADAM7: [Pass; 7] = [
    Pass { left: 0, top: 0, across: 8, down: 8 },
    Pass { left: 4, top: 0, across: 8, down: 8 },
    Pass { left: 0, top: 4, across: 4, down: 8 },
    Pass { left: 2, top: 0, across: 4, down: 4 },
    Pass { left: 0, top: 2, across: 2, down: 4 },
    Pass { left: 1, top: 0, across: 2, down: 2 },
    Pass { left: 0, top: 1, across: 1, down: 2 },
];

/// The rows of one pass, their filters undone.
fn each_row(
    header: &Header,
    width: usize,
    height: usize,
    inflate: &mut Inflate,
    mut put: impl FnMut(usize, &[u8]),
) -> Result<(), Damage> {
    let length = header.row_bytes(width);
    // The row above, and the rows below it: so few that they stay at hand.
    let mut rows = vec![0; length];
    for y in (0..height).step_by(LANES) {
        let count = LANES.min(height - y);
        filter::undo(inflate.take(count * (1 + length))?, length, header.pixel_bytes(), &mut rows)?;
        rows.chunks_exact(length).skip(1).enumerate().for_each(|(n, row)| put(y + n, row));
        rows.drain(..count * length);
    }
    Ok(())
}
