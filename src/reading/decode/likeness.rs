//! How much a grid looks like a code at all: the cheap question before all others.
//!
//! It must never say what a code contains, nor refuse one that is half covered.

use super::Soft;
use super::layout::Layout;

/// The share of surely seen modules below which a grid counts as mostly unseen: a few modules that happen to fit must
/// not look like a whole code.
const SEEN: i32 = 127 / 4;

/// How far finder, timing and alignment patterns are where they should be: 1 all of them, 0 as by chance, −1 an inverted
/// code. Modules weigh as much as is seen of them. 0 for a grid that no version has.
pub(in super::super) fn likeness(grid: &Soft) -> f32 {
    Layout::of_size(grid.size).filter(|_| grid.is_whole()).map_or(0.0, |layout| of_values(layout, &grid.values))
}

pub(super) fn of_values(layout: &Layout, values: &[i8]) -> f32 {
    let (mut agree, mut seen) = (0, 0);
    for (module, dark) in &layout.patterns {
        let value = i32::from(values[*module]);
        agree += if *dark { value } else { -value };
        seen += value.abs();
    }
    agree as f32 / seen.max(SEEN * layout.patterns.len() as i32) as f32
}
