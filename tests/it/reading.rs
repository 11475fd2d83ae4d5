//! Reading codes of every kind from drawn pages: all versions and levels, turned, mirrored, in negative, in twos; and
//! pages made to take for ever.

use qrcode::bits::{Bits, ExtendedMode};
use qrcode::types::Mode;
use qrcode::{Color, EcLevel, QrCode, Version};
use tutanak::reading::{self, Findings, Page, Stage};

/// White paper to draw on.
struct Sheet {
    width: usize,
    height: usize,
    luma: Vec<u8>,
}

impl Sheet {
    fn blank(width: usize, height: usize) -> Self {
        Self { width, height, luma: vec![255; width * height] }
    }

    fn put(&mut self, left: usize, top: usize, side: usize, modules: &[Vec<bool>]) {
        for (row, modules) in modules.iter().enumerate() {
            for (column, _) in modules.iter().enumerate().filter(|(_, dark)| **dark) {
                for y in top + row * side..(top + (row + 1) * side).min(self.height) {
                    for x in left + column * side..(left + (column + 1) * side).min(self.width) {
                        self.luma[y * self.width + x] = 0;
                    }
                }
            }
        }
    }

    fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, shade: u8) {
        for y in top..top + height {
            self.luma[y * self.width + left..][..width].fill(shade);
        }
    }

    fn read(self) -> Findings {
        reading::read(&Page::from_luma(self.width as u32, self.height as u32, self.luma).unwrap())
    }
}

fn modules(code: &QrCode) -> Vec<Vec<bool>> {
    let side = code.width();
    (0..side).map(|y| (0..side).map(|x| code[(x, y)] == Color::Dark).collect()).collect()
}

fn karekod(digits: &str) -> Vec<Vec<bool>> {
    modules(&QrCode::with_version(digits, Version::Normal(1), EcLevel::L).unwrap())
}

/// One code alone on a sheet, with a border of `quiet` modules of five pixels.
fn alone(modules: &[Vec<bool>], quiet: usize) -> Sheet {
    let side = (modules.len() + 2 * quiet) * 5;
    let mut sheet = Sheet::blank(side, side);
    sheet.put(quiet * 5, quiet * 5, 5, modules);
    sheet
}

#[test]
fn every_version_and_level_is_read() {
    for version in [1, 2, 6, 7, 14, 21, 32, 40] {
        for level in [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H] {
            let text = "1093772347";
            let code = QrCode::with_version(text, Version::Normal(version), level).unwrap();
            let findings = alone(&modules(&code), 6).read();
            assert_eq!(findings.codes(), [text], "version {version}, level {level:?}");
            let proof = findings.readings[0].proof.as_ref().expect("our own decoder read it");
            assert_eq!(i16::from(proof.version), version);
            // Sampling may misjudge a module here and there; it must say so.
            assert!(25 * proof.corrected_modules <= proof.modules, "{} of {}", proof.corrected_modules, proof.modules);
        }
    }
}

#[test]
fn turned_mirrored_and_negative_codes_are_read_and_said_to_be_so() {
    let upright = karekod("1080491948");
    let side = upright.len();
    let turn = |of: &dyn Fn(usize, usize) -> bool| -> Vec<Vec<bool>> {
        (0..side).map(|y| (0..side).map(|x| of(x, y)).collect()).collect()
    };
    for turned in [
        turn(&|x, y| upright[side - 1 - x][y]),
        turn(&|x, y| upright[side - 1 - y][side - 1 - x]),
        turn(&|x, y| upright[x][side - 1 - y]),
    ] {
        assert_eq!(alone(&turned, 8).read().codes(), ["1080491948"]);
    }
    let mirrored = alone(&turn(&|x, y| upright[y][side - 1 - x]), 8).read();
    assert_eq!(mirrored.codes(), ["1080491948"]);
    assert!(mirrored.readings[0].proof.as_ref().unwrap().mirrored);
    let mut negative = alone(&upright, 8);
    negative.luma.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    let negative = negative.read();
    assert_eq!(negative.codes(), ["1080491948"]);
    assert!(negative.readings[0].inverted);
}

#[test]
fn a_negative_code_on_a_light_page_is_read() {
    let mut sheet = Sheet::blank(900, 900);
    sheet.fill(300, 300, 250, 250, 0);
    let code = karekod("1091683639");
    let negative: Vec<Vec<bool>> = code.iter().map(|row| row.iter().map(|dark| !dark).collect()).collect();
    sheet.fill(340, 340, 21 * 8, 21 * 8, 255);
    sheet.put(340, 340, 8, &negative);
    let findings = sheet.read();
    assert_eq!(findings.codes(), ["1091683639"]);
    assert!(findings.readings[0].inverted);
}

#[test]
fn different_codes_on_one_page_are_all_told_from_top_to_bottom() {
    let mut sheet = Sheet::blank(1200, 900);
    sheet.put(900, 80, 5, &karekod("1093717526"));
    sheet.put(300, 400, 5, &modules(&QrCode::new("https://example.org/başka bir şey").unwrap()));
    sheet.put(900, 700, 5, &karekod("1093717527"));
    let findings = sheet.read();
    assert_eq!(findings.codes(), ["1093717526", "https://example.org/başka bir şey", "1093717527"]);
}

#[test]
fn a_code_that_reads_in_one_place_and_not_in_the_other_is_marked() {
    let mut sheet = Sheet::blank(1654, 2339);
    sheet.put(1400, 150, 5, &karekod("1093717526"));
    sheet.put(1400, 2100, 5, &karekod("1093717526"));
    // Ink over the data of the lower one; its finders and timing stay.
    sheet.fill(1400 + 9 * 5, 2100 + 9 * 5, 12 * 5, 12 * 5, 0);
    sheet.fill(1400, 2100 + 9 * 5, 9 * 5, 4 * 5, 0);
    let findings = sheet.read();
    assert_eq!(findings.codes(), ["1093717526"]);
    assert_eq!((findings.readings.len(), findings.unread.len()), (1, 1));
    let [x, y] = findings.unread[0].corners[0];
    assert!((x - 1400.0).abs() < 10.0 && (y - 2100.0).abs() < 10.0, "at {x}, {y}");
}

#[test]
fn twins_that_nobody_can_read_apart_are_read_together() {
    let mut sheet = Sheet::blank(1654, 2339);
    let code = karekod("1085242754");
    for top in [150, 2100] {
        sheet.put(1400, top, 5, &code);
    }
    // Each has lost another half of its data.
    sheet.fill(1400 + 9 * 5, 150 + 9 * 5, 12 * 5, 6 * 5, 0);
    sheet.fill(1400 + 9 * 5, 2100 + 15 * 5, 12 * 5, 6 * 5, 255);
    let findings = sheet.read();
    assert_eq!(findings.codes(), ["1085242754"]);
    let stages: Vec<Stage> = findings.readings.iter().map(|reading| reading.stage).collect();
    assert_eq!(stages, [Stage::Combined; 2]);
}

#[test]
fn twins_that_disagree_are_both_told_and_neither_is_preferred() {
    let mut sheet = Sheet::blank(1654, 2339);
    sheet.put(1400, 150, 5, &karekod("1093717526"));
    sheet.put(1400, 2100, 5, &karekod("1083717526"));
    assert_eq!(sheet.read().codes(), ["1093717526", "1083717526"]);
}

#[test]
fn a_code_needs_no_quiet_zone_but_it_needs_to_be_whole() {
    let code = karekod("1093717526");
    assert_eq!(alone(&code, 0).read().codes(), ["1093717526"], "to the very edge");
    let mut framed = alone(&code, 6);
    let side = framed.width;
    for (left, top, width, height) in [(20, 20, side - 40, 8), (20, side - 28, side - 40, 8)] {
        framed.fill(left, top, width, height, 0);
    }
    assert_eq!(framed.read().codes(), ["1093717526"], "between two lines");
    let mut beyond = Sheet::blank(600, 600);
    beyond.put(600 - 11 * 5, 200, 5, &code);
    assert!(beyond.read().readings.is_empty(), "half of it beyond the edge");
}

/// Whether all codes of a page with so many are told, and what was found.
fn all_are_told(across: usize, down: usize) -> Findings {
    let texts: Vec<String> = (0..across * down).map(|n| format!("10{:08}", 10_000_001 + 654_321 * n)).collect();
    let mut sheet = Sheet::blank(1240, 1754);
    for (n, text) in texts.iter().enumerate() {
        sheet.put(40 + n % across * (1180 / across), 60 + n / across * (1680 / down), 4, &karekod(text));
    }
    let findings = sheet.read();
    let mut codes = findings.codes();
    codes.sort();
    assert_eq!(codes, texts);
    findings
}

#[test]
fn a_page_of_many_codes_gives_them_all() {
    assert!(all_are_told(4, 5).spent.iter().all(|spent| !spent.cut_short));
    all_are_told(8, 11);
}

#[test]
fn a_page_of_more_codes_than_anybody_prints_says_that_there_may_be_more() {
    let mut sheet = Sheet::blank(1240, 1754);
    for n in 0..17 * 24 {
        sheet.put(20 + n % 17 * 71, 20 + n / 17 * 72, 3, &karekod(&format!("10{:08}", 31 * n)));
    }
    let findings = sheet.read();
    assert!((1..17 * 24).contains(&findings.readings.len()));
    assert!(findings.spent.iter().any(|spent| spent.cut_short));
}

/// A code of segments that its own encoder would not choose.
fn of_segments(segments: impl FnOnce(&mut Bits)) -> Vec<Vec<bool>> {
    let mut bits = Bits::new(Version::Normal(4));
    segments(&mut bits);
    bits.push_terminator(EcLevel::M).unwrap();
    modules(&QrCode::with_bits(bits, EcLevel::M).unwrap())
}

#[test]
fn kanji_are_read_and_what_only_the_last_resort_knows_is_left_to_it() {
    let kanji = of_segments(|bits| {
        bits.push_kanji_data(b"\x8a\xbf\x8e\x9a").unwrap();
        bits.push_byte_data("şey".as_bytes()).unwrap();
    });
    let findings = alone(&kanji, 6).read();
    assert_eq!((findings.codes(), findings.readings[0].stage), (vec!["漢字şey".to_owned()], Stage::First));
    let goods = of_segments(|bits| {
        bits.push_fnc1_first_position().unwrap();
        bits.push_numeric_data(b"01049123451234591597033130128").unwrap();
    });
    let industry = of_segments(|bits| {
        bits.push_fnc1_second_position(37).unwrap();
        bits.push_alphanumeric_data(b"AA1234BBB112").unwrap();
    });
    let part = of_segments(|bits| {
        bits.push_mode_indicator(ExtendedMode::StructuredAppend).unwrap();
        // Four bits each, by the numbers of modes: the second (1) of three (2), and a parity over all of them (4, 8).
        for mode in [Mode::Numeric, Mode::Alphanumeric, Mode::Byte, Mode::Kanji] {
            bits.push_mode_indicator(ExtendedMode::Data(mode)).unwrap();
        }
        bits.push_byte_data(b"the second part").unwrap();
    });
    for (name, modules, text) in [
        ("FNC1 in first position", goods, "01049123451234591597033130128"),
        ("FNC1 in second position", industry, "37AA1234BBB112"),
        ("structured append", part, "the second part"),
    ] {
        let findings = alone(&modules, 6).read();
        let stages: Vec<Stage> = findings.readings.iter().map(|reading| reading.stage).collect();
        assert_eq!((findings.codes(), stages), (vec![text.to_owned()], vec![Stage::Photograph]), "{name}");
    }
}

#[test]
fn a_page_made_to_cost_is_cut_short_says_so_and_costs_the_same_each_time() {
    let finder = |x: usize, y: usize| !matches!(x.abs_diff(4).max(y.abs_diff(4)), 2 | 4) && x < 9 && y < 9;
    let pattern: Vec<Vec<bool>> = (0..9).map(|y| (0..9).map(|x| finder(x, y)).collect()).collect();
    let read = || {
        let mut sheet = Sheet::blank(1000, 1000);
        for n in 0..80_usize {
            sheet.put(20 + n * 7_919 % 930, 20 + n * 104_729 % 930, 4 + n % 2, &pattern);
        }
        sheet.read()
    };
    let (once, again) = (read(), read());
    assert!(once.readings.is_empty());
    assert!(once.spent.iter().any(|spent| spent.cut_short), "{:?}", once.spent);
    let effort = |findings: &Findings| findings.spent.iter().map(|spent| spent.effort).collect::<Vec<_>>();
    assert_eq!(effort(&once), effort(&again));
}

#[test]
fn pages_full_of_patterns_end_without_a_code() {
    let finder = |x: usize, y: usize| !matches!(x.abs_diff(4).max(y.abs_diff(4)), 2 | 4);
    let tiled: Vec<Vec<bool>> = (0..180).map(|y| (0..180).map(|x| finder(x % 9, y % 9)).collect()).collect();
    for side in [2, 4, 7] {
        let mut sheet = Sheet::blank(180 * side, 180 * side);
        sheet.put(0, 0, side, &tiled);
        assert!(sheet.read().readings.is_empty(), "patterns of {side} pixels a module");
    }
    let scattered: Vec<Vec<bool>> = (0..220_usize)
        .map(|y| (0..220_usize).map(|x| finder(x % 11, y % 13 % 11) && x % 11 < 9 && y % 13 < 9).collect())
        .collect();
    let mut sheet = Sheet::blank(880, 880);
    sheet.put(0, 0, 4, &scattered);
    assert!(sheet.read().readings.is_empty());
    let random: Vec<Vec<bool>> = (0..200_u32)
        .map(|y| {
            (0..200_u32)
                .map(|x| {
                    (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503_001)).wrapping_mul(2_246_822_519) >> 31 == 1
                })
                .collect()
        })
        .collect();
    let mut sheet = Sheet::blank(1000, 1000);
    sheet.put(0, 0, 5, &random);
    assert!(sheet.read().readings.is_empty());
}
