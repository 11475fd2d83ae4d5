//! Arithmetic of the field that codewords are elements of. It must never branch on anything but zero.

/// x⁸ + x⁴ + x³ + x² + 1, the modulus of ISO/IEC 18004:2015, 7.5.2.
const MODULUS: u16 = 0x11d;

/// Powers of α = 2, twice over, so that a sum of two logarithms needs no reduction.
const POWERS: [u8; 510] = {
    let mut powers = [0; 510];
    let (mut power, mut n) = (1_u16, 0);
    while n < 510 {
        powers[n] = power as u8;
        power <<= 1;
        if power & 0x100 != 0 {
            power ^= MODULUS;
        }
        n += 1;
    }
    powers
};

/// Logarithms to the base α. That of zero does not exist and is never asked for.
const LOGARITHMS: [u8; 256] = {
    let mut logarithms = [0; 256];
    let mut n = 0;
    while n < 255 {
        logarithms[POWERS[n] as usize] = n as u8;
        n += 1;
    }
    logarithms
};

/// α to the `n`, for `n` of either sign.
pub(super) fn power(n: isize) -> u8 {
    POWERS[n.rem_euclid(255) as usize]
}

/// The product of two elements.
pub(super) fn product(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        0
    } else {
        POWERS[usize::from(LOGARITHMS[usize::from(a)]) + usize::from(LOGARITHMS[usize::from(b)])]
    }
}

/// The quotient `a / b`. `b` must not be zero.
pub(super) fn quotient(a: u8, b: u8) -> u8 {
    debug_assert_ne!(b, 0, "division by zero");
    if a == 0 {
        0
    } else {
        POWERS[usize::from(LOGARITHMS[usize::from(a)]) + 255 - usize::from(LOGARITHMS[usize::from(b)])]
    }
}

/// The value of a polynomial at `x`, its coefficients from the constant upwards.
pub(super) fn value(polynomial: &[u8], x: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, coefficient| product(sum, x) ^ coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_undoes_multiplication() {
        for a in 0..=255 {
            for b in 1..=255 {
                assert_eq!(quotient(product(a, b), b), a);
            }
        }
    }

    #[test]
    fn powers_repeat_after_255_in_both_directions() {
        assert_eq!((power(0), power(8), power(255), power(-255)), (1, 0x1d, 1, 1));
        assert_eq!(product(power(-3), power(3)), 1);
    }
}
