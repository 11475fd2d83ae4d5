//! What each module of a version is for: function pattern, format or version information, or data.
//!
//! It must never look at a picture: a layout is the same for every code of its version.

use std::sync::OnceLock;

/// The largest version.
const VERSIONS: usize = 40;

/// The modules of one version. Modules are numbered row by row.
#[derive(Debug)]
pub(super) struct Layout {
    /// 1 to 40.
    pub version: u8,
    /// Modules of a side.
    pub size: usize,
    /// Modules that are alike in every code of the version, and whether they are dark: finder patterns with their
    /// separators, timing patterns, alignment patterns, and the one dark module.
    pub patterns: Vec<(usize, bool)>,
    /// Modules of the data region in the order of the bits they carry (ISO/IEC 18004:2015, 7.7.3), remainder included.
    pub data: Vec<usize>,
}

impl Layout {
    /// The layout of codes with `size` modules a side; `None` when no version has that many.
    pub fn of_size(size: usize) -> Option<&'static Self> {
        static LAYOUTS: [OnceLock<Layout>; VERSIONS] = [const { OnceLock::new() }; VERSIONS];
        let version = (size >= 21 && size % 4 == 1).then(|| (size - 17) / 4)?;
        Some(LAYOUTS.get(version - 1)?.get_or_init(|| Self::draw(version)))
    }

    /// Codewords of data and parity together.
    pub fn codewords(&self) -> usize {
        self.data.len() / 8
    }

    fn draw(version: usize) -> Self {
        let size = 17 + 4 * version;
        let mut patterns = Patterns { size, dark: vec![None; size * size] };
        patterns.finders();
        patterns.alignments(version);
        patterns.timing();
        patterns.put(8, size - 8, true); // the one dark module, 7.9.1
        let fixed = patterns.dark.iter().enumerate().filter_map(|(module, dark)| Some((module, (*dark)?)));
        let data = zigzag(size).filter(|[x, y]| {
            let information = information(version, size, *x, *y);
            !information && patterns.dark[y * size + x].is_none()
        });
        let data = data.map(|[x, y]| y * size + x).collect();
        Self { version: version as u8, size, patterns: fixed.collect(), data }
    }
}

struct Patterns {
    size: usize,
    dark: Vec<Option<bool>>,
}

impl Patterns {
    fn put(&mut self, x: usize, y: usize, dark: bool) {
        self.dark[y * self.size + x] = Some(dark);
    }

    /// Three squares of seven modules, with the light separators around them (6.3.3 and 6.3.4).
    fn finders(&mut self) {
        let far = self.size - 8;
        for (left, top, middle_x, middle_y) in [(0, 0, 3, 3), (far, 0, far + 4, 3), (0, far, 3, far + 4)] {
            for (x, y) in (0..64).map(|n| (left + n % 8, top + n / 8)) {
                let ring = middle_x.abs_diff(x).max(middle_y.abs_diff(y));
                self.put(x, y, ring <= 1 || ring == 3);
            }
        }
    }

    /// Squares of five modules at the crossings of the version's rows and columns (6.3.6 and annex E).
    fn alignments(&mut self, version: usize) {
        let centres = alignment_centres(version);
        for (y, x) in centres.iter().flat_map(|y| centres.iter().map(move |x| (*y, *x))) {
            if self.dark[y * self.size + x].is_some() {
                continue; // a finder pattern stands here
            }
            for (across, down) in (0..25).map(|n| (n % 5, n / 5)) {
                let ring = 2_usize.abs_diff(across).max(2_usize.abs_diff(down));
                self.put(x + across - 2, y + down - 2, ring != 1);
            }
        }
    }

    /// Alternating modules from finder to finder (6.3.5). Alignment patterns on the way agree with them.
    fn timing(&mut self) {
        for n in 8..self.size - 8 {
            let dark = n % 2 == 0;
            self.put(n, 6, dark);
            self.put(6, n, dark);
        }
    }
}

/// Rows, and columns, that alignment patterns are centred on. They are as far apart as can be: the last on the seventh
/// module from the edge, the others at equal even distances from it, the first on the sixth row.
fn alignment_centres(version: usize) -> Vec<usize> {
    if version == 1 {
        return Vec::new();
    }
    let gaps = version / 7 + 1;
    let gap = (8 * version + 3 * (gaps + 1) + 5) / (4 * gaps) * 2;
    let last = 17 + 4 * version - 7;
    [6].into_iter().chain((0..gaps).rev().map(|n| last - n * gap)).collect()
}

/// Whether a module belongs to the format information or, from version 7 on, to the version information.
fn information(version: usize, size: usize, x: usize, y: usize) -> bool {
    let format = (x == 8 && (y < 9 || y >= size - 8)) || (y == 8 && (x < 9 || x >= size - 8));
    let block = |a: usize, b: usize| a < 6 && (size - 11..size - 8).contains(&b);
    format || version >= 7 && (block(x, y) || block(y, x))
}

/// Columns in pairs from the right, up and down in turn, the right one of a pair first. The column of the vertical
/// timing pattern is left out of the pairing.
fn zigzag(size: usize) -> impl Iterator<Item = [usize; 2]> {
    let pairs = (0..size / 2).map(move |n| (n, size - 1 - 2 * n - usize::from(size - 1 - 2 * n <= 6)));
    pairs.flat_map(move |(n, right)| {
        (0..2 * size).map(move |k| [right - k % 2, if n % 2 == 0 { size - 1 - k / 2 } else { k / 2 }])
    })
}

/// Whether a mask inverts a module of the data region (ISO/IEC 18004:2015, table 10).
pub(super) fn masked(mask: u8, x: usize, y: usize) -> bool {
    let rest = match mask {
        0 => (x + y) % 2,
        1 => y % 2,
        2 => x % 3,
        3 => (x + y) % 3,
        4 => (y / 2 + x / 3) % 2,
        5 => (x * y) % 2 + (x * y) % 3,
        6 => ((x * y) % 2 + (x * y) % 3) % 2,
        _ => ((x + y) % 2 + (x * y) % 3) % 2,
    };
    rest == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sizes_of_a_version_have_a_layout() {
        let sizes: Vec<usize> = (0..400).filter(|size| Layout::of_size(*size).is_some()).collect();
        assert_eq!(sizes, (1..=40).map(|version| 17 + 4 * version).collect::<Vec<_>>());
    }

    #[test]
    fn alignment_patterns_stand_where_annex_e_says() {
        assert_eq!(alignment_centres(2), [6, 18]);
        assert_eq!(alignment_centres(7), [6, 22, 38]);
        assert_eq!(alignment_centres(32), [6, 34, 60, 86, 112, 138]);
        assert_eq!(alignment_centres(36), [6, 24, 50, 76, 102, 128, 154]);
        assert_eq!(alignment_centres(40), [6, 30, 58, 86, 114, 142, 170]);
    }

    #[test]
    fn patterns_and_data_fill_the_symbol_beside_the_information() {
        for version in 1..=40 {
            let size = 17 + 4 * version;
            let layout = Layout::of_size(size).unwrap();
            let information = 30 + if version >= 7 { 36 } else { 0 };
            assert_eq!(layout.patterns.len() + layout.data.len() + information, size * size);
        }
        assert_eq!(Layout::of_size(21).unwrap().codewords(), 26);
        assert_eq!(Layout::of_size(177).unwrap().codewords(), 3706);
    }
}
