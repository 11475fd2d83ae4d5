//! Lines of a control connection: read with a limit, and without the signs of Telnet that some clients send before
//! `ABOR` (RFC 959 §4.1.3, RFC 854).
//!
//! It never holds more than one longest line, and what a client sends ahead stays in the kernel's buffers.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::command::LONGEST;

/// How much of a line that is too long is passed over before the client is given up.
const PATIENCE: usize = 16 * LONGEST;
/// The most that is read ahead.
const PIECE: usize = 1024;
/// "Interpret as command", RFC 854.
const IAC: u8 = 0xff;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A line without its end.
    Line(Vec<u8>),
    /// A line longer than the limit; it was passed over.
    TooLong,
    /// The client has ended the connection.
    End,
}

/// Bytes that are read and not yet a line.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    /// Up to here there is no line feed.
    searched: usize,
    /// Bytes of a line that is being passed over.
    passed: usize,
}

impl Lines {
    /// Whether the client has sent something that nobody has read yet.
    pub(crate) fn has_more(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next line. It may be dropped half-way and asked for again.
    pub(crate) async fn next<W: AsyncRead + Unpin>(&mut self, wire: &mut W) -> io::Result<Heard> {
        loop {
            if let Some(heard) = self.take() {
                return Ok(heard);
            }
            if self.passed > PATIENCE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line without an end"));
            }
            self.buffer.reserve(PIECE);
            if (&mut *wire).take(PIECE as u64).read_buf(&mut self.buffer).await? == 0 {
                return Ok(Heard::End);
            }
        }
    }

    fn take(&mut self) -> Option<Heard> {
        let feed = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(feed) = feed.map(|at| at + self.searched) else {
            // Room for the line's own end, and for the signs of Telnet.
            if self.buffer.len() > LONGEST + 16 {
                self.passed += self.buffer.len();
                self.buffer.clear();
            }
            self.searched = self.buffer.len();
            return None;
        };
        let mut line: Vec<u8> = self.buffer.drain(..=feed).collect();
        self.searched = 0;
        if self.buffer.is_empty() {
            // A session at rest holds nothing.
            self.buffer = Vec::new();
        }
        if std::mem::take(&mut self.passed) > 0 {
            return Some(Heard::TooLong);
        }
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(Heard::Line(without_telnet(line)))
    }
}

/// `IAC IAC` is the byte 255; `IAC` with another of its signs behind it says something that matters to nobody here. An
/// `IAC` alone is what is left when its sign was sent as urgent data.
fn without_telnet(line: Vec<u8>) -> Vec<u8> {
    if !line.contains(&IAC) {
        return line;
    }
    let mut plain = Vec::with_capacity(line.len());
    let mut bytes = line.into_iter().peekable();
    while let Some(byte) = bytes.next() {
        if byte != IAC {
            plain.push(byte);
            continue;
        }
        match bytes.peek() {
            Some(&IAC) => plain.extend(bytes.next()),
            // WILL, WONT, DO and DONT have an option behind them.
            Some(251..=254) => {
                bytes.next();
                bytes.next();
            }
            Some(240..=250) => {
                bytes.next();
            }
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(mut bytes: &[u8]) -> Vec<Heard> {
        let mut lines = Lines::default();
        let mut heard = Vec::new();
        loop {
            heard.push(lines.next(&mut bytes).await.unwrap());
            if heard.last() == Some(&Heard::End) {
                return heard;
            }
        }
    }

    fn line(text: &str) -> Heard {
        Heard::Line(text.as_bytes().to_vec())
    }

    #[tokio::test]
    async fn lines_end_at_their_line_feed() {
        let heard = all(b"USER a\r\nPASS b\n\r\nhalf").await;
        assert_eq!(heard, [line("USER a"), line("PASS b"), line(""), Heard::End]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_passed_over_and_the_next_is_heard() {
        let long = [&[b'A'; 3 * LONGEST][..], b"\r\nNOOP\r\n"].concat();
        assert_eq!(all(&long).await, [Heard::TooLong, line("NOOP"), Heard::End]);
        let endless = vec![b'A'; 20 * LONGEST];
        let mut lines = Lines::default();
        assert!(lines.next(&mut &endless[..]).await.is_err());
        assert!(lines.buffer.capacity() < 3 * LONGEST);
    }

    #[tokio::test]
    async fn the_signs_of_telnet_are_left_out() {
        let said = b"\xff\xf4\xff\xf2ABOR\r\n\xff\xf4\xffABOR\r\nRETR \xff\xff\r\n\xff\xfb\x01NOOP\r\n";
        let heard = all(said).await;
        assert_eq!(heard[..2], [line("ABOR"), line("ABOR")]);
        assert_eq!(heard[2], Heard::Line(b"RETR \xff".to_vec()));
        assert_eq!(heard[3], line("NOOP"));
    }
}
