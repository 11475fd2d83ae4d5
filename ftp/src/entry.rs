//! What there is under a name: a directory or a file.

use std::time::SystemTime;

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The last part of the path. A name that cannot be a part of a path is left out of listings.
    pub name: String,
    /// Directory or file.
    pub kind: EntryKind,
    /// When the content was made; sent to the second. None where there is no such time: it is left out, and `LIST`, whose
    /// lines need one, shows the present.
    pub modified: Option<SystemTime>,
    /// The SHA-256 of a file's content, where it is known.
    pub sha256: Option<[u8; 32]>,
}

/// What an [`Entry`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// May be listed.
    Directory,
    /// May be opened.
    File {
        /// Exact length in bytes.
        size: u64,
    },
}
