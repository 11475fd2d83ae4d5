//! The modules of a code: bytes are printed as the data of a code of any version, with or without sound function
//! patterns, and damaged as the other bytes say. Whatever comes, no panic; and what is read as ten digits was printed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tutanak::reading::{self, Page};

const SIDE: usize = 4;
const QUIET: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    let Some((head, data)) = bytes.split_first_chunk::<2>() else { return };
    // Small versions are what forms carry, and a try takes as long as the code has modules; seven is the first that says
    // which version it is.
    let version = if head[0] % 16 == 15 { 7 } else { 1 + usize::from(head[0] % 3) };
    let size = 17 + 4 * version;
    let bit = |n: usize| data.get(n / 8 % data.len().max(1)).is_some_and(|byte| byte >> (n % 8) & 1 == 1);
    let dark =
        |x: usize, y: usize| if head[1] & 1 == 0 { pattern(size, x, y) } else { None }.unwrap_or(bit(y * size + x));
    let width = (size + 2 * QUIET) * SIDE;
    let mut luma = vec![255_u8; width * width];
    for (at, pixel) in luma.iter_mut().enumerate() {
        let (x, y) = (at % width / SIDE, at / width / SIDE);
        let inside = (QUIET..QUIET + size).contains(&x) && (QUIET..QUIET + size).contains(&y);
        if inside && dark(x - QUIET, y - QUIET) {
            *pixel = 0;
        }
    }
    let Some(page) = Page::from_luma(width as u32, width as u32, luma) else { return };
    for code in reading::read(&page).codes() {
        // No chance in the life of a fuzzer makes a karekod: 56 parity bits would have to fit.
        let ten_digits = code.len() == 10 && code.bytes().all(|byte| byte.is_ascii_digit());
        assert!(!ten_digits || data.len() > 40, "{code} out of {} bytes", data.len());
    }
});

/// Finder and timing patterns.
fn pattern(size: usize, x: usize, y: usize) -> Option<bool> {
    let far = size - 8;
    let corner = [(0, 0), (far, 0), (0, far)]
        .into_iter()
        .find(|(left, top)| (*left..left + 8).contains(&x) && (*top..top + 8).contains(&y));
    if let Some((left, top)) = corner {
        let (x, y) = (x - left + usize::from(left == 0), y - top + usize::from(top == 0));
        return Some(!matches!(x.abs_diff(4).max(y.abs_diff(4)), 2 | 4));
    }
    ((x == 6) || (y == 6)).then_some((x + y) % 2 == 0)
}
