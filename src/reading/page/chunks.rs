//! Walking a PNG chunk by chunk: every length, every checksum, down to IEND (PNG specification, 5.3).
//!
//! A critical chunk that is damaged ends the walk. An ancillary one that is damaged is passed over and reported as a
//! [`Flaw`]; so is what follows IEND. Nothing is inflated, and no length is trusted before it was compared with what is
//! there.

use super::flaw::{ChunkFault, Flaw, Flaws};
use super::order::Order;

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
    /// A chunk's type is not four letters, so nobody can say whether it may be passed over.
    #[error("there is no chunk type {chunk}, which stands at byte {at}")]
    NoType {
        /// What stands in its place.
        chunk: String,
        /// Where the chunk begins.
        at: usize,
    },
    /// A second image follows the first: another page, which no reader would show.
    #[error("a second image begins at byte {at}")]
    SecondImage {
        /// Where it begins.
        at: usize,
    },
}

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Length, type and checksum.
const FRAME: usize = 12;

/// Where a header has its colour type, and the one of palettes.
const COLOUR: usize = 9;
const INDEXED: u8 = 3;

/// The parts of a file that a page is made of.
#[derive(Clone, Debug)]
pub(super) struct File<'a> {
    /// The data of IHDR.
    pub header: &'a [u8; 13],
    /// The data of PLTE.
    pub palette: Option<&'a [u8]>,
    /// The data of tRNS, if it fits the header and the palette.
    pub transparency: Option<&'a [u8]>,
    /// The data of pHYs.
    pub density: Option<&'a [u8; 9]>,
    /// The compressed pixels.
    pub pixels: Idat<'a>,
    /// What was passed over.
    pub flaws: Flaws,
}

impl<'a> File<'a> {
    fn new() -> Self {
        let (palette, transparency, density) = (None, None, None);
        Self { header: &[0; 13], palette, transparency, density, pixels: Idat::default(), flaws: Flaws::default() }
    }

    /// Whether a tRNS has the length that its colour type asks for; libpng passes over any other.
    fn fits(&self, transparency: &[u8]) -> bool {
        match self.header[COLOUR] {
            0 => transparency.len() == 2,
            2 => transparency.len() == 6,
            INDEXED => self.palette.is_some_and(|palette| (1..=palette.len() / 3).contains(&transparency.len())),
            _ => false,
        }
    }

    /// Takes from an ancillary chunk what the page needs of it.
    ///
    /// # Errors
    /// The chunk is damaged, and nothing of it was taken.
    fn take(&mut self, chunk: &Chunk<'a>, stage: Stage, order: &mut Order) -> Result<(), ChunkFault> {
        if !chunk.sound {
            return Err(ChunkFault::Checksum);
        }
        let before_data = stage == Stage::BeforeData;
        let needs_palette = chunk.kind == b"tRNS" && self.header[COLOUR] == INDEXED && self.palette.is_none();
        if needs_palette || !order.allows(chunk.kind, self.palette.is_none(), before_data) {
            return Err(ChunkFault::Place);
        }
        match chunk.kind {
            b"tRNS" if self.fits(chunk.data) => self.transparency = Some(chunk.data),
            b"pHYs" if chunk.data.len() == 9 => self.density = chunk.data.as_array(),
            b"tRNS" | b"pHYs" => return Err(ChunkFault::Content),
            _ => {}
        }
        order.saw(chunk.kind);
        Ok(())
    }
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

/// Walks all chunks. `Ok` means that the critical chunks are whole and in order; what the pixels hold is another question.
pub(super) fn walk(bytes: &[u8]) -> Result<File<'_>, PngError> {
    if bytes.is_empty() {
        return Err(PngError::Empty);
    }
    if !bytes.starts_with(SIGNATURE) {
        return Err(PngError::NotPng);
    }
    let mut at = SIGNATURE.len();
    let mut stage = Stage::BeforeHeader;
    let mut file = File::new();
    let mut order = Order::default();
    let mut pixels_from = 0;
    loop {
        let chunk = chunk_at(bytes, at)?;
        let next = at + FRAME + chunk.data.len();
        let misplaced = || PngError::Misplaced { chunk: name(chunk.kind), at };
        if chunk.is_critical() && !chunk.sound {
            return Err(PngError::WrongCrc { chunk: name(chunk.kind), at });
        }
        match (chunk.kind, stage) {
            (b"IHDR", Stage::BeforeHeader) => file.header = chunk.data.try_into().map_err(|_| misplaced())?,
            (b"IHDR", _) | (_, Stage::BeforeHeader) => return Err(misplaced()),
            (b"IDAT", Stage::BeforeData) => pixels_from = at,
            (b"IDAT", Stage::InData) => {}
            (b"IEND", Stage::InData | Stage::AfterData) => {
                let filled = Flaw::Chunk { chunk: name(chunk.kind), at, fault: ChunkFault::Content };
                file.flaws.add((!chunk.data.is_empty()).then_some(filled));
                file.flaws.add(behind_the_end(bytes, next)?);
                return Ok(file);
            }
            (b"PLTE", Stage::BeforeData) if file.palette.is_none() => file.palette = Some(chunk.data),
            // A chunk that no reader may pass over: a second palette, more pixels, or something nobody knows.
            _ if chunk.is_critical() => return Err(misplaced()),
            _ => {
                let taken = file.take(&chunk, stage, &mut order);
                file.flaws.add(taken.err().map(|fault| Flaw::Chunk { chunk: name(chunk.kind), at, fault }));
            }
        }
        stage = match (chunk.kind, stage) {
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

/// What follows IEND: nothing, or bytes that every reader passes over, unless they are another image.
fn behind_the_end(bytes: &[u8], end: usize) -> Result<Option<Flaw>, PngError> {
    let rest = &bytes[end..];
    match rest.windows(SIGNATURE.len()).position(|window| window == SIGNATURE) {
        Some(place) => Err(PngError::SecondImage { at: end + place }),
        None => Ok((!rest.is_empty()).then_some(Flaw::BehindEnd { bytes: rest.len() })),
    }
}

/// A chunk that is whole.
struct Chunk<'a> {
    kind: &'a [u8; 4],
    data: &'a [u8],
    /// Whether its checksum is right.
    sound: bool,
}

impl Chunk<'_> {
    /// Whether no reader may pass it over (PNG specification, 5.4).
    fn is_critical(&self) -> bool {
        self.kind[0].is_ascii_uppercase()
    }
}

/// The chunk at `at`.
fn chunk_at(bytes: &[u8], at: usize) -> Result<Chunk<'_>, PngError> {
    let rest = &bytes[at..];
    let Some((head, _)) = rest.split_first_chunk::<8>() else {
        return Err(PngError::Truncated { chunk: "?".into(), at });
    };
    let [l0, l1, l2, l3, kind @ ..] = head;
    if !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(PngError::NoType { chunk: name(kind), at });
    }
    let data_length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
    // 2^31 - 1 is the most the format allows; compared without adding, so that nothing can overflow.
    if rest.len().checked_sub(FRAME).is_none_or(|room| data_length > room) {
        return Err(PngError::Truncated { chunk: name(kind), at });
    }
    let covered = &rest[4..8 + data_length];
    let stored = &rest[8 + data_length..FRAME + data_length];
    Ok(Chunk { kind, data: &covered[4..], sound: crc32fast::hash(covered).to_be_bytes() == *stored })
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
        assert_eq!(walked.flaws.list(), []);
        let followed = [sound.clone(), b"GIF8".to_vec()].concat();
        assert_eq!(walk(&followed).unwrap().flaws.list(), [Flaw::BehindEnd { bytes: 4 }]);
        let two_pages = [sound.clone(), b"page two: ".to_vec(), sound.clone()].concat();
        assert_eq!(walk(&two_pages).unwrap_err(), PngError::SecondImage { at: sound.len() + 10 });
        let misplaced = |chunks: &[Vec<u8>]| matches!(walk(&file(chunks)), Err(PngError::Misplaced { .. }));
        assert!(misplaced(&[data.clone(), header.clone(), end.clone()]), "data before the header");
        assert!(misplaced(&[header.clone(), end.clone()]), "no data");
        assert!(misplaced(&[header.clone(), header.clone(), data.clone(), end.clone()]), "two headers");
        assert!(misplaced(&[header.clone(), data.clone(), text, data.clone(), end.clone()]), "data in two places");
        assert!(misplaced(&[header.clone(), end.clone(), data.clone()]), "the end before the data");
        let palette = chunk(b"PLTE", &[0; 6]);
        assert!(misplaced(&[header.clone(), palette.clone(), palette, data.clone(), end.clone()]), "two palettes");
        let news = file(&[header.clone(), chunk(b"NEWS", b""), data.clone(), end.clone()]);
        let error = walk(&news).unwrap_err();
        assert!(matches!(error, PngError::Misplaced { .. }), "a chunk that must be understood, and is not: {error}");
        let no_type = walk(&file(&[header, chunk(b"te t", b""), data, end])).unwrap_err();
        assert_eq!(no_type, PngError::NoType { chunk: "te t".to_owned(), at: 8 + 25 });
    }

    #[test]
    fn every_flipped_bit_of_a_critical_chunk_is_seen() {
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
