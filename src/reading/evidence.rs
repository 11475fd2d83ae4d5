//! What was read, and how well it is founded. It must never say more than was seen.

use serde::Serialize;

use super::decode::{Level, Method, Padding};
use super::geometry::{self, Point};
use super::grid::Laid;
use super::search::{Photographed, Read, Search};
use super::stage::{Spent, Stage};

/// One code found on a page.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// The payload.
    pub code: String,
    /// The corners in pixels of the page, clockwise from the code's own upper left.
    pub corners: [Point; 4],
    /// The stage of the search that read it.
    pub stage: Stage,
    /// Whether the code is light on dark.
    pub inverted: bool,
    /// What it is founded on. None where only the detector for photographs read it, which tells nothing.
    #[serde(flatten)]
    pub proof: Option<Proof>,
}

/// What a reading is founded on.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// How its modules were put right.
    pub method: Method,
    /// Modules for data and format that were not as they should be.
    pub corrected_modules: u32,
    /// Modules that the code has for data and format.
    pub modules: u32,
    /// The QR version, 1 to 40.
    pub version: u8,
    /// The level of error correction.
    pub level: Level,
    /// The mask of its data, 0 to 7.
    pub mask: u8,
    /// What stands behind the payload, where every encoder writes the same.
    pub padding: Padding,
    /// How well the function patterns agree with the page: 1 is as well as print does, -1 is the opposite.
    pub agreement: f32,
    /// The side of a module, in pixels of the page.
    pub module: f32,
    /// Whether the code is the mirror image of one.
    pub mirrored: bool,
}

impl Reading {
    fn of(read: &Read, inverted: bool) -> Self {
        let (laid, decoded) = (&read.laid, &read.decoded);
        let proof = Proof {
            method: decoded.method,
            corrected_modules: decoded.corrected,
            modules: decoded.modules,
            version: decoded.version,
            level: decoded.level,
            mask: decoded.mask,
            padding: decoded.padding,
            agreement: laid.agreement,
            module: laid.module,
            mirrored: decoded.mirrored,
        };
        let (code, corners) = (decoded.text.clone(), laid.outline);
        Self { code, corners, stage: read.stage, inverted, proof: Some(proof) }
    }

    fn photographed(found: &Photographed) -> Self {
        let (code, corners) = (found.text.clone(), found.outline);
        Self { code, corners, stage: Stage::Photograph, inverted: false, proof: None }
    }

    /// The middle of the code, in pixels.
    pub fn centre(&self) -> Point {
        geometry::centre(&self.corners)
    }
}

/// A place that looks like a code and could not be read: stamped, torn, or something else altogether.
#[derive(Clone, Debug, Serialize)]
pub struct Unread {
    /// Where its corners would be, in pixels of the page.
    pub corners: [Point; 4],
    /// How well the function patterns agree with the page, from -1 to 1.
    pub agreement: f32,
}

/// All that was found on a page.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Findings {
    /// The codes, from top to bottom. The same code printed at two places is two readings. Of a page with more than a
    /// hundred and thirty codes these may be only some, and a stage in `spent` says that it was cut short.
    pub readings: Vec<Reading>,
    /// Places that look like codes and could not be read, the likeliest first.
    pub unread: Vec<Unread>,
    /// What each stage took, in the order in which they ran, and which of them were cut short.
    pub spent: Vec<Spent>,
}

/// Places that could not be read and are told, at most.
const UNREAD: usize = 4;
/// How well a place must agree to be told: what text happens to make stays below.
const LIKE_A_CODE: f32 = 0.6;

impl Findings {
    /// The side of a module of the page's karekods, in pixels: how finely the paper was scanned, since a karekod is printed
    /// 14 mm wide. None where nothing tells.
    pub fn module(&self) -> Option<f32> {
        let karekods = self.readings.iter().filter_map(|reading| reading.proof.as_ref());
        let modules: Vec<f32> = karekods.filter(|proof| proof.version == 1).map(|proof| proof.module).collect();
        (!modules.is_empty()).then(|| modules.iter().sum::<f32>() / modules.len() as f32)
    }

    pub(super) fn of(search: &Search<'_>, inverted: bool) -> Self {
        let mut readings: Vec<Reading> = search.read.iter().map(|read| Reading::of(read, inverted)).collect();
        readings.extend(search.photographed.iter().map(Reading::photographed));
        readings.sort_by(|a, b| a.centre()[1].total_cmp(&b.centre()[1]));
        let like_a_code = |laid: &&Laid| laid.agreement >= LIKE_A_CODE && !search.is_read(laid.centre());
        let mut unread: Vec<&Laid> = search.unread.iter().filter(like_a_code).collect();
        unread.sort_by(|a, b| b.agreement.total_cmp(&a.agreement));
        unread.truncate(UNREAD);
        let unread = unread.iter().map(|laid| Unread { corners: laid.outline, agreement: laid.agreement });
        Self { readings, unread: unread.collect(), spent: search.spent.clone() }
    }

    /// The payloads, each once, in the order of the page.
    pub fn codes(&self) -> Vec<String> {
        let mut codes: Vec<String> = Vec::new();
        for reading in &self.readings {
            if !codes.contains(&reading.code) {
                codes.push(reading.code.clone());
            }
        }
        codes
    }
}
