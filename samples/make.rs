//! Draws the files of `samples/` again: scans that are linked, scans that are parked, and files that are refused. Each
//! carries its verdict in its name. It never touches `samples/election/`.
//!
//! `cargo run --release --example make [-- DIR]`

#![allow(clippy::unwrap_used, reason = "a drawing that fails stops here")]

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use tutanak::domain::Karekod;
use tutanak::drawing::{self, Colour, FormFace, ScanStyle};
use tutanak::ledger::registry::{ExpectedForm, FormCursor};
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::{registry, rehearsal};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");

#[tokio::main]
async fn main() {
    let dir = std::env::args().nth(1).map_or(PathBuf::from(SAMPLES), PathBuf::from);
    let forms = Forms::of_the_sample_election().await;
    for part in ["good", "parked", "bad"] {
        let part = dir.join(part);
        if part.exists() {
            std::fs::remove_dir_all(&part).unwrap();
        }
        std::fs::create_dir_all(&part).unwrap();
    }
    good(&forms, &dir.join("good"));
    parked(&forms, &dir.join("parked"));
    bad(&forms, &dir.join("bad"));
}

/// The sample election's forms by their code.
struct Forms {
    by_code: HashMap<Karekod, ExpectedForm>,
    election: String,
}

impl Forms {
    async fn of_the_sample_election() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.path().join("s.db") }).await.unwrap();
        registry::import(&ledger, &Path::new(SAMPLES).join("election"), &mut |_| {}).await.unwrap();
        let election = ledger.election().await.unwrap().unwrap().election;
        let mut by_code = HashMap::new();
        let mut cursor = FormCursor::Start;
        while cursor != FormCursor::End {
            let (forms, next) = ledger.forms_after(&election, cursor, 1000).await.unwrap();
            by_code.extend(forms.into_iter().map(|one| (one.form.code.clone(), one)));
            cursor = next;
        }
        Self { by_code, election: election.name().to_owned() }
    }

    fn face(&self, code: &str) -> FormFace {
        let code: Karekod = code.parse().unwrap();
        rehearsal::face(
            self.by_code.get(&code).unwrap_or_else(|| panic!("the sample election has no {code}")),
            &self.election,
        )
    }
}

/// Mostly black and white, which is small; one page of every other kind a scanner makes.
fn good(forms: &Forms, dir: &Path) {
    let office =
        |seed: u64| ScanStyle { dpi: 200, colour: Colour::OneBit, quarter_turns: 0, ..ScanStyle::realistic(seed) };
    let clean = |colour| ScanStyle::clean(200, colour);
    let turned = |turns| ScanStyle { quarter_turns: turns, ..office(20 + u64::from(turns)) };
    let rows: Vec<(&str, &str, ScanStyle)> = vec![
        ("1099000001", "sonuc", office(1)),
        ("1089000001", "sonuc-milletvekili", office(2)),
        ("1099000002", "sonuc-stamped", ScanStyle { stamp_over_lower_code: true, ..office(3) }),
        ("1099000003", "sonuc-grey", ScanStyle { colour: Colour::Grey, ..office(4) }),
        ("1099000004", "sonuc-colour", clean(Colour::Rgb)),
        ("1099000005", "sonuc-palette", clean(Colour::Palette)),
        ("1099000006", "sonuc-16-bit", ScanStyle { unfilled: true, ..clean(Colour::Grey16) }),
        ("1099000007", "sonuc-interlaced", ScanStyle { interlaced: true, ..clean(Colour::OneBit) }),
        ("1099000008", "sonuc-quarter-turn", turned(1)),
        ("1099000009", "sonuc-upside-down", turned(2)),
        ("1099000010", "sonuc-three-quarters", turned(3)),
        ("1099000012", "sonuc-no-mahalle", office(5)),
        ("1099000013", "sonuc-prison", office(6)),
        ("1099000031", "sonuc-customs", office(7)),
        ("1099000034", "sonuc-abroad", office(8)),
        ("2099000001", "cetvel", office(9)),
        ("3090000001", "denetim", office(10)),
        ("3090000004", "birlestirme-kurul", office(11)),
        ("3090000008", "birlestirme-ilce", office(12)),
        ("3090000012", "birlestirme-il", office(13)),
        ("3090000019", "birlestirme-ulke", office(14)),
        ("3090000020", "birlestirme-genel", office(15)),
    ];
    for (seed, (code, what, style)) in rows.into_iter().enumerate() {
        save(dir, &format!("linked-{code}-{what}.png"), &drawing::draw_scan(&forms.face(code), &style, seed as u64));
    }
}

fn parked(forms: &Forms, dir: &Path) {
    let style = ScanStyle::clean(200, Colour::OneBit);
    let face = forms.face("1099000014");
    let rows = [
        ("no-code", FormFace { karekod: None, ..face.clone() }),
        ("unknown-code", FormFace { karekod: Some("1097654321".into()), ..face.clone() }),
        ("codes-disagree", FormFace { second_karekod: Some("1099000015".into()), ..face }),
    ];
    for (name, face) in rows {
        save(dir, &format!("{name}.png"), &drawing::draw_scan(&face, &style, 77));
    }
}

fn bad(forms: &Forms, dir: &Path) {
    let face = forms.face("1099000016");
    let sound = drawing::draw_scan(&face, &ScanStyle::clean(100, Colour::OneBit), 1);
    let flipped = |at: usize| {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x40;
        bytes
    };
    save(dir, "empty.png", b"");
    save(dir, "not-a-png-but-text.png", "Bu bir görüntü değil.\n".as_bytes());
    save(dir, "damaged-cut-in-the-middle.png", &sound[..sound.len() / 2]);
    save(dir, "damaged-wrong-checksum.png", &flipped(sound.len() / 2));
    save(dir, "damaged-without-end.png", &sound[..sound.len() - 12]);
    save(dir, "damaged-second-image-behind-the-end.png", &[&sound[..], &sound].concat());
    save(dir, "damaged-width-of-zero.png", &handmade(0, 100, &[0; 64]));
    save(dir, "too-large-bomb-30000x30000.png", &handmade(30_000, 30_000, &vec![0; 3751 * 30_000]));
    save(dir, "too-large-2147483647-wide.png", &handmade(i32::MAX as u32, 1, &[0; 64]));
}

fn save(dir: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(dir.join(name), bytes).unwrap();
    println!("{:>8} {name}", bytes.len());
}

/// A PNG of one bit a pixel with whatever sides one likes.
fn handmade(width: u32, height: u32, rows: &[u8]) -> Vec<u8> {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(rows).unwrap();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, 0]].concat();
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let covered = [&kind[..], data].concat();
        [&(data.len() as u32).to_be_bytes()[..], &covered, &crc32fast::hash(&covered).to_be_bytes()].concat()
    };
    let data = zlib.finish().unwrap();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", &data), &chunk(b"IEND", b"")].concat()
}
