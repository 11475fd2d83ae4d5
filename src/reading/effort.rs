//! How much is done for one page at most, counted in what was done and not in time: a page is read alike on every
//! machine, however busy.
//!
//! It must never run out on a page that an office would send.

/// Instructions of a unit.
const UNIT: u64 = 1_000;
/// What any page may take, and what it may take more for each of its pixels, in instructions. Of 660 damaged pages of the
/// drawing room (33 kinds × 5 levels × 4) half take less than 9 % of that, and the one that takes most 93 %, in vain; of
/// those that were read, 76 %. With a quarter more, no other of them is read.
const FIXED: u64 = 170_000_000;
const A_PIXEL: u64 = 40;
/// What it may take more for each code that was read: where there is one, there may be another. It is less than finding the
/// next one takes.
const A_CODE: u64 = 1_500_000;

/// The effort that one page may take, in units of about a thousand instructions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Instructions, roughly.
    spent: u64,
    most: u64,
}

impl Effort {
    /// For a page of so many pixels.
    pub fn of(pixels: usize) -> Self {
        Self { spent: 0, most: FIXED + A_PIXEL * pixels as u64 }
    }

    /// Whether anything is left.
    pub fn is_left(&self) -> bool {
        self.spent < self.most
    }

    /// What was spent, in units.
    pub fn spent(&self) -> u64 {
        self.spent / UNIT
    }

    /// A code was read.
    pub fn allow_for_another(&mut self) {
        self.most += A_CODE;
    }

    /// Looking at so many pixels, `each` instructions a pixel.
    pub fn look(&mut self, pixels: usize, each: u64) {
        self.spent += pixels as u64 * each;
    }

    /// A row with so many changes between dark and light.
    pub fn row(&mut self, words: usize, edges: usize) {
        self.spent += 4 * words as u64 + 12 * edges as u64;
    }

    /// Comparing a place with the patterns that are known.
    pub fn candidate(&mut self, known: usize) {
        self.spent += 100 + 5 * known as u64;
    }

    /// Looking at a place down and across.
    pub fn check(&mut self) {
        self.spent += 1_000;
    }

    /// Looking at all that is around a place.
    pub fn likeness(&mut self) {
        self.spent += 5_000;
    }

    /// Each three of so many patterns.
    pub fn triples(&mut self, patterns: usize) {
        self.spent += 8 * (patterns as u64).pow(3);
    }

    /// Comparing so many known modules with a page of two shades.
    pub fn compare(&mut self, marks: usize) {
        self.spent += 25 * marks as u64;
    }

    /// Fitting a grid by so many known modules.
    pub fn fit(&mut self, marks: usize) {
        self.spent += 4_000 * marks as u64;
    }

    /// Decoding the modules of a grid.
    pub fn decode(&mut self, size: usize, times: u64) {
        self.spent += times * 400 * (size * size) as u64;
    }

    /// Bending a grid.
    pub fn bend(&mut self, size: usize) {
        self.spent += 20_000 * (size * size) as u64;
    }
}
