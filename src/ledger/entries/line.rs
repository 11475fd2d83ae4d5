//! The line of an entry: the bytes that are public, and the entry read back from them.

use crate::domain::Entry;
use crate::ledger::LedgerError;

/// An entry's line at its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub position: u64,
    /// The entry's bytes.
    pub line: String,
}

/// Reads the entry that stands at `position` back from its line.
pub fn parse(position: u64, line: &str) -> Result<Entry, LedgerError> {
    serde_json::from_str(line).map_err(|error| LedgerError::Corrupt(format!("entry {position}: {error}")))
}
