//! kill -9 at any instant, and a disk that is full or must not be written to.

use std::collections::HashSet;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

use super::workplace::{Workplace, entered};
use crate::crash::SmallDisk;
use crate::house::House;
use crate::paper::page;

/// The program as a board runs it.
pub fn tutanak(house: &House, root: &std::path::Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    command.env("TUTANAK_TOKEN", &house.first).env("TUTANAK_SERVER", house.url("/")).env("TUTANAK_LOG", "off");
    command.arg("upload").arg(root).arg("--ca").arg(house.dir.path().join("ca.pem"));
    command.args(["--still", "1", "--patience", "1", "--rescan", "1", "--json"]).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

pub async fn done(command: &mut Command) -> (i32, String, serde_json::Value) {
    let Output { status, stdout, stderr } =
        tokio::time::timeout(Duration::from_secs(120), command.output()).await.expect("it does not end").unwrap();
    let last = String::from_utf8_lossy(&stdout).lines().last().unwrap_or("null").to_owned();
    let said = String::from_utf8_lossy(&stderr).into_owned();
    (status.code().unwrap_or(-1), said, serde_json::from_str(&last).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_killed_again_and_again_loses_nothing_and_sends_nothing_twice() {
    let house = House::open().await;
    let workplace = Workplace::new();
    let mut put = HashSet::new();
    for n in 0..400 {
        // Every tenth is parked: its way has more steps.
        let codes: &[&str] = if n % 10 == 0 { &[] } else { &["1090000001"] };
        put.insert(workplace.put(&format!("gun-{}/{n}.png", n % 3), &page(codes, n)));
    }
    let mut lives = 0;
    let mut chance = 7_u64;
    while workplace.whereabouts().iter().any(|(top, _)| top.starts_with("gun-")) && lives < 40 {
        let mut child = tutanak(&house, workplace.root(), &[]).spawn().unwrap();
        // The first second it waits for files to stand still, unless its journal says that they did.
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let first = if lives == 0 { 2500 } else { 300 };
        tokio::time::sleep(Duration::from_millis(first + (chance >> 33) % 900)).await;
        child.start_kill().unwrap(); // SIGKILL
        child.wait().await.unwrap();
        lives += 1;
        // Whatever instant it was: every scan is somewhere, whole, once; and what is called received has its receipt.
        let there = workplace.whereabouts();
        assert_eq!(there.len(), 400);
        assert_eq!(there.iter().map(|(_, digest)| *digest).collect::<HashSet<_>>(), put);
        for (top, digest) in &there {
            if ["gonderildi", "elle"].contains(&top.as_str()) {
                assert!(workplace.receipt(*digest).is_some(), "{digest} lies in {top} without a receipt");
            }
        }
    }
    assert!(lives > 2, "it was through after {lives} lives: the test kills too seldom to mean anything");
    let (status, said, told) = done(&mut tutanak(&house, workplace.root(), &[])).await;
    assert_eq!(status, 0, "{said} {told}");
    let entered = entered(&house).await;
    assert_eq!(entered.keys().copied().collect::<HashSet<_>>(), put);
    assert_eq!(entered.values().max(), Some(&1), "a scan was entered twice");
    let there = workplace.whereabouts();
    let count = |place: &str| there.iter().filter(|(top, _)| top == place).count();
    assert_eq!((count("gonderildi"), count("elle"), count("bozuk")), (360, 40, 0));
    assert_eq!(workplace.names("elle").len(), 80, "a text beside each");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_nothing_is_moved_without_its_receipt() {
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small");
    let Some(_disk) = SmallDisk::mount(&small) else { return };
    let house = House::open().await;
    for n in 0..40 {
        std::fs::write(small.join(format!("{n}.png")), page(&["1090000001"], n)).unwrap();
    }
    let mut ballast = std::fs::File::create(small.join("ballast")).unwrap();
    while std::io::Write::write_all(&mut ballast, &[0; 4096]).is_ok() {}
    // No room at all, then for some receipts, then for the journal's next block but for no more receipts.
    for room in [0, 5, 9, 13] {
        ballast.set_len(ballast.metadata().unwrap().len() - room * 4096).unwrap();
        let (status, said, told) = done(&mut tutanak(&house, &small, &[])).await;
        assert_eq!(status, 2, "{said} {told}");
        assert!(said.contains("disk dolu"), "{said}");
        let pngs =
            super::workplace::files(&small).into_iter().filter(|path| path.extension().is_some_and(|end| end == "png"));
        assert_eq!(pngs.count(), 40);
        for sent in super::workplace::files(&small.join("gonderildi")) {
            let digest = tutanak::domain::Digest::of(&std::fs::read(&sent).unwrap());
            assert!(small.join(format!("makbuzlar/{digest}.json")).exists(), "{} has no receipt", sent.display());
        }
    }
    drop(ballast);
    std::fs::remove_file(small.join("ballast")).unwrap();
    let (status, said, told) = done(&mut tutanak(&house, &small, &[])).await;
    assert_eq!(status, 0, "{said} {told}");
    let entered = entered(&house).await;
    assert_eq!((entered.len(), entered.values().max()), (40, Some(&1)));
    assert_eq!(super::workplace::files(&small.join("gonderildi")).len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_must_not_be_written_to_is_said_and_sent_from_never() {
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small");
    let Some(_disk) = SmallDisk::mount(&small) else { return };
    let house = House::open().await;
    std::fs::write(small.join("a.png"), page(&["1090000001"], 1)).unwrap();
    let remount = std::process::Command::new("mount").args(["-o", "remount,ro"]).arg(&small).status().unwrap();
    assert!(remount.success());
    let (status, said, _) = done(&mut tutanak(&house, &small, &[])).await;
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("izin yok"), "{said}");
    assert_eq!(entered(&house).await.len(), 0);
}
