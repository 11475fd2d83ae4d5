//! Stores that lose, garble and lie: no reader gets other bytes for good, what can be healed is, and nothing counts as kept
//! that nobody has seen.

use std::fmt;
use std::path::{Path as Directory, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::{BoxStream, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tutanak::domain::{Digest, Scan};
use tutanak::vault::{NearConfig, Vault, VaultConfig, VaultError};

use super::{content, read, scan, two_disks};
use crate::engines::bucket;

/// A store that spoils every `spoils`th answer and drops every `drops`th write that it acknowledges; 0 is none.
#[derive(Debug)]
pub struct Faulty {
    inner: Arc<dyn ObjectStore>,
    spoils: AtomicU64,
    drops: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl Faulty {
    pub fn over(inner: Arc<dyn ObjectStore>) -> Arc<Self> {
        let none = AtomicU64::default;
        Arc::new(Self { inner, spoils: none(), drops: none(), reads: none(), writes: none() })
    }

    pub fn spoil(&self, every: u64) {
        self.spoils.store(every, Ordering::SeqCst);
    }

    pub fn drop_writes(&self, every: u64) {
        self.drops.store(every, Ordering::SeqCst);
    }

    fn is_due(every: &AtomicU64, count: &AtomicU64) -> bool {
        let (every, count) = (every.load(Ordering::SeqCst), count.fetch_add(1, Ordering::SeqCst));
        every > 0 && count.is_multiple_of(every)
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait::async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if Self::is_due(&self.drops, &self.writes) {
            return Ok(PutResult { e_tag: Some("\"yes\"".to_owned()), version: None, extensions: Default::default() });
        }
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
        let head = options.head;
        let found = self.inner.get_opts(location, options).await?;
        if head || !Self::is_due(&self.spoils, &self.reads) {
            return Ok(found);
        }
        let GetResult { payload, meta, range, attributes, extensions } = found;
        let payload = match payload {
            GetResultPayload::Stream(stream) => {
                // In small pieces, as a network brings them, and one bit of them is another.
                let mut spoilt = stream.map_ok(|bytes| bytes.to_vec()).try_concat().await?;
                let middle = spoilt.len() / 2;
                spoilt[middle] ^= 0x10;
                let pieces: Vec<Result<Bytes>> =
                    spoilt.chunks(16 << 10).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
                GetResultPayload::Stream(futures::stream::iter(pieces).boxed())
            }
            payload => payload,
        };
        Ok(GetResult { payload, meta, range, attributes, extensions })
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

fn stores() -> Vec<Arc<Faulty>> {
    let mut stores = vec![Faulty::over(Arc::new(InMemory::new()))];
    stores.extend(bucket().map(Faulty::over));
    stores
}

fn none_near() -> NearConfig {
    NearConfig { memory_bytes: 0, disk: None, disk_bytes: 0 }
}

/// What a reader gets: all that was asked for, or an error and what came before it.
async fn taken(vault: &Vault, scan: &Scan, from: u64, to: u64) -> (Vec<u8>, bool) {
    let mut got = Vec::new();
    let Ok(mut chunks) = vault.read(scan.facts.digest, scan.facts.size, from, to).await else { return (got, false) };
    loop {
        match chunks.try_next().await {
            Ok(Some(chunk)) => got.extend_from_slice(&chunk),
            Ok(None) => return (got, true),
            Err(_) => return (got, false),
        }
    }
}

#[tokio::test]
async fn a_bucket_that_spoils_half_its_answers_gives_nobody_a_wrong_scan() {
    for store in stores() {
        let near = NearConfig { memory_bytes: 640_000, disk: None, disk_bytes: 0 };
        // One holds scans whole, the other has memory for 10,000 bytes and hashes what is larger on its way.
        let whole = Vault::over(Arc::clone(&store) as _).with_near(&none_near()).await.unwrap();
        let passing = Vault::over(Arc::clone(&store) as _).with_near(&near).await.unwrap();
        let scan = scan(content(700_001));
        let other = Vault::over(Arc::clone(&store) as _);
        other.keep(&scan).await.unwrap();
        store.spoil(2);
        for (vault, least) in [(&whole, 30), (&passing, 5)] {
            let mut good = 0;
            for n in 0..30 {
                let (from, to) = [(0, 700_001), (5, 80), (699_000, 700_001)][n % 3];
                let (got, ended) = taken(vault, &scan, from, to).await;
                let right = &scan.bytes[from as usize..to as usize];
                assert!(!ended || got == right, "a wrong scan was called whole");
                assert!(ended || got.len() < right.len(), "all of it was given before it was found to be wrong");
                good += u32::from(ended);
            }
            assert!(good >= least, "only {good} of 30 were served");
        }
        // One that is rotten for good is served to nobody.
        store.spoil(1);
        for vault in [&whole, &passing] {
            for (from, to) in [(0, 700_001), (0, 10), (700_000, 700_001)] {
                let (got, ended) = taken(vault, &scan, from, to).await;
                assert!(!ended && (got.len() as u64) < to - from);
            }
            assert!(matches!(vault.verified(scan.facts.digest, 700_001).await, Err(VaultError::Damaged(_))));
            assert!(vault.kept_already(scan.facts).await.is_err());
        }
    }
}

#[tokio::test]
async fn what_a_store_acknowledges_and_does_not_keep_is_written_again_or_not_kept() {
    for store in stores() {
        let vault = Vault::over(Arc::clone(&store) as _).with_near(&none_near()).await.unwrap();
        let reader = Vault::over(Arc::clone(&store) as _);
        store.drop_writes(2);
        for n in 0..10 {
            let scan = scan(content(3000 + n));
            vault.keep(&scan).await.unwrap();
            assert_eq!(read(&reader, scan.facts, 0, scan.facts.size).await.unwrap(), scan.bytes);
        }
        store.drop_writes(1);
        let lost = scan(content(3000));
        assert!(matches!(vault.keep(&lost).await, Err(VaultError::NotKept(_))));
        assert!(matches!(vault.keep_again(&lost).await, Err(VaultError::NotKept(_))));
        assert!(matches!(reader.size(lost.facts.digest).await, Err(VaultError::Missing(_))));
        let seen = vault.log_head().await.unwrap();
        let head = vault.replace_log_head(&seen, Bytes::from_static(b"head")).await;
        assert!(matches!(head, Err(VaultError::NotKept(_))), "{head:?}");
        let bundle = vault.keep_log(tutanak::vault::VaultKey::Bundle(0), Bytes::from_static(b"lines")).await;
        assert!(matches!(bundle, Err(VaultError::NotKept(_))), "{bundle:?}");
        store.drop_writes(0);
        vault.keep(&lost).await.unwrap();
    }
}

fn place(root: &Directory, digest: Digest) -> PathBuf {
    let name = digest.to_string();
    root.join("b").join(&name[..2]).join(name)
}

/// What can become of a file: another byte, cut, emptied, gone.
fn spoil(path: &Directory, how: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    match how {
        0 => bytes[middle] ^= 1,
        1 => bytes.truncate(middle),
        2 => bytes.clear(),
        _ => return std::fs::remove_file(path).unwrap(),
    }
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn the_second_disk_is_read_and_heals_the_first_and_the_first_the_second() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("one"), dir.path().join("two"));
    let vault = Vault::open(&two_disks(&first, &second)).await.unwrap();
    for how in 0..4 {
        let scan = scan(content(400_000 + how));
        let digest = scan.facts.digest;
        vault.keep(&scan).await.unwrap();
        read(&vault, scan.facts, 0, 10).await.unwrap();
        spoil(&place(&first, digest), how);
        assert_eq!(read(&vault, scan.facts, 7, 300_000).await.unwrap(), scan.bytes[7..300_000]);
        assert_eq!(std::fs::read(place(&first, digest)).unwrap(), scan.bytes, "the first disk is healed");
        spoil(&place(&first, digest), how);
        assert_eq!(vault.verified(digest, scan.facts.size).await.unwrap(), scan.bytes);
        assert_eq!(std::fs::read(place(&first, digest)).unwrap(), scan.bytes, "the first disk is healed");
        // Nobody reads the second while the first is sound; the board that sends again heals it.
        spoil(&place(&second, digest), how);
        vault.keep_again(&scan).await.unwrap();
        assert_eq!(std::fs::read(place(&second, digest)).unwrap(), scan.bytes);
        // Lost on both it is lost.
        spoil(&place(&first, digest), how);
        spoil(&place(&second, digest), how);
        assert!(vault.read(digest, scan.facts.size, 0, 10).await.is_err());
        assert!(!vault.is_there(digest, scan.facts.size).await.unwrap());
        vault.keep_again(&scan).await.unwrap();
        assert!(vault.is_there(digest, scan.facts.size).await.unwrap());
        for root in [&first, &second] {
            assert_eq!(std::fs::read(place(root, digest)).unwrap(), scan.bytes);
        }
    }
}

#[tokio::test]
async fn what_a_bucket_lost_is_healed_from_a_copy_near_at_hand() {
    for store in stores() {
        let near = NearConfig { memory_bytes: 64 << 20, disk: None, disk_bytes: 0 };
        let node = Vault::over(Arc::clone(&store) as _).with_near(&near).await.unwrap();
        let (kept, other) = (scan(content(5000)), scan(content(5000)));
        node.keep(&kept).await.unwrap();
        let key = |scan: &Scan| {
            let name = scan.facts.digest.to_string();
            Path::from(format!("b/{}/{name}", &name[..2]))
        };
        store.put(&key(&kept), Vec::new().into()).await.unwrap(); // nobody may delete there
        let looked = node.look(kept.facts.digest, 5000).await;
        assert!(looked.healed == 1 && looked.fault.is_none(), "{looked:?}");
        assert_eq!(store.get(&key(&kept)).await.unwrap().bytes().await.unwrap(), kept.bytes);
        // What nobody has stays lost.
        let looked = node.look(other.facts.digest, 5000).await;
        assert!(matches!(looked.fault, Some(VaultError::Missing(_))), "{looked:?}");
    }
}

#[tokio::test]
async fn a_scan_that_changes_in_the_hands_of_its_reader_does_not_end_as_good() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::open(&VaultConfig::local(dir.path().to_owned())).await.unwrap();
    let scan = scan(content(1_000_000));
    vault.keep(&scan).await.unwrap();
    let mut chunks = vault.read(scan.facts.digest, 1_000_000, 0, 1_000_000).await.unwrap();
    assert!(chunks.try_next().await.unwrap().is_some());
    spoil(&place(dir.path(), scan.facts.digest), 0);
    let rest: std::result::Result<Vec<Bytes>, _> = chunks.try_collect().await;
    assert!(rest.is_err());
    // Nor a link to something else of the same bytes: it was put there by somebody else.
    let path = place(dir.path(), scan.facts.digest);
    std::fs::write(dir.path().join("elsewhere"), &scan.bytes).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), &path).unwrap();
    assert!(vault.read(scan.facts.digest, 1_000_000, 0, 10).await.is_err());
}
