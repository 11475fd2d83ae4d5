//! Walking a PNG chunk by chunk: every length, every checksum, IEND, and nothing after it (PNG specification, 5.3).
//!
//! It must never inflate anything and never trust a length it has not compared with what is there.

/// Why the bytes are no sound PNG, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PngError {
    /// There are no bytes.
    #[error("there are no bytes")]
    Empty,
    /// The signature is not there.
    #[error("the first eight bytes are not those of a PNG")]
    NotPng,
    /// The bytes end inside a chunk or before IEND.
    #[error("the bytes end inside chunk {chunk} at byte {at}")]
    Truncated {
        /// The chunk's type, or `?` where not even that is whole.
        chunk: String,
        /// Where the chunk begins.
        at: usize,
    },
    /// A checksum is wrong.
    #[error("chunk {chunk} at byte {at} has a wrong checksum")]
    WrongCrc {
        /// The chunk's type.
        chunk: String,
        /// Where it begins.
        at: usize,
    },
    /// Chunks are missing, doubled or out of order.
    #[error("chunk {chunk} at byte {at} is out of place")]
    Misplaced {
        /// The chunk's type.
        chunk: String,
        /// Where it begins.
        at: usize,
    },
    /// Something follows IEND.
    #[error("{bytes} bytes follow the end of the image at byte {at}")]
    Trailing {
        /// How many.
        bytes: usize,
        /// Where they begin.
        at: usize,
    },
}

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Length, type and checksum.
const FRAME: usize = 12;

/// Where a header has its colour type, and the one of palettes.
const COLOUR: usize = 9;
const INDEXED: u8 = 3;

/// The parts of a sound file that a page is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct File<'a> {
    /// The data of IHDR.
    pub header: &'a [u8; 13],
    /// The data of PLTE.
    pub palette: Option<&'a [u8]>,
    /// The data of tRNS, where it stands in its place.
    pub transparency: Option<&'a [u8]>,
    /// The data of pHYs.
    pub density: Option<&'a [u8]>,
    /// The compressed pixels.
    pub pixels: Idat<'a>,
}

/// The data of all IDAT chunks, one after the other. Kept as the bytes they stand in, so that a million empty chunks cost
/// no memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Idat<'a> {
    chunks: &'a [u8],
}

impl Idat<'_> {
    /// Bytes that are left, with the frames of their chunks.
    pub fn size(&self) -> usize {
        self.chunks.len()
    }
}

impl<'a> Iterator for Idat<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.chunks.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        // The walk has seen that each chunk is whole.
        self.chunks = rest.get(4 + length + 4..)?;
        rest.get(4..4 + length)
    }
}

/// Where the walk has come to.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    BeforeHeader,
    BeforeData,
    InData,
    AfterData,
}

/// Walks all chunks. `Ok` means that the frame of the file is sound; what the pixels hold is another question.
pub(super) fn walk(bytes: &[u8]) -> Result<File<'_>, PngError> {
    if bytes.is_empty() {
        return Err(PngError::Empty);
    }
    if !bytes.starts_with(SIGNATURE) {
        return Err(PngError::NotPng);
    }
    let mut at = SIGNATURE.len();
    let mut stage = Stage::BeforeHeader;
    let mut file = File { header: &[0; 13], palette: None, transparency: None, density: None, pixels: Idat::default() };
    let mut pixels_from = 0;
    loop {
        let (chunk, data) = chunk_at(bytes, at)?;
        let next = at + FRAME + data.len();
        let misplaced = || PngError::Misplaced { chunk: name(chunk), at };
        match (chunk, stage) {
            (b"IHDR", Stage::BeforeHeader) => file.header = data.try_into().map_err(|_| misplaced())?,
            (b"IHDR", _) | (_, Stage::BeforeHeader) => return Err(misplaced()),
            (b"IDAT", Stage::BeforeData) => pixels_from = at,
            (b"IDAT", Stage::InData) => {}
            (b"IEND", Stage::InData | Stage::AfterData) if data.is_empty() => {
                let rest = bytes.len() - next;
                return if rest == 0 { Ok(file) } else { Err(PngError::Trailing { bytes: rest, at: next }) };
            }
            (b"PLTE", Stage::BeforeData) if file.palette.is_none() => file.palette = Some(data),
            // Where pixels are indices into a palette, it counts only behind the palette.
            (b"tRNS", Stage::BeforeData) if file.header[COLOUR] != INDEXED || file.palette.is_some() => {
                file.transparency = file.transparency.or(Some(data));
            }
            (b"pHYs", Stage::BeforeData) => file.density = file.density.or(Some(data)),
            // A chunk that no reader may pass over: a second palette, more pixels, or something nobody knows.
            ([first, ..], _) if first.is_ascii_uppercase() => return Err(misplaced()),
            _ => {}
        }
        stage = match (chunk, stage) {
            (b"IHDR", _) => Stage::BeforeData,
            (b"IDAT", _) => {
                file.pixels = Idat { chunks: &bytes[pixels_from..next] };
                Stage::InData
            }
            (_, Stage::InData) => Stage::AfterData,
            (_, stage) => stage,
        };
        at = next;
    }
}

/// The type and the data of the chunk at `at`, its checksum verified.
fn chunk_at(bytes: &[u8], at: usize) -> Result<(&[u8; 4], &[u8]), PngError> {
    let rest = &bytes[at..];
    let Some((head, _)) = rest.split_first_chunk::<8>() else {
        return Err(PngError::Truncated { chunk: "?".into(), at });
    };
    let [l0, l1, l2, l3, chunk @ ..] = head;
    let data_length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
    // 2^31 - 1 is the most the format allows; compared without adding, so that nothing can overflow.
    if rest.len().checked_sub(FRAME).is_none_or(|room| data_length > room) {
        return Err(PngError::Truncated { chunk: name(chunk), at });
    }
    let covered = &rest[4..8 + data_length];
    let stored = &rest[8 + data_length..FRAME + data_length];
    if crc32fast::hash(covered).to_be_bytes() == *stored {
        Ok((chunk, &covered[4..]))
    } else {
        Err(PngError::WrongCrc { chunk: name(chunk), at })
    }
}

/// The chunk's type for a message: foreign bytes, so what is no letter is shown as its number.
fn name(chunk: &[u8; 4]) -> String {
    chunk.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let covered = [kind.as_slice(), data].concat();
        [&(data.len() as u32).to_be_bytes(), covered.as_slice(), &crc32fast::hash(&covered).to_be_bytes()].concat()
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE.to_vec(), chunks.concat()].concat()
    }

    #[test]
    fn only_a_whole_file_in_order_passes() {
        let (header, data, end) = (chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"x"), chunk(b"IEND", b""));
        let text = chunk(b"tEXt", b"a\0b");
        let sound = file(&[header.clone(), text.clone(), data.clone(), data.clone(), text.clone(), end.clone()]);
        let walked = walk(&sound).unwrap();
        assert_eq!(walked.pixels.collect::<Vec<_>>(), [b"x", b"x"]);
        for cut in 0..sound.len() {
            assert!(walk(&sound[..cut]).is_err(), "cut at byte {cut}");
        }
        let trailing = [sound.clone(), b"GIF8".to_vec()].concat();
        assert_eq!(walk(&trailing).unwrap_err(), PngError::Trailing { bytes: 4, at: sound.len() });
        let misplaced = |chunks: &[Vec<u8>]| matches!(walk(&file(chunks)), Err(PngError::Misplaced { .. }));
        assert!(misplaced(&[data.clone(), header.clone(), end.clone()]), "data before the header");
        assert!(misplaced(&[header.clone(), end.clone()]), "no data");
        assert!(misplaced(&[header.clone(), header.clone(), data.clone(), end.clone()]), "two headers");
        assert!(misplaced(&[header.clone(), data.clone(), text, data.clone(), end.clone()]), "data in two places");
        assert!(misplaced(&[header.clone(), data.clone(), chunk(b"IEND", b"x")]), "an end with something in it");
        let palette = chunk(b"PLTE", &[0; 6]);
        assert!(misplaced(&[header.clone(), palette.clone(), palette, data.clone(), end.clone()]), "two palettes");
        assert!(misplaced(&[header, chunk(b"NEWS", b""), data, end]), "a chunk that must be understood, and is not");
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let sound = file(&[chunk(b"IHDR", &[0; 13]), chunk(b"IDAT", b"pixels"), chunk(b"IEND", b"")]);
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut torn = sound.clone();
                torn[at] ^= 1 << bit;
                assert!(walk(&torn).is_err(), "bit {bit} of byte {at}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_walk_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = walk(&bytes);
            let _ = walk(&[SIGNATURE, &bytes].concat());
        }
    }
}
