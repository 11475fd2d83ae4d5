//! Inflating as fast as it goes: for streams so short that no blocks can make them costly.
//!
//! It must never go on with a stream that is longer than what it gives.

use fdeflate::{DecompressionError, Decompressor};

use super::Step;
use crate::page::Damage;

/// Compressed bytes read at a time, so that a hollow stream is noticed soon.
const PIECE: usize = 64 << 10;
/// How many compressed bytes a stream may take beyond those that it gives: for nothing, a dozen for each of the 20,000 rows
/// a page may have, after each of which an encoder may flush; and one for every so many given, where codes of a fixed
/// length make nine bits of eight.
const FOR_NOTHING: usize = 256 << 10;
const ONE_FOR: usize = 4;

#[derive(Default)]
pub(super) struct Quick {
    state: Decompressor,
    /// Compressed bytes taken so far.
    read: usize,
    /// Bytes given so far.
    given: usize,
}

impl Quick {
    /// The stream has ended, and its checksum was right.
    pub fn is_done(&self) -> bool {
        self.state.is_done()
    }

    /// Reads on in `part`, behind which nothing comes if it is the `last`, and inflates to `filled` and behind it.
    pub fn step(&mut self, part: &[u8], buffer: &mut [u8], filled: usize, last: bool) -> Result<Step, Damage> {
        let piece = &part[..part.len().min(PIECE)];
        let (read, given) = self.state.read(piece, buffer, filled, last)?;
        if read == 0 && given == 0 && !part.is_empty() && !self.is_done() {
            return Err(Damage::Deflate); // it promises not to stand still, and must not be believed
        }
        self.read += read;
        self.given += given;
        let may_take = FOR_NOTHING + self.given + self.given / ONE_FOR;
        if self.read > may_take { Err(Damage::Hollow) } else { Ok(Step { read, given }) }
    }
}

impl From<DecompressionError> for Damage {
    fn from(error: DecompressionError) -> Self {
        match error {
            DecompressionError::InsufficientInput => Self::Short,
            DecompressionError::WrongChecksum => Self::Checksum,
            _ => Self::Deflate,
        }
    }
}
