//! PNGs made part by part, so that each part can be spoilt by itself. It must never use what it is there to test.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;
use tutanak::reading::{Limits, Page, PageError};

/// One chunk, whole.
pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let covered = [kind.as_slice(), data].concat();
    [&(data.len() as u32).to_be_bytes(), covered.as_slice(), &crc32fast::hash(&covered).to_be_bytes()].concat()
}

/// What a file is made of, so that each part can be spoilt by itself while every chunk's checksum stays right.
#[derive(Clone, Debug)]
pub struct Made {
    pub width: u32,
    pub height: u32,
    pub depth: u8,
    pub colour: u8,
    pub interlaced: bool,
    pub palette: Vec<u8>,
    pub transparency: Vec<u8>,
    pub zlib: Vec<u8>,
    /// Bytes of each IDAT.
    pub piece: usize,
}

impl Made {
    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let form = [self.depth, self.colour, 0, 0, u8::from(self.interlaced)];
        let header = [&self.width.to_be_bytes(), &self.height.to_be_bytes(), form.as_slice()].concat();
        let mut file = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header)].concat();
        if !self.palette.is_empty() {
            file.extend(chunk(b"PLTE", &self.palette));
        }
        if !self.transparency.is_empty() {
            file.extend(chunk(b"tRNS", &self.transparency));
        }
        self.zlib.chunks(self.piece).for_each(|piece| file.extend(chunk(b"IDAT", piece)));
        file.extend(chunk(b"IEND", b""));
        file
    }

    /// The file as a page.
    pub fn read(&self) -> Result<Page, PageError> {
        Page::from_png(&self.bytes(), Limits::default())
    }
}

/// A zlib stream of `bytes`.
pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(3));
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Random samples behind random filters in a file of any form.
pub fn any_file() -> impl Strategy<Value = Made> {
    const FORMS: [(u8, u8); 15] = [
        (0, 1),
        (0, 2),
        (0, 4),
        (0, 8),
        (0, 16),
        (2, 8),
        (2, 16),
        (3, 1),
        (3, 2),
        (3, 4),
        (3, 8),
        (4, 8),
        (4, 16),
        (6, 8),
        (6, 16),
    ];
    let form = (prop::sample::select(FORMS.to_vec()), 1..=700_u32, 1..=40_u32, any::<bool>(), 0..=3_u8, any::<bool>());
    let more = (any::<u64>(), 1..5000_usize, 1..=256_usize, any::<bool>());
    (form, more).prop_map(|((form, width, height, interlaced, lean, few), (seed, piece, colours, transparent))| {
        let (colour, depth) = form;
        let samples = [1, 0, 3, 1, 2, 0, 4][usize::from(colour)];
        let mut state = seed | 1;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let mut pixels = Vec::new();
        for (left, top, across, down) in passes(interlaced) {
            let (columns, rows) =
                (width.saturating_sub(left).div_ceil(across), height.saturating_sub(top).div_ceil(down));
            let length = (columns as usize * samples * usize::from(depth)).div_ceil(8);
            for _ in 0..if columns == 0 { 0 } else { rows } {
                // Leaning towards Paeth, rows are undone together; few different bytes make neighbours alike.
                pixels.push(if lean == 0 { 4 } else { random() % 5 });
                pixels.extend((0..length).map(|_| if few { random() & 3 } else { random() }));
            }
        }
        let colours = colours.min(1 << depth.min(8));
        let palette: Vec<u8> = (0..if colour == 3 { 3 * colours } else { 0 }).map(|_| random()).collect();
        let transparency: Vec<u8> = match (transparent, colour) {
            (false, _) | (_, 4 | 6) => Vec::new(),
            (true, 3) => (0..colours.div_ceil(2)).map(|_| random()).collect(),
            (true, 0) if depth < 16 => vec![0, random() & (u8::MAX >> (8 - depth))],
            (true, _) => (0..2 * samples).map(|n| if depth == 8 && n % 2 == 0 { 0 } else { random() & 3 }).collect(),
        };
        Made { width, height, depth, colour, interlaced, palette, transparency, zlib: deflate(&pixels), piece }
    })
}

/// Where each pass begins, across and down, and its steps.
fn passes(interlaced: bool) -> Vec<(u32, u32, u32, u32)> {
    if interlaced {
        vec![(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    } else {
        vec![(0, 0, 1, 1)]
    }
}
