//! One code that is printed several times on a page: what one copy lost, another may have.
//!
//! It must never join two codes that differ: copies that can be read alone must agree, and the joined picture has to
//! convince like any other.

use super::layout::Layout;
use super::{Decoded, LIKENESS, Method, Soft, confirm, decode, digits, likeness, standard, transposed};

/// The code that all these copies show.
///
/// `None` when they are not of one size, and when two of them say different things.
pub(in super::super) fn decode_twins(grids: &[&Soft]) -> Option<Decoded> {
    let layout = Layout::of_size(grids.first()?.size)?;
    if grids.iter().any(|grid| grid.size != layout.size || !grid.is_whole()) {
        return None;
    }
    let mut alone: Option<Decoded> = None;
    for read in grids.iter().filter_map(|grid| decode(grid)) {
        match &alone {
            Some(other) if other.text != read.text => return None,
            Some(other) if other.corrected <= read.corrected => {}
            _ => alone = Some(read),
        }
    }
    let alike = grids.iter().filter(|grid| likeness::of_values(layout, &grid.values) >= LIKENESS);
    let copies: Vec<&[i8]> = alike.map(|grid| grid.values.as_slice()).collect();
    if alone.is_some() || copies.len() < 2 {
        return alone;
    }
    together(layout, &copies).or_else(|| {
        let mirrored: Vec<Vec<i8>> = copies.iter().map(|values| transposed(values, layout.size)).collect();
        let read = together(layout, &mirrored.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        Some(read.mirrored(layout))
    })
}

/// Modules are added up for the error correction. Digits are known well enough to judge each module of each copy, so
/// that a stamp on one of them does not silence the other.
fn together(layout: &Layout, copies: &[&[i8]]) -> Option<Decoded> {
    let sum = joined(layout, copies);
    standard(layout, &sum).or_else(|| confirm::decoded(layout, &sum, &digits::mended(layout, copies)?, Method::Digits))
}

/// The sum of all copies. Each weighs by how well its function patterns are seen, and no module more than the average
/// one of its copy.
fn joined(layout: &Layout, copies: &[&[i8]]) -> Vec<i8> {
    let copies: Vec<Weighed> = copies.iter().map(|values| Weighed::of(layout, values)).collect();
    let most: i32 = copies.iter().map(|copy| copy.weight).sum();
    let value = |module: usize| copies.iter().map(|copy| copy.weight * copy.value(module)).sum::<i32>() / most.max(1);
    (0..layout.size * layout.size).map(|module| value(module) as i8).collect()
}

struct Weighed<'a> {
    values: &'a [i8],
    /// What an average module of it says.
    average: i32,
    /// What the copy counts for, in hundredths.
    weight: i32,
}

impl<'a> Weighed<'a> {
    fn of(layout: &Layout, values: &'a [i8]) -> Self {
        let sum: i32 = values.iter().map(|value| i32::from(value.unsigned_abs())).sum();
        let average = (sum / values.len() as i32).max(1);
        Self { values, average, weight: (100.0 * likeness::of_values(layout, values)) as i32 }
    }

    /// −127 to 127.
    fn value(&self, module: usize) -> i32 {
        (i32::from(self.values[module]) * 127 / self.average).clamp(-127, 127)
    }
}
