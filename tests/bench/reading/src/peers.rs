//! The readers that others use, behind one interface: a grey page goes in, texts with their places come out. Each is
//! asked as its own documentation says, for QR codes only. A peer must never be left out in silence: one that was not
//! built is reported with the reason.

mod rqrr;
mod rxing;
#[cfg(feature = "zbar")]
mod zbar;
#[cfg(feature = "zxing-cpp")]
mod zxing;

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::GrayImage;

/// A text that a reader saw, and where.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The payload.
    pub text: String,
    /// The middle of the code, in pixels.
    pub middle: [f32; 2],
}

impl Seen {
    fn within(text: String, corners: &[[f32; 2]]) -> Self {
        let sum = corners.iter().fold([0.0, 0.0], |sum, corner| [sum[0] + corner[0], sum[1] + corner[1]]);
        let corners = corners.len().max(1) as f32;
        Self { text, middle: [sum[0] / corners, sum[1] / corners] }
    }
}

type Read = fn(&GrayImage) -> Vec<Seen>;

/// A peer, or the reason why it is not here.
pub struct Peer {
    /// Name and version or manner.
    pub name: &'static str,
    reader: Result<Read, &'static str>,
}

/// The one that ours is compared with: the best of them.
pub const BEST: &str = "zxing-cpp";

/// All of them, built or not.
pub fn all() -> Vec<Peer> {
    vec![
        Peer { name: BEST, reader: zxing() },
        Peer { name: "rxing", reader: Ok(rxing::read) },
        Peer { name: "zbar", reader: zbar() },
        Peer { name: "rqrr", reader: Ok(rqrr::read) },
    ]
}

/// Only the best of them.
pub fn best() -> Peer {
    Peer { name: BEST, reader: zxing() }
}

#[cfg(feature = "zxing-cpp")]
fn zxing() -> Result<Read, &'static str> {
    Ok(zxing::read)
}

#[cfg(not(feature = "zxing-cpp"))]
fn zxing() -> Result<Read, &'static str> {
    Err("MISSING: built without the feature zxing-cpp (needs cmake and a C++ compiler)")
}

#[cfg(feature = "zbar")]
fn zbar() -> Result<Read, &'static str> {
    Ok(zbar::read)
}

#[cfg(not(feature = "zbar"))]
fn zbar() -> Result<Read, &'static str> {
    Err("MISSING: built without the feature zbar (needs libzbar-dev)")
}

impl Peer {
    /// Why it is not here.
    pub fn missing(&self) -> Option<&'static str> {
        self.reader.err()
    }

    /// What it sees on a page: nothing when it is missing. `None` when it panicked.
    pub fn read(&self, page: &GrayImage) -> Option<Vec<Seen>> {
        match self.reader {
            Ok(read) => catch_unwind(AssertUnwindSafe(|| read(page))).ok(),
            Err(_) => Some(vec![]),
        }
    }
}
