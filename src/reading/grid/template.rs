//! What every code of one size shows: finder patterns with their white borders, timing and alignment patterns
//! (ISO/IEC 18004:2015, 6.3). It must never hold a module that data decide.

use std::sync::OnceLock;

use crate::geometry::Point;

/// One module whose shade is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// The module's middle, where the unit square has the middles of the finder patterns at its corners.
    pub at: Point,
    /// Positive for dark, negative for light; how much it counts.
    pub weight: f32,
}

/// The modules of one size.
#[derive(Debug)]
pub(crate) struct Template {
    /// Modules of a side.
    pub size: usize,
    /// All modules whose shade is known.
    pub marks: Vec<Mark>,
    /// Those of the alignment pattern farthest from the finders. Version 1 has none.
    pub last_alignment: Vec<Mark>,
    /// The middles of all other modules.
    pub data: Vec<Point>,
    /// All of `marks` weighed together.
    pub weight: f32,
}

/// Middles of a finder pattern from the edge, in modules.
const MIDDLE: f32 = 3.5;
/// Rows and columns of the timing patterns.
const TIMING: usize = 6;
/// The timing patterns tell a size from its neighbours, so they count for more.
const TIMING_WEIGHT: f32 = 1.5;

impl Template {
    /// The template of codes with `size` modules a side: 21, 25 … 177. None for other sizes.
    pub fn of(size: usize) -> Option<&'static Self> {
        static TEMPLATES: [OnceLock<Template>; 40] = [const { OnceLock::new() }; 40];
        let version = version_of(size)?;
        Some(TEMPLATES[version - 1].get_or_init(|| Self::new(version)))
    }

    /// Where the middle of a module lies in the unit square.
    pub fn unit(&self, x: f32, y: f32) -> Point {
        let span = self.size as f32 - 2.0 * MIDDLE;
        [(x + 0.5 - MIDDLE) / span, (y + 0.5 - MIDDLE) / span]
    }

    fn new(version: usize) -> Self {
        let size = 17 + 4 * version;
        let mut template = Self { size, marks: Vec::new(), last_alignment: Vec::new(), data: Vec::new(), weight: 0.0 };
        let mut known = vec![None; size * size];
        let centres = alignment_centres(version);
        for (row, y) in centres.iter().enumerate() {
            for (column, x) in centres.iter().enumerate() {
                let ends = [0, centres.len() - 1];
                let on_a_finder = ends.contains(&row) && ends.contains(&column) && (row, column) != (ends[1], ends[1]);
                if !on_a_finder {
                    template.mark_alignment(&mut known, *x, *y, (row, column) == (ends[1], ends[1]));
                }
            }
        }
        for at in 8..size - 8 {
            let weight = if at % 2 == 0 { TIMING_WEIGHT } else { -TIMING_WEIGHT };
            known[TIMING * size + at] = Some(weight);
            known[at * size + TIMING] = Some(weight);
        }
        for (left, top) in [(0, 0), (size - 7, 0), (0, size - 7)] {
            mark_finder(&mut known, size, left, top);
        }
        for (at, weight) in known.into_iter().enumerate() {
            let middle = template.unit((at % size) as f32, (at / size) as f32);
            match weight {
                Some(weight) => template.marks.push(Mark { at: middle, weight }),
                None => template.data.push(middle),
            }
        }
        template.weight = template.marks.iter().map(|mark| mark.weight.abs()).sum();
        template
    }

    fn mark_alignment(&mut self, known: &mut [Option<f32>], x: usize, y: usize, last: bool) {
        for row in y - 2..=y + 2 {
            for column in x - 2..=x + 2 {
                let ring = row.abs_diff(y).max(column.abs_diff(x));
                let weight = if ring == 1 { -1.0 } else { 1.0 };
                known[row * self.size + column] = Some(weight);
                if last {
                    self.last_alignment.push(Mark { at: self.unit(column as f32, row as f32), weight });
                }
            }
        }
    }
}

/// A finder pattern and its border, as far as it lies on the code.
fn mark_finder(known: &mut [Option<f32>], size: usize, left: usize, top: usize) {
    for y in top.saturating_sub(1)..(top + 8).min(size) {
        for x in left.saturating_sub(1)..(left + 8).min(size) {
            let ring = x.abs_diff(left + 3).max(y.abs_diff(top + 3));
            known[y * size + x] = Some(if ring == 2 || ring == 4 { -1.0 } else { 1.0 });
        }
    }
}

fn version_of(size: usize) -> Option<usize> {
    let version = size.checked_sub(17)? / 4;
    (size % 4 == 1 && (1..=40).contains(&version)).then_some(version)
}

/// Rows and columns of the alignment patterns' middles (ISO/IEC 18004:2015, annex E): evenly spaced by even steps from
/// the far edge, the first at 6; version 32 alone departs from the rule.
fn alignment_centres(version: usize) -> Vec<usize> {
    if version == 1 {
        return Vec::new();
    }
    let count = version / 7 + 2;
    let last = 4 * version + 10;
    let step = if version == 32 { 26 } else { (last - 6).div_ceil(count - 1).next_multiple_of(2) };
    let mut centres: Vec<usize> = (0..count - 1).map(|n| last - n * step).collect();
    centres.push(6);
    centres.reverse();
    centres
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_pattern_is_where_an_encoder_puts_it() {
        for version in 1..=40_usize {
            let code = qrcode::QrCode::with_version(
                b"1093717526",
                qrcode::Version::Normal(version as i16),
                qrcode::EcLevel::L,
            )
            .unwrap();
            let size = code.width();
            let template = Template::of(size).unwrap();
            for mark in &template.marks {
                let module = mark.at.map(|at| (at * (size as f32 - 7.0) + 3.0).round() as usize);
                let dark = code[(module[0], module[1])] == qrcode::Color::Dark;
                assert_eq!(dark, mark.weight > 0.0, "version {version}, module {module:?}");
            }
            assert_eq!(template.marks.len() + template.data.len(), size * size);
        }
        assert!(Template::of(20).is_none() && Template::of(181).is_none() && Template::of(0).is_none());
    }
}
