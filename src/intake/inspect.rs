//! From bytes to a sound scan and the codes on it. Burns a core: it runs on the CPU lane. It describes, it never decides.

use std::panic::AssertUnwindSafe;

use bytes::Bytes;

use super::remark::Remark;
use crate::domain::{Digest, Scan, ScanFacts};
use crate::reading::scanner;
use crate::reading::{self, Damage, Limits, Page, PageError, PngError};

/// A scan that may be kept, and what could be read on it.
#[derive(Debug)]
pub struct Inspected {
    /// The bytes and their measures.
    pub scan: Scan,
    /// Payloads of the codes on the page, each once.
    pub codes: Vec<String>,
    /// The side of a module of its karekods, in pixels; none where nothing tells.
    pub module: Option<f32>,
    /// What to do better next time. It decides nothing.
    pub remarks: Vec<Remark>,
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

/// Walks every chunk, inflates every pixel, reads the codes, and looks at how the page was scanned.
pub fn inspect(bytes: Bytes, digest: Digest, limits: Limits) -> Result<Inspected, InspectError> {
    let page = Page::from_png(&bytes, limits)?;
    let findings = unless_it_panics(digest, "Reading", || reading::read(&page));
    // Separate from the reading: a failure to give advice must never lose a code.
    let advice = unless_it_panics(digest, "Checking", || scanner::check(&page, &findings).advice);
    let (codes, module) = (findings.codes(), findings.module());
    let crc32 = crc32fast::hash(&bytes);
    let facts = ScanFacts { digest, size: bytes.len() as u64, crc32, width: page.width(), height: page.height() };
    let remarks = advice.into_iter().map(Remark::Scan).chain(page.flaws().iter().cloned().map(Remark::File)).collect();
    Ok(Inspected { scan: Scan { bytes, facts }, codes, module, remarks })
}

/// Some of it is foreign code. A page on which it panics is a page without a code or without advice, not an upload that
/// fails for ever: it is parked, and people look at it.
fn unless_it_panics<T: Default>(digest: Digest, what: &str, look: impl FnOnce() -> T) -> T {
    std::panic::catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| {
        tracing::error!(scan = %digest, "{what} scan {digest} panicked; it counts as a page on which nothing was found");
        T::default()
    })
}
