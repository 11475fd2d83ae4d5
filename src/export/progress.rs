//! How far an export is, for whoever shows it. It must never slow the writing down.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Counting what belongs to the çevre.
    Planning,
    /// Scans are being written.
    Writing,
    /// Reading back.
    Reading,
}

/// Bytes done of bytes to do, in a phase. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    phase: AtomicU8,
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// A phase begins.
    pub fn turn(&self, phase: Phase) {
        self.inner.done.store(0, Ordering::Relaxed);
        self.inner.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// So many bytes are to be written, about.
    pub fn expect(&self, bytes: u64) {
        self.inner.total.store(bytes, Ordering::Relaxed);
    }

    /// So many more were done.
    pub fn add(&self, bytes: u64) {
        self.inner.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Where it stands: phase, done, total.
    pub fn now(&self) -> (Phase, u64, u64) {
        let phase = match self.inner.phase.load(Ordering::Relaxed) {
            0 => Phase::Planning,
            1 => Phase::Writing,
            _ => Phase::Reading,
        };
        (phase, self.inner.done.load(Ordering::Relaxed), self.inner.total.load(Ordering::Relaxed))
    }
}
