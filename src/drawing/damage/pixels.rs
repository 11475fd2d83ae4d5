//! What damages do to pixels: look at every sample, lay a wash of colour over a page, move pixels. It must treat grey
//! and colour alike, so that no damage has to.

use crate::page::Page;

/// The light that comes back from a thing, red, green and blue, from 0 to 1.
pub type Tone = [f32; 3];

/// A tone without colour.
pub const fn grey(value: f32) -> Tone {
    [value; 3]
}

/// Puts every sample through a table.
pub fn through(mut page: Page, tone: impl Fn(f32) -> f32) -> Page {
    let table: Vec<u8> = (0..=255_u8).map(|value| tone(f32::from(value)).round() as u8).collect();
    for sample in &mut page.samples {
        *sample = table[usize::from(*sample)];
    }
    page
}

/// Lays a see-through colour over the page, as thick (0 to 1) as `cover` says for the pixel at x and y.
pub fn wash(mut page: Page, tone: Tone, cover: impl Fn(f32, f32) -> f32) -> Page {
    let channels = page.channels();
    // What a grey scanner sees of a colour.
    let luma = 0.299 * tone[0] + 0.587 * tone[1] + 0.114 * tone[2];
    let takes = if page.in_colour { tone.map(|back| 1.0 - back) } else { [1.0 - luma; 3] };
    for (y, row) in page.samples.chunks_exact_mut(page.width as usize * channels).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            let covered = cover(x as f32, y as f32).clamp(0.0, 1.0);
            if covered > 0.0 {
                for (sample, takes) in pixel.iter_mut().zip(takes) {
                    *sample = (f32::from(*sample) * (1.0 - covered * takes) + 0.5) as u8;
                }
            }
        }
    }
    page
}

/// A page of another size, each pixel fetched from where `from` says it lay; outside there is `beside`.
pub fn moved(page: &Page, width: u32, height: u32, beside: u8, from: impl Fn(f32, f32) -> (f32, f32)) -> Page {
    let channels = page.channels();
    let mut samples = Vec::with_capacity(width as usize * height as usize * channels);
    for y in 0..height {
        for x in 0..width {
            let (seen_x, seen_y) = from(x as f32, y as f32);
            samples.extend_from_slice(&fetched(page, channels, seen_x, seen_y, beside)[..channels]);
        }
    }
    Page { width, height, samples, ..*page }
}

/// The pixel at a place between pixels, mixed from the four around it.
fn fetched(page: &Page, channels: usize, x: f32, y: f32, beside: u8) -> [u8; 3] {
    let (left, top) = (x.floor(), y.floor());
    let inside = left >= 0.0 && top >= 0.0 && left + 1.0 < page.width as f32 && top + 1.0 < page.height as f32;
    if !inside {
        return [beside; 3];
    }
    let (across, down) = (x - left, y - top);
    let above = (top as usize * page.width as usize + left as usize) * channels;
    let below = above + page.width as usize * channels;
    let mut mixed = [0; 3];
    for (channel, sample) in mixed.iter_mut().take(channels).enumerate() {
        let at = |row: usize, column: usize| f32::from(page.samples[row + column * channels + channel]);
        let upper = at(above, 0) + (at(above, 1) - at(above, 0)) * across;
        let lower = at(below, 0) + (at(below, 1) - at(below, 0)) * across;
        *sample = (upper + (lower - upper) * down + 0.5) as u8;
    }
    mixed
}
