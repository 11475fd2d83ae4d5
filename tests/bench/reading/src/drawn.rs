//! Pages from the drawing room: forms as offices scan them, and what can befall them. The same arguments give the same
//! bytes everywhere.

use tutanak::drawing::{self, Colour, Damage, FaceKind, FormFace, ScanStyle};

use crate::canvas::Chance;

/// Ten digits such as forms have.
pub fn karekod(seed: u64) -> String {
    format!("10{:08}", Chance::from_seed(seed).below(100_000_000))
}

/// A damaged scan.
pub fn damaged(text: &str, damage: Damage, level: u8, seed: u64) -> Vec<u8> {
    drawing::draw_damaged(&face(text), damage, level, seed)
}

/// A filled form without any flaw.
pub fn clean(text: &str, dpi: u32, colour: Colour, seed: u64) -> Vec<u8> {
    drawing::draw_scan(&face(text), &ScanStyle::clean(dpi, colour), seed)
}

/// The same as a good scanner of an office sees it: a little askew, not quite sharp, with the noise of its sensor.
pub fn scanned(text: &str, dpi: u32, colour: Colour, seed: u64) -> Vec<u8> {
    let style = ScanStyle { noise: 1.0, blur: 1.0, skew_degrees: 0.6, dust: 0.6, ..ScanStyle::clean(dpi, colour) };
    drawing::draw_scan(&face(text), &style, seed)
}

/// A form of any kind, without a code, small.
pub fn without_code(number: u64) -> Vec<u8> {
    let kind = FaceKind::ALL[number as usize % FaceKind::ALL.len()];
    let style = ScanStyle { dpi: 60 + 20 * (number as u32 % 5), colour: Colour::Grey, ..ScanStyle::realistic(number) };
    drawing::draw_scan(&FormFace { karekod: None, kind, ..face("") }, &style, number)
}

fn face(text: &str) -> FormFace {
    let place = [("İLİ", "DENİZLİ"), ("İLÇESİ", "ACIPAYAM"), ("MAHALLE / KÖY", "AKALAN MAH."), ("SANDIK NO", "1005")];
    FormFace {
        title: "SANDIK SONUÇ TUTANAĞI".to_owned(),
        race: "CUMHURBAŞKANI SEÇİMİ".to_owned(),
        form_number: "Örnek 404".to_owned(),
        kind: FaceKind::Sonuc,
        place: place.map(|(label, value)| (label.to_owned(), value.to_owned())).to_vec(),
        election: "14 MAYIS 2023 CUMHURBAŞKANI SEÇİMİ".to_owned(),
        karekod: Some(text.to_owned()),
        second_karekod: None,
        page: 1,
        watermark: Some("PROVA".to_owned()),
        choices: None,
        count: None,
    }
}
