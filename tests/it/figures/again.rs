//! What remains when the database is lost, and what yesterday's programs make of today's log.

use tutanak::app;
use tutanak::clock::Clock;
use tutanak::cpu::CpuLane;
use tutanak::ledger::{Ledger, append};
use tutanak::publication::{Publisher, rebuild};
use tutanak::results::Figures;
use tutanak::results::settle::{self, Settled};
use tutanak::vault::{Vault, VaultKey};

use super::*;
use crate::engines::Engine;

/// As `tutanak election add-boxes` does.
pub async fn settle(ledger: &Ledger) -> Settled {
    let size = ledger.head().await.unwrap().size;
    let (appender, writer) = append::writer(ledger.clone(), Clock::system(), size);
    tokio::spawn(writer.run());
    let figures = Figures::new(ledger.clone(), appender, CpuLane::one_permit_a_core());
    settle::settle(ledger, &figures).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partys_copy_passes_over_figures_and_holds() {
    let house = open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    // More than a bundle of results, with held ones, and a scan behind them.
    let lines: Vec<Value> = (1..=300).map(|version| line(1 + version % 3, 9, version, version)).collect();
    sent(&house, body(&lines)).await;
    sent(&house, body(&[line(888, 9, 1, 5), line(1, 9, 300, 6)])).await;
    house.send(&house.first, &page(&["1080000002"], 2)).await;
    let (copy, address) = (house.dir.path().join("copy"), format!("https://{}/arsiv/", house.https));
    let (status, told) = crate::mirror::mirror(&house, &address, &copy, &[]).await;
    assert_eq!(status, 0, "{told}");
    let (status, told) = crate::mirror::verify(&house, &copy, &[]).await;
    assert_eq!(status, 0, "{told}");
    assert_eq!(told["checked"]["scans"], 2, "{told}");
    // What the bulk channel has of figures is that there are some: digests, never a vote.
    let lines = house.get("defter/tile/entries/000").await.text().await.unwrap_or_default();
    assert!(!lines.contains("votes"));
    let pack = house.get("paketler/000/000/000.zip").await.bytes().await.unwrap();
    let held = |needle: &[u8]| pack.windows(needle.len()).any(|bytes| bytes == needle);
    assert!(held(b"\"kind\":\"result\"") && !held(b"\"votes\""));
    let changes = house.get("listeler/degisiklikler.csv").await.text().await.unwrap();
    assert_eq!(changes.lines().count(), 1, "{changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_made_again_with_its_results_from_the_vault() {
    for engine in Engine::all().await {
        let mut house = open().await;
        // Two bundles and a part of the third: results between scans, held ones, and one that is taken back.
        for from in (1..=500).step_by(100) {
            let lines: Vec<Value> =
                (from..from + 100).map(|version| line(1 + version % 3, 9, version, version)).collect();
            sent(&house, body(&lines)).await;
        }
        house.send(&house.first, &page(&["1090000001"], 1)).await;
        sent(&house, body(&[line(888, 9, 1, 5), line(1, 9, 300, 6)])).await;
        let mut void = line(2, 9, 900, 0);
        void["void"] = json!(true);
        sent(&house, body(&[void])).await;
        house.stop().await;
        let ledger = Ledger::open(&house.database).await.unwrap();
        let signer = app::log_signer(&house.config).unwrap();
        Publisher::new(ledger.clone(), house.store.clone(), signer).publish().await.unwrap();

        let signer = app::log_signer(&house.config).unwrap();
        let again = engine.open().await;
        rebuild(&again, &house.store, &signer, &mut |_| {}).await.unwrap();
        assert_eq!(again.head().await.unwrap(), ledger.head().await.unwrap(), "{}", engine.name);
        registry::import(&again, &house.dir.path().join("election"), &mut |_| {}).await.unwrap();
        settle(&again).await;
        let all = async |ledger: &Ledger| ledger.results_from(0, u64::MAX, 10_000).await.unwrap();
        assert_eq!(all(&again).await, all(&ledger).await);
        for unit in [None, Some("34"), Some("34-k"), Some("34-k-1"), Some("34-k-m1"), Some("34-k-m2")] {
            let unit = unit.map(|id| id.parse().unwrap());
            let sums = async |ledger: &Ledger| ledger.result_sums(unit.as_ref(), Race::President).await.unwrap();
            assert_eq!(sums(&again).await, sums(&ledger).await);
        }
        again.close().await;

        // A result line that is not the one its entry names is damage, and nothing is made of it.
        let bundle = house.store.log_object(VaultKey::Results(0)).await.unwrap();
        let text = String::from_utf8(bundle.to_vec()).unwrap();
        assert_eq!(text.lines().count() as u64, {
            let lines = ledger.results_from(0, 256, 256).await.unwrap();
            lines.len() as u64
        });
        let file = house.dir.path().join("vault/log/results/000/000/000.jsonl");
        std::fs::write(&file, text.replacen("\"valid\":1,", "\"valid\":2,", 1)).unwrap();
        let vault = Vault::open(&house.vault).await.unwrap();
        let other = Engine::sqlite();
        let other = other.open().await;
        assert!(rebuild(&other, &vault, &signer, &mut |_| {}).await.is_err());
        assert_eq!(other.head().await.unwrap().size, 0, "nothing is written");
    }
}
