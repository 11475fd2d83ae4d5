//! The look at every stored scan: what it heals, what it tells, and that it goes on where it ended.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tutanak::clock::Clock;
use tutanak::domain::{Digest, Scan, ScanFacts};
use tutanak::ledger::scrub::FindingKind;
use tutanak::operation::scrub::{Scrub, ScrubError};
use tutanak::vault::{Vault, VaultConfig};

use crate::engines::Engine;
use crate::house::House;
use crate::paper::page;
use crate::stock::stock;

fn place(root: &Path, digest: Digest) -> PathBuf {
    let name = digest.to_string();
    root.join("b").join(&name[..2]).join(name)
}

fn rot(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[0] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn whole(bytes: &[u8]) -> Scan {
    let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
    let facts = ScanFacts { digest, size, crc32: crc32fast::hash(bytes), width: 1654, height: 2339 };
    Scan { bytes: Bytes::copy_from_slice(bytes), facts }
}

#[tokio::test]
async fn what_one_disk_lost_is_healed_from_the_other_and_what_both_lost_is_told_until_it_is_sent_again() {
    for engine in Engine::all().await {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("one"), dir.path().join("two"));
        let mut config = VaultConfig::local(first.clone());
        if let VaultConfig::Local { second: other, .. } = &mut config {
            *other = Some(second.clone());
        }
        let (ledger, vault) = (engine.open().await, Vault::open(&config).await.unwrap());
        let clock = Clock::system();
        let scans = stock(&ledger, &vault, &clock, 150, 1).await;
        let digests: Vec<Digest> = scans.iter().map(|scan| Digest::of(scan)).collect();
        let scrub = Scrub::new(ledger.clone(), vault.clone(), clock, 0);

        let mut seen = 0;
        let passed = scrub.pass(&mut |watched| seen = watched.progress.position).await.unwrap();
        assert_eq!((passed.scans, passed.healed, seen), (150, 0, 150));
        assert_eq!(ledger.scrub_findings(10).await.unwrap(), (vec![], 0));

        rot(&place(&first, digests[3]));
        rot(&place(&second, digests[70]));
        std::fs::remove_file(place(&first, digests[140])).unwrap();
        std::fs::write(place(&second, digests[141]), b"").unwrap();
        rot(&place(&first, digests[8]));
        rot(&place(&second, digests[8]));
        std::fs::remove_file(place(&first, digests[90])).unwrap();
        std::fs::remove_file(place(&second, digests[90])).unwrap();
        let passed = scrub.pass(&mut |_| {}).await.unwrap();
        assert_eq!((passed.scans, passed.healed, passed.pass), (150, 4, 2));
        for (n, digest) in digests.iter().enumerate().filter(|(n, _)| ![8, 90].contains(n)) {
            for root in [&first, &second] {
                assert!(std::fs::read(place(root, *digest)).unwrap() == scans[n], "scan {n} is not healed");
            }
        }
        let (found, count) = ledger.scrub_findings(10).await.unwrap();
        let told: Vec<_> = found.iter().map(|finding| (finding.kind, finding.digest)).collect();
        let lost = [(FindingKind::Damaged, digests[8]), (FindingKind::Missing, digests[90])];
        assert!(count == 2 && told.len() == 2 && lost.iter().all(|lost| told.contains(lost)), "{found:?}");
        assert!(found.is_sorted_by_key(|finding| finding.position), "{found:?}");

        for n in [8, 90] {
            vault.keep_again(&whole(&scans[n])).await.unwrap();
        }
        let passed = scrub.pass(&mut |_| {}).await.unwrap();
        assert_eq!((passed.scans, passed.healed), (150, 0));
        assert_eq!(ledger.scrub_findings(10).await.unwrap(), (vec![], 0));
    }
}

#[tokio::test]
async fn one_looks_at_a_time_and_the_next_goes_on_where_the_last_ended() {
    for engine in Engine::all().await {
        let dir = tempfile::tempdir().unwrap();
        let (ledger, vault) = (engine.open().await, Vault::open(&VaultConfig::local(dir.path().into())).await.unwrap());
        let clock = Clock::system();
        let scans = stock(&ledger, &vault, &clock, 300, 2).await;
        std::fs::remove_file(place(dir.path(), Digest::of(&scans[5]))).unwrap();
        let first = Scrub::new(ledger.clone(), vault.clone(), clock.clone(), 0);
        // It is stopped somewhere on its way, as by a signal.
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        {
            let slow = Scrub::new(ledger.clone(), vault.clone(), clock.clone(), 400_000);
            let mut watch = |watched: tutanak::operation::scrub::Watched| {
                let _ = tell.send(watched.progress.position);
            };
            tokio::select! {
                passed = slow.pass(&mut watch) => panic!("it did not take its time: {passed:?}"),
                position = told.recv() => assert_eq!(position, Some(64)),
            }
            assert!(matches!(first.pass(&mut |_| {}).await, Err(ScrubError::Elsewhere)));
            slow.let_go().await.unwrap();
        }
        let begun = ledger.scrub_progress().await.unwrap();
        assert!(begun.is_under_way() && begun.position >= 64 && begun.position < 300, "{begun:?}");
        let mut positions = Vec::new();
        let passed = first.pass(&mut |watched| positions.push(watched.progress.position)).await.unwrap();
        assert!(positions[0] > begun.position);
        assert_eq!((passed.pass, passed.scans, passed.is_under_way()), (1, 300, false));
        let (found, _) = ledger.scrub_findings(10).await.unwrap();
        assert_eq!(found[0].position, Some(5), "what was found before the stop is told too");
    }
}

#[tokio::test]
async fn a_scan_without_an_entry_is_told_and_never_guessed_and_its_board_links_it() {
    let house = House::open().await;
    let scans = [page(&["1090000001"], 5), page(&[], 6), page(&["1099999999"], 7)];
    for scan in &scans {
        house.store.keep(&whole(scan)).await.unwrap();
    }
    house.store.keep(&whole(b"no picture at all")).await.unwrap();
    // So late that no upload can still be under way.
    let later = Clock::standing_at(Timestamp::now() + SignedDuration::from_hours(1));
    let at_once = Scrub::new(house.ledger.clone(), house.store.clone(), Clock::system(), 0);
    at_once.pass(&mut |_| {}).await.unwrap();
    assert_eq!(house.ledger.scrub_findings(10).await.unwrap().1, 0, "an upload may be under way");
    let scrub = Scrub::new(house.ledger.clone(), house.store.clone(), later, 0);
    scrub.pass(&mut |_| {}).await.unwrap();
    let (found, count) = house.ledger.scrub_findings(10).await.unwrap();
    assert!(count == 4 && found.iter().all(|one| one.kind == FindingKind::NoEntry && one.position.is_none()));
    let about = |bytes: &[u8]| found.iter().find(|one| one.digest == Digest::of(bytes)).unwrap().about.clone();
    assert_eq!(about(&scans[0]), "1090000001 34-istanbul/kadikoy-1/caferaga-mah 1001");
    assert_eq!(about(&scans[1]), "no code on it");
    assert_eq!(about(&scans[2]), "1099999999 (unknown)");
    assert_eq!(about(b"no picture at all"), "no sound PNG");
    assert_eq!(house.entered().await, 0, "nothing is entered for anybody");

    assert_eq!(house.send(&house.first, &scans[0]).await.status(), 201);
    scrub.pass(&mut |_| {}).await.unwrap();
    assert_eq!(house.ledger.scrub_findings(10).await.unwrap().1, 3);
}

#[tokio::test]
async fn the_command_ends_well_only_when_all_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let scrub = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
        command.arg("scrub").arg("--config").arg(dir.path().join("tutanak.toml")).args(more);
        let out = command.output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let init = Command::new(env!("CARGO_BIN_EXE_tutanak")).arg("init").arg(dir.path()).output().unwrap();
    assert!(init.status.success());
    let (code, out, err) = scrub(&["--json"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["scans"], &told["wrong"]), (&0.into(), &0.into()));
    let digest = Digest::of(b"stray");
    let stray = place(&dir.path().join("vault"), digest);
    std::fs::write(&stray, b"stray").unwrap();
    let stored = std::fs::File::options().write(true).open(&stray).unwrap();
    stored.set_modified(SystemTime::now() - Duration::from_secs(7200)).unwrap();
    let (code, out, err) = scrub(&[]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains(&format!("no-entry\t-\t{digest}\t5\t")) && out.contains("is linked"), "{out}");
    let (code, out, _) = scrub(&["--report", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["findings"][0]["sha256"]), (Some(1), &digest.to_string().into()));
    std::fs::remove_file(stray).unwrap();
    assert_eq!(scrub(&[]).0, Some(0));
}
