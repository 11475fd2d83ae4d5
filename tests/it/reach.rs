//! What a board reaches: every board sends every sheet and every box of an election with every kind of place, through the
//! real path, and what it is told to send is what it may send.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use tutanak::domain::routing::Finding;
use tutanak::domain::{Election, Karekod, PlaceId};
use tutanak::ledger::Ledger;
use tutanak::ledger::registry::FormCursor;
use tutanak::people::enrol;
use tutanak::registry::{self, resolve};

use crate::engines::Engine;
use crate::house::{House, Plan, json, write_election};
use crate::paper::page;

/// Place, parent, level, code, name, and whether a box stands there.
const PLACES: [(&str, &str, &str, &str, &str, bool); 19] = [
    ("TR", "", "genel", "", "Türkiye", false),
    ("34", "TR", "il", "34", "İSTANBUL", false),
    ("34-c1", "34", "cevre", "1", "İstanbul 1. Seçim Çevresi", false),
    ("34-k", "34-c1", "ilce", "", "KADIKÖY", false),
    ("34-k-2", "34-k", "kurul", "2", "Kadıköy 2. İlçe Seçim Kurulu", false),
    ("34-k-1", "34-k", "kurul", "1", "Kadıköy 1. İlçe Seçim Kurulu", false),
    ("34-k-m1", "34-k-1", "mahalle", "", "CAFERAĞA MAH.", true),
    ("34-k-m2", "34-k-2", "mahalle", "", "MODA MAH.", true),
    ("22", "TR", "il", "22", "EDİRNE", false),
    ("22-MRK", "22", "ilce", "", "EDİRNE MERKEZ", false),
    ("22-MRK-K1", "22-MRK", "kurul", "1", "Edirne Merkez İlçe Seçim Kurulu", false),
    ("22-MRK-m1", "22-MRK-K1", "mahalle", "", "KARAAĞAÇ MAH.", true),
    ("G-1", "22-MRK-K1", "gumruk", "EDR-1", "Kapıkule Gümrük Kapısı", true),
    ("G-2", "22", "gumruk", "EDR-2", "İpsala Gümrük Kapısı", true),
    ("06", "TR", "il", "06", "ANKARA", false),
    ("06-YD", "06", "kurul", "9", "Yurt Dışı İlçe Seçim Kurulu", false),
    ("Y-BER", "06-YD", "temsilcilik", "", "Berlin", true),
    ("Y-DE", "TR", "ulke", "DE", "Almanya", false),
    ("Y-KOL", "Y-DE", "temsilcilik", "", "Köln", true),
];

/// Whose forms each board sends, sheets and boxes alike. What is not here is refused.
const SENDS: [(&str, &[&str]); 13] = [
    ("TR", &["TR"]),
    ("34", &["34", "34-c1", "34-k"]),
    ("34-k-1", &["34-k-1", "34-k-m1", "34-k"]),
    ("34-k-2", &["34-k-2", "34-k-m2"]),
    ("22", &["22", "22-MRK"]),
    ("22-MRK-K1", &["22-MRK-K1", "22-MRK-m1", "G-1", "22-MRK"]),
    ("G-1", &["G-1"]),
    ("G-2", &["G-2"]),
    ("06", &["06"]),
    ("06-YD", &["06-YD", "Y-BER"]),
    ("Y-BER", &["Y-BER"]),
    ("Y-DE", &["Y-DE"]),
    ("Y-KOL", &["Y-KOL"]),
];

fn sheet(no: usize) -> String {
    format!("55500000{no:02}")
}

fn box_sheet(no: usize) -> String {
    format!("10900000{no:02}")
}

fn write_country(dir: &Path) {
    write_election(dir);
    let mut places = "place_id,parent_id,level,code,name\n".to_owned();
    let mut boxes = "box_id,place_id,number,kind,races\n".to_owned();
    let mut codes = "code,kind,race,box_id,place_id,many_pages\n".to_owned();
    for (no, (id, parent, level, code, name, has_box)) in PLACES.iter().enumerate() {
        writeln!(places, "{id},{parent},{level},{code},{name}").unwrap();
        writeln!(codes, "{},birlestirme-{level},9,,{id},false", sheet(no)).unwrap();
        let kind = match *level {
            "gumruk" => 1,
            "temsilcilik" => 3,
            _ => 0,
        };
        if *has_box {
            writeln!(boxes, "00000{no:02},{id},{},{kind},", 1001 + no).unwrap();
        }
    }
    for (name, text) in [("places.csv", places), ("boxes.csv", boxes), ("codes.csv", codes)] {
        std::fs::write(dir.join(name), text).unwrap();
    }
}

/// All codes with their places.
fn codes() -> Vec<(String, &'static str)> {
    let sheets = PLACES.iter().enumerate().map(|(no, place)| (sheet(no), place.0));
    let boxes = PLACES.iter().enumerate().filter(|(_, place)| place.5).map(|(no, place)| (box_sheet(no), place.0));
    sheets.chain(boxes).collect()
}

#[tokio::test]
async fn what_a_board_is_told_to_send_is_what_it_may_send_on_every_database() {
    for engine in Engine::all().await {
        let (ledger, dir): (Ledger, _) = (engine.open().await, tempfile::tempdir().unwrap());
        write_country(dir.path());
        registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap();
        let election = Election::loaded(&ledger).await.unwrap().unwrap();
        for (board, sends) in SENDS {
            let at: PlaceId = board.parse().unwrap();
            let mut may = BTreeSet::new();
            for (code, place) in codes() {
                let code: Karekod = code.parse().unwrap();
                let found = resolve(&ledger, std::slice::from_ref(&code), &at).await.unwrap();
                let Finding::Form { form, own, .. } = found else { panic!("{code} names no form: {found:?}") };
                assert_eq!(own, sends.contains(&place), "{board} sends for {place} on {}", engine.name);
                may.extend(own.then(|| (form.race.map(u8::from), form.key())));
            }
            let reach = ledger.reach(&at).await.unwrap();
            let (mut told, mut cursor) = (BTreeSet::new(), FormCursor::Start);
            while cursor != FormCursor::End {
                let forms;
                (forms, cursor) = ledger.forms_of_board(&reach, &election, cursor, 3).await.unwrap();
                told.extend(forms.into_iter().map(|expected| (expected.form.race.map(u8::from), expected.form.key())));
            }
            // Boxes have a sheet of the other race as well.
            told.retain(|(race, _)| *race == Some(9));
            assert_eq!(told, may, "{board} on {}", engine.name);
            let places: BTreeSet<String> =
                ledger.places_of_board(&reach).await.unwrap().into_iter().map(|(id, _)| id.to_string()).collect();
            assert_eq!(places, sends.iter().map(|place| (*place).to_owned()).collect(), "{board} on {}", engine.name);
        }
    }
}

#[tokio::test]
async fn no_board_gets_a_page_into_a_sheet_above_or_beside_it() {
    let house = House::build(Plan { election: Some(write_country), ..Plan::default() }).await;
    for (no, (board, sends)) in SENDS.into_iter().enumerate() {
        let token = match board {
            "34-k-1" => house.first.clone(),
            "34-k-2" => house.second.clone(),
            place => {
                let id = tutanak::domain::naming::slug(place).parse().unwrap();
                enrol::board(&house.ledger, &id, "Kurul", &place.parse().unwrap(), &[]).await.unwrap().token
            }
        };
        for (code, place) in codes() {
            let receipt = json(house.send(&token, &page(&[&code], no as u32 + 1)).await).await;
            let expected = match sends.contains(&place) {
                true => ("linked", None),
                false => ("parked", Some("other-board")),
            };
            let told = (receipt["status"].as_str().unwrap_or_default(), receipt["reason"].as_str());
            assert_eq!(told, expected, "{board} sends a page of {place}: {receipt}");
        }
    }
}
