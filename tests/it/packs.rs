//! Packs over HTTPS and FTP: the same bytes on every node and for ever, and never a byte of a scan that is not as it was.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::ops::Range;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use reqwest::{Method, StatusCode};
use tutanak::archive::Archive;
use tutanak::domain::Digest;
use tutanak::formats::pack::PackPlan;
use tutanak::ledger::Ledger;
use tutanak::vault::Vault;

use crate::engines::Engine;
use crate::ftp::Control;
use crate::house::{House, Plan, json};
use crate::stock::{fill, stock};

const FIRST: &str = "paketler/000/000/000.zip";

async fn lines(ledger: &Ledger, from: u64, count: u32) -> Vec<String> {
    ledger.lines_from(from, count).await.unwrap().into_iter().map(|line| line.line).collect()
}

async fn whole(house: &House, path: &str) -> Vec<u8> {
    let answer = house.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.bytes().await.unwrap().to_vec()
}

async fn part(house: &House, path: &str, range: &Range<u64>) -> Vec<u8> {
    let ask = house.archive(Method::GET, path).header("range", format!("bytes={}-{}", range.start, range.end - 1));
    let answer = ask.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{path} {range:?}");
    answer.bytes().await.unwrap().to_vec()
}

async fn names(house: &House, path: &str) -> Vec<String> {
    let listing =
        json(house.archive(Method::GET, path).header("accept", "application/json").send().await.unwrap()).await;
    listing.as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect()
}

/// A pack's members in their order, as the zip crate reads them.
fn unpacked(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut opened = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let member = |n| {
        let mut file = opened.by_index(n).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..zip::ZipArchive::new(Cursor::new(archive)).unwrap().len()).map(member).collect()
}

#[tokio::test]
async fn a_pack_holds_exactly_the_lines_and_the_linked_scans_of_its_entries_on_every_engine() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let scans = fill(&house, 300).await;
        let by_digest: HashMap<Digest, &Vec<u8>> = scans.iter().map(|scan| (Digest::of(scan), scan)).collect();
        for (path, from, count) in [(FIRST, 0, 256), ("paketler/000/000/001.p/44.zip", 256, 44)] {
            let lines = lines(&house.ledger, from, count).await;
            let plan = PackPlan::from_lines(from / 256, &lines).unwrap();
            let archive = whole(&house, path).await;
            assert_eq!(archive.len() as u64, plan.len());
            let members = unpacked(&archive);
            assert_eq!(members[0].0, "girdiler.jsonl");
            assert_eq!(members[0].1, (lines.join("\n") + "\n").as_bytes());
            assert!(members.len() < lines.len(), "a parked scan has no place here");
            assert_eq!(members.len() - 1, plan.images().len());
            for (image, (name, bytes)) in plan.images().zip(&members[1..]) {
                assert_eq!((&image.path, by_digest[&image.digest]), (name, bytes));
                assert_eq!(bytes, &archive[image.data.start as usize..image.data.end as usize]);
            }
            // The same from a node that has just started, and from one over another connection.
            for _ in 0..2 {
                let other = Archive::new(
                    &engine.open().await,
                    &Vault::open(&house.vault).await.unwrap(),
                    &house.clock,
                    "https://localhost",
                );
                let plan = other.packs.plan(from / 256, count.into()).await.unwrap().unwrap();
                let chunks: Vec<_> = other.packs.read(plan.clone(), 0, plan.len()).try_collect().await.unwrap();
                assert!(chunks.concat() == archive, "{} gives other bytes", engine.name);
            }
        }
        // Packs unpacked over each other are the tree.
        for (name, bytes) in unpacked(&whole(&house, FIRST).await).iter().skip(1).step_by(40) {
            assert_eq!(whole(&house, name).await, *bytes);
        }
    }
}

#[tokio::test]
async fn every_range_of_a_pack_is_the_same_slice_of_it() {
    let house = House::open().await;
    fill(&house, 256).await;
    let archive = whole(&house, FIRST).await;
    let plan = PackPlan::from_lines(0, &lines(&house.ledger, 0, 256).await).unwrap();
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let all: Vec<_> = plan.images().collect();
    for pair in all.windows(2).step_by(17) {
        let (one, next) = (&pair[0].data, &pair[1].data);
        ranges.extend([one.clone(), one.start - 1..one.end + 1, one.end..next.start, one.end - 1..next.start + 1]);
        ranges.extend([one.start..one.start + 1, one.start + 3..next.end - 1]);
    }
    let end = all.last().unwrap().data.end;
    ranges.extend([end - 1..end + 1, end..plan.len(), plan.len() - 1..plan.len(), 0..1, 10..400_000]);
    let mut state = 7_u64;
    for _ in 0..40 {
        let mut at = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) % plan.len()
        };
        let (one, other) = (at(), at());
        ranges.push(one.min(other)..one.max(other) + 1);
    }
    for range in ranges {
        let expected = &archive[range.start as usize..range.end as usize];
        assert!(part(&house, FIRST, &range).await == expected, "{range:?}");
    }
}

#[tokio::test]
async fn a_pack_has_the_headers_of_what_never_changes() {
    let house = House::open().await;
    fill(&house, 300).await;
    let plan = PackPlan::from_lines(0, &lines(&house.ledger, 0, 256).await).unwrap();
    let head = house.archive(Method::HEAD, FIRST).send().await.unwrap();
    let header = |name: &str| head.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-length"), plan.len().to_string());
    assert_eq!(header("etag"), format!("\"{}\"", plan.etag()));
    assert_eq!(header("content-type"), "application/zip");
    assert_eq!(header("cache-control"), "private, max-age=31536000, immutable");
    assert_eq!(header("accept-ranges"), "bytes");
    assert!(!head.headers().contains_key("repr-digest"), "nobody has read all of it");
    let ask = async |name: &str, value: &str| {
        let ask = house.archive(Method::GET, FIRST).header("range", "bytes=5-9").header(name, value);
        ask.send().await.unwrap().status()
    };
    let (tag, date) = (header("etag"), header("last-modified"));
    assert_eq!(ask("if-none-match", &tag).await, StatusCode::NOT_MODIFIED);
    assert_eq!(ask("if-modified-since", &date).await, StatusCode::NOT_MODIFIED);
    assert_eq!(ask("if-range", &tag).await, StatusCode::PARTIAL_CONTENT);
    assert_eq!(ask("if-range", "\"other\"").await, StatusCode::OK);
    let beyond = house.archive(Method::GET, FIRST).header("range", format!("bytes={}-", plan.len()));
    assert_eq!(beyond.send().await.unwrap().status(), StatusCode::RANGE_NOT_SATISFIABLE);
    house.audit(1, |row| row.object == format!("/{FIRST}") && row.act == "download").await;
}

#[tokio::test]
async fn any_partial_pack_can_be_had_and_one_is_listed_every_fifteen_seconds() {
    let house = House::open().await;
    assert!(names(&house, "").await.contains(&"paketler".to_owned()));
    fill(&house, 264).await; // and the two that bind the log
    assert_eq!(names(&house, "paketler/").await, ["000"]);
    assert_eq!(names(&house, "paketler/000/").await, ["000"]);
    assert_eq!(names(&house, "paketler/000/000/001.p/").await, ["10.zip"]);
    // Entries of the running interval can be had and are not listed.
    let vault = Vault::open(&house.vault).await.unwrap();
    crate::stock::stock(&house.ledger, &vault, &house.clock, 5, 1000).await;
    assert_eq!(names(&house, "paketler/000/000/001.p/").await, ["10.zip"]);
    let lines = lines(&house.ledger, 256, 15).await;
    for entries in 1..=15 {
        let path = format!("paketler/000/000/001.p/{entries}.zip");
        let plan = PackPlan::from_lines(1, &lines[..entries]).unwrap();
        let archive = whole(&house, &path).await;
        assert_eq!(archive.len() as u64, plan.len());
        assert_eq!(unpacked(&archive).len(), 1 + plan.images().len());
    }
    for entries in [1, 100, 255] {
        assert!(!unpacked(&whole(&house, &format!("paketler/000/000/000.p/{entries}.zip")).await).is_empty());
    }
    for path in ["001.p/0.zip", "001.p/16.zip", "001.p/256.zip", "001.zip", "000.p/", "002.p/", "000.p/256.zip"] {
        let status = house.get(&format!("paketler/000/000/{path}")).await.status();
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    house.clock.advance(jiff::SignedDuration::from_secs(15));
    assert_eq!(names(&house, "paketler/000/000/001.p/").await, ["15.zip"]);
    let listed = names(&house, "paketler/000/000/").await;
    assert!(listed.contains(&"000.zip".to_owned()) && listed.contains(&"001.p".to_owned()), "{listed:?}");
    // An hour later without anything new it is the same.
    house.clock.advance(jiff::SignedDuration::from_hours(1));
    assert_eq!(names(&house, "paketler/000/000/001.p/").await, ["15.zip"]);
}

#[tokio::test]
async fn the_same_packs_come_over_ftp_whole_and_in_parts_with_their_sizes() {
    let house = House::open().await;
    fill(&house, 258).await;
    let archive = whole(&house, FIRST).await;
    let mut line = Control::log_in(&house).await;
    let (bytes, end) = line.fetch(&format!("RETR /{FIRST}")).await;
    assert!(bytes == archive && end.starts_with("226"), "{end}");
    assert_eq!(line.say(&format!("SIZE /{FIRST}")).await.trim(), format!("213 {}", archive.len()));
    assert!(line.say("REST 123456").await.starts_with("350"));
    assert!(line.fetch(&format!("RETR /{FIRST}")).await.0 == archive[123_456..]);
    let (listing, _) = line.fetch("MLSD /paketler/000/000").await;
    let listing = String::from_utf8(listing).unwrap().to_lowercase();
    let listed = |name: &str| listing.lines().find(|line| line.ends_with(&format!(" {name}"))).unwrap_or_default();
    assert!(listed("000.zip").contains(&format!("size={};", archive.len())), "{listing}");
    assert!(listed("001.p").contains("type=dir;"), "{listing}");
    let (listing, _) = line.fetch("MLSD /paketler/000/000/001.p").await;
    assert!(String::from_utf8(listing).unwrap().contains(" 4.zip"));
}

#[tokio::test]
async fn a_full_pack_gets_a_checksum_that_sha256sum_believes() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        fill(&house, 600).await;
        let dir = tempfile::tempdir().unwrap();
        let mut listed = Vec::new();
        for _ in 0..100 {
            listed = names(&house, "paketler/000/000/").await;
            if listed.contains(&"001.zip.sha256".to_owned()) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        assert_eq!(listed, ["000.zip", "000.zip.sha256", "001.zip", "001.zip.sha256", "002.p"], "{}", engine.name);
        for name in &listed[..4] {
            let bytes = whole(&house, &format!("paketler/000/000/{name}")).await;
            std::fs::write(dir.path().join(name), bytes).unwrap();
        }
        let mut check = std::process::Command::new("sha256sum");
        check.current_dir(dir.path()).args(["-c", "--strict", "000.zip.sha256", "001.zip.sha256"]);
        let done = check.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        assert_eq!(house.get("paketler/000/000/002.zip.sha256").await.status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_scan_that_is_not_as_it_was_is_never_sent_and_raises_an_alarm() {
    // With a single subscriber alive, tracing asks the thread that first meets an event whether anybody listens, and keeps
    // its answer; that may be another test's thread, where nobody does.
    let _another = tracing::Dispatch::new(tracing_subscriber::registry());
    let log = tempfile::NamedTempFile::new().unwrap();
    let writer = Arc::new(log.reopen().unwrap());
    let subscriber = tracing_subscriber::fmt().with_writer(writer).with_ansi(false).finish();
    let _told = tracing::subscriber::set_default(subscriber);
    let house = House::open().await;
    fill(&house, 520).await;
    let archive = whole(&house, FIRST).await;
    let plan = PackPlan::from_lines(0, &lines(&house.ledger, 0, 256).await).unwrap();
    let hurt = plan.images().find(|image| image.position > 120 && image.size > 1000).unwrap();
    let name = hurt.digest.to_string();
    let object = house.dir.path().join("vault/b").join(&name[..2]).join(&name);
    let sound = std::fs::read(&object).unwrap();
    let told = || std::fs::read_to_string(log.path()).unwrap();

    let mut other = sound.clone();
    other[500] ^= 1;
    let replacements = [Some(other), Some(sound[1..].to_vec()), None];
    for (n, replacement) in replacements.iter().enumerate() {
        match replacement {
            Some(bytes) => std::fs::write(&object, bytes).unwrap(),
            None => std::fs::remove_file(&object).unwrap(),
        }
        let mut answer = house.get(FIRST).await;
        let (mut got, mut broken) = (Vec::new(), false);
        loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => got.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        assert!(broken, "a short pack must not look whole");
        assert!(got.len() as u64 <= hurt.data.start, "bytes of the scan were sent");
        assert!(archive.starts_with(&got));
        assert!(told().matches("ALARM").count() > n && told().contains(&name), "{}", told());
        // Only the byte before it: what is asked for is not hurt.
        let before = part(&house, FIRST, &(hurt.data.start - 20..hurt.data.start)).await;
        assert_eq!(before, &archive[(hurt.data.start - 20) as usize..hurt.data.start as usize]);
        let after = part(&house, FIRST, &(hurt.data.end..plan.len())).await;
        assert_eq!(after, &archive[hurt.data.end as usize..]);
        // Over FTP it does not look whole either.
        let (bytes, end) = Control::log_in(&house).await.fetch(&format!("RETR /{FIRST}")).await;
        assert!(
            archive.starts_with(&bytes) && bytes.len() as u64 <= hurt.data.start && !end.starts_with("226"),
            "{end}"
        );
    }
    assert_eq!(unpacked(&whole(&house, "paketler/000/000/001.zip").await).len(), 1 + 219);
    house.audit(3, |row| row.object == format!("/{FIRST}") && row.reason == "the vault failed in the middle").await;
    std::fs::write(&object, &sound).unwrap();
    assert!(whole(&house, FIRST).await == archive, "it is served again when it is mended");
}

/// Waits until the pack was read once: until its checksum is listed.
async fn summed(house: &House) {
    for _ in 0..300 {
        if names(house, "paketler/000/000/").await.contains(&"000.zip.sha256".to_owned()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("nobody read the first pack");
}

#[tokio::test]
async fn a_kept_pack_is_one_object_and_is_not_believed() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let open_vault = Some(Vault::over(Arc::clone(&store)).keeping_packs());
    let house = House::build(Plan { open_vault, ..Plan::default() }).await;
    stock(&house.ledger, &house.store, &house.clock, 300, 1).await;
    // As it is without any object.
    let by_scans = Archive::new(&house.ledger, &Vault::over(Arc::clone(&store)), &house.clock, "https://localhost");
    let plan = by_scans.packs.plan(0, 256).await.unwrap().unwrap();
    let chunks: Vec<_> = by_scans.packs.read(plan.clone(), 0, plan.len()).try_collect().await.unwrap();
    let sound = chunks.concat();
    summed(&house).await;
    let object = Path::from("packs/000/000/000.zip");
    assert!(store.get(&object).await.unwrap().bytes().await.unwrap() == sound);
    assert!(whole(&house, FIRST).await == sound);

    // The scans' own objects are not even asked for: one is gone, and nobody notices.
    let hurt = plan.images().nth(100).unwrap().clone();
    let name = hurt.digest.to_string();
    let scan = Path::from(format!("b/{}/{name}", &name[..2]));
    let bytes = store.get(&scan).await.unwrap().bytes().await.unwrap();
    store.delete(&scan).await.unwrap();
    let cut = hurt.data.start + hurt.size / 2;
    for range in [0..plan.len(), 7..plan.len() - 7, cut..plan.len(), 1000..cut] {
        let expected = &sound[range.start as usize..range.end as usize];
        assert!(part(&house, FIRST, &range).await == expected, "{range:?}");
    }

    // An object that is not what it was, or is cut off, is not believed: the scans are read. Where one of those is gone too,
    // the transfer ends before it.
    let mut other = sound.clone();
    other[cut as usize] ^= 1;
    for damaged in [other, sound[..cut as usize].to_vec()] {
        store.put(&object, damaged.into()).await.unwrap();
        let mut answer = house.get(FIRST).await;
        let (mut got, mut broken) = (Vec::new(), false);
        while !broken {
            match answer.chunk().await {
                Ok(Some(chunk)) => got.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) => broken = true,
            }
        }
        assert!(broken && got.len() as u64 <= hurt.data.start && sound.starts_with(&got), "{}", got.len());
        store.put(&scan, bytes.clone().into()).await.unwrap();
        assert!(whole(&house, FIRST).await == sound);
        store.delete(&scan).await.unwrap();
    }
}
