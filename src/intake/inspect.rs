//! From bytes to a sound scan and the codes on it. Burns a core: it runs on the CPU lane. It describes, it never decides.

use bytes::Bytes;

use crate::domain::{Digest, Scan, ScanFacts};
use crate::reading::{self, Damage, Limits, Page, PageError, PngError};

/// A scan that may be kept, and what could be read on it.
#[derive(Debug)]
pub struct Inspected {
    /// The bytes and their measures.
    pub scan: Scan,
    /// Payloads of the codes on the page, each once.
    pub codes: Vec<String>,
}

/// Why the bytes may not be kept.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The frame of the file is damaged, or it is no PNG.
    #[error(transparent)]
    Frame(PngError),
    /// The pixels are damaged, or there are too many.
    #[error(transparent)]
    Page(PageError),
}

impl From<PageError> for InspectError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Damaged(Damage::Frame(error)) => Self::Frame(error),
            error => Self::Page(error),
        }
    }
}

/// Walks every chunk, inflates every pixel, reads the codes.
pub fn inspect(bytes: Bytes, digest: Digest, limits: Limits) -> Result<Inspected, InspectError> {
    let page = Page::from_png(&bytes, limits)?;
    let codes = codes(&page, digest);
    let crc32 = crc32fast::hash(&bytes);
    let facts = ScanFacts { digest, size: bytes.len() as u64, crc32, width: page.width(), height: page.height() };
    Ok(Inspected { scan: Scan { bytes, facts }, codes })
}

/// The error correction is foreign code. A page on which it panics is a page without a code, not an upload that fails for
/// ever: it is parked, and people look at it.
fn codes(page: &Page, digest: Digest) -> Vec<String> {
    let read = std::panic::catch_unwind(|| reading::read(page).codes());
    read.unwrap_or_else(|_| {
        tracing::error!(scan = %digest, "Reading scan {digest} panicked; it counts as a page without a code");
        Vec::new()
    })
}
