//! A picture of a page in memory. It must never be changed once it is made: it is what the scanner saw.

/// Pixels of one page, grey or in colour, 8 bits a sample.
#[derive(Clone, Debug)]
pub struct Page {
    /// The resolution, in dots per inch.
    pub dpi: u32,
    /// In px.
    pub width: u32,
    /// In px.
    pub height: u32,
    /// Rows from the top, pixels from the left; one sample a pixel when grey, red, green and blue otherwise.
    pub samples: Vec<u8>,
    /// Whether there are three samples a pixel.
    pub in_colour: bool,
}

impl Page {
    /// Samples of one pixel.
    pub fn channels(&self) -> usize {
        if self.in_colour { 3 } else { 1 }
    }

    /// The lightness of every pixel from 0 to 255, rows from the top.
    pub fn luma(&self) -> Vec<u8> {
        if !self.in_colour {
            return self.samples.clone();
        }
        self.samples.chunks_exact(3).map(|pixel| luma_of(pixel[0], pixel[1], pixel[2])).collect()
    }
}

/// Lightness by the weights of ITU-R BT.601, which scanners and image libraries use.
pub fn luma_of(red: u8, green: u8, blue: u8) -> u8 {
    ((299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500) / 1000) as u8
}
