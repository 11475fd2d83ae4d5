//! Copies near at hand: how often the store is asked, and that no reader ever gets other bytes.

use std::fmt;
use std::path::Path as Directory;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tutanak::domain::{Digest, Scan};
use tutanak::vault::{NearConfig, Vault, VaultError};

use super::{content, scan};
use crate::engines::bucket;

/// A store that counts how often it is read.
#[derive(Debug)]
struct Counted {
    inner: Arc<dyn ObjectStore>,
    reads: AtomicUsize,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Counted {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reads.fetch_add(usize::from(!options.head), Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// A store, and what counts its reads. Scans come into it by another node.
struct Stage {
    store: Arc<Counted>,
    other: Vault,
}

impl Stage {
    fn over(inner: Arc<dyn ObjectStore>) -> Self {
        let other = Vault::over(Arc::clone(&inner));
        Self { store: Arc::new(Counted { inner, reads: AtomicUsize::new(0) }), other }
    }

    fn new() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    async fn node(&self, config: &NearConfig) -> Vault {
        Vault::over(Arc::clone(&self.store) as _).with_near(config).await.unwrap()
    }

    async fn scans(&self, count: usize, length: usize) -> Vec<Scan> {
        let scans: Vec<Scan> = (0..count).map(|_| scan(content(length))).collect();
        for scan in &scans {
            self.other.keep(scan).await.unwrap();
        }
        scans
    }

    /// Reads of the store since the last call.
    fn reads(&self) -> usize {
        self.store.reads.swap(0, Ordering::SeqCst)
    }
}

async fn read(vault: &Vault, scan: &Scan) -> Vec<u8> {
    part(vault, scan, 0, scan.facts.size).await.unwrap()
}

async fn part(vault: &Vault, scan: &Scan, from: u64, to: u64) -> std::result::Result<Vec<u8>, VaultError> {
    let chunks: Vec<Bytes> =
        vault.read(scan.facts.digest, scan.facts.size, from, to).await?.try_collect().await.unwrap();
    Ok(chunks.concat())
}

fn memory(bytes: u64) -> NearConfig {
    NearConfig { memory_bytes: bytes, disk: None, disk_bytes: 0 }
}

/// Little memory beside a disk: what was read before the last few scans lies on the disk only.
fn disk(root: &Directory, bytes: u64) -> NearConfig {
    NearConfig { memory_bytes: 640_000, disk: Some(root.to_owned()), disk_bytes: bytes }
}

fn files(root: &Directory) -> Vec<std::path::PathBuf> {
    let shards = std::fs::read_dir(root.join("b")).unwrap();
    shards
        .flat_map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect()
}

/// Copies are written behind the reader's back.
async fn files_become(root: &Directory, count: usize) {
    for _ in 0..500 {
        let whole = |path: &std::path::PathBuf| path.extension().is_none();
        if files(root).iter().filter(|path| whole(path)).count() == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{} files where {count} were awaited", files(root).len());
}

#[tokio::test]
async fn thirty_four_parties_who_want_the_same_scan_cost_the_store_one_request() {
    let mut stores = vec![Stage::new()];
    stores.extend(bucket().map(Stage::over));
    for stage in stores {
        let node = stage.node(&memory(64 << 20)).await;
        let scans = stage.scans(1, 600_000).await;
        let got = futures::future::join_all((0..34).map(|_| read(&node, &scans[0]))).await;
        assert!(got.iter().all(|bytes| *bytes == scans[0].bytes));
        assert_eq!(part(&node, &scans[0], 599_998, 600_000).await.unwrap(), scans[0].bytes[599_998..]);
        assert_eq!(stage.reads(), 1);
    }
}

#[tokio::test]
async fn a_scan_that_this_node_took_in_is_not_fetched_at_all() {
    let stage = Stage::new();
    let node = stage.node(&memory(64 << 20)).await;
    let scan = scan(content(5000));
    node.keep(&scan).await.unwrap();
    assert_eq!(read(&node, &scan).await, scan.bytes);
    assert_eq!(stage.reads(), 0);
}

#[tokio::test]
async fn what_was_not_read_for_longest_goes_when_memory_is_full() {
    let stage = Stage::new();
    let node = stage.node(&memory(640_000)).await;
    let scans = stage.scans(100, 10_000).await; // 64 of them fit
    for scan in &scans {
        assert_eq!(read(&node, scan).await, scan.bytes);
    }
    assert_eq!(stage.reads(), 100);
    read(&node, &scans[99]).await;
    read(&node, &scans[40]).await;
    assert_eq!(stage.reads(), 0);
    read(&node, &scans[0]).await;
    assert_eq!(stage.reads(), 1);
}

#[tokio::test]
async fn large_scans_and_more_than_memory_holds_come_from_the_store_piece_by_piece() {
    let stage = Stage::new();
    let node = stage.node(&memory(640_000)).await;
    let large = stage.scans(1, 10_001).await;
    read(&node, &large[0]).await;
    read(&node, &large[0]).await;
    assert_eq!(stage.reads(), 2, "a large one is not kept");
    // Sixty-two readers who do not go on hold all that may be lent: 62 × 10 KiB of 625 KiB.
    let scans = stage.scans(70, 10_000).await;
    let mut held = Vec::new();
    for scan in &scans {
        held.push(node.read(scan.facts.digest, 10_000, 0, 10_000).await.unwrap());
    }
    assert_eq!(stage.reads(), 70);
    read(&node, &scans[60]).await;
    assert_eq!(stage.reads(), 1, "nothing is lent any more, so the store is asked");
    drop(held);
    read(&node, &scans[60]).await;
    assert_eq!(stage.reads(), 0, "and again when the readers are gone");
}

#[tokio::test]
async fn copies_on_the_disk_outlive_memory_and_the_service() {
    let (stage, dir) = (Stage::new(), tempfile::tempdir().unwrap());
    let config = disk(dir.path(), 64 << 20);
    let node = stage.node(&config).await;
    let scans = stage.scans(100, 10_000).await;
    for (n, scan) in scans.iter().enumerate() {
        read(&node, scan).await;
        if n % 20 == 19 {
            files_become(dir.path(), n + 1).await; // no more than a few may wait for the disk
        }
    }
    assert_eq!(stage.reads(), 100);
    for scan in &scans {
        assert_eq!(read(&node, scan).await, scan.bytes);
    }
    assert_eq!(stage.reads(), 0);
    drop(node);
    let cut_off = files(dir.path())[0].with_extension("7");
    std::fs::write(&cut_off, b"half").unwrap();
    let node = stage.node(&config).await;
    assert!(!cut_off.exists(), "what an interrupted run left is removed");
    for scan in &scans {
        assert_eq!(read(&node, scan).await, scan.bytes);
    }
    assert_eq!(stage.reads(), 0);
}

#[tokio::test]
async fn a_copy_that_is_garbled_cut_or_gone_is_only_a_copy_less() {
    let (stage, dir) = (Stage::new(), tempfile::tempdir().unwrap());
    let config = disk(dir.path(), 64 << 20);
    let scans = stage.scans(3, 10_000).await;
    let node = stage.node(&config).await;
    for scan in &scans {
        read(&node, scan).await;
    }
    files_become(dir.path(), 3).await;
    let node = stage.node(&config).await; // it has nothing in memory
    let path = |digest: Digest| dir.path().join("b").join(&digest.to_string()[..2]).join(digest.to_string());
    let mut garbled = scans[0].bytes.to_vec();
    garbled[5000] ^= 1;
    std::fs::write(path(scans[0].facts.digest), garbled).unwrap();
    std::fs::write(path(scans[1].facts.digest), &scans[1].bytes[..5000]).unwrap();
    std::fs::remove_file(path(scans[2].facts.digest)).unwrap();
    stage.reads();
    for scan in &scans {
        assert_eq!(read(&node, scan).await, scan.bytes);
    }
    assert_eq!(stage.reads(), 3);
    files_become(dir.path(), 3).await;
}

#[tokio::test]
async fn the_disk_holds_no_more_than_it_may() {
    let (stage, dir) = (Stage::new(), tempfile::tempdir().unwrap());
    let scans = stage.scans(30, 10_000).await;
    let node = stage.node(&disk(dir.path(), 100_000)).await;
    for scan in &scans {
        read(&node, scan).await;
        while !files(dir.path()).iter().any(|path| path.ends_with(scan.facts.digest.to_string())) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    files_become(dir.path(), 10).await;
    // A smaller limit holds from the start.
    drop(stage.node(&disk(dir.path(), 50_000)).await);
    files_become(dir.path(), 5).await;
}

#[tokio::test]
async fn a_disk_that_takes_nothing_holds_up_nobody() {
    let (stage, dir) = (Stage::new(), tempfile::tempdir().unwrap());
    let node = stage.node(&disk(dir.path(), 64 << 20)).await;
    std::fs::remove_dir_all(dir.path().join("b")).unwrap();
    for scan in &stage.scans(3, 10_000).await {
        assert_eq!(read(&node, scan).await, scan.bytes);
    }
    let config = disk(Directory::new("/proc/near"), 1 << 20);
    let refused = Vault::over(Arc::clone(&stage.store) as _).with_near(&config).await;
    assert!(
        matches!(refused, Err(VaultError::Open(why)) if why.contains("/proc/near")),
        "a wrong path is told at the start"
    );
}

#[tokio::test]
async fn wrong_bytes_in_the_store_are_neither_handed_out_nor_kept() {
    let (stage, dir) = (Stage::new(), tempfile::tempdir().unwrap());
    let node = stage.node(&disk(dir.path(), 64 << 20)).await;
    let scans = stage.scans(1, 10_000).await;
    let digest = scans[0].facts.digest;
    let place = Path::from(format!("b/{}/{digest}", &digest.to_string()[..2]));
    let mut garbled = scans[0].bytes.to_vec();
    garbled[77] ^= 4;
    for wrong in [garbled, scans[0].bytes[..9_999].to_vec()] {
        stage.store.put(&place, wrong.into()).await.unwrap();
        let refused = part(&node, &scans[0], 0, 10).await;
        assert!(matches!(refused, Err(VaultError::Damaged(_))), "{refused:?}");
    }
    assert!(files(dir.path()).is_empty());
    stage.store.put(&place, scans[0].bytes.clone().into()).await.unwrap();
    assert_eq!(read(&node, &scans[0]).await, scans[0].bytes);
}
