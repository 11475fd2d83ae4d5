//! What a client takes from an entry's line. Kinds and fields that it does not know are left alone: a party's older
//! program must understand the log of a newer service.

use serde::Deserialize;

use crate::domain::Digest;

/// An entry, as far as a client cares.
#[derive(Debug, Deserialize)]
pub struct LogEntry {
    /// When it was committed, as it is written.
    pub at: String,
    /// What it says.
    pub kind: String,
    /// The scan.
    pub sha256: Option<Digest>,
    /// The scan's bytes.
    pub size: Option<u64>,
    /// Where the scan lies in the tree.
    pub path: Option<String>,
    /// The election's id, in the entry that binds the log to it.
    pub election: Option<String>,
    /// A key that signs checkpoints from here on.
    pub key: Option<String>,
}

impl LogEntry {
    /// Reads a line.
    ///
    /// # Errors
    /// When it is no entry.
    pub fn parse(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }
}
