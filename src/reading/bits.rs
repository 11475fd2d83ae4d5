//! A page of two shades, 64 pixels a word. It must never have a dark pixel beyond its width.

/// Rows of packed pixels. Pixel `x` of a row is bit `x % 64` of its word `x / 64`; 1 is dark.
#[derive(Clone, Debug)]
pub(super) struct Bits {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
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

    /// Takes a row of a one-bit file: eight pixels a byte, the first in the highest bit; `dark` says which samples are.
    pub fn put_row(&mut self, y: usize, row: &[u8], dark: [bool; 2]) {
        let all = |yes: bool| if yes { u64::MAX } else { 0 };
        let (zeros, ones) = (all(dark[0]), all(dark[1]));
        let line = &mut self.words[y * self.stride..(y + 1) * self.stride];
        for (word, bytes) in line.iter_mut().zip(row.chunks(8)) {
            let eight = bytes.first_chunk().copied().unwrap_or_else(|| {
                let mut eight = [0; 8];
                eight[..bytes.len()].copy_from_slice(bytes);
                eight
            });
            let samples = u64::from_be_bytes(eight).reverse_bits();
            *word = samples & ones | !samples & zeros;
        }
        let beyond = self.stride * 64 - self.width;
        if let Some(last) = line.last_mut() {
            *last &= u64::MAX >> beyond;
        }
    }
}
