//! Undoing the filters of PNG rows (PNG specification, 9.2), up to sixteen rows at once.
//!
//! A filtered byte waits for its neighbours to the left and above. Where the waiting costs little, rows are undone one
//! after the other; where most of them wait long, all go together. It must never let a filter through that does not exist.

mod together;

use std::borrow::Cow;

use wide::bytemuck::cast;
use wide::{u8x16, u64x2};

use super::Damage;

/// Rows undone at once.
pub(super) const LANES: usize = 16;

/// Rows of fewer bytes lose more by waiting for the row above than they gain by going together.
const SHORT: usize = 512;

const SUB: u8 = 1;
const UP: u8 = 2;
const AVERAGE: u8 = 3;
const PAETH: u8 = 4;

/// Undoes the filters of up to [`LANES`] rows of `length` bytes, each of them a filter's number and its bytes, and appends
/// them to the rows before them. Over the first row of all there are zeros.
///
/// `pixel` is the bytes of a pixel, at least 1.
pub(super) fn undo(filtered: &[u8], length: usize, pixel: usize, rows: &mut Vec<u8>) -> Result<(), Damage> {
    let filters = filtered.chunks_exact(1 + length).map(|row| row[0]);
    if let Some(filter) = filters.clone().find(|filter| *filter > PAETH) {
        return Err(Damage::Filter { filter });
    }
    // In turn, a Paeth row of single bytes takes twice the time it takes together, every other row far less.
    let slow = filters.clone().filter(|filter| *filter == PAETH).count();
    if pixel == 1 && length >= SHORT && slow > LANES / 2 {
        let before = rows.len();
        rows.resize(before + filters.count() * length, 0);
        let (before, rows) = rows.split_at_mut(before);
        together::undo(filtered, &above(before, length), rows);
    } else {
        match pixel {
            1 => undo_in_turn::<1>(filtered, length, rows),
            2 => undo_in_turn::<2>(filtered, length, rows),
            3 => undo_in_turn::<3>(filtered, length, rows),
            4 => undo_in_turn::<4>(filtered, length, rows),
            6 => undo_in_turn::<6>(filtered, length, rows),
            _ => undo_in_turn::<8>(filtered, length, rows),
        }
    }
    Ok(())
}

/// The last of some rows, or zeros.
fn above(rows: &[u8], length: usize) -> Cow<'_, [u8]> {
    rows.rchunks_exact(length).next().map_or_else(|| vec![0; length].into(), Cow::from)
}

fn undo_in_turn<const PIXEL: usize>(filtered: &[u8], length: usize, rows: &mut Vec<u8>) {
    for source in filtered.chunks_exact(1 + length) {
        let before = rows.len();
        rows.extend_from_slice(&source[1..]);
        let (before, row) = rows.split_at_mut(before);
        match source[0] {
            SUB if PIXEL == 1 => add_up(row),
            SUB => add::<PIXEL>(row, &above(before, length), |left, _, _| left),
            UP => add_above(row, &above(before, length)),
            AVERAGE => add::<PIXEL>(row, &above(before, length), |left, up, _| left.midpoint(up)),
            PAETH => add::<PIXEL>(row, &above(before, length), paeth),
            _ => {}
        }
    }
}

/// A function of its own: within its caller the compiler doubts that the rows lie apart, and adds byte after byte.
#[inline(never)]
fn add_above(row: &mut [u8], above: &[u8]) {
    row.iter_mut().zip(above).for_each(|(byte, up)| *byte = byte.wrapping_add(*up));
}

/// Single bytes of which each is what it adds to the one on its left, as most scanners write them: sixteen at a time, in
/// half the time that one after the other takes. Only the sum of all before them waits for them.
fn add_up(row: &mut [u8]) {
    let shifted = |bytes: u8x16, bits: u32| -> u8x16 { cast(cast::<u8x16, u64x2>(bytes) << bits) };
    let (sixteens, rest) = row.as_chunks_mut::<16>();
    let mut before = 0_u8;
    for sixteen in sixteens {
        // Eight bytes of a number, the lowest first: sums of two, of four, of all. Then those of the left eight are added
        // to the right.
        let bytes = u8x16::new(*sixteen);
        let bytes = bytes + shifted(bytes, 8);
        let bytes = bytes + shifted(bytes, 16);
        let bytes = bytes + shifted(bytes, 32);
        // Without `map`, which compilers call instead of writing out, and then all of this takes as long as it did.
        let [left, right]: [u64; 2] = cast(bytes);
        let (left, right) = ((left >> 56) as u8, (right >> 56) as u8);
        let onto_right: u8x16 = cast([0, u64::from(left) * 0x0101_0101_0101_0101]);
        *sixteen = (bytes + onto_right + u8x16::splat(before)).to_array();
        before = before.wrapping_add(left).wrapping_add(right);
    }
    for byte in rest {
        before = before.wrapping_add(*byte);
        *byte = before;
    }
}

/// Adds to each byte what is expected by its neighbours to the left, above, and above the left one.
#[inline(always)]
fn add<const PIXEL: usize>(row: &mut [u8], above: &[u8], expect: impl Fn(u8, u8, u8) -> u8) {
    // The same in two forms, for which of them is fast depends on the pixel: the other takes up to ten times as long.
    if PIXEL != 3 {
        let above = &above[..row.len()];
        for n in 0..row.len() {
            let (left, corner) = if n < PIXEL { (0, 0) } else { (row[n - PIXEL], above[n - PIXEL]) };
            row[n] = row[n].wrapping_add(expect(left, above[n], corner));
        }
    } else {
        let (mut left, mut corner) = ([0; PIXEL], [0; PIXEL]);
        for (pixel, above) in row.as_chunks_mut::<PIXEL>().0.iter_mut().zip(above.as_chunks::<PIXEL>().0) {
            for n in 0..PIXEL {
                pixel[n] = pixel[n].wrapping_add(expect(left[n], above[n], corner[n]));
            }
            (left, corner) = (*pixel, *above);
        }
    }
}

/// The neighbour that is nearest to left + up - corner.
#[inline(always)]
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(up), i16::from(corner));
    let (least, most) = (a.min(b), a.max(b));
    // With the corner outside or near one of them, the other is nearest; this form has few steps that wait for `left`.
    let between = 3 * c - (a + b);
    let nearest = if most <= between { least } else { c };
    (if between <= least { most } else { nearest }) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The specification, word by word.
    fn plainly(filtered: &[u8], above: &[u8], pixel: usize) -> Vec<u8> {
        let length = above.len();
        let mut rows: Vec<u8> = above.to_vec();
        for row in filtered.chunks(1 + length) {
            let start = rows.len();
            for x in 0..length {
                let a = if x < pixel { 0 } else { i32::from(rows[start + x - pixel]) };
                let b = i32::from(rows[start + x - length]);
                let c = if x < pixel { 0 } else { i32::from(rows[start + x - length - pixel]) };
                let p = a + b - c;
                let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
                let paeth = if pa <= pb && pa <= pc {
                    a
                } else if pb <= pc {
                    b
                } else {
                    c
                };
                let expected = [0, a, b, (a + b) / 2, paeth][usize::from(row[0])];
                rows.push(row[1 + x].wrapping_add(expected as u8));
            }
        }
        rows.split_off(length)
    }

    proptest! {
        #[test]
        fn rows_in_turn_and_rows_together_are_what_the_specification_says(
            pixel in prop::sample::select(vec![1_usize, 1, 1, 2, 3, 4, 6, 8]),
            pixels in 1_usize..1200,
            count in 1..=LANES,
            paeth in any::<bool>(),
            seed in 1_u64..,
        ) {
            let length = pixels * pixel;
            let mut state = seed;
            let mut random = || {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u8
            };
            let above: Vec<u8> = (0..length).map(|_| random()).collect();
            let mut filtered: Vec<u8> = (0..(1 + length) * count).map(|_| random()).collect();
            for row in filtered.chunks_mut(1 + length) {
                row[0] = if paeth && row[0] % 4 != 0 { PAETH } else { row[0] % 5 };
            }
            let (mut rows, mut first) = (above.clone(), vec![]);
            prop_assert_eq!(undo(&filtered, length, pixel, &mut rows), Ok(()));
            prop_assert!(rows[length..] == plainly(&filtered, &above, pixel));
            prop_assert_eq!(undo(&filtered, length, pixel, &mut first), Ok(()));
            prop_assert!(first == plainly(&filtered, &vec![0; length], pixel));
        }
    }

    #[test]
    fn a_filter_that_does_not_exist_is_refused() {
        assert_eq!(undo(&[5, 0, 0, 0], 3, 1, &mut vec![]), Err(Damage::Filter { filter: 5 }));
    }
}
