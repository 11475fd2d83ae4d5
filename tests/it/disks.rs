//! Disks that are full or fail for a while, real ones: with room again, or sound again, everything works without a restart,
//! and no receipt is lost.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::StatusCode;
use tutanak::ledger::DatabaseConfig;
use tutanak::vault::VaultConfig;

use crate::crash::SmallDisk;
use crate::house::{House, Plan, json};
use crate::paper::page;

/// Fills a file system to its last byte, until it is dropped.
struct Ballast(PathBuf);

impl Ballast {
    fn fill(disk: &Path) -> Self {
        let at = disk.join("ballast");
        let mut file = std::fs::File::create(&at).unwrap();
        for size in [64 << 10, 4096, 1] {
            while std::io::Write::write_all(&mut file, &vec![1; size]).is_ok() {}
        }
        Self(at)
    }

    /// Fills it until so many bytes are left.
    fn leaving(disk: &Path, left: u64) -> Self {
        let found = rustix::fs::statvfs(disk).unwrap();
        let at = disk.join("ballast");
        std::fs::write(&at, vec![1; (found.f_bavail * found.f_frsize - left) as usize]).unwrap();
        Self(at)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// A file system on a block device whose writes fail with EIO while it is told so: compressed memory (zram) with a limit.
struct FailingDisk {
    device: String,
    at: PathBuf,
}

impl FailingDisk {
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let Ok(number) = std::fs::read_to_string("/sys/class/zram-control/hot_add") else {
            assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "no zram to make a disk of that fails");
            eprintln!("SKIPPED: no right to make a disk that fails");
            return None;
        };
        let disk = Self { device: format!("zram{}", number.trim()), at: at.to_owned() };
        disk.set("disksize", "64M");
        let device = format!("/dev/{}", disk.device);
        let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
        run(Command::new("mkfs.ext2").args(["-q", "-F", &device]));
        run(Command::new("mount").args(["-t", "ext2", "-o", "errors=continue", &device]).arg(at));
        Some(disk)
    }

    fn set(&self, what: &str, value: &str) {
        std::fs::write(format!("/sys/block/{}/{what}", self.device), value).unwrap();
    }

    fn fail(&self) {
        self.set("mem_limit", "4096");
    }

    fn heal(&self) {
        self.set("mem_limit", "0");
    }
}

impl Drop for FailingDisk {
    fn drop(&mut self) {
        let _ = std::fs::write(format!("/sys/block/{}/mem_limit", self.device), "0");
        let _ = Command::new("umount").arg(&self.at).status();
        let _ = std::fs::write(format!("/sys/block/{}/reset", self.device), "1");
        let number = self.device.trim_start_matches("zram");
        let _ = std::fs::write("/sys/class/zram-control/hot_remove", number);
    }
}

/// What is served from the database alone.
const DURUM: &str = "durum.json";

/// What went in, so that it can be looked for later.
#[derive(Default)]
struct Receipts(Vec<(Vec<u8>, u64)>);

impl Receipts {
    /// Sends one more scan; keeps its receipt when there is one.
    async fn one_more(&mut self, house: &House, number: u32) -> StatusCode {
        let scan = page(&["1090000001"], number);
        let answer = house.send(&house.first, &scan).await;
        let status = answer.status();
        if status.is_success() {
            let position = json(answer).await["position"].as_u64().unwrap();
            if !self.0.iter().any(|(_, known)| *known == position) {
                self.0.push((scan, position));
            }
        }
        status
    }

    /// Sends the same one until it is taken.
    async fn until_taken(&mut self, house: &House, number: u32) {
        for _ in 0..300 {
            if self.one_more(house, number).await.is_success() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("scan {number} is never taken");
    }

    /// Every receipt's entry is there, its bytes are, and the record adds up.
    async fn all_there(&self, house: &House) {
        for (scan, position) in &self.0 {
            let line = house.ledger.lines_from(*position, 1).await.unwrap().remove(0).line;
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(entry["sha256"], tutanak::domain::Digest::of(scan).to_string(), "entry {position}");
            let path = entry["path"].as_str().unwrap();
            assert!(house.get(path).await.bytes().await.unwrap() == scan, "{path}");
        }
        house.ledger.audit_verify(None).await.unwrap();
    }
}

fn database_on(disk: &Path) -> Plan {
    Plan {
        database: Some(DatabaseConfig::Sqlite { path: disk.join("ledger.db") }),
        also: Some(|config| config.space.reserve_bytes = 0),
        ..Plan::default()
    }
}

fn vault_on(disk: &Path) -> Plan {
    Plan {
        vault: Some(VaultConfig::local(disk.join("vault"))),
        also: Some(|config| config.space.reserve_bytes = 0),
        ..Plan::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_databases_disk_may_be_full_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::of(dir.path(), "32m") else { return };
    let house = House::build(database_on(dir.path())).await;
    let mut receipts = Receipts::default();
    receipts.until_taken(&house, 1).await;
    for round in 1..=3 {
        let ballast = Ballast::fill(dir.path());
        // The write-ahead log may have room inside: what goes on until it is used up is right.
        let mut number = 100 * round;
        for _ in 0..500 {
            number += 1;
            if !receipts.one_more(&house, number).await.is_success() {
                break;
            }
        }
        let refused = receipts.one_more(&house, number).await;
        assert!(refused.is_server_error(), "round {round}: {refused} on a full disk");
        drop(ballast);
        receipts.until_taken(&house, number).await;
    }
    receipts.all_there(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_databases_disk_may_fail_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let disk_at = dir.path().join("disk");
    let Some(disk) = FailingDisk::mount(&disk_at) else { return };
    let mut house = House::build(database_on(&disk_at)).await;
    let mut receipts = Receipts::default();
    receipts.until_taken(&house, 1).await;
    for round in 1..=3 {
        disk.fail();
        let refused = receipts.one_more(&house, 10 * round).await;
        assert!(refused.is_server_error(), "round {round}: {refused} on a disk that fails");
        disk.heal();
        receipts.until_taken(&house, 10 * round).await;
    }
    receipts.all_there(&house).await;
    house.stop().await;
    drop(house);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vaults_disk_may_fail_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let disk_at = dir.path().join("disk");
    let Some(disk) = FailingDisk::mount(&disk_at) else { return };
    let mut house = House::build(vault_on(&disk_at)).await;
    let mut receipts = Receipts::default();
    receipts.until_taken(&house, 1).await;
    for round in 1..=3 {
        disk.fail();
        assert_eq!(receipts.one_more(&house, 10 * round).await, StatusCode::SERVICE_UNAVAILABLE, "round {round}");
        disk.heal();
        receipts.until_taken(&house, 10 * round).await;
    }
    receipts.all_there(&house).await;
    house.stop().await;
    drop(house);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vaults_disk_may_hang_for_a_while_and_nobody_waits_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let disk_at = dir.path().join("disk");
    let Some(_disk) = FailingDisk::mount(&disk_at) else { return };
    let mut house = House::build(vault_on(&disk_at)).await;
    let mut receipts = Receipts::default();
    receipts.until_taken(&house, 1).await;
    let freeze =
        |how: &str| Command::new("fsfreeze").arg(how).arg(&disk_at).status().is_ok_and(|ended| ended.success());
    assert!(freeze("--freeze"), "the disk cannot be made to hang");
    let answer = tokio::time::timeout(Duration::from_secs(120), receipts.one_more(&house, 2)).await;
    let readable = house.get(DURUM).await.status();
    assert!(freeze("--unfreeze"));
    assert_eq!(answer.expect("the sender waits for ever"), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(readable, StatusCode::OK, "what lies elsewhere was not handed out");
    receipts.until_taken(&house, 2).await;
    receipts.all_there(&house).await;
    house.stop().await;
    drop(house);
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_reserve_no_scan_is_taken_and_everything_else_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::of(dir.path(), "48m") else { return };
    let plans = [database_on(dir.path()), vault_on(dir.path())];
    for mut plan in plans {
        plan.also = Some(|config| config.space.reserve_bytes = 16 << 20);
        let mut house = House::build(plan).await;
        let mut receipts = Receipts::default();
        receipts.until_taken(&house, 1).await;
        let ballast = Ballast::leaving(dir.path(), 12 << 20);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let refused = house.send(&house.first, &page(&["1090000001"], 2)).await;
        assert_eq!(refused.status(), StatusCode::INSUFFICIENT_STORAGE);
        let problem = json(refused).await;
        assert_eq!(problem["type"], "urn:tutanak:problem:no-room");
        assert!(problem["detail"].as_str().unwrap().contains("yer kalmadı"), "{problem}");
        let ready = house.client.get(house.url("/readyz")).send().await.unwrap();
        assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
        let ready = json(ready).await;
        assert_eq!((&ready["ready"], &ready["failing"][0]["what"]), (&false.into(), &"space".into()), "{ready}");
        assert_eq!(ready["failing"].as_array().unwrap().len(), 1, "{ready}");
        // What is there is handed out, on record.
        receipts.all_there(&house).await;
        house.audit(1, |row| row.act == "upload" && row.reason == "no-room").await;
        house.audit(1, |row| row.act == "download" && row.outcome == "ok").await;
        drop(ballast);
        receipts.until_taken(&house, 2).await;
        receipts.all_there(&house).await;
        house.stop().await;
    }
}
