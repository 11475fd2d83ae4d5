//! From layers to pixels: what the lamp lights, the sensor sees and its noise adds. It must be quick, because a page has
//! millions of pixels and most of them are bare paper.

use crate::chance::Chance;
use crate::page::Page;
use crate::scan::light::{Light, Reflectance};
use crate::sheet::{Layer, Sheet};

/// Pixels of noise that are drawn before it repeats.
const NOISE_STRIP: usize = 1 << 16;

/// How far the sensor of an office scanner strays, in steps of 255.
const OFFICE_NOISE: f32 = 0.7;

/// The part of its noise that a sensor keeps in the dark: it strays more where there is light to count.
const DARK_NOISE: f32 = 0.2;

/// The shadow along an edge: how wide, in mm, and how much of the light it takes at the very edge.
const SHADOW_WIDTH: f32 = 5.0;
const SHADOW_DEPTH: f32 = 0.22;
const MM_PER_INCH: f32 = 25.4;

/// In the order in which they lie on the page, what hides the others last.
const LAYERS: [Layer; 6] = [Layer::Toner, Layer::Tint, Layer::Pen, Layer::Stamp, Layer::Shade, Layer::Beside];

/// Pixels that are passed over at once when nothing lies on them.
const STRETCH: usize = 32;

/// Sees a sheet: in colour or in grey, with the noise of a style (1 is an office scanner), in a shadowed edge if asked.
pub fn expose(sheet: &Sheet, light: &Light, in_colour: bool, noise: f32, edge_shadow: bool, chance: Chance) -> Page {
    let (width, height) = sheet.size();
    let channels: &[usize] = if in_colour { &[0, 1, 2] } else { &[0] };
    let optics: Vec<Channel> = channels.iter().map(|&channel| Channel::of(light, channel, in_colour)).collect();
    let across = width as usize * optics.len();
    let mut sensor = Sensor::new(noise, width as usize, &optics, light.untold, chance);
    let mut samples = vec![0_u8; across * height as usize];
    let falloff = if edge_shadow { shadow(width as usize, sheet.dpi()) } else { Vec::new() };
    let empty = vec![0_u8; width as usize];
    let mut touched = vec![0_u8; width as usize];
    for (y, row) in samples.chunks_exact_mut(across).enumerate() {
        let (bare, noise) = sensor.row();
        row.copy_from_slice(bare);
        touched.fill(0);
        let layers = LAYERS.map(|layer| match sheet.row(layer, y as u32) {
            Some(coverage) => {
                touched.iter_mut().zip(coverage).for_each(|(mark, covered)| *mark |= covered);
                coverage
            }
            None => &empty,
        });
        for from in (0..touched.len()).step_by(STRETCH) {
            let to = (from + STRETCH).min(touched.len());
            if touched[from..to].iter().fold(0, |any, mark| any | mark) == 0 {
                continue;
            }
            for x in (from..to).filter(|&x| touched[x] != 0) {
                let coverage = layers.map(|layer| layer[x]);
                for (channel, optic) in optics.iter().enumerate() {
                    let at = x * optics.len() + channel;
                    let seen = optic.see(coverage);
                    let stray = noise[at] * (DARK_NOISE + (1.0 - DARK_NOISE) / 255.0 * seen);
                    row[at] = to_sample(seen + stray, light.untold);
                }
            }
        }
        for &(x, left) in &falloff {
            for sample in &mut row[x * optics.len()..(x + 1) * optics.len()] {
                *sample = to_sample(f32::from(*sample) * left, light.untold);
            }
        }
    }
    Page { dpi: sheet.dpi(), width, height, samples, in_colour }
}

/// Converting from float to a byte stops at 0 and 255, as the sensor does; the bits it cannot tell are set, so that
/// white stays white.
fn to_sample(value: f32, untold: u8) -> u8 {
    (value + 0.5) as u8 | untold
}

/// What one sensor channel sees of each thing.
struct Channel {
    paper: f32,
    /// Per step of coverage, how much of the light each layer takes.
    takes: [f32; 5],
    lid: f32,
    underexposure: f32,
}

impl Channel {
    fn of(light: &Light, channel: usize, in_colour: bool) -> Self {
        let pick = |thing: Reflectance| {
            if in_colour { f32::from(thing[channel]) } else { luma(thing.map(f32::from)) }
        };
        let paper = if in_colour { light.paper[channel] } else { luma(light.paper) };
        let takes = [light.toner, light.tint, light.pen, light.stamp, light.shade]
            .map(|thing| (1.0 - pick(thing) / 255.0) / 255.0);
        Self { paper, takes, lid: pick(light.lid) * (paper / 255.0).max(1.0), underexposure: light.underexposure }
    }

    /// Each ink takes its part of what the others leave: a stamp over a code leaves the code dark.
    fn see(&self, [inks @ .., beside]: [u8; 6]) -> f32 {
        let mut value = self.paper;
        for (covered, takes) in inks.into_iter().zip(self.takes) {
            value *= 1.0 - f32::from(covered) * takes;
        }
        value -= self.underexposure * (1.0 - value / 255.0);
        value + (self.lid - value) * f32::from(beside) / 255.0
    }
}

fn luma([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// The light that is left at the columns in the shadow: less along the left edge, and a little less along the right.
fn shadow(width: usize, dpi: u32) -> Vec<(usize, f32)> {
    let reach = SHADOW_WIDTH / MM_PER_INCH * dpi as f32;
    let near = |distance: usize| (1.0 - distance as f32 / reach).max(0.0).powi(2);
    (0..width)
        .map(|x| (x, 1.0 - SHADOW_DEPTH * near(x) - SHADOW_DEPTH * 0.4 * near(width - 1 - x)))
        .filter(|&(_, left)| left < 1.0)
        .collect()
}

/// The sensor's noise, drawn once into a strip; each row is cut from it at a new place.
struct Sensor {
    noise: Vec<f32>,
    /// Bare paper with the same noise: most of a page is copied from here.
    bare: Vec<u8>,
    across: usize,
    channels: usize,
    chance: Chance,
}

impl Sensor {
    fn new(noise: f32, width: usize, optics: &[Channel], untold: u8, mut chance: Chance) -> Self {
        let channels = optics.len();
        let across = width * channels;
        let mut strip = vec![0.0; NOISE_STRIP * channels + across];
        if noise > 0.0 {
            for stray in &mut strip {
                *stray = chance.wobble(OFFICE_NOISE * noise);
            }
        }
        let bare = strip
            .iter()
            .enumerate()
            .map(|(at, stray)| to_sample(optics[at % channels].paper + stray, untold))
            .collect();
        Self { noise: strip, bare, across, channels, chance }
    }

    /// Bare paper and noise for one row.
    fn row(&mut self) -> (&[u8], &[f32]) {
        let from = self.chance.whole(0, NOISE_STRIP as u32) as usize * self.channels;
        (&self.bare[from..from + self.across], &self.noise[from..from + self.across])
    }
}
