//! Lists and sums: what they say fits what is there, they open in other programs, and their bytes hold still a while.

use std::collections::HashSet;
use std::process::Command;

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use tutanak::domain::{Digest, Entry, EntryKind};
use tutanak::ledger::registry::FormCursor;
use tutanak::vault::Vault;

use crate::engines::Engine;
use crate::ftp::Control;
use crate::house::{House, Plan, json};
use crate::stock::{enter, fill, form};

const DISTRICT: &str = "tutanaklar/34-istanbul/kadikoy-1";

async fn entries(house: &House) -> Vec<Entry> {
    let lines = house.ledger.lines_from(0, 10_000).await.unwrap();
    lines.iter().map(|line| serde_json::from_str(&line.line).unwrap()).collect()
}

/// A list's header and rows.
pub async fn table(house: &House, path: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let answer = house.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let digest = answer.headers()["etag"].to_str().unwrap().trim_matches('"').to_owned();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!((bytes.len(), Digest::of(&bytes).to_string()), (length, digest), "{path}");
    let comma = path.ends_with("-virgul.csv");
    let text = std::str::from_utf8(&bytes).unwrap();
    let text = if comma { text } else { text.strip_prefix('\u{feff}').expect("no mark for Excel") };
    assert!(text.ends_with("\r\n") && !text.starts_with('\u{feff}'));
    let separator = if comma { b',' } else { b';' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let row = |row: &csv::StringRecord| row.iter().map(str::to_owned).collect::<Vec<_>>();
    let header = row(reader.headers().unwrap());
    (header, reader.records().map(|record| row(&record.unwrap())).collect())
}

pub fn column(header: &[String], rows: &[Vec<String>], name: &str) -> Vec<String> {
    let at = header.iter().position(|header| header == name).unwrap_or_else(|| panic!("no column {name}: {header:?}"));
    rows.iter().map(|row| row[at].clone()).collect()
}

#[tokio::test]
async fn lists_say_what_is_there_current_changed_and_missing_on_every_engine() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        fill(&house, 60).await;
        let linked: Vec<Entry> = entries(&house).await.into_iter().filter(|entry| entry.path.is_some()).collect();
        let sums = |entries: &[Entry]| -> Vec<String> {
            entries.iter().map(|entry| entry.sha256.unwrap().to_string()).collect()
        };
        let (header, rows) = table(&house, "listeler/tutanaklar.csv").await;
        assert_eq!(column(&header, &rows, "SHA256"), sums(&linked), "{}", engine.name);
        let paths: Vec<String> = linked.iter().map(|entry| entry.path.clone().unwrap()).collect();
        assert_eq!(column(&header, &rows, "DOSYA"), paths);
        let first = |name: &str| column(&header, &rows, name)[0].clone();
        for (name, cell) in [
            ("SIRA", "2"), // two entries bind the log
            ("ZAMAN", "2024-03-31 17:00:01"),
            ("DURUM", "bağlandı"),
            ("İL/ÜLKE", "İSTANBUL"),
            ("İLÇE/TEMSİLCİLİK", "KADIKÖY"),
            ("SEÇİM KURULU", "KADIKÖY 1. İLÇE SEÇİM KURULU"),
            ("MAHALLE/KÖY/GÜMRÜK", "CAFERAĞA MAH."),
            ("SANDIK NO", "1001"),
            ("SEÇİM TÜRÜ", "Cumhurbaşkanı"),
            ("TUTANAK", "Sandık Sonuç Tutanağı"),
            ("SÜRÜM", "1"),
            ("KAREKOD", "1090000001"),
            ("AÇIKLAMA", "'=1+1; \"not\""),
        ] {
            assert_eq!(first(name), cell, "{name} on {}", engine.name);
        }
        let (comma_header, comma_rows) = table(&house, "listeler/tutanaklar-virgul.csv").await;
        // For programs the same, and the time with its distance from UTC.
        let with_offset = rows.iter().map(|row| {
            let mut row = row.clone();
            row[1].push_str("+03:00");
            row
        });
        assert_eq!((comma_header, comma_rows), (header, with_offset.collect()));

        let (header, rows) = table(&house, "listeler/guncel.csv").await;
        let mut newest: Vec<Entry> = Vec::new();
        for entry in &linked {
            newest.retain(|other| other.form != entry.form);
            newest.push(entry.clone());
        }
        newest.sort_by(|one, other| one.path.cmp(&other.path));
        assert_eq!(newest.iter().map(|entry| entry.revision).max(), Some(Some(18)), "v18 stands before v2 by name");
        assert_eq!(column(&header, &rows, "SHA256"), sums(&newest), "{}", engine.name);

        let (header, rows) = table(&house, "listeler/degisiklikler.csv").await;
        let changes: Vec<Entry> = linked.iter().filter(|entry| entry.revision > Some(1)).cloned().collect();
        assert_eq!(column(&header, &rows, "SHA256"), sums(&changes), "{}", engine.name);

        let (header, rows) = table(&house, "listeler/eksikler.csv").await;
        let missing = column(&header, &rows, "KAREKOD");
        let expected =
            ["1080000001", "1080000002", "1080000003", "1080000101", "1090000101", "5550000001", "5550000002"];
        assert_eq!(missing.iter().map(String::as_str).collect::<HashSet<_>>(), HashSet::from(expected));
        assert_eq!(missing.len(), expected.len(), "{}", engine.name);
        assert!(column(&header, &rows, "TUTANAK").contains(&"Birleştirme Tutanağı (ilçe)".to_owned()), "{rows:?}");

        // Of a province: the same, for there is but one. Of what is no province: nothing.
        let (header, rows) = table(&house, "listeler/34-istanbul/tutanaklar.csv").await;
        let of_part: HashSet<_> = column(&header, &rows, "SHA256").into_iter().collect();
        assert_eq!(of_part, sums(&linked).into_iter().collect());
        for name in ["guncel.csv", "degisiklikler-virgul.csv", "eksikler.csv"] {
            let of_part = table(&house, &format!("listeler/34-istanbul/{name}")).await;
            assert_eq!(of_part, table(&house, &format!("listeler/{name}")).await, "{name} on {}", engine.name);
        }
        for path in
            ["listeler/06-ankara/", "listeler/06-ankara/guncel.csv", "listeler/x.csv", "listeler/%25/guncel.csv"]
        {
            assert_eq!(house.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn what_was_withdrawn_is_not_current_and_stands_among_the_changes() {
    let house = House::open().await;
    fill(&house, 21).await;
    let all = entries(&house).await;
    let (header, rows) = table(&house, "listeler/guncel.csv").await;
    let newest = column(&header, &rows, "SHA256")[0].clone();
    // The last entry is a parked one, and made into one that withdraws.
    let parked = all.iter().rposition(|entry| entry.kind == EntryKind::Parked).unwrap();
    let at = all[parked].at;
    let withdrawal = format!(r#"{{"v":1,"at":"{at}","kind":"withdrawn","sha256":"{newest}","reason":"yanlış sayfa"}}"#);
    let pool = house.sqlite().await;
    let query =
        sqlx::query("UPDATE entry SET kind = 'withdrawn', sha256 = $1, line = $2, parked = NULL WHERE position = $3");
    let digest: Digest = newest.parse().unwrap();
    query.bind(digest.as_bytes().to_vec()).bind(withdrawal).bind(parked as i64).execute(&pool).await.unwrap();
    fill(&house, 1).await; // the ledger has grown, and a minute has passed
    let (header, rows) = table(&house, "listeler/guncel.csv").await;
    assert!(!column(&header, &rows, "SHA256").contains(&newest));
    assert_eq!(rows.len(), 3, "the revision before it is current again");
    let (header, rows) = table(&house, "listeler/degisiklikler.csv").await;
    let at = column(&header, &rows, "DURUM").iter().position(|status| status == "geri çekildi").unwrap();
    assert_eq!(column(&header, &rows, "SHA256")[at], newest);
    assert!(column(&header, &rows, "AÇIKLAMA")[at].contains("yanlış sayfa"));
}

#[tokio::test]
async fn a_list_holds_still_for_a_while_and_is_served_in_parts() {
    let house = House::open().await;
    fill(&house, 50).await;
    let path = "listeler/tutanaklar.csv";
    let head = house.archive(Method::HEAD, path).send().await.unwrap();
    let tag = head.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(head.headers()["cache-control"], "private, no-cache");
    let whole = house.get(path).await.bytes().await.unwrap();
    let vault = Vault::open(&house.vault).await.unwrap();
    crate::stock::stock(&house.ledger, &vault, &house.clock, 10, 500).await;
    let part = house.archive(Method::GET, path).header("range", "bytes=100-").header("if-range", &tag);
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.bytes().await.unwrap(), whole.slice(100..));
    let same = house.archive(Method::GET, path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    house.clock.advance(SignedDuration::from_mins(2));
    let newer = house.archive(Method::GET, path).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(newer.status(), StatusCode::OK);
    assert!(newer.bytes().await.unwrap().starts_with(&whole), "what was there stays where it was");
    // What a listing says is what is then sent, over FTP too.
    let listing = house.archive(Method::GET, "listeler/").header("accept", "application/json").send().await.unwrap();
    let listing = json(listing).await;
    let mut line = Control::log_in(&house).await;
    let names: Vec<&str> = listing.as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "34-istanbul",
            "degisiklikler-virgul.csv",
            "degisiklikler.csv",
            "eksikler-virgul.csv",
            "eksikler.csv",
            "guncel-virgul.csv",
            "guncel.csv",
            "tutanaklar-virgul.csv",
            "tutanaklar.csv"
        ]
    );
    for listed in listing.as_array().unwrap().iter().filter(|listed| listed["type"] == "file") {
        let name = listed["name"].as_str().unwrap();
        let (bytes, end) = line.fetch(&format!("RETR /listeler/{name}")).await;
        assert!(end.starts_with("226"), "{name}: {end}");
        assert_eq!(listed["size"].as_u64(), Some(bytes.len() as u64), "{name}");
        assert!(bytes == house.get(&format!("listeler/{name}")).await.bytes().await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn other_programs_open_the_lists() {
    let house = House::open().await;
    fill(&house, 30).await;
    let dir = tempfile::tempdir().unwrap();
    for name in ["tutanaklar.csv", "tutanaklar-virgul.csv"] {
        let bytes = house.get(&format!("listeler/{name}")).await.bytes().await.unwrap();
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    let script = "\
import csv
excel = list(csv.DictReader(open('tutanaklar.csv', encoding='utf-8-sig', newline=''), delimiter=';'))
comma = list(csv.DictReader(open('tutanaklar-virgul.csv', encoding='utf-8', newline='')))
from datetime import datetime, timedelta
for row in comma:
    assert datetime.fromisoformat(row['ZAMAN']).utcoffset() == timedelta(hours=3), row
    row['ZAMAN'] = row['ZAMAN'].removesuffix('+03:00')
assert excel == comma and len(excel) == 26, (len(excel), len(comma))
assert all(row['DOSYA'].endswith('.png') and len(row['SHA256']) == 64 and None not in row for row in excel)
";
    let done = Command::new("python3").args(["-c", script]).current_dir(dir.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
async fn a_districts_sums_and_metalink_name_everything_below_it_and_nothing_beside() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        fill(&house, 20).await;
        // Neighbours whose names begin with the same letters, and another mahalle.
        let vault = Vault::open(&house.vault).await.unwrap();
        let sent: Vec<_> = [
            "34-istanbul/kadikoy-10/x",
            "34-istanbul/kadikoy-1/moda-mah",
            "34-istanbul/kadikoy-1",
            "34-istanbul/kadikoy",
        ]
        .iter()
        .zip(11..)
        .map(|(directory, n)| (directory.as_bytes().to_vec(), Some(form(n, directory))))
        .collect();
        enter(&house.ledger, &vault, &house.clock, &sent).await;
        let below: Vec<Entry> = entries(&house).await;
        let below: Vec<&Entry> = below
            .iter()
            .filter(|entry| entry.path.as_ref().is_some_and(|path| path.starts_with(&format!("{DISTRICT}/"))))
            .collect();
        assert_eq!(below.len(), 18 + 2);
        let dir = tempfile::tempdir().unwrap();
        for entry in &below {
            let path = entry.path.as_ref().unwrap();
            let to = dir.path().join(path.strip_prefix(DISTRICT).unwrap().trim_start_matches('/'));
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, house.get(path).await.bytes().await.unwrap()).unwrap();
        }
        for name in ["SHA256SUMS-ILCE", "indir.meta4"] {
            let answer = house.get(&format!("{DISTRICT}/{name}")).await;
            let kind = answer.headers()["content-type"].to_str().unwrap();
            assert!(!kind.contains("metalink"), "wget2 -r would follow it without end: {kind}");
            let bytes = answer.bytes().await.unwrap();
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        let mut check = Command::new("sha256sum");
        let done = check.args(["-c", "--strict", "SHA256SUMS-ILCE"]).current_dir(dir.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        assert_eq!(String::from_utf8(done.stdout).unwrap().lines().count(), below.len());
        let script = "\
import hashlib, os, xml.etree.ElementTree as tree
root = tree.parse('indir.meta4').getroot()
space = '{urn:ietf:params:xml:ns:metalink}'
assert root.tag == space + 'metalink', root.tag
files = root.findall(space + 'file')
for file in files:
    content = open(file.get('name'), 'rb').read()
    assert int(file.find(space + 'size').text) == len(content)
    hash = file.find(space + 'hash')
    assert hash.get('type') == 'sha-256' and hash.text == hashlib.sha256(content).hexdigest()
    assert file.find(space + 'url').text == 'https://localhost:8443/arsiv/tutanaklar/34-istanbul/kadikoy-1/' + file.get('name')
print(len(files))
";
        let done = Command::new("python3").args(["-c", script]).current_dir(dir.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert_eq!(String::from_utf8(done.stdout).unwrap().trim(), below.len().to_string(), "{}", engine.name);
        let listing = house.archive(Method::GET, &format!("{DISTRICT}/")).header("accept", "application/json");
        let listing = json(listing.send().await.unwrap()).await;
        let size = |name: &str| {
            let listed = listing.as_array().unwrap().iter().find(|listed| listed["name"] == name);
            listed.unwrap_or_else(|| panic!("no {name}: {listing}"))["size"].as_u64().unwrap()
        };
        for name in ["SHA256SUMS-ILCE", "indir.meta4"] {
            assert_eq!(size(name), std::fs::metadata(dir.path().join(name)).unwrap().len(), "{name}");
        }
        for path in ["tutanaklar/34-istanbul", &format!("{DISTRICT}/caferaga-mah"), "tutanaklar/34-istanbul/yok"] {
            assert_eq!(house.get(&format!("{path}/SHA256SUMS-ILCE")).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn every_expected_form_belongs_to_one_part_of_the_country_on_every_engine() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/election");
        tutanak::registry::import(&ledger, &samples, &mut |_| {}).await.unwrap();
        let election = ledger.election().await.unwrap().unwrap().election;
        let forms = async |part: &str| {
            let (mut found, mut cursor) = (Vec::new(), FormCursor::Start);
            while cursor != FormCursor::End {
                let (forms, next) = ledger.forms_below(part, &election, cursor, 100).await.unwrap();
                found.extend(forms.into_iter().map(|expected| expected.form.key()));
                cursor = next;
            }
            found
        };
        let parts = ledger.parts().await.unwrap();
        assert!(parts.is_sorted() && parts.iter().all(|part| !part.contains('/')), "{parts:?}");
        for part in ["gumruk", "turkiye", "yurtdisi"] {
            assert!(parts.iter().any(|there| there == part), "{part} is no part on {}: {parts:?}", engine.name);
        }
        let all = forms("").await;
        assert_eq!(all.len(), 899);
        let mut of_parts = Vec::new();
        for part in &parts {
            let found = forms(part).await;
            assert!(found.iter().all(|key| key.as_str().starts_with(&format!("{part}/"))), "{part}: {found:?}");
            of_parts.extend(found);
        }
        assert_eq!(of_parts.iter().collect::<HashSet<_>>(), all.iter().collect());
        assert_eq!(of_parts.len(), all.len(), "{}", engine.name);
    }
}
