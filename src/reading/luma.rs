//! One decoded row as grey pixels. It must never need more memory than the row.

/// Turns a row of 8-bit samples (1 grey, 2 grey and alpha, 3 RGB, 4 RGBA) into grey. What is transparent is paper.
pub(super) fn of_row(row: &[u8], samples: usize, grey: &mut Vec<u8>) {
    grey.clear();
    match samples {
        1 => grey.extend_from_slice(row),
        2 => grey.extend(row.chunks_exact(2).map(|pixel| over_white(pixel[0], pixel[1]))),
        3 => grey.extend(row.chunks_exact(3).map(|pixel| luma(pixel[0], pixel[1], pixel[2]))),
        _ => grey.extend(row.chunks_exact(4).map(|pixel| over_white(luma(pixel[0], pixel[1], pixel[2]), pixel[3]))),
    }
}

/// Rec. 601 in integers: 77, 150 and 29 parts of 256.
fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 77 + u32::from(green) * 150 + u32::from(blue) * 29) >> 8) as u8
}

fn over_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
}
