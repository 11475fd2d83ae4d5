//! Inflating the pixels of a PNG piece by piece (PNG specification, 10).
//!
//! It must never hold more than the window, what was asked for and a little ahead, whatever a stream would give; it must
//! never go on with a stream that is longer than what it gives; and it must never take a stream for sound before
//! its checksum was seen.

use fdeflate::{DecompressionError, Decompressor};

use super::Damage;
use super::chunks::Idat;

/// How far back a stream may refer.
const WINDOW: usize = 32 << 10;
/// Inflated ahead of what is asked for, so that the window is moved seldom.
const AHEAD: usize = 160 << 10;

/// Compressed bytes read at a time, so that a hollow stream is noticed soon.
const PIECE: usize = 64 << 10;
/// How many compressed bytes a stream may take beyond those that it gives: for nothing, a dozen for each of the 20,000 rows
/// a page may have, after each of which an encoder may flush; and one for every so many given, where codes of a fixed
/// length make nine bits of eight. A block has some twelve bytes, however little it holds, and costs as much as thousands
/// of pixels: a tenth of a second for each mebibyte of such blocks, and a page cannot have more of them than of pixels.
const FOR_NOTHING: usize = 256 << 10;
const ONE_FOR: usize = 4;

/// A zlib stream in the IDAT chunks of a file.
pub(super) struct Inflate<'a> {
    state: Decompressor,
    parts: Idat<'a>,
    /// What is left of the part that is being read.
    part: &'a [u8],
    /// No part follows.
    last: bool,
    /// The window, what was inflated, and room.
    buffer: Vec<u8>,
    /// Bytes of the buffer that were handed out already.
    taken: usize,
    /// Bytes of the buffer that are inflated.
    filled: usize,
    /// Compressed bytes taken so far.
    read: usize,
    /// Bytes given so far.
    given: usize,
}

impl<'a> Inflate<'a> {
    /// For somebody who takes at most `most` bytes at a time.
    pub fn new(parts: Idat<'a>, most: usize) -> Self {
        let buffer = vec![0; WINDOW + AHEAD + most];
        Self {
            state: Decompressor::new(),
            parts,
            part: &[],
            last: false,
            buffer,
            taken: 0,
            filled: 0,
            read: 0,
            given: 0,
        }
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: usize) -> Result<&[u8], Damage> {
        if self.filled - self.taken < length {
            self.make_room();
        }
        while self.filled - self.taken < length {
            if self.state.is_done() {
                return Err(Damage::Short);
            }
            self.read_on()?;
        }
        let bytes = &self.buffer[self.taken..self.taken + length];
        self.taken += length;
        Ok(bytes)
    }

    /// Reads to the end of the stream, where its checksum is, and sees to it that nothing was left to take. What follows
    /// the stream in its chunk is passed over, as every reader does: the chunk's own checksum covers it.
    pub fn finish(mut self) -> Result<(), Damage> {
        self.make_room();
        while self.filled == self.taken {
            if self.state.is_done() {
                return Ok(());
            }
            self.read_on()?;
        }
        Err(Damage::Long)
    }

    /// Moves what is still needed to the front: what was not taken, and the window before it.
    fn make_room(&mut self) {
        let needed = self.taken.min(self.filled.saturating_sub(WINDOW));
        self.buffer.copy_within(needed..self.filled, 0);
        self.taken -= needed;
        self.filled -= needed;
    }

    fn read_on(&mut self) -> Result<(), Damage> {
        if self.part.is_empty() && !self.last {
            match self.parts.next() {
                Some(part) => self.part = part,
                None => self.last = true,
            }
        }
        let piece = &self.part[..self.part.len().min(PIECE)];
        let (read, written) = self.state.read(piece, &mut self.buffer, self.filled, self.last)?;
        if read == 0 && written == 0 && !self.part.is_empty() && !self.state.is_done() {
            return Err(Damage::Deflate); // it promises not to stand still, and must not be believed
        }
        self.part = &self.part[read..];
        self.filled += written;
        self.read += read;
        self.given += written;
        let may_take = FOR_NOTHING + self.given + self.given / ONE_FOR;
        if self.read > may_take { Err(Damage::Hollow) } else { Ok(()) }
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
