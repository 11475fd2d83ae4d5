//! A result form as an office scans it, drawn for a bench: with real letters, lines and writing, and the karekod that is asked
//! for.

use tutanak::drawing::{self, FaceKind, FormFace, ScanStyle};

/// The form of one box; each seed fills it in otherwise.
pub fn drawn(code: &str, style: &ScanStyle, seed: u64) -> Vec<u8> {
    let face = FormFace {
        title: "SANDIK SONUÇ TUTANAĞI".into(),
        race: "CUMHURBAŞKANI SEÇİMİ".into(),
        form_number: "Örnek 404".into(),
        kind: FaceKind::Sonuc,
        place: vec![("İLİ".into(), "İSTANBUL".into()), ("SANDIK NO".into(), "1001".into())],
        election: "DENEME".into(),
        karekod: Some(code.to_owned()),
        second_karekod: None,
        page: 1,
        watermark: Some("PROVA".into()),
        choices: None,
        count: None,
    };
    drawing::draw_scan(&face, style, seed)
}
