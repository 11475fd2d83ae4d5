//! A transfer under way. Its row is written when it ends, however it ends; and one more as soon as it has taken a while or
//! is large, so that what a node was sending when it was lost is on record too.

use std::time::Duration;

use tokio::task::AbortHandle;

use super::{Outcome, RecordSlot};

/// A transfer that is over by then has one row.
const A_WHILE: Duration = Duration::from_secs(1);
/// Bytes of which a fast line carries many within [`A_WHILE`]: their beginning is written down at once.
const MUCH: u64 = 8 << 20;

/// A transfer under way. When it is dropped before everything was sent, the row says that it was cut.
#[derive(Debug)]
pub struct Delivery {
    slot: RecordSlot,
    /// How much there is to send; none where only the end tells.
    expected: Option<u64>,
    sent: u64,
    whole: bool,
    failure: Option<String>,
    note: String,
    /// Writes the beginning down, if the end does not come before.
    begun: Option<AbortHandle>,
}

impl Delivery {
    pub(super) fn new(slot: RecordSlot, expected: Option<u64>) -> Self {
        let (audit, access) = (slot.audit.clone(), slot.access.clone());
        let write = move || {
            // If no slot is free now, only the row about the end is written, which has its own.
            if let Ok(slot) = audit.slot_now(access) {
                slot.begun();
            }
        };
        let begun = if expected.is_some_and(|bytes| bytes >= MUCH) {
            write();
            None
        } else {
            let later = async {
                tokio::time::sleep(A_WHILE).await;
                write();
            };
            Some(tokio::spawn(later).abort_handle())
        };
        Self { slot, expected, sent: 0, whole: false, failure: None, note: String::new(), begun }
    }

    /// So many more bytes went out.
    pub fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// The end was reached, where the length was not known before.
    pub fn end(mut self) {
        self.whole = true;
    }

    /// What is to stand beside the outcome of a transfer that reaches its end.
    pub fn note(&mut self, note: String) {
        self.note = note;
    }

    /// It did not reach its end, whatever was sent.
    pub fn fail(&mut self, reason: &str) {
        self.failure.get_or_insert_with(|| reason.to_owned());
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(begun) = self.begun.take() {
            begun.abort();
        }
        let all = self.whole || self.expected.is_some_and(|expected| self.sent >= expected);
        let complete = all && self.failure.is_none();
        let outcome = if complete { Outcome::Done } else { Outcome::Cut };
        let reason = self.failure.take().unwrap_or_else(|| std::mem::take(&mut self.note));
        self.slot.write(self.sent, outcome, &reason);
    }
}
