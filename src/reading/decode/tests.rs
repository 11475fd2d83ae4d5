//! What decoding promises, for codes made by a foreign encoder.

use proptest::prelude::*;
use qrcode::{EcLevel, QrCode, Version};

use super::damage::{Chance, Content, Damage, SURE, code, soft};
use super::likeness::likeness;
use super::*;

const LEVELS: [(Level, EcLevel); 4] =
    [(Level::L, EcLevel::L), (Level::M, EcLevel::M), (Level::Q, EcLevel::Q), (Level::H, EcLevel::H)];

/// A code of letters that fill it, so that every block is full.
fn full(version: usize, level: Level, ec: EcLevel) -> (String, Soft) {
    let layout = Layout::of_size(17 + 4 * version).unwrap();
    let length = blocks::Blocks::of(version as u8, level, layout.codewords()).data_in_all() - 3;
    let mut chance = Chance(version as u64);
    let text: String = (0..length).map(|_| char::from(b'a' + chance.below(26) as u8)).collect();
    let code = QrCode::with_version(&text, Version::Normal(version as i16), ec).unwrap();
    (text, soft(&code))
}

fn printed(grid: &Soft) -> Vec<bool> {
    grid.values.iter().map(|value| *value > 0).collect()
}

fn mirror(grid: &Soft) -> Soft {
    Soft { size: grid.size, values: transposed(&grid.values, grid.size) }
}

#[test]
fn codes_of_every_version_and_level_are_read() {
    for version in 1..=40 {
        for (level, ec) in LEVELS {
            let (text, grid) = full(version, level, ec);
            let read = decode(&grid).unwrap_or_else(|| panic!("version {version}, level {level:?}"));
            assert_eq!((read.text, read.version, read.level), (text, version as u8, level));
            assert_eq!((read.method, read.mirrored, read.corrected), (Method::Hard, false, 0));
            assert_eq!(read.grid, printed(&grid));
        }
    }
}

#[test]
fn mirror_images_are_read_and_called_so() {
    for version in [1, 2, 6, 7, 14] {
        let (text, grid) = full(version, Level::Q, EcLevel::Q);
        let grid = mirror(&grid);
        let read = decode(&grid).unwrap();
        assert_eq!((read.text, read.mirrored, read.corrected), (text, true, 0));
        assert_eq!(read.grid, printed(&grid));
    }
}

#[test]
fn errors_are_mended_up_to_the_standards_limit_and_counted() {
    let (text, whole) = full(1, Level::L, EcLevel::L);
    let layout = Layout::of_size(21).unwrap();
    let spoilt = |codewords: usize| {
        let mut grid = whole.clone();
        (0..codewords).for_each(|n| grid.values[layout.data[72 + 40 * n]] *= -1);
        decode(&grid)
    };
    let read = spoilt(2).unwrap();
    assert_eq!((read.text, read.corrected, read.modules), (text, 2, 8 * 26 + 30));
    assert!(spoilt(3).is_none(), "1-L mends two codewords, and its parity of seven could three");
}

#[test]
fn codewords_that_say_little_are_left_to_the_parity() {
    // 3-M: 26 codewords of parity in one block. 13 wrong ones could be mended, 20 erased ones.
    let (text, mut grid) = full(3, Level::M, EcLevel::M);
    let layout = Layout::of_size(29).unwrap();
    for bit in (0..18 * 8).step_by(3) {
        grid.values[layout.data[bit]] = if bit % 2 == 0 { 5 } else { -5 };
    }
    let read = decode(&grid).unwrap();
    assert_eq!((read.text, read.method), (text, Method::Erasures));
    for module in &layout.data[18 * 8..21 * 8] {
        grid.values[*module] = 3;
    }
    assert!(decode(&grid).is_none(), "21 erased codewords leave less than six to bear witness");
}

#[test]
fn padding_is_evidence() {
    let padded = |version| decode(&soft(&QrCode::with_version("1234567890", version, EcLevel::L).unwrap())).unwrap();
    assert_eq!(padded(Version::Normal(1)).padding, Padding { agree: 12, of: 12 });
    assert_eq!(padded(Version::Normal(2)).padding, Padding { agree: 27, of: 27 });
}

#[test]
fn ten_digits_are_read_through_a_stamp_that_no_error_correction_mends() {
    let mut chance = Chance(5);
    for content in [Content::Digits(10), Content::Ascii(10)] {
        for level in [EcLevel::L, EcLevel::M] {
            let (text, mut grid) = code(content, level, &mut chance);
            for (x, y) in (0..36).map(|n| (11 + n % 6, 12 + n / 6)) {
                grid.values[y * 21 + x] = SURE;
            }
            assert!(standard(Layout::of_size(21).unwrap(), &grid.values).is_none());
            let read = decode(&grid).unwrap();
            assert_eq!((read.text.as_str(), read.method, read.mirrored), (text.as_str(), Method::Digits, false));
            let read = decode(&mirror(&grid)).unwrap();
            assert_eq!((read.text, read.method, read.mirrored), (text, Method::Digits, true));
        }
    }
}

#[test]
fn a_code_without_its_format_information_is_read_as_digits() {
    let mut chance = Chance(6);
    let (text, mut grid) = code(Content::Digits(10), EcLevel::L, &mut chance);
    for (module, _) in format::Format::all().next().unwrap().modules(21) {
        grid.values[module] = SURE;
    }
    let read = decode(&grid).unwrap();
    assert_eq!((read.text, read.method), (text, Method::Digits));
}

#[test]
fn a_code_that_is_half_unseen_is_none() {
    let mut chance = Chance(7);
    for _ in 0..20 {
        let (_, mut grid) = code(Content::Digits(10), EcLevel::L, &mut chance);
        grid.values[11 * 21..].fill(0);
        assert!(decode(&grid).is_none(), "thirty bits say nothing of the digits, which need thirty-four");
    }
}

#[test]
fn likeness_tells_codes_from_noise() {
    let mut chance = Chance(8);
    let (_, mut grid) = code(Content::Letters(10), EcLevel::Q, &mut chance);
    assert!(likeness(&grid) > 0.99);
    let inverse = Soft { size: 21, values: grid.values.iter().map(|value| -value).collect() };
    assert!(likeness(&inverse) < -0.99);
    grid.values[..10 * 21].fill(SURE);
    assert!(likeness(&grid) > LIKENESS, "half covered is still a code");
    let noise = Soft { size: 21, values: (0..441).map(|_| chance.value()).collect() };
    assert!(likeness(&noise) < LIKENESS);
    assert_eq!(likeness(&Soft { size: 21, values: vec![SURE; 440] }), 0.0);
    assert_eq!(likeness(&Soft { size: 22, values: vec![SURE; 484] }), 0.0);
}

#[test]
fn a_faint_picture_is_read_like_a_strong_one() {
    let mut chance = Chance(9);
    let (text, mut grid) = code(Content::Digits(10), EcLevel::L, &mut chance);
    Damage::DarkBlot.harm(&mut grid, 0.4, &mut chance);
    let strong = decode(&grid).map(|read| read.text);
    grid.values.iter_mut().for_each(|value| *value /= 3);
    assert_eq!(strong, Some(text));
    assert_eq!(decode(&grid).map(|read| read.text), strong);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_grid_makes_it_panic(
        size in prop_oneof![0_usize..60, Just(177), Just(usize::MAX)],
        off in -1_isize..=1,
        seed: u64,
        framed: bool,
    ) {
        let count = if size > 200 { 441 } else { (size * size).saturating_add_signed(off) };
        let mut chance = Chance(seed);
        let mut grid = Soft { size, values: (0..count).map(|_| chance.bits() as i8).collect() };
        if let Some(layout) = Layout::of_size(size).filter(|_| framed && grid.is_whole()) {
            for (module, dark) in layout.patterns.iter().copied().chain(format::Format::all().next().unwrap().modules(size)) {
                grid.values[module] = if dark { SURE } else { -SURE };
            }
        }
        prop_assert!(decode(&grid).is_none());
        prop_assert!(decode_twins(&[&grid, &grid]).is_none());
        prop_assert!((-1.01..=1.01).contains(&likeness(&grid)));
    }
}

#[test]
fn no_twins_are_no_code() {
    assert!(decode_twins(&[]).is_none());
}
