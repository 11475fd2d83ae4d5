//! What is known of a code before it is seen, given that it is ten digits in a symbol of version 1.
//!
//! It must never know which ten digits: everything here is alike for all of them.

use std::sync::LazyLock;

use super::super::format::Format;
use super::super::layout::{Layout, masked};
use super::super::{Level, reed_solomon};

/// Digits of a karekod.
const DIGITS: usize = 10;
/// Modules of a side in version 1.
pub(super) const SIZE: usize = 21;
/// Data and parity codewords of version 1.
const CODEWORDS: usize = 26;

/// The codewords of all codes of one shape: an affine code over GF(2), because parity is linear in the data.
///
/// Bit `n` of a word stands for bit `open[n]` of the symbol's codewords. The bits that carry the digits come first, then
/// the parity.
#[derive(Debug)]
pub(super) struct Template {
    shape: Shape,
    /// Bits of the codewords that are always the same.
    known: Vec<(usize, bool)>,
    /// The other bits.
    open: Vec<usize>,
    /// The word whose digits' bits are all zero.
    pub origin: u128,
    /// How the word changes with each bit of the digits.
    pub rows: Vec<u128>,
}

/// How ten digits are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Numeric mode: three groups of three digits and one of one (ISO/IEC 18004:2015, 7.4.3).
    Numeric,
    /// Byte mode: ten ASCII characters, as encoders write that know no other mode (7.4.5).
    Bytes,
}

impl Shape {
    /// The data codewords' bits, `None` where they depend on the digits.
    fn bits(self, codewords: usize) -> Vec<Option<bool>> {
        let mut bits = Vec::new();
        let push = |bits: &mut Vec<Option<bool>>, value: usize, width: u32| {
            bits.extend((0..width).rev().map(|n| Some(value >> n & 1 != 0)));
        };
        match self {
            Self::Numeric => {
                push(&mut bits, 0b0001, 4);
                push(&mut bits, DIGITS, 10);
                bits.extend([None; 34]);
            }
            Self::Bytes => {
                push(&mut bits, 0b0100, 4);
                push(&mut bits, DIGITS, 8);
                for _ in 0..DIGITS {
                    push(&mut bits, 0x3, 4);
                    bits.extend([None; 4]);
                }
            }
        }
        // The terminator, zeros to the end of the codeword, and the padding (7.4.9 and 7.4.10).
        push(&mut bits, 0b0000, 4);
        bits.resize(bits.len().next_multiple_of(8), Some(false));
        for padding in [0xec, 0x11].into_iter().cycle().take(codewords - bits.len() / 8) {
            push(&mut bits, padding, 8);
        }
        bits
    }

    /// Bits of the groups that the digits are encoded in, and how many values each has.
    fn groups(self) -> Vec<(u32, u32)> {
        match self {
            Self::Numeric => vec![(10, 1000), (10, 1000), (10, 1000), (4, 10)],
            Self::Bytes => vec![(4, 10); DIGITS],
        }
    }
}

impl Template {
    fn of(shape: Shape, level: Level) -> Self {
        let parity = match level {
            Level::L => 7,
            _ => 10,
        };
        let data = shape.bits(CODEWORDS - parity);
        let variable: Vec<usize> = (0..data.len()).filter(|n| data[*n].is_none()).collect();
        let open: Vec<usize> = variable.iter().copied().chain(data.len()..8 * CODEWORDS).collect();
        assert!(open.len() <= 128, "a word holds every open bit");
        let word = |set: Option<usize>| {
            let bit = |n: usize| data[n].unwrap_or(set == Some(n));
            let codeword = |place: usize| (8 * place..8 * place + 8).fold(0, |value, n| value << 1 | u8::from(bit(n)));
            let mut codewords: Vec<u8> = (0..CODEWORDS - parity).map(codeword).collect();
            codewords.extend(reed_solomon::parity(&codewords, parity));
            open.iter().rev().fold(0_u128, |word, n| word << 1 | u128::from(codewords[n / 8] >> (7 - n % 8) & 1))
        };
        let origin = word(None);
        let rows = variable.iter().map(|n| word(Some(*n)) ^ origin).collect();
        let known = data.iter().enumerate().filter_map(|(n, bit)| Some((n, (*bit)?))).collect();
        Self { shape, known, open, origin, rows }
    }

    /// Whether the bits of the digits are digits: 1000 in ten bits are not.
    pub fn spells(&self, word: u128) -> bool {
        let mut at = 0;
        self.shape.groups().into_iter().all(|(width, values)| {
            let value = (at..at + width).fold(0, |value, n| value << 1 | (word >> n & 1) as u32);
            at += width;
            value < values
        })
    }

    /// The codewords of the symbol.
    pub fn codewords(&self, word: u128) -> Vec<u8> {
        let mut codewords = vec![0; CODEWORDS];
        let open = self.open.iter().enumerate().map(|(n, bit)| (*bit, word >> n & 1 != 0));
        for (bit, _) in self.known.iter().copied().chain(open).filter(|(_, set)| *set) {
            codewords[bit / 8] |= 0x80 >> (bit % 8);
        }
        codewords
    }
}

/// A template under one mask: what each module is, if the code is like that.
#[derive(Debug)]
pub(super) struct Hypothesis {
    /// The codewords.
    pub template: &'static Template,
    /// Level and mask.
    pub format: Format,
    /// Modules of the data region and the format information that are known, and whether they are dark.
    pub known: Vec<(usize, bool)>,
    /// The modules of the template's open bits, and whether the mask inverts them.
    pub open: Vec<(usize, bool)>,
    /// All modules: 1 dark, −1 light, 0 open.
    pub modules: Vec<i8>,
}

impl Hypothesis {
    /// Everything that ten digits in version 1 can be.
    pub fn all() -> &'static [Self] {
        static TEMPLATES: LazyLock<Vec<(Level, Template)>> = LazyLock::new(|| {
            let levels = [Level::L, Level::M];
            let both = |level| [Shape::Numeric, Shape::Bytes].map(|shape| (level, Template::of(shape, level)));
            levels.into_iter().flat_map(both).collect()
        });
        static HYPOTHESES: LazyLock<Vec<Hypothesis>> = LazyLock::new(|| {
            let layout = Layout::of_size(SIZE).expect("version 1 exists");
            let masks =
                |(level, template)| (0..8).map(move |mask| Hypothesis::of(layout, template, Format { level, mask }));
            TEMPLATES.iter().flat_map(|(level, template)| masks((*level, template))).collect()
        });
        &HYPOTHESES
    }

    fn of(layout: &Layout, template: &'static Template, format: Format) -> Self {
        let module = |bit: usize| {
            let module = layout.data[bit];
            (module, masked(format.mask, module % SIZE, module / SIZE))
        };
        let data = template.known.iter().map(|(bit, set)| {
            let (module, inverted) = module(*bit);
            (module, *set != inverted)
        });
        let known: Vec<(usize, bool)> = data.chain(format.modules(SIZE)).collect();
        let mut modules = vec![0; SIZE * SIZE];
        for (module, dark) in known.iter().chain(&layout.patterns) {
            modules[*module] = if *dark { 1 } else { -1 };
        }
        Self { template, format, known, open: template.open.iter().map(|bit| module(*bit)).collect(), modules }
    }
}
