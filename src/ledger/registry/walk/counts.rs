//! How many forms a board is to send, and how many of them are there.

use super::{FormCursor, Whose};
use crate::domain::place::Reach;
use crate::domain::{Election, FormKey};
use crate::ledger::{Ledger, LedgerError};

/// Forms of a board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BoardCounts {
    /// That are expected.
    pub expected: u64,
    /// Of which there is a scan.
    pub received: u64,
    /// Of which there is a better scan than the first.
    pub revised: u64,
}

impl Ledger {
    /// Counts the forms that a board may send.
    pub async fn board_counts(&self, reach: &Reach, election: &Election) -> Result<BoardCounts, LedgerError> {
        const PAGE: u32 = 1000;
        let whose = Whose::Board(reach);
        let (mut counts, mut cursor) = (BoardCounts::default(), FormCursor::Start);
        loop {
            let forms;
            (forms, cursor) = match &cursor {
                FormCursor::Start => self.forms_of_boxes(&whose, election, 0, PAGE).await?,
                FormCursor::Box(after) => self.forms_of_boxes(&whose, election, *after, PAGE).await?,
                FormCursor::Sheet(after) => self.sheets_of_places(&whose, after, PAGE).await?,
                FormCursor::End => return Ok(counts),
            };
            counts.expected += forms.len() as u64;
            let keys: Vec<FormKey> = forms.iter().map(|expected| expected.form.key()).collect();
            for keys in keys.chunks(PAGE as usize) {
                let there = self.on_file_now(keys).await?;
                counts.received += there.len() as u64;
                counts.revised += there.values().filter(|now| now.revision > 1).count() as u64;
            }
        }
    }
}
