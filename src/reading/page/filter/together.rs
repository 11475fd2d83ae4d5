//! Undoing the filters of sixteen rows together.
//!
//! A row undone by itself goes byte after byte, because each waits for the one to its left. Here every row is a little
//! behind the row above it, so that sixteen bytes, one of each row, have all their neighbours at hand and are undone in one
//! step. It is made for pixels of one byte, where the waiting is worst.
//!
//! Its loops over lanes become single instructions; it must never get a branch that depends on a byte.

use super::{AVERAGE, LANES, PAETH, SUB, UP};

/// One byte of each row.
type Lanes = [u8; LANES];

/// Bytes of a tile: so many of each row.
const TILE: usize = LANES * LANES;

/// Rows of single bytes go together in tiles, every row one tile behind the row above it, so that the row above is always
/// known. Bytes before a row's first count as zero, as the specification wants it, and come out as zero; what comes out
/// for bytes after its last is not looked at.
pub(super) fn undo(filtered: &[u8], above: &[u8], rows: &mut [u8]) {
    let length = above.len();
    let blanking = Blanking::of(filtered.chunks_exact(1 + length).map(|row| row[0]));
    let count = rows.len() / length;
    // A tile step after step, of each step a byte of each row.
    let mut bytes = [0; TILE];
    let (mut left, mut corner) = ([0; LANES], [0; LANES]);
    for tile in 0..length.div_ceil(LANES) + count - 1 {
        // Above a row is what the row above it had a tile ago: the same bytes, one lane on.
        let mut ups = [0; TILE];
        ups[1..].copy_from_slice(&bytes[..TILE - 1]);
        ups.iter_mut().step_by(LANES).zip(load(above, tile)).for_each(|(up, byte)| *up = byte);
        bytes = [0; TILE];
        for (lane, (row, bytes)) in filtered.chunks_exact(1 + length).zip(bytes.as_chunks_mut().0).enumerate() {
            if let Some(tile) = tile.checked_sub(lane) {
                *bytes = load(&row[1..], tile);
            }
        }
        bytes = transposed(bytes);
        for (step, up) in bytes.as_chunks_mut::<LANES>().0.iter_mut().zip(ups.as_chunks().0) {
            left = zip(step, &blanking.expect(&left, up, &corner), u8::wrapping_add);
            corner = *up;
            *step = left;
        }
        let done = transposed(bytes);
        for (lane, (row, done)) in rows.chunks_exact_mut(length).zip(done.as_chunks().0).enumerate() {
            if let Some(tile) = tile.checked_sub(lane) {
                store(done, row, tile);
            }
        }
    }
}

/// Which neighbours each row's filter looks at. Paeth's choice among a neighbour and zeros is that neighbour, so None, Sub
/// and Up are Paeth with neighbours blanked out; only Average is something else.
struct Blanking {
    left: Lanes,
    up: Lanes,
    corner: Lanes,
    average: Lanes,
}

impl Blanking {
    fn of(filters: impl Iterator<Item = u8>) -> Self {
        let mut blanking = Self { left: [0; LANES], up: [0; LANES], corner: [0; LANES], average: [0; LANES] };
        for (lane, filter) in filters.enumerate().take(LANES) {
            let looks = |yes: bool| if yes { u8::MAX } else { 0 };
            blanking.left[lane] = looks(matches!(filter, SUB | AVERAGE | PAETH));
            blanking.up[lane] = looks(matches!(filter, UP | AVERAGE | PAETH));
            blanking.corner[lane] = looks(filter == PAETH);
            blanking.average[lane] = looks(filter == AVERAGE);
        }
        blanking
    }

    /// What the filters expect, given the neighbours to the left, above, and above the left one.
    #[inline(always)]
    fn expect(&self, left: &Lanes, up: &Lanes, corner: &Lanes) -> Lanes {
        let a = zip(left, &self.left, |a, mask| a & mask);
        let b = zip(up, &self.up, |b, mask| b & mask);
        let c = zip(corner, &self.corner, |c, mask| c & mask);
        // How far a + b - c is from a, b and c, without leaving the byte. It is never nearest to c when a and b are on
        // the same side of it: as far as can be will do then.
        let from_a = zip(&b, &c, distance);
        let from_b = zip(&a, &c, distance);
        let same_side = zip(&zip(&a, &c, at_least), &zip(&b, &c, at_least), |a, b| !(a ^ b));
        let from_c = zip(&zip(&from_a, &from_b, distance), &same_side, |near, far| near | far);
        let b_or_c = choose(&zip(&from_c, &from_b, at_least), &b, &c);
        let paeth = choose(&zip(&zip(&from_b, &from_c, u8::min), &from_a, at_least), &a, &b_or_c);
        let average = zip(&a, &b, |a, b| (a & b).wrapping_add((a ^ b) >> 1));
        choose(&self.average, &average, &paeth)
    }
}

#[inline(always)]
fn zip(a: &Lanes, b: &Lanes, f: impl Fn(u8, u8) -> u8) -> Lanes {
    let mut out = [0; LANES];
    for lane in 0..LANES {
        out[lane] = f(a[lane], b[lane]);
    }
    out
}

/// Of the two bytes; the compiler keeps this form within bytes, where `abs_diff` sometimes widens.
#[inline(always)]
fn distance(a: u8, b: u8) -> u8 {
    a.max(b).wrapping_sub(a.min(b))
}

#[inline(always)]
fn at_least(a: u8, b: u8) -> u8 {
    if a >= b { u8::MAX } else { 0 }
}

#[inline(always)]
fn choose(mask: &Lanes, yes: &Lanes, no: &Lanes) -> Lanes {
    let mut out = [0; LANES];
    for lane in 0..LANES {
        out[lane] = yes[lane] & mask[lane] | no[lane] & !mask[lane];
    }
    out
}

/// What a tile has of a row; zeros where the row has ended.
#[inline(always)]
fn load(row: &[u8], tile: usize) -> Lanes {
    let rest = row.get(tile * LANES..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk() {
        return *whole;
    }
    let mut bytes = [0; LANES];
    bytes[..rest.len()].copy_from_slice(rest);
    bytes
}

/// Puts back into a row what a tile has of it, as far as the row goes.
#[inline(always)]
fn store(bytes: &Lanes, row: &mut [u8], tile: usize) {
    let rest = row.get_mut(tile * LANES..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk_mut() {
        *whole = *bytes;
    } else {
        rest.copy_from_slice(&bytes[..rest.len()]);
    }
}

/// Rows become columns. The tile is shuffled like a pack of cards, its halves dealt in turns: that moves the highest bit of
/// every index to the lowest place. After four times the bits of the row and those of the column have changed places.
#[inline(always)]
fn transposed(mut tile: [u8; TILE]) -> [u8; TILE] {
    for _ in 0..4 {
        let pack = tile;
        for n in 0..TILE / 2 {
            tile[2 * n] = pack[n];
            tile[2 * n + 1] = pack[TILE / 2 + n];
        }
    }
    tile
}
