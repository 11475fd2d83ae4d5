//! The reply code of every failure, chosen once.
//!
//! libunftp turns its error kinds into replies with texts of its own; our sentences go in front
//! of them as the first line of the same reply, where that is possible.

use unftp_core::storage::{Error, ErrorKind};

use super::pour::Torn;
use crate::path::BadPath;
use crate::shelf::ShelfError;

/// The code that libunftp answers to [`refused`] in `SIZE`, `MDTM`, `CWD`, `LIST`, `MLSD`, `RETR`.
pub(super) fn code(refusal: &ShelfError) -> u16 {
    match refusal {
        ShelfError::Missing | ShelfError::NotYours(_) => 550,
        ShelfError::Busy(_) => 450,
        ShelfError::Damaged(_) => 451,
    }
}

/// The shelf's own words, if it has any.
pub(super) fn sentence(refusal: &ShelfError) -> Option<&str> {
    match refusal {
        ShelfError::Missing => None,
        ShelfError::NotYours(sentence) | ShelfError::Busy(sentence) | ShelfError::Damaged(sentence) => Some(sentence),
    }
}

pub(super) fn refused(refusal: ShelfError) -> Error {
    let kind = match refusal {
        ShelfError::Missing => ErrorKind::PermanentFileNotAvailable, // 550: do not ask again
        ShelfError::NotYours(_) => ErrorKind::PermissionDenied,      // 550
        ShelfError::Busy(_) => ErrorKind::TransientFileNotAvailable, // 450: ask again
        ShelfError::Damaged(_) => ErrorKind::LocalError,             // 451
    };
    Error::new(kind, refusal)
}

pub(super) fn no_such_path(bad: BadPath) -> Error {
    Error::new(ErrorKind::PermanentFileNotAvailable, bad)
}

/// 426 if the client or the line is at fault, 451 if we are. Never a success.
pub(super) fn torn(torn: Torn) -> Error {
    let kind = match torn {
        Torn::Source(_) | Torn::SourceStalled => ErrorKind::LocalError,
        Torn::Lost(_) | Torn::Stalled | Torn::Over => ErrorKind::ConnectionClosed,
    };
    Error::new(kind, torn)
}

/// 550 to everything that would write.
pub(super) fn read_only() -> Error {
    Error::new(ErrorKind::PermissionDenied, "this server is read-only")
}
