//! Pages that no office would send, pixel by pixel, and chance that repeats.

use anyhow::Context;
use png::{BitDepth, ColorType, Compression, Encoder};

/// Numbers that look random and are the same everywhere (SplitMix64).
pub struct Chance(u64);

impl Chance {
    /// A new row of numbers.
    pub fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end.max(1) as u64) as usize
    }

    /// A number from `low` to below `high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low)
    }

    /// Yes, once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A grey page to draw on.
pub struct Canvas {
    /// Pixels.
    pub width: usize,
    /// Pixels.
    pub height: usize,
    /// 0 black to 255 white, rows from the top.
    pub luma: Vec<u8>,
}

impl Canvas {
    /// A page of one shade.
    pub fn of(width: usize, height: usize, shade: u8) -> Self {
        Self { width, height, luma: vec![shade; width * height] }
    }

    /// A page whose pixels are worked out one by one.
    pub fn by(width: usize, height: usize, mut shade: impl FnMut(usize, usize) -> u8) -> Self {
        let mut canvas = Self::of(width, height, 0);
        for (at, pixel) in canvas.luma.iter_mut().enumerate() {
            *pixel = shade(at % width, at / width);
        }
        canvas
    }

    /// A rectangle, as far as it is on the page.
    pub fn fill(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], shade: u8) {
        let (left, right) = (x.min(self.width), (x + width).min(self.width));
        for row in y.min(self.height)..(y + height).min(self.height) {
            self.luma[row * self.width + left..row * self.width + right].fill(shade);
        }
    }

    /// Modules of a square code, `module` pixels each.
    pub fn modules(&mut self, [x, y]: [usize; 2], module: usize, modules: &Modules) {
        for (at, dark) in modules.dark.iter().enumerate() {
            let corner = [x + at % modules.side * module, y + at / modules.side * module];
            self.fill(corner, [module, module], if *dark { 0 } else { 255 });
        }
    }

    /// What a poor sensor makes of it: every pixel up to half of `strength` off.
    pub fn rustled(mut self, chance: &mut Chance, strength: usize) -> Self {
        for eight in self.luma.chunks_mut(8) {
            for (pixel, byte) in eight.iter_mut().zip(chance.bits().to_le_bytes()) {
                let shift = usize::from(byte) * strength / 256;
                *pixel = (usize::from(*pixel) + shift).saturating_sub(strength / 2).min(255) as u8;
            }
        }
        self
    }

    /// The page as a PNG of 8 bits a pixel.
    pub fn to_grey_png(&self) -> anyhow::Result<Vec<u8>> {
        encode(self.width, self.height, BitDepth::Eight, &self.luma)
    }

    /// The page as a PNG of one bit a pixel.
    pub fn to_bits_png(&self) -> anyhow::Result<Vec<u8>> {
        let byte = |pixels: &[u8]| {
            let bits = pixels.iter().fold(0, |bits: u16, &pixel| bits << 1 | u16::from(pixel >= 128));
            (bits << (8 - pixels.len())) as u8
        };
        let rows: Vec<u8> = self.luma.chunks(self.width).flat_map(|row| row.chunks(8).map(byte)).collect();
        encode(self.width, self.height, BitDepth::One, &rows)
    }
}

/// The modules of a square code, rows from the top.
pub struct Modules {
    /// Modules of a side.
    pub side: usize,
    /// Which are dark.
    pub dark: Vec<bool>,
}

impl Modules {
    /// A true code of ten digits, as forms have it: version 1, level L.
    pub fn of_karekod(text: &str) -> anyhow::Result<Self> {
        let code = qrcode::QrCode::with_version(text, qrcode::Version::Normal(1), qrcode::EcLevel::L)
            .with_context(|| format!("{text} is no karekod"))?;
        Ok(Self { side: code.width(), dark: code.to_colors().into_iter().map(|c| c == qrcode::Color::Dark).collect() })
    }

    /// A finder pattern with a light border to the right and below.
    pub fn finder() -> Self {
        let dark = |at: usize| {
            let from_middle = (at % 8).abs_diff(3).max((at / 8).abs_diff(3));
            matches!(from_middle, 0 | 1 | 3)
        };
        Self { side: 8, dark: (0..64).map(dark).collect() }
    }
}

fn encode(width: usize, height: usize, depth: BitDepth, rows: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width.try_into()?, height.try_into()?);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(depth);
    encoder.set_compression(Compression::Fastest);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(rows)?;
    writer.finish()?;
    Ok(bytes)
}
