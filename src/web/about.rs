//! Whom a request turned out to be about, for its row in the record.

use std::sync::{Arc, Mutex, PoisonError};

/// The accounts or people that a request turned out to be about. Handlers name each as soon as they know it: it stands
/// first in the row, and each has a row of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct About(Arc<Mutex<Vec<String>>>);

impl About {
    /// Adds one. Only what was looked up may be named here: it is written to the record.
    pub fn is(&self, subject: &str) {
        let mut subjects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !subjects.iter().any(|known| known == subject) {
            subjects.push(subject.to_owned());
        }
    }

    /// All that were named, in order. None are left.
    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
