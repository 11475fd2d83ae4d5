//! A page of two shades, 64 pixels a word. It must never have a dark pixel beyond its width.

/// Rows of packed pixels. Pixel `x` of a row is bit `x % 64` of its word `x / 64`; 1 is dark.
#[derive(Clone, Debug)]
pub(super) struct Bits {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// Words of one row.
    pub stride: usize,
    /// Row by row. Bits beyond the width are 0.
    pub words: Vec<u64>,
}

impl Bits {
    /// A page without a dark pixel.
    pub fn blank(width: usize, height: usize) -> Self {
        let stride = width.div_ceil(64);
        Self { width, height, stride, words: vec![0; stride * height] }
    }

    /// The words of one row.
    pub fn row(&self, y: usize) -> &[u64] {
        &self.words[y * self.stride..(y + 1) * self.stride]
    }

    /// Whether a pixel is dark.
    pub fn dark(&self, x: usize, y: usize) -> bool {
        self.words[y * self.stride + x / 64] >> (x % 64) & 1 != 0
    }

    /// Takes a row of a one-bit file: eight pixels a byte, the first in the highest bit, exclusive or `flip`.
    pub fn put_row(&mut self, y: usize, row: &[u8], flip: u64) {
        let line = &mut self.words[y * self.stride..(y + 1) * self.stride];
        for (word, bytes) in line.iter_mut().zip(row.chunks(8)) {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_le_bytes(eight.map(u8::reverse_bits)) ^ flip;
        }
        let beyond = self.stride * 64 - self.width;
        if let Some(last) = line.last_mut() {
            *last &= u64::MAX >> beyond;
        }
    }
}

/// What makes a one-bit sample dark where it is 1: all ones when sample 0 is the dark one.
pub(super) fn flip(info: &png::Info) -> u64 {
    let shade = |sample: usize| {
        let palette = info.palette.as_deref().filter(|_| info.color_type == png::ColorType::Indexed);
        let colour = palette.map(|colours| {
            colours.get(sample * 3..sample * 3 + 3).map_or(0, |rgb| rgb.iter().map(|c| u32::from(*c)).sum())
        });
        colour.unwrap_or(sample as u32)
    };
    if shade(0) < shade(1) { u64::MAX } else { 0 }
}
