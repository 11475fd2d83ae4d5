//! Lines of a file that somebody else wrote: none is longer than it can be, so that an endless one fills no memory.

use std::io::{self, ErrorKind, Read};

/// Passes bytes on until a line is longer than the limit: then it is an error.
#[derive(Debug)]
pub struct ShortLines<R> {
    inner: R,
    limit: usize,
    /// Bytes of the line that is being read.
    line: usize,
}

impl<R: Read> ShortLines<R> {
    /// Lines of at most `limit` bytes.
    pub fn new(inner: R, limit: usize) -> Self {
        Self { inner, limit, line: 0 }
    }
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        for line in buffer[..read].split_inclusive(|byte| *byte == b'\n') {
            self.line += line.len();
            if self.line > self.limit {
                let limit = self.limit;
                let what = format!("satır {limit} bayttan uzun / a line is longer than {limit} bytes");
                return Err(io::Error::new(ErrorKind::InvalidData, what));
            }
            if line.ends_with(b"\n") {
                self.line = 0;
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    #[test]
    fn an_endless_line_ends_in_an_error_and_short_ones_pass() {
        let text = "a\n".repeat(10_000) + "end";
        let lines = BufReader::new(ShortLines::new(text.as_bytes(), 4)).lines();
        assert_eq!(lines.map(Result::unwrap).count(), 10_001);
        let mut endless = BufReader::new(ShortLines::new(io::repeat(b'x'), 1 << 16)).lines();
        assert_eq!(endless.next().unwrap().unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
