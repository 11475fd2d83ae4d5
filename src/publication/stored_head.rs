//! The log's head as it lies in the vault: a checkpoint, and the entries after the last full bundle.

use serde::{Deserialize, Serialize};

/// One object, so that checkpoint and entries are always of the same instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredHead {
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// Lines of the entries from the last multiple of 256 on.
    pub tail: Vec<String>,
    /// The result lines of those of them that are about figures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<String>,
}

impl StoredHead {
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers")
    }

    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
