//! What a bench of reading relies on: pages that repeat, levels that grow worse, names that can be typed.

use super::case::Case;
use super::format::Format;
use super::{Damage, damaged_page, draw_damaged, office, pose};
use crate::chance::Chance;
use crate::paper::{Area, Paper};
use crate::sheet::Lie;
use crate::tests::{KAREKOD, codes_in, face};
use crate::{Colour, FaceKind, Page, scan_as_it_lies, to_png};

/// Small enough that hundreds of pages are drawn without optimisation in seconds.
const COARSE: Format = Format { dpi: 50, colour: Colour::Grey };

#[test]
fn every_damage_from_the_mildest_to_the_worst_draws_a_sound_png_of_a_sane_size() {
    for (damage, level) in Damage::ALL.into_iter().flat_map(|damage| [(damage, 1), (damage, Damage::LEVELS)]) {
        let seed = u64::from(level) * 7;
        let colour = Format::by_chance(damage, seed).colour;
        let page = damaged_page(&face(FaceKind::Sonuc), damage, level, seed, Format { colour, ..COARSE });
        let file = to_png(&page, colour, false);
        let seen = image::load_from_memory(&file).expect("the file is a PNG").into_luma8();
        let (short, long) = (seen.width().min(seen.height()), seen.width().max(seen.height()));
        // A4 is 413 × 585 px at this resolution; at 45 degrees it needs a glass of 706 px.
        assert!((270..=710).contains(&short) && (413..=900).contains(&long), "{damage} {level}: {short} × {long}");
        let (darkest, lightest) = seen.iter().fold((255, 0), |(low, high), &value| (value.min(low), value.max(high)));
        assert!(lightest - darkest > 20, "{damage} {level} is blank");
    }
}

#[test]
fn the_same_seed_gives_the_same_pixels_and_another_gives_others() {
    for damage in Damage::ALL {
        let draw = |seed| damaged_page(&face(FaceKind::Sonuc), damage, 3, seed, COARSE).samples;
        let first = draw(5);
        assert!(first == draw(5), "{damage}");
        assert!(first != draw(6), "{damage}");
    }
}

#[test]
fn the_last_level_is_farther_from_the_clean_page_than_the_first() {
    // These move the page, or leave what they keep of it as it was.
    let moving = [Damage::Skew, Damage::Rotation, Damage::Mirrored, Damage::Perspective, Damage::CutOff];
    for damage in Damage::ALL.into_iter().filter(|damage| !moving.contains(damage) && *damage != Damage::Inverted) {
        let (first, last) = (distance(damage, 1, 1), distance(damage, Damage::LEVELS, 1));
        assert!(last > first, "{damage}: {first:.1} at level 1, {last:.1} at level 5");
    }
}

/// How far the codes of a page and what is near them are from the same page without damage, a sample on average.
fn distance(damage: Damage, level: u8, seed: u64) -> f64 {
    let format = Format { dpi: 90, ..COARSE };
    let flat = Case { paper: Paper::A4, dpi: format.dpi, lie: Lie::default(), level, seed };
    let case = Case { lie: pose::lie(damage, &flat), ..flat };
    let face = face(FaceKind::Sonuc);
    let glass = Chance::for_part(seed, "glass");
    let clean = scan_as_it_lies(&face, &office(seed, format), case.lie, seed, glass, |_| {});
    let damaged = damaged_page(&face, damage, level, seed, format);
    case.codes().into_iter().map(|code| distance_near(&case, code, &clean, &damaged)).sum()
}

fn distance_near(case: &Case, code: Area, clean: &Page, damaged: &Page) -> f64 {
    let (x, y) = case.on_glass(code.centre());
    let half = code.width * case.scale();
    // A page that was saved small is seen at the size of the clean one.
    let (across, down) = (damaged.width as f32 / clean.width as f32, damaged.height as f32 / clean.height as f32);
    let sample = |page: &Page, x: f32, y: f32| {
        let (x, y) = ((x as u32).min(page.width - 1), (y as u32).min(page.height - 1));
        f64::from(page.samples[(y * page.width + x) as usize])
    };
    let (mut sum, mut count) = (0.0, 0.0);
    for right in -half as i32..=half as i32 {
        for below in -half as i32..=half as i32 {
            let (x, y) = (x + right as f32, y + below as f32);
            sum += (sample(clean, x, y) - sample(damaged, x * across, y * down)).abs();
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn the_worse_a_page_is_cut_off_the_narrower_it_is() {
    let width = |level| damaged_page(&face(FaceKind::Sonuc), Damage::CutOff, level, 3, COARSE).width;
    assert!((1..5).all(|level| width(level) >= width(level + 1)) && width(1) > width(5));
}

#[test]
fn a_mild_damage_leaves_the_codes_of_the_file_readable() {
    let file = draw_damaged(&face(FaceKind::Sonuc), Damage::LowContrast, 1, 2);
    let seen = image::load_from_memory(&file).expect("the file is a PNG").into_luma8();
    assert_eq!(codes_in(seen.as_raw(), seen.width() as usize, seen.height() as usize), [KAREKOD, KAREKOD]);
}

#[test]
fn names_are_in_kebab_case_and_parse_back() {
    for damage in Damage::ALL {
        assert_eq!(damage.to_string().parse(), Ok(damage));
        assert!(damage.name().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{damage}");
        assert!(damage.meaning().ends_with('.') && !damage.meaning().contains("  "), "{damage}");
    }
    let error = "coffee".parse::<Damage>().unwrap_err();
    assert_eq!(error.to_string(), "there is no damage named “coffee”");
}
