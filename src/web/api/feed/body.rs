//! The lines of a body. How much it unpacks to is counted while it is unpacked: a small body must not become a large one.

use std::io::Read;

use flate2::read::MultiGzDecoder;

/// Why a body has no lines that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// More bytes than may be.
    TooLarge,
    /// More lines than may be.
    TooManyLines,
    /// No sound gzip.
    Damaged,
    /// Not a single line.
    Nothing,
}

/// What a gzipped body unpacks to, at most `most` bytes.
pub(super) fn unpacked(packed: &[u8], most: usize) -> Result<Vec<u8>, Unreadable> {
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(packed).take(most as u64 + 1).read_to_end(&mut bytes);
    match read {
        Ok(read) if read > most => Err(Unreadable::TooLarge),
        Ok(_) => Ok(bytes),
        Err(_) => Err(Unreadable::Damaged),
    }
}

/// The lines of a body, at most `most`. A line break at the end begins no further one.
pub(super) fn lines_of(bytes: &[u8], most: usize) -> Result<Vec<Vec<u8>>, Unreadable> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if bytes.is_empty() {
        return Err(Unreadable::Nothing);
    }
    let all = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec());
    let lines: Vec<Vec<u8>> = all.take(most + 1).collect();
    if lines.len() > most { Err(Unreadable::TooManyLines) } else { Ok(lines) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_bomb_is_given_up_and_a_torn_body_is_no_shorter_one() {
        let packed = gzip(b"one\ntwo\n");
        assert_eq!(unpacked(&packed, 8).unwrap(), b"one\ntwo\n");
        assert_eq!(unpacked(&packed, 7), Err(Unreadable::TooLarge));
        assert_eq!(unpacked(&packed[..packed.len() - 1], 8), Err(Unreadable::Damaged));
        assert_eq!(unpacked(b"no gzip", 8), Err(Unreadable::Damaged));
        let bomb = gzip(&vec![b'x'; 64 << 20]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(unpacked(&bomb, 1 << 20), Err(Unreadable::TooLarge));
        // Two bombs behind each other are one body.
        assert_eq!(unpacked(&[gzip(b"12345"), gzip(b"67890")].concat(), 8), Err(Unreadable::TooLarge));
    }

    #[test]
    fn lines_are_counted_with_and_without_a_break_at_the_end() {
        let count = |bytes: &[u8]| lines_of(bytes, 2).map(|lines| lines.len());
        assert_eq!((count(b"a\nb"), count(b"a\r\nb\n"), count(b"a\n\n")), (Ok(2), Ok(2), Ok(2)));
        assert_eq!(count(b"a\nb\nc"), Err(Unreadable::TooManyLines));
        assert_eq!((count(b""), count(b"\n")), (Err(Unreadable::Nothing), Err(Unreadable::Nothing)));
        assert_eq!(lines_of(b"a\r\nb\n", 2).unwrap(), [b"a".to_vec(), b"b".to_vec()]);
    }
}
