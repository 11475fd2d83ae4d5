//! A CSV file line by line: bounded memory whatever is in it, and always the right line number.
//!
//! A record is one line. A quote that is never closed therefore spoils its line and not the rest of the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::beneath;
use crate::domain::Digest;

/// Bytes of one line. The longest real one has about 200.
pub const LINE_LIMIT: usize = 8 * 1024;

/// Why a line is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// It is too long to be one.
    #[error("the line is longer than {LINE_LIMIT} bytes")]
    TooLong,
    /// It is not UTF-8, the only encoding that is taken.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// A quoted field does not end on the line.
    #[error("a quoted field is not closed on its line")]
    OpenQuote,
    /// Something stands between a closing quote and the separator.
    #[error("text follows a closing quote")]
    AfterQuote,
}

/// Reads a file's lines and its digest on the way.
pub struct Lines {
    file: BufReader<File>,
    hasher: Sha256,
    buffer: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl Lines {
    /// Opens a file. Nothing of it is read yet.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = BufReader::with_capacity(64 * 1024, beneath::named_file(path)?);
        Ok(Self { file, hasher: Sha256::new(), buffer: Vec::new(), number: 0, bytes: 0 })
    }

    /// The next line without its end, and without the byte order mark that the first may have. None at the end.
    pub fn next(&mut self) -> io::Result<Option<Result<&str, BadText>>> {
        self.buffer.clear();
        let mut too_long = false;
        loop {
            let chunk = self.file.fill_buf()?;
            let end = chunk.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let taken = end.unwrap_or(chunk.len());
            self.hasher.update(&chunk[..taken]);
            self.bytes += taken as u64;
            if self.buffer.len() + taken <= LINE_LIMIT {
                self.buffer.extend_from_slice(&chunk[..taken]);
            } else {
                too_long = true; // read on to the line's end without keeping it
            }
            let finished = end.is_some() || taken == 0;
            self.file.consume(taken);
            if finished {
                if taken == 0 && self.buffer.is_empty() && !too_long {
                    return Ok(None);
                }
                break;
            }
        }
        self.number += 1;
        if too_long {
            return Ok(Some(Err(BadText::TooLong)));
        }
        let mut line = self.buffer.as_slice();
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.number == 1 {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        Ok(Some(std::str::from_utf8(line).map_err(|_| BadText::NotUtf8)))
    }

    /// Number of the line that was read last, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Digest of what was read so far; of the file, once the end was reached.
    pub fn digest(&self) -> Digest {
        Digest::finish(self.hasher.clone())
    }
}

/// Splits a line into its fields (RFC 4180, without line breaks in fields). `fields` is used again for every line.
pub fn split(line: &str, separator: char, fields: &mut Vec<String>) -> Result<(), BadText> {
    let mut used = 0;
    let mut rest = line;
    loop {
        if fields.len() == used {
            fields.push(String::new());
        }
        let field = &mut fields[used];
        used += 1;
        field.clear();
        if let Some(mut quoted) = rest.strip_prefix('"') {
            loop {
                let (text, after) = quoted.split_once('"').ok_or(BadText::OpenQuote)?;
                field.push_str(text);
                match after.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        quoted = more;
                    }
                    None => {
                        rest = after;
                        break;
                    }
                }
            }
            match rest.strip_prefix(separator) {
                Some(more) => rest = more,
                None if rest.is_empty() => break,
                None => return Err(BadText::AfterQuote),
            }
        } else {
            match rest.split_once(separator) {
                Some((text, more)) => {
                    field.push_str(text);
                    rest = more;
                }
                None => {
                    field.push_str(rest);
                    break;
                }
            }
        }
    }
    fields.truncate(used);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(line: &str, separator: char) -> Result<Vec<String>, BadText> {
        let mut fields = vec!["left over".to_owned()];
        split(line, separator, &mut fields).map(|()| fields)
    }

    #[test]
    fn a_line_is_split_at_separators_outside_quotes() {
        assert_eq!(fields("a,b,", ',').unwrap(), ["a", "b", ""]);
        assert_eq!(fields("", ',').unwrap(), [""]);
        assert_eq!(fields(r#""a,b";"c ""d""";e"#, ';').unwrap(), ["a,b", "c \"d\"", "e"]);
        assert_eq!(fields(r#"a,"b"#, ','), Err(BadText::OpenQuote));
        assert_eq!(fields(r#""a"b,c"#, ','), Err(BadText::AfterQuote));
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [b"x".repeat(3 * LINE_LIMIT), b"\nshort\r\nlast".to_vec()].concat()).unwrap();
        let mut lines = Lines::open(file.path()).unwrap();
        assert_eq!(lines.next().unwrap(), Some(Err(BadText::TooLong)));
        assert!(lines.buffer.capacity() <= 2 * LINE_LIMIT);
        assert_eq!(lines.next().unwrap(), Some(Ok("short")));
        assert_eq!(lines.next().unwrap(), Some(Ok("last")));
        assert_eq!(lines.next().unwrap(), None);
        assert_eq!(lines.number(), 3);
        assert_eq!(lines.digest(), Digest::of(&std::fs::read(file.path()).unwrap()));
    }

    proptest::proptest! {
        #[test]
        fn what_a_csv_writer_wrote_is_read_back(record in proptest::collection::vec("[^\r\n]{0,12}", 1..6)) {
            let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
            writer.write_record(&record).unwrap();
            let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            proptest::prop_assert_eq!(fields(line.trim_end_matches('\n'), ';').unwrap(), record);
        }

        #[test]
        fn no_line_makes_the_splitter_panic(line in ".{0,80}") {
            let _ = fields(&line, ',');
        }
    }
}
