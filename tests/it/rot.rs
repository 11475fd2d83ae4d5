//! A stored scan that is not as it was entered: it goes out as good over no channel, an alarm is raised, the record says so,
//! and whoever has it still makes it good.

use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use reqwest::{Method, StatusCode};
use tutanak::domain::Digest;
use tutanak::vault::Vault;

use crate::engines::bucket;
use crate::ftp::Control;
use crate::house::{House, Plan, json};
use crate::paper::{large_page, page};

const DIR: &str = "tutanaklar/34-istanbul/kadikoy-1/caferaga-mah";

/// The log of this thread.
struct Log {
    file: tempfile::NamedTempFile,
    _listening: tracing::subscriber::DefaultGuard,
    _another: tracing::Dispatch,
}

impl Log {
    fn here() -> Self {
        // With a single subscriber alive, tracing asks the thread that first meets an event whether anybody listens, and
        // keeps its answer; that may be another test's thread, where nobody does.
        let _another = tracing::Dispatch::new(tracing_subscriber::registry());
        let file = tempfile::NamedTempFile::new().unwrap();
        let writer = Arc::new(file.reopen().unwrap());
        let subscriber = tracing_subscriber::fmt().with_writer(writer).with_ansi(false).finish();
        Self { file, _listening: tracing::subscriber::set_default(subscriber), _another }
    }

    fn alarms(&self, digest: Digest) -> usize {
        let text = std::fs::read_to_string(self.file.path()).unwrap();
        text.lines().filter(|line| line.contains("ALARM") && line.contains(&digest.to_string())).count()
    }
}

/// Where the scans of a house lie.
#[derive(Clone)]
enum Store {
    Disk(PathBuf),
    Bucket(Arc<dyn ObjectStore>),
}

impl Store {
    /// Every kind of house there is: with a disk, and with a bucket of which no copies are kept near at hand.
    async fn houses() -> Vec<(House, Self)> {
        let house = House::open().await;
        let root = house.dir.path().join("vault");
        let mut houses = vec![(house, Self::Disk(root))];
        if let Some(store) = bucket() {
            let vault = Vault::over(Arc::clone(&store));
            houses.push((House::build(Plan { open_vault: Some(vault), ..Plan::default() }).await, Self::Bucket(store)));
        }
        houses
    }

    fn key(digest: Digest) -> String {
        format!("b/{}/{digest}", &digest.to_string()[..2])
    }

    async fn bytes(&self, digest: Digest) -> Option<Vec<u8>> {
        match self {
            Self::Disk(root) => std::fs::read(root.join(Self::key(digest))).ok(),
            Self::Bucket(store) => {
                Some(store.get(&Path::from(Self::key(digest))).await.ok()?.bytes().await.ok()?.into())
            }
        }
    }

    /// Changes one byte and nothing else: on a disk its size and the time of its last change stay as they were.
    async fn rot(&self, digest: Digest) {
        let mut bytes = self.bytes(digest).await.unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        match self {
            Self::Disk(root) => {
                let file = std::fs::File::options().write(true).open(root.join(Self::key(digest))).unwrap();
                let modified = file.metadata().unwrap().modified().unwrap();
                file.write_all_at(&bytes[at..=at], at as u64).unwrap();
                file.set_modified(modified).unwrap();
            }
            Self::Bucket(store) => {
                store.put(&Path::from(Self::key(digest)), bytes.into()).await.unwrap();
            }
        }
    }

    async fn lose(&self, digest: Digest) {
        match self {
            Self::Disk(root) => std::fs::remove_file(root.join(Self::key(digest))).unwrap(),
            // Nobody may delete there: what is lost is an object without its bytes.
            Self::Bucket(store) => {
                store.put(&Path::from(Self::key(digest)), Vec::new().into()).await.unwrap();
            }
        }
    }
}

/// What comes over HTTPS, and whether it looks whole.
async fn over_https(house: &House, path: &str, range: Option<&str>) -> (Vec<u8>, bool) {
    let mut asked = house.archive(Method::GET, path);
    if let Some(range) = range {
        asked = asked.header("range", range);
    }
    // What breaks off before its head was sent is an error as well.
    let Ok(mut answer) = asked.send().await else { return (Vec::new(), false) };
    let mut got = Vec::new();
    if !answer.status().is_success() {
        return (got, false);
    }
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => got.extend_from_slice(&chunk),
            Ok(None) => return (got, true),
            Err(_) => return (got, false),
        }
    }
}

/// Asks for the scan by every channel, whole and in part, and says which of them gave it as good.
async fn given(house: &House, path: &str, scan: &[u8]) -> Vec<&'static str> {
    let mut given = Vec::new();
    for (name, range, from, to) in [
        ("https", None, 0, scan.len()),
        ("https range", Some("bytes=0-99"), 0, 100),
        ("https last bytes", Some("bytes=-50"), scan.len() - 50, scan.len()),
    ] {
        let (got, whole) = over_https(house, path, range).await;
        assert!(!whole || got == scan[from..to], "{name} gave other bytes as good");
        given.extend(whole.then_some(name));
    }
    let rest = scan.len() - 40;
    for (name, encrypted, offset) in
        [("ftp", false, 0), ("ftp rest", false, rest), ("ftps", true, 0), ("ftps rest", true, rest)]
    {
        let mut line = if encrypted { Control::log_in_encrypted(house).await } else { Control::log_in(house).await };
        if offset > 0 {
            assert!(line.say(&format!("REST {offset}")).await.starts_with("350"));
        }
        let (got, end) = line.fetch(&format!("RETR /{path}")).await;
        let whole = end.starts_with("226");
        assert!(!whole || got == scan[offset..], "{name} gave other bytes as good: {end}");
        assert!(whole || end.starts_with("451") || end.starts_with("426"), "{name}: {end}");
        given.extend(whole.then_some(name));
    }
    let picture = async || {
        let chunks = house.store.read(Digest::of(scan), scan.len() as u64, 0, scan.len() as u64).await?;
        chunks.try_collect::<Vec<_>>().await.map_err(anyhow::Error::from)
    };
    given.extend(picture().await.is_ok().then_some("picture"));
    let (medium, size) = (house.store.verified(Digest::of(scan), scan.len() as u64).await, scan.len());
    given.extend(medium.is_ok_and(|bytes| bytes.len() == size).then_some("medium"));
    let (_, whole) = over_https(house, "paketler/000/000/000.p/4.zip", None).await;
    given.extend(whole.then_some("pack"));
    given
}

#[tokio::test]
async fn a_scan_with_one_other_byte_goes_out_as_good_over_no_channel() {
    let log = Log::here();
    for (house, store) in Store::houses().await {
        for (scan, name) in [(page(&["1090000001"], 1), "1001"), (large_page("1090000002"), "1002")] {
            let mut receipt = json(house.send(&house.first, &scan).await).await;
            receipt.as_object_mut().unwrap().remove("advice"); // it is given once
            let path = format!("{DIR}/{name}-cb-sonuc-1.v1.png");
            assert_eq!(receipt["path"], *path);
            let digest = Digest::of(&scan);
            if name == "1001" {
                house.send(&house.first, &page(&["1090000003"], 9)).await; // so that there is a pack of four entries
            }
            let before = log.alarms(digest); // the other house had the same scan
            let sound = given(&house, &path, &scan).await;
            assert!(sound.len() == 10 && log.alarms(digest) == before, "{sound:?}");
            store.rot(digest).await;
            let mut wrong = given(&house, &path, &scan).await;
            // The pack of four entries ends before the second scan.
            wrong.retain(|channel| *channel != "pack" || name == "1001");
            assert!(wrong.is_empty(), "given as good: {wrong:?}");
            assert!(log.alarms(digest) >= before + 3, "{}", log.alarms(digest));
            let object = format!("/{path}");
            let rows = house.audit(3, |row| row.object == object && row.reason == "the stored scan is damaged").await;
            assert!(rows.iter().all(|row| !row.complete && row.outcome == "failed" && row.bytes == 0));
            assert!(rows.iter().any(|row| row.protocol == "https") && rows.iter().any(|row| row.protocol == "ftp"));
            // Its board has it still.
            let again = house.send(&house.first, &scan).await;
            assert_eq!(again.status(), StatusCode::OK);
            assert_eq!(json(again).await, receipt);
            assert_eq!(given(&house, &path, &scan).await, sound);
        }
    }
}

#[tokio::test]
async fn sending_again_brings_back_what_was_lost_and_no_receipt_is_given_for_what_is_not_there() {
    let log = Log::here();
    for (house, store) in Store::houses().await {
        let scan = page(&["1090000001"], 77);
        let digest = Digest::of(&scan);
        let mut receipt = json(house.send(&house.first, &scan).await).await;
        receipt.as_object_mut().unwrap().remove("advice"); // it is given once
        let known = async || {
            let asked = house.client.post(house.url("/v1/scans/known")).bearer_auth(&house.first);
            let answer = asked.body(format!("{{\"sha256\":[\"{digest}\"]}}")).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            answer.text().await.unwrap()
        };
        assert_eq!(known().await.lines().count(), 1);
        store.lose(digest).await;
        assert_eq!(known().await, "", "a receipt was signed for a scan that is lost");
        assert!(log.alarms(digest) > 0);
        let again = house.send(&house.first, &scan).await;
        assert_eq!((again.status(), json(again).await), (StatusCode::OK, receipt.clone()));
        assert_eq!(store.bytes(digest).await.as_deref(), Some(&scan[..]), "it was not stored again");
        assert_eq!(known().await.lines().count(), 1);
        // Rotten is as bad as lost.
        store.rot(digest).await;
        let again = house.send(&house.first, &scan).await;
        assert_eq!((again.status(), json(again).await), (StatusCode::OK, receipt));
        assert_eq!(store.bytes(digest).await.as_deref(), Some(&scan[..]), "it was not stored again");
        // A vault that does not take it gives no receipt.
        if let Store::Disk(root) = &store {
            store.lose(digest).await;
            let shard = root.join(Store::key(digest)).parent().unwrap().to_owned();
            std::fs::remove_dir_all(&shard).unwrap();
            std::fs::File::create(&shard).unwrap().write_all(b"no directory").unwrap();
            assert_eq!(house.send(&house.first, &scan).await.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(house.entered().await, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_a_scans_place_holds_nobody_up_and_is_healed() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    assert_eq!(house.send(&house.first, &scan).await.status(), 201);
    let digest = Digest::of(&scan);
    let place = house.dir.path().join("vault").join(Store::key(digest));
    std::fs::remove_file(&place).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&place).status().unwrap().success());
    let path = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    let all = async {
        // More than the service has threads.
        let asked = (0..64).map(|_| over_https(&house, &path, None));
        for (got, whole) in futures::future::join_all(asked).await {
            assert!(!whole && got.is_empty());
        }
        assert_eq!(house.get("durum.json").await.status(), 200);
        assert_eq!(house.send(&house.first, &scan).await.status(), 200);
        assert!(place.symlink_metadata().unwrap().is_file(), "it was not healed");
        assert!(over_https(&house, &path, None).await == (scan.to_vec(), true));
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), all)
        .await
        .expect("somebody waits for the other end of the pipe");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_a_scans_place_is_moved_aside_with_what_it_holds_and_the_scan_is_healed() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    assert_eq!(house.send(&house.first, &scan).await.status(), 201);
    let digest = Digest::of(&scan);
    let vault = house.dir.path().join("vault");
    let place = vault.join(Store::key(digest));
    std::fs::remove_file(&place).unwrap();
    std::fs::create_dir(&place).unwrap();
    std::fs::write(place.join("evidence"), "left here").unwrap();
    let path = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    let (got, whole) = over_https(&house, &path, None).await;
    assert!(!whole && got.is_empty(), "a directory is no scan");
    assert_eq!(house.send(&house.first, &scan).await.status(), 200);
    assert!(over_https(&house, &path, None).await == (scan.to_vec(), true), "it was not healed");
    let aside: Vec<_> = std::fs::read_dir(vault.join("aside")).unwrap().map(|found| found.unwrap().path()).collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(std::fs::read_to_string(aside[0].join("evidence")).unwrap(), "left here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_the_place_of_the_logs_copy_keeps_no_node_from_saying_what_is_wrong() {
    let house = House::open().await;
    assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
    let vault = Vault::open(&house.vault).await.unwrap();
    let head = house.dir.path().join("vault/log/head");
    while !head.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    std::fs::remove_file(&head).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&head).status().unwrap().success());
    let asked = tokio::time::timeout(std::time::Duration::from_secs(90), vault.log_head()).await;
    // The thread that the pipe holds ends when somebody comes to its other end.
    let other_end = std::fs::OpenOptions::new().read(true).write(true).open(&head).unwrap();
    assert!(asked.expect("somebody waits for the other end of the pipe").is_err());
    drop((house, vault));
    drop(other_end);
}
