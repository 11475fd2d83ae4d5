//! Inflating block by block: a little slower, and sure of what a stream can cost.
//!
//! It must never go on with a stream whose blocks are made to cost.

use zlib_rs::{InflateFlush, Status};

use super::Step;
use crate::page::Damage;

/// The window of any zlib stream, as the exponent of two.
const WINDOW: u8 = 15;

/// How many blocks a stream may have that give no bytes: three for each of the 20,000 rows a page may have, after each of
/// which an encoder may flush. And one for every so many bytes that it gives: the shortest blocks of zlib have 128 codes
/// (`memLevel` 1), and those of every day 16,000 and more.
const FOR_NOTHING: usize = 60_000;
const ONE_FOR: usize = 128;

pub(super) struct Counted {
    state: zlib_rs::Inflate,
    done: bool,
    /// Blocks that have ended.
    blocks: usize,
}

impl Counted {
    pub fn new() -> Self {
        Self { state: zlib_rs::Inflate::new(true, WINDOW), done: false, blocks: 0 }
    }

    /// The stream has ended, and its checksum was right.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Reads on to the end of a block or of the part, or until there is no room left.
    pub fn step(&mut self, part: &[u8], room: &mut [u8]) -> Result<Step, Damage> {
        let (read, given) = (self.state.total_in(), self.state.total_out());
        // What is left of a stream behind its last part are a few bits: too little to cost, and not to be stopped at.
        let flush = if part.is_empty() { InflateFlush::NoFlush } else { InflateFlush::Block };
        let status = self.state.decompress(part, room, flush);
        let read = (self.state.total_in() - read) as usize;
        let given = (self.state.total_out() - given) as usize;
        match status {
            Ok(Status::StreamEnd) => self.done = true,
            // Neither the part nor the room has ended, so a block has, even where not a byte was needed for it.
            Ok(_) if read < part.len() && given < room.len() => self.blocks += 1,
            Ok(_) => {}
            Err(_) if self.state.error_message() == Some("incorrect data check") => return Err(Damage::Checksum),
            Err(_) => return Err(Damage::Deflate),
        }
        let may_have = FOR_NOTHING + self.state.total_out() as usize / ONE_FOR;
        if self.blocks > may_have { Err(Damage::Hollow) } else { Ok(Step { read, given }) }
    }
}
