//! A board brings as much as it may, and no more; what it is there for it brings always.

use std::num::NonZeroU64;

use reqwest::StatusCode;
use tutanak::config::Config;
use tutanak::domain::{Digest, Sender};
use tutanak::intake::quota::{Quota, QuotaLimits, Quotas};

use crate::engines::Engine;
use crate::house::{House, Plan, json};
use crate::paper::{chunk, page};

/// A sheet of these codes with some kilobytes beside.
fn sheet(codes: &[&str], seed: u32, kilobytes: usize) -> Vec<u8> {
    let page = page(codes, seed);
    let (before, end) = page.split_at(page.len() - 12);
    [before, &chunk(b"tEXt", format!("Comment\0{}", "x".repeat(kilobytes << 10)).as_bytes()), end].concat()
}

fn number(n: u64) -> NonZeroU64 {
    NonZeroU64::new(n).unwrap()
}

/// Board 1 is to send 8 forms (3 boxes with 2 races, a count sheet, the merged sheet): with 2 more it has room for 10 scans
/// that are not linked, 100 KiB of them, and 1 MiB in all.
fn tight(config: &mut Config) {
    config.intake.quota = QuotaLimits {
        spare_forms: number(2),
        bytes_per_form: number((1 << 20) / 10),
        parked_bytes_per_form: number(10 << 10),
    };
}

#[tokio::test]
async fn rubbish_is_refused_beyond_a_boards_share_and_good_scans_are_not() {
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), also: Some(tight), ..Plan::default() };
        let (house, name) = (House::build(plan).await, engine.name);
        let rubbish = |n| page(&[], n);
        for n in 1..=10 {
            assert_eq!(house.send(&house.first, &rubbish(n)).await.status(), StatusCode::CREATED, "{name}: {n}");
        }
        let refused = house.send(&house.first, &rubbish(11)).await;
        assert_eq!(refused.status(), StatusCode::INSUFFICIENT_STORAGE, "{name}");
        let told = json(refused).await;
        assert_eq!(told["type"], "urn:tutanak:problem:parked-quota", "{name}");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("10 görüntü") && detail.contains("SKGM"), "{name}: {detail}");
        // Nothing of it is kept, and it is on record.
        let digest = Digest::of(&rubbish(11)).to_string();
        assert!(!house.dir.path().join("vault/b").join(&digest[..2]).join(&digest).exists(), "{name}");
        house.audit(1, |row| row.act == "upload" && row.reason == "parked-quota").await;
        // Another board's code, too, is nothing of its own; the same rubbish once more is known.
        let other = house.send(&house.first, &page(&["1090000101"], 1)).await;
        assert_eq!(other.status(), StatusCode::INSUFFICIENT_STORAGE, "{name}");
        assert_eq!(house.send(&house.first, &rubbish(3)).await.status(), StatusCode::OK, "{name}");
        // What the board is there for goes in: first scans and better ones. So does the other board's rubbish.
        for (codes, seed) in [(["1090000001"], 1), (["1090000001"], 2), (["5550000002"], 1)] {
            let receipt = json(house.send(&house.first, &page(&codes, seed)).await).await;
            assert_eq!(receipt["status"], "linked", "{name}: {receipt}");
        }
        assert_eq!(house.send(&house.second, &rubbish(11)).await.status(), StatusCode::CREATED, "{name}");

        // An operator gives the board more; a node knows it within some seconds.
        assert!(house.ledger.set_quota_factor(&"kadikoy-1".parse().unwrap(), 2).await.unwrap(), "{name}");
        house.clock.advance(jiff::SignedDuration::from_secs(5));
        for n in 11..=20 {
            assert_eq!(house.send(&house.first, &rubbish(n)).await.status(), StatusCode::CREATED, "{name}: {n}");
        }
        assert_eq!(house.send(&house.first, &rubbish(21)).await.status(), StatusCode::INSUFFICIENT_STORAGE, "{name}");
    }
}

#[tokio::test]
async fn few_but_large_ones_are_over_as_well_and_after_a_restart() {
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), also: Some(tight), ..Plan::default() };
        let (house, name) = (House::build(plan).await, engine.name);
        assert_eq!(house.send(&house.first, &sheet(&[], 1, 60)).await.status(), StatusCode::CREATED, "{name}");
        assert_eq!(house.send(&house.first, &sheet(&[], 2, 60)).await.status(), StatusCode::INSUFFICIENT_STORAGE);
        let other = house.another_node().await;
        let scan = sheet(&[], 3, 60);
        let url = format!("https://{}/v1/scans/{}", other.https, Digest::of(&scan));
        let sent = house.client.put(url).bearer_auth(&house.first).body(scan).send().await.unwrap();
        assert_eq!(sent.status(), StatusCode::INSUFFICIENT_STORAGE, "{name}: another node knows it");
        other.stop().await;
    }
}

#[tokio::test]
async fn revisions_without_end_are_refused_and_the_first_scan_of_a_form_never_is() {
    let house = House::build(Plan { also: Some(tight), ..Plan::default() }).await;
    let mut refused = 0;
    for n in 1..=12 {
        let answer = house.send(&house.first, &sheet(&["1090000001"], n, 100)).await;
        match answer.status() {
            StatusCode::CREATED => assert_eq!(refused, 0, "{n}"),
            status => {
                assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{n}");
                assert_eq!(json(answer).await["type"], "urn:tutanak:problem:quota");
                refused += 1;
            }
        }
    }
    assert!((1..=3).contains(&refused), "{refused}: a mebibyte holds nine or ten");
    for code in ["1090000002", "1080000003", "5550000002"] {
        let receipt = json(house.send(&house.first, &sheet(&[code], 1, 100)).await).await;
        assert_eq!(receipt["status"], "linked", "{receipt}");
    }
}

#[tokio::test]
async fn the_usual_quota_is_far_above_what_a_board_needs() {
    let house = House::open().await;
    let sender = Sender { board: "kadikoy-1".parse().unwrap(), place: "34-k-1".parse().unwrap() };
    let quotas = Quotas::new(QuotaLimits::default(), house.ledger.clone(), house.clock.clone());
    let Quota { used, may } = quotas.of(&sender).await.unwrap();
    assert_eq!((used.bytes, used.parked), (0, 0));
    // 8 forms and 200 spare ones: each in colour at 300 dpi four times, or once without being linked.
    assert_eq!(may.parked, 208);
    assert!(may.bytes >= 208 * 4 * 4_400_000 && may.parked_bytes >= 208 * 4_400_000);
    let scan = page(&["1090000001"], 1);
    let size = scan.len() as u64;
    house.send(&house.first, &scan).await;
    house.clock.advance(jiff::SignedDuration::from_secs(5));
    assert_eq!(quotas.of(&sender).await.unwrap().used.bytes, size);
}
