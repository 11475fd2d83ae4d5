//! The scanner check: silent about what offices send, and the right word for each thing that goes wrong.

use tutanak::drawing::{self, Colour, FaceKind, FormFace, ScanStyle};
use tutanak::reading::scanner::{self, Advice, DpiBy, Edge, ScanCheck};
use tutanak::reading::{self, Limits, Page};

pub const KAREKOD: &str = "1090000001";

pub fn face(kind: FaceKind) -> FormFace {
    let place = [("İLİ", "İSTANBUL"), ("İLÇESİ", "KADIKÖY"), ("MAHALLE / KÖY", "CAFERAĞA MAH."), ("SANDIK NO", "1001")];
    FormFace {
        title: "SANDIK SONUÇ TUTANAĞI".to_owned(),
        race: "CUMHURBAŞKANI SEÇİMİ".to_owned(),
        form_number: "Örnek 404".to_owned(),
        kind,
        place: place.map(|(label, value)| (label.to_owned(), value.to_owned())).to_vec(),
        election: "DENEME SEÇİMİ".to_owned(),
        karekod: Some(KAREKOD.to_owned()),
        second_karekod: None,
        page: 1,
        watermark: Some("PROVA".to_owned()),
        choices: None,
        count: None,
    }
}

/// A good scan of an office.
pub fn office(dpi: u32) -> ScanStyle {
    ScanStyle { noise: 1.0, blur: 1.0, skew_degrees: 0.6, dust: 0.6, ..ScanStyle::clean(dpi, Colour::Grey) }
}

/// A scan of a result sheet, as PNG.
pub fn drawn(style: &ScanStyle, seed: u64) -> Vec<u8> {
    drawing::draw_scan(&face(FaceKind::Sonuc), style, seed)
}

fn check(png: &[u8]) -> ScanCheck {
    let page = Page::from_png(png, Limits::default()).unwrap();
    scanner::check(&page, &reading::read(&page))
}

/// The pixels of a grey scan, changed by somebody.
fn changed(style: &ScanStyle, change: impl FnOnce(Vec<u8>, usize, usize) -> (Vec<u8>, usize, usize)) -> ScanCheck {
    let page = drawing::draw_scanned_page(&face(FaceKind::Sonuc), style, 3);
    let (pixels, width, height) = change(page.luma(), page.width as usize, page.height as usize);
    let page = Page::from_luma(width as u32, height as u32, pixels).unwrap();
    scanner::check(&page, &reading::read(&page))
}

/// A piece of a page.
fn piece(
    pixels: &[u8],
    width: usize,
    xs: std::ops::Range<usize>,
    ys: std::ops::Range<usize>,
) -> (Vec<u8>, usize, usize) {
    let rows = ys.clone().flat_map(|y| pixels[y * width + xs.start..y * width + xs.end].to_vec());
    (rows.collect(), xs.len(), ys.len())
}

#[test]
fn what_offices_send_gets_no_advice() {
    let mut advised = Vec::new();
    for seed in 0..6 {
        let kind = [FaceKind::Sonuc, FaceKind::Sonuc, FaceKind::Cetvel, FaceKind::BirlestirmeKurul][seed as usize % 4];
        let style = ScanStyle::realistic(seed);
        let check = check(&drawing::draw_scan(&face(kind), &style, seed));
        let turned = check.advice.iter().all(|advice| matches!(advice, Advice::Sideways | Advice::UpsideDown));
        assert!(style.quarter_turns == 0 || turned, "{seed}: {check:?}");
        if style.quarter_turns == 0 && !check.advice.is_empty() {
            println!("{seed}: {style:?}\n{check:?}");
            advised.push((seed, check.advice));
        }
    }
    assert!(advised.len() <= 1, "{advised:?}");
    for (dpi, colour) in
        [(150, Colour::Grey), (150, Colour::OneBit), (200, Colour::Rgb), (200, Colour::OneBit), (300, Colour::Grey)]
    {
        let style = ScanStyle { colour, ..office(dpi) };
        let check = check(&drawn(&style, 3));
        assert!(check.advice.is_empty(), "{dpi} dpi, {colour:?}: {check:?}");
        assert_eq!(check.dpi.by, DpiBy::File);
        let skew = check.skew.unwrap();
        assert!((check.dpi.value - dpi as f32).abs() < 1.0 && (skew - 0.6).abs() < 0.15, "{check:?}");
    }
}

#[test]
fn a_page_that_lies_wrong_is_told_so() {
    for (quarter_turns, skew_degrees, colour, advice) in [
        (2, 0.0, Colour::Grey, Some(Advice::UpsideDown)),
        (1, 0.5, Colour::OneBit, Some(Advice::Sideways)),
        (3, -0.5, Colour::Grey, Some(Advice::Sideways)),
        (0, 4.0, Colour::OneBit, Some(Advice::Crooked)),
        (0, -4.0, Colour::Grey, Some(Advice::Crooked)),
        (0, 2.0, Colour::Grey, None),
        (0, 2.0, Colour::OneBit, None),
    ] {
        let check = check(&drawn(&ScanStyle { quarter_turns, skew_degrees, colour, ..office(200) }, 7));
        assert_eq!(check.advice, Vec::from_iter(advice), "{quarter_turns} turns, {skew_degrees}°: {check:?}");
        assert_eq!(check.turned, Some(u16::from(quarter_turns) * 90));
        assert!((check.skew.unwrap() - skew_degrees).abs() < 0.15, "{check:?}");
    }
}

#[test]
fn a_page_that_is_hard_to_see_is_told_so() {
    let washed_out = |pixels: Vec<u8>, width, height| {
        let pale = |shade: u8| 255 - ((255 - u32::from(shade)) * 35 / 100) as u8;
        (pixels.into_iter().map(pale).collect(), width, height)
    };
    let faint = changed(&office(200), washed_out);
    assert_eq!(faint.advice, [Advice::Faint], "{faint:?}");
    let blurred = changed(&office(200), |pixels, width, height| (smeared(&pixels, width, 2), width, height));
    assert_eq!(blurred.advice, [Advice::Blurred], "{blurred:?}");
    let coarse = check(&drawn(&office(100), 3));
    assert!(coarse.advice.contains(&Advice::TooCoarse), "{coarse:?}");
    let unread = check(&drawn(&ScanStyle { both_codes_scribbled: true, ..office(200) }, 3));
    assert!(unread.advice.iter().all(|advice| *advice == Advice::CodeUnread), "{unread:?}");
}

#[test]
fn a_page_of_which_something_is_missing_is_told_so() {
    let cut = |xs: std::ops::Range<f32>, ys: std::ops::Range<f32>| {
        changed(&office(200), move |pixels, width, height| {
            let part = |range: &std::ops::Range<f32>, side: usize| {
                (range.start * side as f32) as usize..(range.end * side as f32) as usize
            };
            piece(&pixels, width, part(&xs, width), part(&ys, height))
        })
    };
    for (name, check, edge) in [
        ("the left tenth", cut(0.1..1.0, 0.0..1.0), Some(Edge::Left)),
        ("the right tenth", cut(0.0..0.9, 0.0..1.0), Some(Edge::Right)),
        ("half the page", cut(0.0..1.0, 0.0..0.5), None),
        ("what Letter has not", cut(0.0..1.0, 0.0..0.94 * 0.98), None),
    ] {
        assert_eq!(check.advice.first(), Some(&Advice::CutOff), "{name}: {check:?}");
        assert!(edge.is_none_or(|edge| check.cut == [edge]), "{name}: {check:?}");
    }
    let blank = Page::from_luma(1654, 2339, vec![250; 1654 * 2339]).unwrap();
    let check = scanner::check(&blank, &reading::read(&blank));
    assert_eq!(check.advice, [Advice::Blank]);
}

#[test]
fn one_code_of_two_is_told_on_a_whole_page_only() {
    let half_torn = changed(&office(200), |mut pixels, width, height| {
        for y in height * 9 / 10..height {
            pixels[y * width + width * 3 / 4..(y + 1) * width].fill(252);
        }
        (pixels, width, height)
    });
    assert_eq!(half_torn.advice, [Advice::TwinUnread], "{half_torn:?}");
    let snippet = check(&crate::paper::page(&[KAREKOD], 1));
    assert!(snippet.advice.is_empty(), "{snippet:?}");
}

#[test]
fn resolution_is_taken_from_the_code_when_the_file_does_not_say() {
    let check = changed(&office(300), |pixels, width, height| (pixels, width, height));
    assert_eq!(check.dpi.by, DpiBy::Karekod);
    assert!((check.dpi.value - 300.0).abs() < 6.0, "{check:?}");
}

/// What a lens out of focus does: each pixel the mean of the square of `reach` around it, twice.
fn smeared(pixels: &[u8], width: usize, reach: usize) -> Vec<u8> {
    let mut smeared = pixels.to_vec();
    for step in [1, width, 1, width] {
        let from = smeared.clone();
        for at in reach * step..from.len() - reach * step {
            let near = (0..=2 * reach).map(|n| u32::from(from[at + n * step - reach * step]));
            smeared[at] = (near.sum::<u32>() / (2 * reach as u32 + 1)) as u8;
        }
    }
    smeared
}

#[test]
fn each_advice_has_a_name_of_its_own_and_a_sentence_in_both_languages() {
    let told = serde_json::to_value([Advice::UpsideDown]).unwrap();
    assert_eq!(told[0]["kind"], "upside-down");
    assert_eq!(told[0]["tr"], "Sayfa baş aşağı taranmış; bir dahaki sefere çevirin.");
    assert_eq!(told[0]["en"], "The page was scanned upside down; turn it next time.");
}
