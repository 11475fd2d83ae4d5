//! Rehearsals: forms of the registry as they would be printed, and scans of them as an office would send them.
//!
//! Every page carries a watermark: it must never be taken for a real one.

pub mod figures;

use crate::domain::{FormKind, Level, Race};
use crate::drawing::{FaceKind, FormFace};
use crate::ledger::registry::ExpectedForm;
use crate::registry::Registry;

/// What stands across every page that was drawn.
pub const WATERMARK: &str = "PROVA";

/// What stands on a form of the registry.
pub fn face(expected: &ExpectedForm, election: &str) -> FormFace {
    let form = &expected.form;
    FormFace {
        title: title(&form.kind),
        race: form
            .race
            .map_or("TÜM SEÇİMLER".to_owned(), |race| race.turkish().replace('i', "İ").to_uppercase() + " SEÇİMİ"),
        form_number: form_number(&form.kind, form.race).to_owned(),
        kind: layout(&form.kind),
        place: places(expected),
        election: election.replace('i', "İ").to_uppercase(),
        karekod: Some(form.code.to_string()),
        second_karekod: None,
        page: 1,
        watermark: Some(WATERMARK.to_owned()),
        choices: None,
        count: None,
    }
}

/// What stands on it, with the figures that rehearsals of this seed have for the box, where it is a box's sheet.
pub fn filled_face(expected: &ExpectedForm, registry: &Registry, seed: u64) -> FormFace {
    let mut face = face(expected, registry.election().name());
    if let Some(drawn) = figures::Sheet::of(expected, registry, seed) {
        let (choices, count) = drawn.on_paper();
        (face.choices, face.count) = (Some(choices), Some(count));
    }
    face
}

fn title(kind: &FormKind) -> String {
    match kind {
        FormKind::Sonuc => "SANDIK SONUÇ TUTANAĞI".to_owned(),
        FormKind::Cetvel => "SAYIM DÖKÜM CETVELİ".to_owned(),
        FormKind::Denetim => "İLÇE SEÇİM KURULU DENETİM TUTANAĞI".to_owned(),
        FormKind::Birlestirme(scope) => match scope.as_str() {
            "kurul" => "İLÇE BİRLEŞTİRME TUTANAĞI (KURULLAR)".to_owned(),
            "ilce" => "İLÇE BİRLEŞTİRME TUTANAĞI".to_owned(),
            "il" => "İL BİRLEŞTİRME TUTANAĞI".to_owned(),
            _ => format!("BİRLEŞTİRME TUTANAĞI ({})", scope.turkish().replace('i', "İ").to_uppercase()),
        },
    }
}

/// The numbers under which the forms are known (sample forms of the circulars of 2015, 2018 and 2023).
fn form_number(kind: &FormKind, race: Option<Race>) -> &'static str {
    match (kind, race) {
        (FormKind::Sonuc, Some(Race::President)) => "Örnek 404",
        (FormKind::Sonuc, Some(Race::Parliament)) => "Örnek 86",
        (FormKind::Sonuc, Some(Race::MetropolitanMayor)) => "Örnek 51",
        (FormKind::Sonuc, Some(Race::Mayor)) => "Örnek 53",
        (FormKind::Sonuc, Some(Race::Council | Race::ProvincialAssembly)) => "Örnek 54",
        (FormKind::Sonuc, _) => "Örnek 417",
        (FormKind::Cetvel, Some(Race::President)) => "Örnek 403",
        (FormKind::Cetvel, _) => "Örnek 85",
        (FormKind::Denetim | FormKind::Birlestirme(_), _) => "PROVA",
    }
}

fn layout(kind: &FormKind) -> FaceKind {
    match kind {
        FormKind::Sonuc => FaceKind::Sonuc,
        FormKind::Cetvel => FaceKind::Cetvel,
        FormKind::Denetim => FaceKind::Denetim,
        FormKind::Birlestirme(scope) => match scope.as_str() {
            "kurul" => FaceKind::BirlestirmeKurul,
            "ilce" => FaceKind::BirlestirmeIlce,
            _ => FaceKind::BirlestirmeIl,
        },
    }
}

fn places(expected: &ExpectedForm) -> Vec<(String, String)> {
    let label = |level: Level| match level {
        Level::Genel => "ÜLKE GENELİ",
        Level::Il => "İLİ",
        Level::Cevre => "SEÇİM ÇEVRESİ",
        Level::Ilce => "İLÇESİ",
        Level::Kurul => "İLÇE SEÇİM KURULU",
        Level::Mahalle => "MAHALLESİ / KÖYÜ",
        Level::Ulke => "ÜLKESİ",
        Level::Temsilcilik => "TEMSİLCİLİĞİ",
        Level::Gumruk => "GÜMRÜK KAPISI",
    };
    // The country stands only on the sheets that belong to it.
    let own = expected.places.len().saturating_sub(1);
    let printed = expected.places.iter().enumerate().filter(|(n, place)| place.level != Level::Genel || *n == own);
    let named = printed.map(|(_, place)| (label(place.level).to_owned(), place.name.clone()));
    let number = expected.form.sandik.map(|number| ("SANDIK NO".to_owned(), number.to_string()));
    named.chain(number).collect()
}
