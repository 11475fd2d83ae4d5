//! A board sends scans: what is linked, what is parked, what is refused, and that nothing is ever lost.

use bytes::Bytes;
use futures::{StreamExt, stream};
use reqwest::StatusCode;
use tutanak::domain::Digest;
use tutanak::vault::{NearConfig, VaultConfig};

use crate::engines::{Engine, own_bucket};
use crate::house::{House, Plan, json};
use crate::paper::{chunk, handmade, page};

#[tokio::test]
async fn a_scan_is_linked_and_the_same_request_has_the_same_answer() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        let scan = page(&["1090000001", "1090000001"], 1);
        let first = house.send(&house.first, &scan).await;
        assert_eq!(first.status(), StatusCode::CREATED);
        let receipt = json(first).await;
        assert_eq!(receipt["status"], "linked");
        assert_eq!(receipt["form"]["code"], "1090000001");
        assert_eq!(receipt["path"], "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/1001-cb-sonuc-1.v1.png");
        assert_eq!(receipt["sha256"], Digest::of(&scan).to_string());
        let again = house.send(&house.first, &scan).await;
        assert_eq!(again.status(), StatusCode::OK);
        assert_eq!(json(again).await, receipt, "the very same receipt, signature and all");
        // Fifty at once: one entry, one receipt.
        let scan = &page(&["1080000001"], 1);
        let house = &house;
        let sends = stream::iter(0..50).map(|_| async move { house.send(&house.first, scan).await });
        let statuses: Vec<_> = sends.buffer_unordered(50).map(|answer| answer.status()).collect().await;
        assert_eq!(statuses.iter().filter(|status| **status == StatusCode::CREATED).count(), 1, "{}", engine.name);
        assert!(statuses.iter().all(|status| status.is_success()));
        assert_eq!(house.entered().await, 2);
    }
}

#[tokio::test]
async fn what_cannot_be_linked_is_parked_with_its_reason_and_kept() {
    let house = House::open().await;
    for (name, scan, token, reason) in [
        ("a page without a code", page(&[], 1), &house.first, "no-code"),
        ("a code nobody knows", page(&["1099999999"], 1), &house.first, "unknown-code"),
        ("two codes that disagree", page(&["1090000001", "1090000002"], 1), &house.first, "codes-disagree"),
        ("two codes nobody knows", page(&["1099999999", "5321234567"], 1), &house.first, "unknown-code"),
        ("a code that may be a misread", page(&["1090000001", "1090000009"], 1), &house.first, "codes-disagree"),
        ("a strange code beside another board's", page(&["1090000101", "5321234567"], 1), &house.first, "other-board"),
        ("another board's box", page(&["1090000101"], 1), &house.first, "other-board"),
    ] {
        let answer = house.send(token, &scan).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{name}");
        let receipt = json(answer).await;
        assert_eq!((receipt["status"].as_str(), receipt["reason"].as_str()), (Some("parked"), Some(reason)), "{name}");
        assert_eq!(receipt["path"], serde_json::Value::Null, "{name}");
        let again = house.send(token, &scan).await;
        assert_eq!(again.status(), StatusCode::OK, "{name}");
        assert_eq!(json(again).await, receipt, "{name}");
        let digest = Digest::of(&scan).to_string();
        let kept = house.dir.path().join("vault/b").join(&digest[..2]).join(&digest);
        assert_eq!(std::fs::read(kept).unwrap(), scan, "{name}: the bytes are there, unchanged");
    }
    // The right board links what the other one could only park.
    let receipt = json(house.send(&house.second, &page(&["1090000101"], 1)).await).await;
    assert_eq!(receipt["path"], "tutanaklar/34-istanbul/kadikoy-2/moda-mah/2001-cb-sonuc-1.v1.png");
}

#[tokio::test]
async fn revisions_pages_and_merge_sheets_lie_side_by_side() {
    let house = House::open().await;
    let path =
        async |scan: &[u8]| json(house.send(&house.first, scan).await).await["path"].as_str().unwrap().to_owned();
    let dir = "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah";
    assert_eq!(path(&page(&["1090000001"], 1)).await, format!("{dir}/1001-cb-sonuc-1.v1.png"));
    assert_eq!(path(&page(&["1090000001"], 2)).await, format!("{dir}/1001-cb-sonuc-1.v2.png"));
    let count = page(&["5550000001"], 1);
    assert_eq!(path(&count).await, format!("{dir}/1001-cb-cetvel-1.v1.png"));
    assert_eq!(path(&page(&["5550000001"], 2)).await, format!("{dir}/1001-cb-cetvel-2.v1.png"));
    // `replaces` names a page of the form: the scan becomes its next revision.
    let better = page(&["5550000001"], 3);
    let address = format!("{}?replaces={}&reason=ayna%20temizlendi", Digest::of(&better), Digest::of(&count));
    let receipt = json(house.put(&house.first, &address).body(better).send().await.unwrap()).await;
    assert_eq!(receipt["path"], format!("{dir}/1001-cb-cetvel-1.v2.png"));
    let line = house.ledger.lines_from(receipt["position"].as_u64().unwrap(), 1).await.unwrap().remove(0).line;
    assert!(line.contains(r#""note":"ayna temizlendi""#) && line.contains(&Digest::of(&count).to_string()), "{line}");
    assert_eq!(path(&page(&["5550000002"], 1)).await, "tutanaklar/34-istanbul/kadikoy/cb-birlestirme-ilce-1.v1.png");
}

#[tokio::test]
async fn a_code_added_to_the_registry_resolves_what_was_parked() {
    let house = House::open().await;
    let scan = page(&["1090000009"], 1);
    assert_eq!(json(house.send(&house.first, &scan).await).await["reason"], "unknown-code");
    let late = house.dir.path().join("late.csv");
    std::fs::write(&late, "box_id,place_id,number,kind,races\n0000009,34-k-m1,1009,0,\n").unwrap();
    tutanak::registry::add_boxes(&house.ledger, &late, &mut |_| {}).await.unwrap();
    // The operator's command links what waited, once.
    let run = || async {
        let vault = tutanak::vault::Vault::open(&house.vault).await.unwrap();
        let size = house.ledger.head().await.unwrap().size;
        let (appender, writer) = tutanak::ledger::append::writer(house.ledger.clone(), house.clock.clone(), size);
        tokio::spawn(writer.run());
        tutanak::intake::resolve_parked(&house.ledger, &vault, &appender).await.unwrap()
    };
    assert_eq!((run().await, run().await), (1, 0));
    assert_eq!(house.ledger.head().await.unwrap().resolved, 1);
    // A board that sends it again learns where it lies.
    let receipt = json(house.send(&house.first, &scan).await).await;
    assert_eq!(receipt["status"], "linked");
    let back = house.get(receipt["path"].as_str().unwrap()).await;
    assert_eq!(back.bytes().await.unwrap(), scan);
    // One that was never resolved by the command is resolved by being sent again.
    let other = page(&["1090000010"], 1);
    assert_eq!(json(house.send(&house.first, &other).await).await["reason"], "unknown-code");
    std::fs::write(&late, "box_id,place_id,number,kind,races\n0000010,34-k-m1,1010,0,\n").unwrap();
    tutanak::registry::add_boxes(&house.ledger, &late, &mut |_| {}).await.unwrap();
    assert_eq!(json(house.send(&house.first, &other).await).await["status"], "linked");
    assert_eq!(house.ledger.head().await.unwrap().resolved, 2);
}

/// Every answer that refuses says what is wrong, and leaves neither object nor entry.
#[tokio::test]
async fn bad_input_gets_a_clear_answer_and_leaves_no_trace() {
    let house = House::build(Plan { scan_bytes: Some(1 << 20), ..Plan::default() }).await;
    let sound = page(&["1090000001"], 1);
    let flipped = |at: usize| {
        let mut torn = sound.clone();
        torn[at] ^= 1;
        torn
    };
    let idat = |bytes: &[u8]| chunk(b"IDAT", &zlib(bytes));
    let bomb_text = chunk(b"zTXt", &[b"Comment\0\0".to_vec(), zlib(&vec![b'a'; 64 << 20])].concat());
    for (name, body, status, kind) in [
        ("an empty body", vec![], 422, "not-a-png"),
        ("a JPEG", b"\xff\xd8\xff\xe0 JFIF".to_vec(), 422, "not-a-png"),
        ("a wrong checksum", flipped(sound.len() - 20), 422, "damaged-png"),
        ("a PNG cut in the middle", sound[..sound.len() / 2].to_vec(), 422, "damaged-png"),
        ("a PNG without its end", sound[..sound.len() - 12].to_vec(), 422, "damaged-png"),
        ("a second page after the end", [sound.clone(), sound.clone()].concat(), 422, "damaged-png"),
        ("a width of zero", handmade(0, 10, &[idat(&[0; 20])]), 422, "damaged-png"),
        ("a width of 2^31-1", handmade(i32::MAX as u32, 1, &[idat(&[0; 20])]), 422, "too-many-pixels"),
        ("30,000 by 30,000 pixels", handmade(30_000, 30_000, &[idat(&vec![0; 3751 * 30_000])]), 422, "too-many-pixels"),
        ("too few pixels inside", handmade(100, 100, &[idat(&[0; 50])]), 422, "damaged-png"),
        ("image data that are no zlib", handmade(8, 8, &[chunk(b"IDAT", b"not zlib")]), 422, "damaged-png"),
        (
            "image data with a wrong sum of their own",
            handmade(8, 8, &[chunk(b"IDAT", &wrong_adler(&[0; 16]))]),
            422,
            "damaged-png",
        ),
        ("more than a megabyte", vec![0; (1 << 20) + 1], 413, "too-large"),
    ] {
        let answer = house.send(&house.first, &body).await;
        assert_eq!(answer.status(), status, "{name}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{name}");
        let problem = json(answer).await;
        assert_eq!(problem["type"], format!("urn:tutanak:problem:{kind}"), "{name}: {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{name}");
    }
    // A text bomb is no reason to refuse: it is never opened.
    let mut with_bomb = sound.clone();
    with_bomb.splice(33..33, bomb_text);
    assert_eq!(house.send(&house.first, &with_bomb).await.status(), StatusCode::CREATED);
    assert_eq!(house.entered().await, 1, "only the sound scan was entered");
    let objects = walk(&house.dir.path().join("vault/b"));
    assert_eq!(objects, 1, "only the sound scan was kept");
    // Every refusal is on record, beside the upload that went through.
    house.audit(13, |row| row.act == "upload" && row.outcome == "refused" && row.principal == "kadikoy-1").await;
}

#[tokio::test]
async fn forty_megabytes_are_too_many_for_the_default() {
    let house = House::open().await;
    let answer = house.send(&house.first, &vec![0; 40 << 20]).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(json(answer).await["type"], "urn:tutanak:problem:too-large");
    assert_eq!(house.entered().await, 0);
}

#[tokio::test]
async fn a_wrong_address_token_or_digest_is_said_plainly() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    let digest = Digest::of(&scan).to_string();
    let other = Digest::of(b"other").to_string();
    for (name, token, address, status, kind) in [
        ("another digest", house.first.as_str(), other.as_str(), 422, "digest-differs"),
        ("no digest", &house.first, "xyz", 400, "bad-digest"),
        ("an upper-case digest", &house.first, &digest.to_uppercase(), 400, "bad-digest"),
        ("an unknown token", "abcdefgh", &digest, 401, "unauthorized"),
        ("a party's service token", &house.party.service.token, &digest, 401, "unauthorized"),
        ("an unknown question", &house.first, &format!("{digest}?sandik=1001"), 400, "bad-query"),
        ("a bad replaces", &house.first, &format!("{digest}?replaces=1"), 400, "bad-query"),
    ] {
        let answer = house.put(token, address).body(scan.clone()).send().await.unwrap();
        assert_eq!(answer.status(), status, "{name}");
        assert_eq!(json(answer).await["type"], format!("urn:tutanak:problem:{kind}"), "{name}");
    }
    let bare = house.client.put(house.url(&format!("/v1/scans/{digest}"))).body(scan).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    assert!(bare.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    assert_eq!(house.entered().await, 0);
    house.audit(3, |row| row.act == "login" && row.reason == "unknown-credential").await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let house = House::open().await;
    let pool = house.sqlite().await;
    let now = house.clock.now().as_millisecond();
    let set = async |at: i64| {
        let expire = sqlx::query("UPDATE credential SET expires_ms = $1 WHERE account = 'kadikoy-1'").bind(at);
        assert_eq!(expire.execute(&pool).await.unwrap().rows_affected(), 1);
        house.send(&house.first, &page(&["1090000001"], 1)).await.status()
    };
    assert_eq!(set(now).await, StatusCode::UNAUTHORIZED);
    assert_eq!(set(now + 1).await, StatusCode::CREATED);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_never_ends_leaves_no_trace() {
    let plan = Plan { scan_bytes: Some(1 << 20), silence_seconds: Some(1), ..Plan::default() };
    let house = House::build(plan).await;
    let scan = page(&["1090000001"], 1);
    let digest = Digest::of(&scan).to_string();
    // Breaks off: the client's own stream fails, and the connection with it.
    let half = Bytes::copy_from_slice(&scan[..scan.len() / 2]);
    let torn = stream::iter([Ok(half.clone()), Err(std::io::Error::other("the line dropped"))]);
    let answer = house.put(&house.first, &digest).body(reqwest::Body::wrap_stream(torn)).send().await;
    assert!(answer.is_err(), "a client that vanishes hears nothing");
    // Never ends: more and more bytes, without a length.
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[0; 65536])));
    let answer = house.put(&house.first, &digest).body(reqwest::Body::wrap_stream(endless)).send().await;
    // The answer may come while the client still writes; then it sees only that the connection ended.
    assert!(answer.map_or(true, |answer| answer.status() == StatusCode::PAYLOAD_TOO_LARGE));
    // Falls silent in the middle.
    let silent = stream::iter([Ok::<_, std::io::Error>(half)]).chain(stream::pending());
    let answer = house.put(&house.first, &digest).body(reqwest::Body::wrap_stream(silent)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
    assert_eq!(house.entered().await, 0);
    assert_eq!(walk(&house.dir.path().join("vault/b")), 0);
    house.audit(1, |row| row.reason == "too-large").await;
    house.audit(1, |row| row.reason == "silent").await;
    // And the scan simply goes through afterwards.
    assert_eq!(house.send(&house.first, &scan).await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn the_whole_way_works_on_a_bucket_and_postgresql() {
    let (Some((endpoint, bucket)), Some(engine)) = (own_bucket(1), Engine::postgres().await) else { return };
    let vault = VaultConfig::bucket(bucket, Some(endpoint), NearConfig::default());
    let plan = Plan { database: Some(engine.config.clone()), vault: Some(vault), ..Plan::default() };
    let house = House::build(plan).await;
    let scan = page(&["1090000002"], std::process::id());
    let receipt = json(house.send(&house.first, &scan).await).await;
    let back = house.get(receipt["path"].as_str().unwrap()).await;
    assert_eq!(back.bytes().await.unwrap(), scan);
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Sound but for the checksum that stands inside, at the end of the compressed data.
fn wrong_adler(bytes: &[u8]) -> Vec<u8> {
    let mut compressed = zlib(bytes);
    *compressed.last_mut().unwrap() ^= 1;
    compressed
}

/// Files below a directory.
pub fn walk(dir: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}
