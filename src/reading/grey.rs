//! A page of 256 shades. It must never be copied whole for the sake of one code: a code is cut out.

/// Rows of pixels, 0 black to 255 white.
#[derive(Clone, Debug)]
pub(super) struct Grey {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Row by row, `width` a row.
    pub luma: Vec<u8>,
}

impl Grey {
    /// One row of pixels.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.luma[y * self.width..(y + 1) * self.width]
    }

    /// One pixel.
    pub fn at(&self, x: usize, y: usize) -> u8 {
        self.luma[y * self.width + x]
    }
}
