//! What every store must promise, local disk and S3 alike: one contract, run on each.

mod faults;
mod near;

use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures::TryStreamExt;
use tutanak::domain::{Digest, Scan, ScanFacts};
use tutanak::vault::{NearConfig, Vault, VaultConfig, VaultError};

use crate::engines::{peer, unique};

fn scan(bytes: Vec<u8>) -> Scan {
    let facts = ScanFacts {
        digest: Digest::of(&bytes),
        size: bytes.len() as u64,
        crc32: crc32fast::hash(&bytes),
        width: 1,
        height: 1,
    };
    Scan { bytes: bytes.into(), facts }
}

/// Content that no other run has stored.
fn content(length: usize) -> Vec<u8> {
    unique().bytes().chain((0..).map(|n: u32| (n * 31 % 251) as u8)).take(length).collect()
}

/// A vault on two disks.
fn two_disks(first: &Path, second: &Path) -> VaultConfig {
    let mut config = VaultConfig::local(first.to_owned());
    if let VaultConfig::Local { second: other, .. } = &mut config {
        *other = Some(second.to_owned());
    }
    config
}

async fn read(vault: &Vault, facts: ScanFacts, from: u64, to: u64) -> Result<Vec<u8>, VaultError> {
    let chunks: Vec<Bytes> = vault.read(facts.digest, facts.size, from, to).await?.try_collect().await.unwrap();
    Ok(chunks.concat())
}

async fn keeps_its_promises(vault: &Vault) {
    // What was kept is there, whole and in every part.
    let one = scan(content(700_001));
    let digest = one.facts.digest;
    assert!(matches!(vault.size(digest).await, Err(VaultError::Missing(_))), "nothing is there before");
    assert_eq!(vault.keep(&one).await.unwrap().facts(), one.facts);
    assert_eq!(vault.size(digest).await.unwrap(), 700_001);
    assert_eq!(read(vault, one.facts, 0, 700_001).await.unwrap(), one.bytes);
    for (from, to) in [(0, 1), (700_000, 700_001), (262_143, 262_145), (5, 5), (300_000, 650_000)] {
        let part = read(vault, one.facts, from, to).await.unwrap();
        assert_eq!(part, one.bytes[from as usize..to as usize], "{from}..{to}");
    }
    // Bytes past the end are an error, never a shorter answer.
    assert!(vault.read(digest, 700_001, 0, 700_002).await.is_err());
    assert!(vault.read(digest, 700_002, 0, 700_002).await.is_err(), "the store has fewer bytes than the ledger says");
    assert!(matches!(vault.read(Digest::of(b"never"), 1, 0, 1).await, Err(VaultError::Missing(_))));
    // Keeping the same again, and at once from several sides, succeeds and changes nothing.
    vault.keep(&one).await.unwrap();
    let two = scan(content(1000));
    let racing = (0..8).map(|_| vault.keep(&two));
    futures::future::try_join_all(racing).await.unwrap();
    assert_eq!(read(vault, two.facts, 0, 1000).await.unwrap(), two.bytes);
    // The empty range of an empty-handed reader asks nothing.
    assert_eq!(read(vault, two.facts, 7, 7).await.unwrap(), b"");
}

#[tokio::test]
async fn a_local_disk_keeps_its_promises() {
    let dir = tempfile::tempdir().unwrap();
    let config = VaultConfig::local(dir.path().join("vault"));
    keeps_its_promises(&Vault::open(&config).await.unwrap()).await;
}

#[tokio::test]
async fn a_bucket_keeps_its_promises() {
    let (Some(endpoint), Some(bucket)) = (peer("TUTANAK_TEST_S3_ENDPOINT"), peer("TUTANAK_TEST_S3_BUCKET")) else {
        return;
    };
    for near in [NearConfig::default(), NearConfig { memory_bytes: 0, disk: None, disk_bytes: 0 }] {
        let config = VaultConfig::bucket(bucket.clone(), Some(endpoint.clone()), near);
        keeps_its_promises(&Vault::open(&config).await.unwrap()).await;
    }
}

#[tokio::test]
async fn a_second_disk_holds_every_scan_too() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("one"), dir.path().join("two"));
    let vault = Vault::open(&two_disks(&first, &second)).await.unwrap();
    let scan = scan(content(5000));
    vault.keep(&scan).await.unwrap();
    let name = scan.facts.digest.to_string();
    let copy = std::fs::read(second.join("b").join(&name[..2]).join(&name)).unwrap();
    assert_eq!(copy, scan.bytes);
}

#[tokio::test]
async fn wrong_bytes_under_a_good_name_are_replaced_and_staging_is_swept() {
    let dir = tempfile::tempdir().unwrap();
    let config = VaultConfig::local(dir.path().to_owned());
    let scan = scan(content(5000));
    let name = scan.facts.digest.to_string();
    let shard = dir.path().join("b").join(&name[..2]);
    std::fs::create_dir_all(&shard).unwrap();
    // A disk that lied: the name is there, the bytes are not.
    for torn in [&b""[..], &scan.bytes[..100], &[0; 5000][..]] {
        std::fs::write(shard.join(&name), torn).unwrap();
        let unfinished = std::fs::File::create(shard.join(format!("{name}#3"))).unwrap();
        unfinished.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
        let vault = Vault::open(&config).await.unwrap();
        assert!(shard.join(format!("{name}#3")).exists(), "whoever only looks in takes nothing away");
        vault.sweep().await.unwrap();
        assert!(!shard.join(format!("{name}#3")).exists(), "an unfinished write is swept at the start");
        vault.keep(&scan).await.unwrap();
        assert_eq!(std::fs::read(shard.join(&name)).unwrap(), scan.bytes);
    }
}
