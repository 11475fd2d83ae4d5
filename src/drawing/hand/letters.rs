//! The small letters that number words need, printed rather than joined, as committees write them. It must cover every
//! letter of every number word; a test says so.

use crate::hand::{Sign, Stroke};

const BOWL: Stroke = &[(0.4, 0.46), (0.2, 0.56), (0.05, 0.34), (0.12, 0.06), (0.3, 0.04), (0.42, 0.3)];
const RING: Stroke =
    &[(0.24, 0.56), (0.06, 0.4), (0.08, 0.1), (0.26, 0.0), (0.42, 0.16), (0.4, 0.44), (0.24, 0.56), (0.18, 0.54)];
const CUP: Stroke = &[(0.06, 0.54), (0.08, 0.14), (0.22, 0.0), (0.38, 0.16), (0.42, 0.54), (0.42, 0.54), (0.44, 0.0)];
const SNAKE: Stroke = &[(0.38, 0.48), (0.2, 0.57), (0.08, 0.44), (0.22, 0.3), (0.36, 0.16), (0.22, 0.0), (0.04, 0.06)];
const HOOK: Stroke = &[(0.38, 0.48), (0.2, 0.56), (0.05, 0.34), (0.12, 0.06), (0.38, 0.06)];
const STEM: Stroke = &[(0.1, 0.54), (0.12, 0.2), (0.14, 0.0)];
const DOTS: [Stroke; 2] = [&[(0.14, 0.76), (0.16, 0.8)], &[(0.34, 0.78), (0.36, 0.82)]];
const TAIL: Stroke = &[(0.22, -0.02), (0.28, -0.14), (0.16, -0.22)];

/// The letters that can be written, each with its strokes and its width.
static LETTERS: [(char, Sign); 23] = [
    ('a', Sign { strokes: &[BOWL, &[(0.42, 0.54), (0.42, 0.16), (0.5, 0.02)]], advance: 0.58 }),
    (
        'b',
        Sign {
            strokes: &[&[
                (0.1, 1.0),
                (0.08, 0.4),
                (0.08, 0.04),
                (0.08, 0.04),
                (0.1, 0.36),
                (0.28, 0.54),
                (0.44, 0.34),
                (0.34, 0.04),
                (0.1, 0.04),
            ]],
            advance: 0.56,
        },
    ),
    ('ç', Sign { strokes: &[HOOK, TAIL], advance: 0.5 }),
    ('d', Sign { strokes: &[BOWL, &[(0.46, 1.0), (0.43, 0.4), (0.46, 0.0)]], advance: 0.6 }),
    (
        'e',
        Sign {
            strokes: &[&[(0.06, 0.28), (0.38, 0.34), (0.32, 0.54), (0.12, 0.48), (0.06, 0.2), (0.2, 0.0), (0.42, 0.1)]],
            advance: 0.52,
        },
    ),
    (
        'f',
        Sign {
            strokes: &[
                &[(0.42, 0.94), (0.28, 1.0), (0.2, 0.8), (0.2, 0.3), (0.18, -0.04)],
                &[(0.04, 0.52), (0.36, 0.54)],
            ],
            advance: 0.44,
        },
    ),
    ('ı', Sign { strokes: &[STEM], advance: 0.28 }),
    ('i', Sign { strokes: &[STEM, &[(0.15, 0.76), (0.17, 0.8)]], advance: 0.28 }),
    (
        'k',
        Sign {
            strokes: &[
                &[(0.1, 1.0), (0.09, 0.5), (0.1, 0.0)],
                &[(0.42, 0.56), (0.14, 0.28), (0.14, 0.28), (0.3, 0.12), (0.46, 0.0)],
            ],
            advance: 0.54,
        },
    ),
    ('l', Sign { strokes: &[&[(0.12, 1.0), (0.11, 0.3), (0.16, 0.02), (0.26, 0.06)]], advance: 0.32 }),
    (
        'm',
        Sign {
            strokes: &[&[
                (0.06, 0.54),
                (0.08, 0.0),
                (0.08, 0.0),
                (0.16, 0.44),
                (0.3, 0.5),
                (0.34, 0.02),
                (0.34, 0.02),
                (0.42, 0.44),
                (0.56, 0.5),
                (0.62, 0.0),
            ]],
            advance: 0.76,
        },
    ),
    (
        'n',
        Sign {
            strokes: &[&[(0.06, 0.54), (0.08, 0.0), (0.08, 0.0), (0.14, 0.42), (0.3, 0.54), (0.4, 0.36), (0.42, 0.0)]],
            advance: 0.56,
        },
    ),
    ('o', Sign { strokes: &[RING], advance: 0.54 }),
    ('ö', Sign { strokes: &[RING, DOTS[0], DOTS[1]], advance: 0.54 }),
    (
        'r',
        Sign {
            strokes: &[&[(0.08, 0.54), (0.1, 0.0), (0.1, 0.0), (0.14, 0.36), (0.26, 0.54), (0.38, 0.5)]],
            advance: 0.46,
        },
    ),
    ('s', Sign { strokes: &[SNAKE], advance: 0.48 }),
    ('ş', Sign { strokes: &[SNAKE, TAIL], advance: 0.48 }),
    (
        't',
        Sign {
            strokes: &[&[(0.18, 0.9), (0.16, 0.3), (0.2, 0.02), (0.34, 0.06)], &[(0.02, 0.6), (0.34, 0.63)]],
            advance: 0.44,
        },
    ),
    ('u', Sign { strokes: &[CUP], advance: 0.56 }),
    ('ü', Sign { strokes: &[CUP, DOTS[0], DOTS[1]], advance: 0.56 }),
    (
        'y',
        Sign {
            strokes: &[
                &[(0.06, 0.54), (0.1, 0.22), (0.24, 0.16), (0.38, 0.3)],
                &[(0.42, 0.56), (0.38, 0.1), (0.26, -0.3), (0.06, -0.28)],
            ],
            advance: 0.54,
        },
    ),
    (
        'z',
        Sign {
            strokes: &[&[(0.06, 0.5), (0.4, 0.53), (0.4, 0.53), (0.05, 0.02), (0.05, 0.02), (0.44, 0.04)]],
            advance: 0.54,
        },
    ),
    (' ', Sign { strokes: &[], advance: 0.34 }),
];

/// The sign of a letter, if this hand knows it.
pub fn letter(letter: char) -> Option<&'static Sign> {
    LETTERS.iter().find(|(known, _)| *known == letter).map(|(_, sign)| sign)
}

#[cfg(test)]
mod tests {
    use super::letter;
    use crate::hand::number_words::in_words;

    #[test]
    fn every_number_word_can_be_written() {
        for number in (0..2000).chain([10_000, 123_456]) {
            let words = in_words(number);
            assert!(words.chars().all(|sign| letter(sign).is_some()), "{words}");
        }
    }
}
