//! Codes to read, and what happens to them on paper: for tests only.

use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::{EcLevel, QrCode, Version, ec};

use super::Soft;

/// What a module says that is surely seen.
pub(super) const SURE: i8 = 110;

/// Numbers that depend on the seed alone.
#[derive(Clone)]
pub(super) struct Chance(pub u64);

impl Chance {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// 0 to `limit` − 1.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit as u64) as usize
    }

    /// 0 to 1.
    pub fn share(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// About normal, of standard deviation 1.
    fn normal(&mut self) -> f32 {
        (0..6).map(|_| self.share() - 0.5).sum::<f32>() * 2_f32.sqrt()
    }

    /// A value as any.
    pub fn value(&mut self) -> i8 {
        (self.bits() % 255) as i8
    }
}

/// What a code says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    /// Digits in numeric mode.
    Digits(usize),
    /// Digits in byte mode.
    Ascii(usize),
    /// Capitals in alphanumeric mode.
    Letters(usize),
    /// Any bytes that are ASCII.
    Bytes(usize),
}

/// A code of version 1 and its text, under any mask.
pub(super) fn code(content: Content, level: EcLevel, chance: &mut Chance) -> (String, Soft) {
    let text = content.any(chance);
    let grid = drawn(content, &text, level, chance.below(8));
    (text, grid)
}

impl Content {
    fn any(self, chance: &mut Chance) -> String {
        let (first, count, length) = match self {
            Self::Digits(length) | Self::Ascii(length) => (b'0', 10, length),
            Self::Letters(length) => (b'A', 26, length),
            Self::Bytes(length) => (b' ', 90, length),
        };
        (0..length).map(|_| char::from(first + chance.below(count) as u8)).collect()
    }
}

/// A code of version 1 under one of the eight masks.
pub(super) fn drawn(content: Content, text: &str, level: EcLevel, mask: usize) -> Soft {
    let mut bits = Bits::new(Version::Normal(1));
    match content {
        Content::Digits(_) => bits.push_numeric_data(text.as_bytes()).unwrap(),
        Content::Letters(_) => bits.push_alphanumeric_data(text.as_bytes()).unwrap(),
        Content::Ascii(_) | Content::Bytes(_) => bits.push_byte_data(text.as_bytes()).unwrap(),
    }
    bits.push_terminator(level).unwrap();
    let (data, parity) = ec::construct_codewords(&bits.into_bytes(), Version::Normal(1), level).unwrap();
    let mut canvas = Canvas::new(Version::Normal(1), level);
    canvas.draw_all_functional_patterns();
    canvas.draw_data(&data, &parity);
    const MASKS: [MaskPattern; 8] = [
        MaskPattern::Checkerboard,
        MaskPattern::HorizontalLines,
        MaskPattern::VerticalLines,
        MaskPattern::DiagonalLines,
        MaskPattern::LargeCheckerboard,
        MaskPattern::Fields,
        MaskPattern::Diamonds,
        MaskPattern::Meadow,
    ];
    canvas.apply_mask(MASKS[mask]);
    let values = canvas.into_colors().into_iter().map(|colour| colour.select(SURE, -SURE)).collect();
    Soft { size: 21, values }
}

/// A code as an encoder makes it.
pub(super) fn soft(code: &QrCode) -> Soft {
    let values = code.to_colors().into_iter().map(|colour| colour.select(SURE, -SURE)).collect();
    Soft { size: code.width(), values }
}

/// What happens to a code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Damage {
    /// Modules that are surely the opposite, anywhere.
    Flips,
    /// Noise on every module.
    Noise,
    /// A stamp: modules surely dark.
    DarkBlot,
    /// A spot of nothing, surely light.
    LightBlot,
    /// A spot that is anything, surely.
    Burst,
    /// A spot where modules say little, and not the truth.
    Smudge,
    /// A part beyond the edge of the page.
    Missing,
    /// A crease: a part of the grid stands one module off.
    Slip,
    /// The same, half a module.
    HalfSlip,
    /// Modules mixed with their neighbours, and noise.
    Blur,
    /// Strokes of a pen.
    Strokes,
    /// Two of these.
    Two,
}

impl Damage {
    pub const ALL: [Self; 12] = [
        Self::Flips,
        Self::Noise,
        Self::DarkBlot,
        Self::LightBlot,
        Self::Burst,
        Self::Smudge,
        Self::Missing,
        Self::Slip,
        Self::HalfSlip,
        Self::Blur,
        Self::Strokes,
        Self::Two,
    ];

    /// Does it, more or less strongly: `strength` is from 0 to 1.
    pub fn harm(self, grid: &mut Soft, strength: f32, chance: &mut Chance) {
        let size = grid.size;
        match self {
            Self::Flips => {
                for value in &mut grid.values {
                    if chance.share() < 0.3 * strength {
                        *value = -*value;
                    }
                }
            }
            Self::Noise => noise(grid, 130.0 * strength, chance),
            Self::DarkBlot => blot(grid, strength, chance, |_, _| SURE),
            Self::LightBlot => blot(grid, strength, chance, |_, _| -SURE),
            Self::Burst => blot(grid, strength, chance, |_, chance| if chance.below(2) == 0 { SURE } else { -SURE }),
            Self::Smudge => blot(grid, strength, chance, |_, chance| chance.value() / 4),
            Self::Missing => {
                let rows = (strength * 0.8 * size as f32) as usize;
                let side = chance.below(4);
                for n in 0..size * size {
                    let along = [n % size, size - 1 - n % size, n / size, size - 1 - n / size][side];
                    if along < rows {
                        grid.values[n] = 0;
                    }
                }
            }
            Self::Slip | Self::HalfSlip => {
                let whole = grid.values.clone();
                let (upright, back) = (chance.below(2) == 0, chance.below(2) == 0);
                let from = ((1.0 - strength) * size as f32) as usize;
                for n in 0..size * size {
                    let (x, y) = (n % size, n / size);
                    let (along, across) = if upright { (y, x) } else { (x, y) };
                    if along < from {
                        continue;
                    }
                    let slid = if back { across.saturating_sub(1) } else { (across + 1).min(size - 1) };
                    let other = whole[if upright { along * size + slid } else { slid * size + along }];
                    grid.values[n] = if self == Self::Slip { other } else { whole[n] / 2 + other / 2 };
                }
            }
            Self::Blur => {
                let whole = grid.values.clone();
                for n in 0..size * size {
                    let near = [n.wrapping_sub(1), n + 1, n.wrapping_sub(size), n + size];
                    let sum: f32 = near.iter().map(|n| whole.get(*n).map_or(-100.0, |value| f32::from(*value))).sum();
                    let mixed = f32::from(whole[n]) * (1.0 - 0.8 * strength) + sum / 4.0 * 0.8 * strength;
                    grid.values[n] = mixed as i8;
                }
                noise(grid, 40.0 * strength, chance);
            }
            Self::Strokes => {
                for _ in 0..1 + (strength * 6.0) as usize {
                    stroke(grid, chance);
                }
            }
            Self::Two => {
                for _ in 0..2 {
                    let share = chance.share() * strength;
                    Self::ALL[chance.below(11)].harm(grid, share, chance);
                }
            }
        }
    }
}

fn noise(grid: &mut Soft, deviation: f32, chance: &mut Chance) {
    for value in &mut grid.values {
        *value = (f32::from(*value) + deviation * chance.normal()).clamp(-127.0, 127.0) as i8;
    }
}

/// A disc or a rectangle, of up to three quarters of the side.
fn blot(grid: &mut Soft, strength: f32, chance: &mut Chance, value: fn(i8, &mut Chance) -> i8) {
    let side = grid.size as f32;
    let middle = [chance.share() * side, chance.share() * side];
    let reach = [(); 2].map(|()| strength * side * 0.375 * (0.6 + 0.4 * chance.share()));
    let disc = chance.below(2) == 0;
    for n in 0..grid.values.len() {
        let at = [(n % grid.size) as f32 + 0.5, (n / grid.size) as f32 + 0.5];
        let [across, down] = [0, 1].map(|axis| (at[axis] - middle[axis]).abs() / reach[axis].max(0.1));
        if if disc { across.hypot(down) < 1.0 } else { across.max(down) < 1.0 } {
            grid.values[n] = value(grid.values[n], chance);
        }
    }
}

/// A straight line, one to two modules wide, at any angle.
fn stroke(grid: &mut Soft, chance: &mut Chance) {
    let side = grid.size as f32;
    let (angle, width) = (chance.share() * std::f32::consts::PI, 0.4 + 0.8 * chance.share());
    let through = [chance.share() * side, chance.share() * side];
    for n in 0..grid.values.len() {
        let at = [(n % grid.size) as f32 + 0.5, (n / grid.size) as f32 + 0.5];
        let off = (at[0] - through[0]) * angle.sin() - (at[1] - through[1]) * angle.cos();
        if off.abs() < width {
            grid.values[n] = SURE;
        }
    }
}
