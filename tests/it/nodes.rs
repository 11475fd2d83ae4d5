//! Any number of nodes, and any number of starts: the same log and the same packs, byte by byte, on both forms of a service.

use std::collections::BTreeMap;

use object_store::ObjectStoreExt;
use object_store::path::Path;
use tutanak::domain::Digest;
use tutanak::log::checkpoint::Checkpoint;
use tutanak::vault::Vault;

use crate::engines::{Engine, bucket};
use crate::house::{House, Node, Plan, json};
use crate::paper::page;
use crate::stock::stock;

/// A service on one machine, and a grown one that keeps packs.
async fn forms() -> Vec<(&'static str, Plan)> {
    let mut forms = vec![("SQLite and a disk", Plan::default())];
    if let (Some(engine), Some(store)) = (Engine::postgres().await, bucket()) {
        let (database, open_vault) = (Some(engine.config.clone()), Some(Vault::over(store).keeping_packs()));
        forms.push(("PostgreSQL and a bucket", Plan { database, open_vault, ..Plan::default() }));
    }
    forms
}

/// What a log of 302 entries consists of, and its packs.
const FILES: [&str; 14] = [
    "durum.json",
    "defter/checkpoint",
    "defter/anahtar.txt",
    "defter/tile/0/000",
    "defter/tile/0/001.p/46",
    "defter/tile/1/000.p/1",
    "defter/tile/entries/000",
    "defter/tile/entries/001.p/46",
    "defter/tile/entries/001.p/7",
    "paketler/000/000/000.zip",
    "paketler/000/000/000.zip.sha256",
    "paketler/000/000/001.p/46.zip",
    "paketler/000/000/001.p/7.zip",
    "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah/SHA256SUMS",
];

async fn files(node: &Node, house: &House) -> BTreeMap<&'static str, (Digest, Option<String>)> {
    let mut files = BTreeMap::new();
    for path in FILES {
        let answer = node.get(house, path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        files.insert(path, (Digest::of(&answer.bytes().await.unwrap()), tag));
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_and_every_start_gives_the_same_checkpoint_tiles_and_packs() {
    for (name, plan) in forms().await {
        let mut house = House::build(plan).await;
        let other = house.another_node().await;
        stock(&house.ledger, &house.store, &house.clock, 300, 1).await;
        for _ in 0..300 {
            if other.get(&house, "paketler/000/000/000.zip.sha256").await.status() == 200 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let from_other = files(&other, &house).await;
        other.stop().await;
        house.stop().await;
        for start in 1..=2 {
            let again = house.another_node().await;
            assert_eq!(files(&again, &house).await, from_other, "{name}, start {start}");
            again.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_scans_come_in_the_checkpoint_of_any_node_covers_every_receipt() {
    for (name, plan) in forms().await {
        let house = House::build(plan).await;
        let other = house.another_node().await;
        let key = house.get("defter/anahtar.txt").await.text().await.unwrap().trim().parse().unwrap();
        let signed = |note: &str| Checkpoint::verified(note, std::slice::from_ref(&key)).unwrap();
        let boards = (1..=3_u32).map(async |board| {
            for n in 0..5 {
                let scan = page(&[&format!("109000000{board}")], 100 * board + n);
                let receipt = json(house.send(&house.first, &scan).await).await;
                let position = receipt["position"].as_u64().unwrap();
                for note in [house.get("defter/checkpoint").await, other.get(&house, "defter/checkpoint").await] {
                    let size = signed(&note.text().await.unwrap()).size;
                    assert!(size > position, "{name}: entry {position} has a receipt, and {size} are signed");
                }
            }
        });
        // Somebody follows: what is shown only ever grows, and the longer log goes on from the shorter.
        let follows = async {
            let mut size = 2;
            while size < 17 {
                let note = other.get(&house, &format!("defter/checkpoint?after={size}")).await.text().await.unwrap();
                let now = signed(&note).size;
                assert!(now >= size, "{name}: {now} after {size}");
                size = now;
            }
        };
        let ((), _) = tokio::join!(follows, futures::future::join_all(boards));
        assert_eq!(house.get("defter/checkpoint").await.text().await.unwrap().lines().nth(1), Some("17"));
        other.stop().await;
    }
}

#[tokio::test]
async fn a_grown_service_keeps_bundles_tiles_packs_and_the_newest_checkpoint_in_its_bucket() {
    let (Some(engine), Some(store)) = (Engine::postgres().await, bucket()) else { return };
    let open_vault = Some(Vault::over(store.clone()).keeping_packs());
    let plan = Plan { database: Some(engine.config.clone()), open_vault, ..Plan::default() };
    let mut house = House::build(plan).await;
    stock(&house.ledger, &house.store, &house.clock, 300, 1).await;
    let mut served = Vec::new();
    for (path, key) in [
        ("defter/tile/entries/000", "log/entries/000/000/000"),
        ("defter/tile/0/000", "log/tile/0/000/000/000"),
        ("paketler/000/000/000.zip", "packs/000/000/000.zip"),
    ] {
        served.push((house.get(path).await.bytes().await.unwrap(), key));
    }
    let checkpoint = house.get("defter/checkpoint").await.text().await.unwrap();
    for _ in 0..300 {
        if house.get("paketler/000/000/000.zip.sha256").await.status() == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    house.stop().await;
    for (bytes, key) in served {
        assert!(store.get(&Path::from(key)).await.unwrap().bytes().await.unwrap() == bytes, "{key}");
    }
    let head = store.get(&Path::from("log/head")).await.unwrap().bytes().await.unwrap();
    let head: serde_json::Value = serde_json::from_slice(&head).unwrap();
    assert_eq!(head["checkpoint"].as_str(), Some(checkpoint.as_str()));
}
