//! Where ancillary chunks may stand (PNG specification, 5.6). One that stands elsewhere is passed over, as libpng does.

/// How far into the file a chunk may stand.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    Palette,
    Data,
    End,
}

/// The chunks that may stand in a file once. All others that may be passed over may stand anywhere, any number of times.
const ONCE: [(&[u8; 4], Until); 19] = [
    (b"cHRM", Until::Palette),
    (b"cICP", Until::Palette),
    (b"cLLI", Until::Palette),
    (b"gAMA", Until::Palette),
    (b"iCCP", Until::Palette),
    (b"mDCV", Until::Palette),
    (b"sBIT", Until::Palette),
    (b"sRGB", Until::Palette),
    (b"acTL", Until::Data),
    (b"bKGD", Until::Data),
    (b"hIST", Until::Data),
    (b"oFFs", Until::Data),
    (b"pCAL", Until::Data),
    (b"pHYs", Until::Data),
    (b"sCAL", Until::Data),
    (b"sTER", Until::Data),
    (b"tRNS", Until::Data),
    (b"eXIf", Until::End),
    (b"tIME", Until::End),
];

/// The chunks that were seen so far.
#[derive(Default)]
pub(super) struct Order {
    seen: [bool; ONCE.len()],
}

impl Order {
    /// Whether a chunk may stand where the walk has come to.
    pub fn allows(&self, chunk: &[u8; 4], before_palette: bool, before_data: bool) -> bool {
        let Some(place) = place(chunk) else { return true };
        let early_enough = match ONCE[place].1 {
            Until::Palette => before_palette && before_data,
            Until::Data => before_data,
            Until::End => true,
        };
        early_enough && !self.seen[place]
    }

    /// Remembers a chunk that was taken.
    pub fn saw(&mut self, chunk: &[u8; 4]) {
        if let Some(place) = place(chunk) {
            self.seen[place] = true;
        }
    }
}

fn place(chunk: &[u8; 4]) -> Option<usize> {
    ONCE.iter().position(|(known, _)| *known == chunk)
}
