//! Inflating the pixels of a PNG piece by piece (PNG specification, 10).
//!
//! It must never hold more than the window, what was asked for and a little ahead, whatever a stream would give; it must
//! never go on with a stream that is made to cost; and it must never take a stream for sound before its checksum was seen.

mod counted;
mod quick;

use counted::Counted;
use quick::Quick;

use super::Damage;
use super::chunks::Idat;

/// How far back a stream may refer.
const WINDOW: usize = 32 << 10;
/// Inflated ahead of what is asked for, so that the window is moved seldom.
const AHEAD: usize = 160 << 10;

/// Compressed bytes above which blocks are counted. A block has some twelve bytes, however little it holds, brings its own
/// tables, and costs as much as thousands of pixels: a mebibyte of such blocks takes a tenth of a second, which a page may.
/// Who tries bytes of chance tries short ones, and both engines with them.
const FEW: usize = if cfg!(fuzzing) { 512 } else { 1 << 20 };

/// A zlib stream in the IDAT chunks of a file.
pub(super) struct Inflate<'a> {
    engine: Engine,
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
}

/// What a stream held beyond the pixels.
pub(super) struct Rest {
    /// Bytes that were inflated and not needed.
    pub surplus: usize,
    /// Whether bytes follow its end. The engine may have taken three of them already, which nobody can tell.
    pub followed: bool,
}

/// Who inflates: the quicker of the two cannot say how many blocks a stream has.
enum Engine {
    Quick(Box<Quick>),
    Counted(Counted),
}

/// What one step took and gave, in bytes.
struct Step {
    read: usize,
    given: usize,
}

impl<'a> Inflate<'a> {
    /// For somebody who takes at most `most` bytes at a time.
    pub fn new(parts: Idat<'a>, most: usize) -> Self {
        let engine = if parts.size() > FEW { Engine::Counted(Counted::new()) } else { Engine::Quick(Box::default()) };
        let buffer = vec![0; WINDOW + AHEAD + most];
        Self { engine, parts, part: &[], last: false, buffer, taken: 0, filled: 0 }
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: usize) -> Result<&[u8], Damage> {
        if self.filled - self.taken < length {
            self.make_room();
        }
        while self.filled - self.taken < length {
            if self.is_done() {
                return Err(Damage::Short);
            }
            self.read_on()?;
        }
        let bytes = &self.buffer[self.taken..self.taken + length];
        self.taken += length;
        Ok(bytes)
    }

    /// Reads to the end of the stream, where its checksum is. What was not taken, up to `most` bytes, and what follows the
    /// stream in its chunk are passed over, as every reader does: checksums cover both.
    pub fn finish(mut self, most: usize) -> Result<Rest, Damage> {
        let mut surplus = 0;
        loop {
            surplus += self.filled - self.taken;
            self.taken = self.filled;
            if surplus > most {
                return Err(Damage::Long);
            }
            if self.is_done() {
                let followed = !self.part.is_empty() || self.parts.any(|part| !part.is_empty());
                return Ok(Rest { surplus, followed });
            }
            self.make_room();
            // Every pixel is there already; what is missing is the end of the stream.
            self.read_on().map_err(|error| if error == Damage::Short { Damage::NoChecksum } else { error })?;
        }
    }

    /// Moves what is still needed to the front: what was not taken, and the window before it.
    fn make_room(&mut self) {
        let needed = self.taken.min(self.filled.saturating_sub(WINDOW));
        self.buffer.copy_within(needed..self.filled, 0);
        self.taken -= needed;
        self.filled -= needed;
    }

    fn is_done(&self) -> bool {
        match &self.engine {
            Engine::Quick(quick) => quick.is_done(),
            Engine::Counted(counted) => counted.is_done(),
        }
    }

    fn read_on(&mut self) -> Result<(), Damage> {
        if self.part.is_empty() && !self.last {
            match self.parts.next() {
                Some(part) => self.part = part,
                None => self.last = true,
            }
        }
        let Step { read, given } = match &mut self.engine {
            Engine::Quick(quick) => quick.step(self.part, &mut self.buffer, self.filled, self.last)?,
            Engine::Counted(counted) => counted.step(self.part, &mut self.buffer[self.filled..])?,
        };
        if self.last && read == 0 && given == 0 && !self.is_done() {
            return Err(Damage::Short);
        }
        self.part = &self.part[read..];
        self.filled += given;
        Ok(())
    }
}
