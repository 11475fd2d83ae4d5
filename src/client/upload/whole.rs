//! Whether a file is whole: read to its end without having moved, a PNG down to IEND with sound checksums.
//!
//! It must never call a file damaged that may only be half written; how long one has stood still is for others to say.

use std::io::Read;
use std::path::Path;

use bytes::Bytes;

use super::folder::Mark;
use crate::beneath::{self, Folder};
use crate::client::disk::DiskError;
use crate::domain::Digest;
use crate::reading::{PngError, check_frame};

/// Bytes of a file that is looked at, at most; twice what the service takes by default. A longer one is not read: the
/// service would refuse it.
pub const BYTES: u64 = 64 << 20;

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// A whole PNG.
    Whole(Digest),
    /// No PNG, or none yet.
    Unsound {
        /// Its bytes as they are now.
        digest: Digest,
        /// What is wrong with it.
        why: Unsound,
    },
    /// It moved while it was read, or is gone.
    Moving,
}

/// Why a file is no scan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// Its frame is damaged.
    #[error(transparent)]
    Frame(#[from] PngError),
    /// It is far too long.
    #[error("the file has {0} bytes")]
    TooLong(u64),
}

/// Reads a file; `None` when it moved meanwhile, or is gone.
///
/// # Errors
/// When it cannot be read.
pub fn read(root: &Folder, path: &Path) -> Result<Option<(Bytes, Mark)>, DiskError> {
    let read = || -> std::io::Result<Option<(Bytes, Mark)>> {
        let mut file = root.file(path)?;
        let before = Mark::of(&file.metadata()?);
        let mut bytes = Vec::with_capacity(before.size.min(BYTES) as usize);
        (&mut file).take(BYTES + 1).read_to_end(&mut bytes)?;
        let after = Mark::of(&file.metadata()?);
        let same = before == after && (bytes.len() as u64 == after.size || after.size > BYTES);
        Ok(same.then(|| (bytes.into(), after)))
    };
    match read() {
        Err(error) if beneath::is_absent(&error) => Ok(None),
        done => done.map_err(|error| DiskError::at(&root.path().join(path), error)),
    }
}

/// Judges a file. Burns a core.
///
/// # Errors
/// When it cannot be read.
pub fn judge(root: &Folder, path: &Path) -> Result<(Judgement, Option<Mark>), DiskError> {
    let Some((bytes, mark)) = read(root, path)? else { return Ok((Judgement::Moving, None)) };
    let digest = Digest::of(&bytes);
    let sound = match mark.size {
        size if size > BYTES => Err(Unsound::TooLong(size)),
        _ => check_frame(&bytes).map_err(Unsound::Frame),
    };
    let judgement = match sound {
        Ok(()) => Judgement::Whole(digest),
        Err(why) => Judgement::Unsound { digest, why },
    };
    Ok((judgement, Some(mark)))
}
