//! The error correction of one block: mends codewords that are wrong (errors) or not to be trusted (erasures).
//!
//! It must never correct more than its caller allows: how much is safe depends on the version, and the limit is what
//! keeps another code's text from appearing.

use super::galois::{power, product, quotient, value};

/// Parity codewords of a block at most (ISO/IEC 18004:2015, table 9).
const PARITY: usize = 30;

type Polynomial = [u8; PARITY + 2];

/// The parity codewords that belong to `data`: the remainder by the generator polynomial (ISO/IEC 18004:2015, 7.5.2).
pub(super) fn parity(data: &[u8], count: usize) -> Vec<u8> {
    let mut generator = vec![1_u8]; // the leading coefficient first
    for n in 0..count {
        generator.push(0);
        for k in (1..generator.len()).rev() {
            generator[k] ^= product(generator[k - 1], power(n as isize));
        }
    }
    let mut remainder = vec![0_u8; count];
    for codeword in data {
        let lead = codeword ^ remainder[0];
        remainder.rotate_left(1);
        remainder[count - 1] = 0;
        for (rest, coefficient) in remainder.iter_mut().zip(&generator[1..]) {
            *rest ^= product(lead, *coefficient);
        }
    }
    remainder
}

/// Mends `block`, whose last `parity` codewords are parity, and says how many codewords were wrong.
///
/// Codewords at `erased` may be anything; of the others at most `errors` may be wrong. `None`, and a block of no
/// meaning, when that does not explain what was read.
pub(super) fn mend(block: &mut [u8], parity: usize, erased: &[usize], errors: usize) -> Option<usize> {
    let Some(syndromes) = syndromes(block, parity) else { return Some(0) };
    let length = block.len();
    // A codeword is known by its locator, the power of α that stands for its place.
    let locator = |place: usize| power((length - 1 - place) as isize);

    // The polynomial whose roots are the inverse locators of the erasures…
    let mut erasures: Polynomial = [0; PARITY + 2];
    erasures[0] = 1;
    for (degree, place) in erased.iter().enumerate() {
        for k in (0..=degree).rev() {
            erasures[k + 1] ^= product(erasures[k], locator(*place));
        }
    }
    // …frees the syndromes of them; what is left is due to errors.
    let modified = times(&syndromes, &erasures, parity);
    let (located, degree) = shortest_register(&modified[erased.len()..parity], errors)?;
    let locators = times(&located, &erasures, parity + 1);
    let evaluator = times(&syndromes, &locators, parity);
    // Over a field of characteristic two the derivative keeps the odd terms only.
    let mut derivative: Polynomial = [0; PARITY + 2];
    for k in (1..=parity).step_by(2) {
        derivative[k - 1] = locators[k];
    }

    let (mut roots, mut wrong) = (0, 0);
    for (place, codeword) in block.iter_mut().enumerate() {
        let inverse = power(-((length - 1 - place) as isize));
        if value(&locators, inverse) != 0 {
            continue;
        }
        roots += 1;
        let slope = value(&derivative, inverse);
        if slope == 0 {
            return None; // a double root locates nothing
        }
        // Forney's formula, for a generator polynomial that begins at α⁰.
        let error = product(quotient(value(&evaluator, inverse), slope), locator(place));
        wrong += usize::from(error != 0);
        *codeword ^= error;
    }
    (roots == degree + erased.len() && self::syndromes(block, parity).is_none()).then_some(wrong)
}

/// What is left of the block at each root of the generator polynomial; `None` when it is a codeword of the code.
fn syndromes(block: &[u8], parity: usize) -> Option<Polynomial> {
    let mut syndromes: Polynomial = [0; PARITY + 2];
    for (n, syndrome) in syndromes[..parity].iter_mut().enumerate() {
        let root = power(n as isize);
        *syndrome = block.iter().fold(0, |sum, codeword| product(sum, root) ^ codeword);
    }
    syndromes.iter().any(|syndrome| *syndrome != 0).then_some(syndromes)
}

/// The product of two polynomials, its first `terms` coefficients.
fn times(a: &Polynomial, b: &Polynomial, terms: usize) -> Polynomial {
    let mut result: Polynomial = [0; PARITY + 2];
    for (n, coefficient) in a[..terms].iter().enumerate().filter(|(_, coefficient)| **coefficient != 0) {
        for (k, other) in b[..terms - n].iter().enumerate() {
            result[n + k] ^= product(*coefficient, *other);
        }
    }
    result
}

/// Berlekamp and Massey: the shortest shift register that makes the syndromes, with its length, which is the number of
/// errors. `None` beyond `limit`.
fn shortest_register(syndromes: &[u8], limit: usize) -> Option<(Polynomial, usize)> {
    let mut register: Polynomial = [0; PARITY + 2];
    register[0] = 1;
    let (mut former, mut former_miss, mut since, mut length) = (register, 1, 1, 0);
    for n in 0..syndromes.len() {
        let miss = (1..=length.min(n)).fold(syndromes[n], |sum, k| sum ^ product(register[k], syndromes[n - k]));
        if miss == 0 {
            since += 1;
            continue;
        }
        let scale = quotient(miss, former_miss);
        let present = register;
        for k in since..register.len() {
            register[k] ^= product(scale, former[k - since]);
        }
        if 2 * length <= n {
            length = n + 1 - length;
            (former, former_miss, since) = (present, miss, 1);
        } else {
            since += 1;
        }
    }
    (length <= limit).then_some((register, length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn block(data: &[u8], count: usize) -> Vec<u8> {
        [data, &parity(data, count)].concat()
    }

    #[test]
    fn the_parity_of_the_example_in_the_standard_comes_out() {
        // ISO/IEC 18004:2015, annex I.2: the symbol 1-M of the digits 01234567.
        let data = [0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11];
        assert_eq!(parity(&data, 10), [0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55]);
    }

    proptest! {
        #[test]
        fn errors_and_erasures_within_the_limit_are_mended(
            data in prop::collection::vec(any::<u8>(), 1..120),
            count in 7_usize..=30,
            noise in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 0..30),
            erasures in 0_usize..24,
        ) {
            let whole = block(&data, count);
            let erasures = erasures.min(count - 6);
            let mut read = whole.clone();
            let mut places: Vec<usize> = Vec::new();
            for (index, change) in noise {
                let place = index.index(whole.len());
                let erased = places.len() < erasures;
                let errors = places.len().saturating_sub(erasures);
                if !places.contains(&place) && (erased || 2 * (errors + 1) + erasures <= count) {
                    places.push(place);
                    read[place] ^= change;
                }
            }
            let erased = &places[..places.len().min(erasures)];
            let errors = places.len() - erased.len();
            prop_assert_eq!(mend(&mut read, count, erased, errors), Some(places.len()));
            prop_assert_eq!(read, whole);
        }

        #[test]
        fn more_errors_than_allowed_are_refused(
            data in prop::collection::vec(any::<u8>(), 19..=19),
            places in prop::collection::hash_set(0_usize..26, 3),
            change in 1_u8..,
        ) {
            // Three errors in a block of 1-L lie at least five from every other codeword of the code.
            let mut read = block(&data, 7);
            places.iter().for_each(|place| read[*place] ^= change);
            prop_assert_eq!(mend(&mut read, 7, &[], 2), None);
        }
    }
}
