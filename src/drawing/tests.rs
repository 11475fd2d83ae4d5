//! What the rest of the project relies on: codes that can be read, bytes that repeat, sizes like those of offices.

use super::form::{lower_karekod_area, upper_karekod_area};
use super::paper::Paper;
use super::{Colour, FaceKind, FormFace, Page, ScanStyle, draw_form, draw_scan, draw_scanned_page, to_png};

pub(super) const KAREKOD: &str = "1093717526";

pub(super) fn face(kind: FaceKind) -> FormFace {
    let place = [("İLİ", "DENİZLİ"), ("İLÇESİ", "ACIPAYAM"), ("MAHALLE / KÖY", "AKALAN MAH."), ("SANDIK NO", "1005")];
    FormFace {
        title: "SANDIK SONUÇ TUTANAĞI".to_owned(),
        race: "CUMHURBAŞKANI SEÇİMİ".to_owned(),
        form_number: "Örnek 404".to_owned(),
        kind,
        place: place.map(|(label, value)| (label.to_owned(), value.to_owned())).to_vec(),
        election: "14 MAYIS 2023".to_owned(),
        karekod: Some(KAREKOD.to_owned()),
        second_karekod: None,
        page: 1,
        watermark: Some("PROVA".to_owned()),
        choices: None,
        count: None,
    }
}

/// Every code a common reader finds in a grey picture, from the top.
pub(super) fn codes_in(luma: &[u8], width: usize, height: usize) -> Vec<String> {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| luma[y * width + x]);
    let mut found: Vec<(i32, String)> =
        picture.detect_grids().into_iter().filter_map(|grid| Some((grid.bounds[0].y, grid.decode().ok()?.1))).collect();
    found.sort();
    found.into_iter().map(|(_, code)| code).collect()
}

fn codes_on(page: &Page) -> Vec<String> {
    codes_in(&page.luma(), page.width as usize, page.height as usize)
}

#[test]
fn both_codes_of_a_clean_scan_are_read_at_office_resolutions() {
    for kind in [FaceKind::Sonuc, FaceKind::Cetvel, FaceKind::BirlestirmeIl] {
        for dpi in [200, 300] {
            let page = draw_scanned_page(&face(kind), &ScanStyle::clean(dpi, Colour::Grey), 4);
            assert_eq!(codes_on(&page), [KAREKOD, KAREKOD], "{kind:?} at {dpi} dpi");
        }
    }
}

#[test]
fn both_codes_are_read_whichever_way_the_paper_lay() {
    for quarter_turns in 0..4 {
        let style = ScanStyle { quarter_turns, ..ScanStyle::clean(200, Colour::Grey) };
        assert_eq!(codes_on(&draw_scanned_page(&face(FaceKind::Sonuc), &style, 4)), [KAREKOD, KAREKOD]);
    }
}

#[test]
fn the_file_holds_the_codes_in_every_colour() {
    for colour in [Colour::OneBit, Colour::Grey, Colour::Grey16, Colour::Rgb, Colour::Palette] {
        let file = draw_scan(&face(FaceKind::Sonuc), &ScanStyle::clean(300, colour), 4);
        let picture = image::load_from_memory(&file).expect("the file is a PNG").into_luma8();
        for place in [upper_karekod_area(Paper::A4), lower_karekod_area(Paper::A4)] {
            // The reader of this test loses codes on whole pages without greys: it is shown the code and its margin.
            let [x, y, side] =
                [place.left - 4.0, place.top - 4.0, place.width + 8.0].map(|mm| (mm / 25.4 * 300.0) as u32);
            let part = image::imageops::crop_imm(&picture, x, y, side, side).to_image();
            assert_eq!(codes_in(part.as_raw(), side as usize, side as usize), [KAREKOD], "{colour:?}");
        }
    }
}

#[test]
fn a_stamp_over_the_lower_code_leaves_the_upper_one_readable() {
    let style = ScanStyle { stamp_over_lower_code: true, ..ScanStyle::clean(200, Colour::Grey) };
    for seed in 0..4 {
        assert_eq!(codes_on(&draw_scanned_page(&face(FaceKind::Sonuc), &style, seed))[0], KAREKOD);
    }
}

#[test]
fn two_different_codes_stand_on_a_page_that_disagrees_with_itself() {
    let torn = FormFace { second_karekod: Some("1093717527".to_owned()), ..face(FaceKind::Sonuc) };
    let page = draw_scanned_page(&torn, &ScanStyle::clean(200, Colour::Grey), 4);
    assert_eq!(codes_on(&page), [KAREKOD, "1093717527"]);
}

#[test]
fn a_page_without_a_code_or_with_scribbled_codes_reads_as_nothing() {
    let bare = FormFace { karekod: None, ..face(FaceKind::Denetim) };
    assert!(codes_on(&draw_form(&bare, 200)).is_empty());
    let style = ScanStyle { both_codes_scribbled: true, ..ScanStyle::clean(200, Colour::Grey) };
    assert!(codes_on(&draw_scanned_page(&face(FaceKind::Sonuc), &style, 4)).is_empty());
}

#[test]
fn the_same_face_style_and_seed_give_the_same_bytes() {
    let style = ScanStyle { dpi: 100, ..ScanStyle::realistic(11) };
    let first = draw_scan(&face(FaceKind::Sonuc), &style, 11);
    assert!(first == draw_scan(&face(FaceKind::Sonuc), &style, 11));
    assert!(first != draw_scan(&face(FaceKind::Sonuc), &style, 12));
}

#[test]
fn files_are_as_large_as_those_of_offices() {
    let style =
        |colour| ScanStyle { noise: 1.0, blur: 1.0, skew_degrees: 0.6, dust: 0.6, ..ScanStyle::clean(200, colour) };
    let kilobytes = |colour| draw_scan(&face(FaceKind::Sonuc), &style(colour), 3).len() / 1000;
    assert!((40..75).contains(&kilobytes(Colour::OneBit)), "{}", kilobytes(Colour::OneBit));
    assert!((300..520).contains(&kilobytes(Colour::Grey)), "{}", kilobytes(Colour::Grey));
    assert!((600..2400).contains(&kilobytes(Colour::Rgb)), "{}", kilobytes(Colour::Rgb));
}

#[test]
fn a_form_with_nothing_on_it_but_its_kind_is_drawn_too() {
    for kind in FaceKind::ALL {
        let bare = FormFace {
            title: String::new(),
            race: String::new(),
            form_number: String::new(),
            place: Vec::new(),
            election: String::new(),
            karekod: None,
            watermark: None,
            ..face(kind)
        };
        for dpi in [0, 1, 50] {
            let page = draw_form(&bare, dpi);
            assert!(!to_png(&page, Colour::OneBit, true).is_empty());
        }
    }
}
