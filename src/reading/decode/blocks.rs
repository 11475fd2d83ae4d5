//! How the codewords of a version and level are dealt out to blocks (ISO/IEC 18004:2015, table 9 and 7.6).
//!
//! It must never be wrong in one number: a wrong block reads as damage.

use super::Level;

/// Parity codewords of a block, by version from 1 on, for the levels L, M, Q and H.
const PARITY: [[u8; 40]; 4] = [
    [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, //
        28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, //
        26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    [
        13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, //
        28, 30, 30, 30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, //
        30, 24, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
];

/// Blocks, likewise.
const BLOCKS: [[u8; 40]; 4] = [
    [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, //
        8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
    [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, //
        17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
    [
        1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, //
        23, 23, 25, 27, 29, 34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
    ],
    [
        1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, //
        25, 34, 30, 32, 35, 37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
    ],
];

/// The blocks of one version and level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    /// Codewords in all.
    codewords: usize,
    /// The number of blocks.
    pub count: usize,
    /// Parity codewords of each.
    pub parity: usize,
    /// Codewords kept back from correcting errors, so that a wrong text cannot appear: `p` of table 9.
    pub reserve: usize,
}

impl Blocks {
    /// How `codewords`, which is all that the version holds, are dealt out.
    pub fn of(version: u8, level: Level, codewords: usize) -> Self {
        let at = |table: &[[u8; 40]; 4]| usize::from(table[level as usize][usize::from(version) - 1]);
        let reserve = match (version, level) {
            (1, Level::L) => 3,
            (1, Level::M) | (2, Level::L) => 2,
            (1, Level::Q | Level::H) | (3, Level::L) => 1,
            _ => 0,
        };
        Self { codewords, count: at(&BLOCKS), parity: at(&PARITY), reserve }
    }

    /// Data codewords of the shorter blocks, which come first. The others have one more.
    fn short(&self) -> usize {
        self.codewords / self.count - self.parity
    }

    /// How many blocks are shorter.
    fn shorter(&self) -> usize {
        self.count - self.codewords % self.count
    }

    /// Data codewords of a block.
    pub fn data(&self, block: usize) -> usize {
        self.short() + usize::from(block >= self.shorter())
    }

    /// Data codewords of all blocks.
    pub fn data_in_all(&self) -> usize {
        self.codewords - self.count * self.parity
    }

    /// Where the codewords of a block stand among those of the symbol: one of each block in turn.
    pub fn places(&self, block: usize) -> impl Iterator<Item = usize> {
        let Self { count, parity, .. } = *self;
        let (short, shorter, data_in_all) = (self.short(), self.shorter(), self.data_in_all());
        let data = (0..short).map(move |n| n * count + block);
        // When the shorter blocks have run out, the longer ones stand closer together.
        let last = (block >= shorter).then(|| short * count + block - shorter);
        data.chain(last).chain((0..parity).map(move |n| data_in_all + n * count + block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codeword_belongs_to_one_block() {
        for (version, codewords) in [(1, 26), (5, 134), (7, 196), (14, 581), (40, 3706)] {
            for level in [Level::L, Level::M, Level::Q, Level::H] {
                let blocks = Blocks::of(version, level, codewords);
                let mut places: Vec<usize> = (0..blocks.count).flat_map(|block| blocks.places(block)).collect();
                places.sort_unstable();
                assert_eq!(places, (0..codewords).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_smallest_codes_keep_their_reserve() {
        let correctable = |version, level, codewords| {
            let blocks = Blocks::of(version, level, codewords);
            (blocks.parity - blocks.reserve) / 2
        };
        // The last number of each triple in table 9.
        assert_eq!(correctable(1, Level::L, 26), 2);
        assert_eq!(correctable(1, Level::M, 26), 4);
        assert_eq!(correctable(1, Level::Q, 26), 6);
        assert_eq!(correctable(1, Level::H, 26), 8);
        assert_eq!(correctable(2, Level::L, 44), 4);
        assert_eq!(correctable(3, Level::L, 70), 7);
        assert_eq!(correctable(4, Level::L, 100), 10);
    }
}
