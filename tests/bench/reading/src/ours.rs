//! Our own reader, from the bytes of a PNG to its codes, as the service runs it.

use anyhow::Context;
use tutanak::reading::{self, Findings, Limits, Page};

use crate::clock::cpu_of;
use crate::memory::peak_of;
use crate::peers::Seen;

/// One page, read.
pub struct Ours {
    /// What was read and how.
    pub findings: Findings,
    /// Milliseconds of CPU to inflate and decode the PNG.
    pub decoding: f64,
    /// Milliseconds of CPU in all.
    pub ms: f64,
    /// Pixels of the page.
    pub pixels: u64,
    /// The most bytes held at once, beyond the file's own.
    pub peak: usize,
}

impl Ours {
    /// Reads a page.
    pub fn read(png: &[u8]) -> anyhow::Result<Self> {
        let (read, peak) = peak_of(|| {
            let (page, decoding) = cpu_of(|| Page::from_png(png, Limits::default()));
            page.map(|page| {
                (cpu_of(|| reading::read(&page)), decoding, u64::from(page.width()) * u64::from(page.height()))
            })
        });
        let ((findings, searching), decoding, pixels) = read.context("ours refuses the page")?;
        Ok(Self { findings, decoding, ms: decoding + searching, pixels, peak })
    }

    /// The texts and their places.
    pub fn seen(&self) -> Vec<Seen> {
        let readings = self.findings.readings.iter();
        readings.map(|reading| Seen { text: reading.code.clone(), middle: reading.centre() }).collect()
    }

    /// Bytes held at once for each pixel.
    pub fn bytes_a_pixel(&self) -> f64 {
        self.peak as f64 / self.pixels as f64
    }
}
