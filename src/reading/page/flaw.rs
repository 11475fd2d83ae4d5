//! What is wrong with a file beside its pixels: passed over as libpng passes it over, and told to whoever sent it.

/// A fault of a file that no reader's picture suffers from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// An ancillary chunk is damaged, or IEND holds something; nothing of it is used.
    #[error("chunk {chunk} at byte {at} {fault}")]
    Chunk {
        /// The chunk's type.
        chunk: String,
        /// Where it begins.
        at: usize,
        /// What is wrong with it.
        fault: ChunkFault,
    },
    /// The compressed pixels hold a little more than the header says.
    #[error("the pixels (IDAT) have {bytes} bytes more than the header says")]
    MorePixels {
        /// Inflated bytes, at most sixteen rows of them.
        bytes: usize,
    },
    /// Bytes stand behind the compressed pixels, in their chunk. Up to three may go unnoticed: the inflater reads ahead.
    #[error("bytes stand behind the pixels in IDAT")]
    BehindPixels,
    /// Bytes follow IEND, and are no second image.
    #[error("{bytes} bytes follow the end of the image (IEND)")]
    BehindEnd {
        /// How many.
        bytes: usize,
    },
}

/// What is wrong with a chunk that is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkFault {
    /// Its checksum.
    #[error("has a wrong checksum")]
    Checksum,
    /// Where it stands, or that it stands there a second time.
    #[error("is out of place")]
    Place,
    /// What it holds, as far as the page needs it: too much or too little.
    #[error("holds what it must not")]
    Content,
}

/// The flaws of one file: the first of each kind, so that a million damaged chunks cost no memory and make one sentence.
#[derive(Clone, Debug, Default)]
pub(super) struct Flaws(Vec<Flaw>);

impl Flaws {
    pub fn add(&mut self, flaw: Option<Flaw>) {
        let Some(flaw) = flaw else { return };
        let same_kind = |known: &Flaw| match (known, &flaw) {
            (Flaw::Chunk { fault: known, .. }, Flaw::Chunk { fault, .. }) => known == fault,
            (known, flaw) => std::mem::discriminant(known) == std::mem::discriminant(flaw),
        };
        if !self.0.iter().any(same_kind) {
            self.0.push(flaw);
        }
    }

    pub fn list(&self) -> &[Flaw] {
        &self.0
    }
}
