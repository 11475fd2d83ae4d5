//! Objects on this machine's disk that were compared with their digests since they last changed.
//!
//! Every serving opens the file and asks the kernel what it is now. Only a file that is in every respect the one that was
//! hashed before goes out without being hashed again, so that the kernel may send it by itself.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{Advice, fadvise};
use sha2::{Digest as _, Sha256};

use super::chunks::PIECE;
use super::files::{failure, open};
use super::patience::in_time;
use super::{VaultError, VaultKey};
use crate::cache::{Cache, Weighed};
use crate::cpu::CpuLane;
use crate::domain::Digest;

/// Files that are remembered at most, some 250 bytes each. One that is forgotten is hashed once more.
const REMEMBERED: usize = 1 << 18;
/// How often a file that changes while it is hashed is tried again. A backup that links files changes their times.
const TRIES: usize = 3;

/// What the kernel says a file is. Any change of its bytes changes it, even one that puts the time of change back: nobody
/// can set the time of the inode's last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let found = file.metadata()?;
        Ok(Self {
            device: found.dev(),
            inode: found.ino(),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }

    /// Whether a change from now on would show. Kernels stamp changes by a clock that ticks every few milliseconds, and
    /// some file systems by whole seconds: a second change within one tick leaves the same stamp.
    fn is_settled(&self, now: SystemTime) -> bool {
        let (seconds, nanos) = self.changed;
        let tick = if nanos == 0 { Duration::from_secs(2) } else { Duration::from_millis(100) };
        let (Ok(seconds), Ok(nanos)) = (u64::try_from(seconds), u32::try_from(nanos)) else { return false };
        let changed = UNIX_EPOCH + Duration::new(seconds, nanos);
        now.duration_since(changed).is_ok_and(|age| age > tick)
    }
}

/// A file and what it was when it was hashed.
#[derive(Clone, Copy, Debug)]
struct Hashed {
    stamp: Stamp,
    settled: bool,
}

impl Weighed for Hashed {
    fn weight(&self) -> u64 {
        0
    }
}

/// The file of an object whose bytes are its own: they were hashed, and the file has not changed since.
#[derive(Debug)]
pub struct SoundFile {
    /// The file.
    pub file: File,
    stamp: Stamp,
}

impl SoundFile {
    /// A question to ask again at the end of a transfer: whether `file`, which is this one, is still as it was hashed.
    pub fn unchanged(&self) -> impl Fn(&File) -> bool + Send + Sync + use<> {
        let stamp = self.stamp;
        move |file| Stamp::of(file).is_ok_and(|now| now == stamp)
    }

    /// Bytes of the object.
    pub fn size(&self) -> u64 {
        self.stamp.size
    }
}

/// The table of files that were hashed, and the permits for hashing more.
#[derive(Debug)]
pub(super) struct Sound {
    hashed: Cache<Digest, Hashed>,
    /// One permit a core, beside the lane of the scans: what parties fetch must not stand in the way of what boards send.
    lane: CpuLane,
}

/// Why a file was not hashed to the digest.
enum Unsound {
    /// It has other bytes.
    Other,
    /// It changed meanwhile.
    Changed,
    Failed(io::Error),
}

impl Sound {
    pub(super) fn new() -> Self {
        Self { hashed: Cache::new(0, REMEMBERED), lane: CpuLane::one_permit_a_core() }
    }

    /// The permits for hashing.
    pub(super) fn lane(&self) -> &CpuLane {
        &self.lane
    }

    /// Opens the file at `path`, which must hold the `size` bytes of `digest` and no others.
    pub(super) async fn open(&self, path: PathBuf, digest: Digest, size: u64) -> Result<SoundFile, VaultError> {
        let key = VaultKey::Scan(digest);
        let failed = |error| failure(key, error);
        let file = open(key, path, 0).await?;
        for _ in 0..TRIES {
            let stamp = Stamp::of(&file).map_err(failed)?;
            if stamp.size != size {
                return Err(VaultError::Damaged(key));
            }
            let same = |hashed: &Hashed| hashed.settled && hashed.stamp == stamp;
            let make = || async {
                let settled = stamp.is_settled(SystemTime::now());
                self.hash(&file, digest, stamp, false).await.map(|()| Hashed { stamp, settled })
            };
            if self.hashed.kept(&digest).is_some_and(|hashed| same(&hashed)) {
                return Ok(SoundFile { file, stamp });
            }
            match self.hashed.get(&digest, same, make).await {
                // Another copy of the object may have been hashed meanwhile, on the second disk.
                Ok(hashed) if hashed.stamp == stamp => return Ok(SoundFile { file, stamp }),
                Ok(_) | Err(Unsound::Changed) => {}
                Err(Unsound::Other) => return Err(VaultError::Damaged(key)),
                Err(Unsound::Failed(error)) => return Err(failed(error)),
            }
        }
        Err(VaultError::Damaged(key))
    }

    /// The same for a look round: whatever is remembered, the file is read again, from the disk and not from memory as far
    /// as the kernel lets go of it.
    pub(super) async fn look(&self, path: PathBuf, digest: Digest, size: u64) -> Result<(), VaultError> {
        let key = VaultKey::Scan(digest);
        let failed = |error| failure(key, error);
        let file = open(key, path, 0).await?;
        for _ in 0..TRIES {
            let stamp = Stamp::of(&file).map_err(failed)?;
            let found =
                if stamp.size == size { self.hash(&file, digest, stamp, true).await } else { Err(Unsound::Other) };
            match found {
                Ok(()) => return Ok(()),
                Err(Unsound::Changed) => {}
                Err(Unsound::Other) => {
                    self.hashed.forget(&digest);
                    return Err(VaultError::Damaged(key));
                }
                Err(Unsound::Failed(error)) => return Err(failed(error)),
            }
        }
        Err(VaultError::Damaged(key))
    }

    async fn hash(&self, file: &File, digest: Digest, stamp: Stamp, anew: bool) -> Result<(), Unsound> {
        let file = file.try_clone().map_err(Unsound::Failed)?;
        let hashing = self.lane.run(move || {
            if anew {
                let _ = fadvise(&file, 0, None, Advice::DontNeed); // a wish: what is just being written stays
            }
            let found = digest_of(&file, stamp.size).map_err(Unsound::Failed)?;
            match Stamp::of(&file).map_err(Unsound::Failed)? {
                now if now != stamp => Err(Unsound::Changed),
                _ if found == digest => Ok(()),
                _ => Err(Unsound::Other),
            }
        });
        // The lane is busy for as long as a disk holds it.
        in_time(async { hashing.await.map_err(io::Error::other) }).await.map_err(Unsound::Failed)?
    }
}

/// The digest of the first `size` bytes of a file.
fn digest_of(file: &File, size: u64) -> io::Result<Digest> {
    let mut piece = vec![0; PIECE.min(usize::try_from(size).unwrap_or(PIECE))];
    let (mut hasher, mut at) = (Sha256::new(), 0);
    while at < size {
        let length = usize::try_from(size - at).unwrap_or(PIECE).min(piece.len());
        file.read_exact_at(&mut piece[..length], at)?;
        hasher.update(&piece[..length]);
        at += length as u64;
    }
    Ok(Digest::finish(hasher))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should not")]
mod tests {
    use super::*;

    struct Disk {
        dir: tempfile::TempDir,
        digest: Digest,
        sound: Sound,
    }

    const BYTES: &[u8] = &[7; 5000];

    impl Disk {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("object"), BYTES).unwrap();
            Self { dir, digest: Digest::of(BYTES), sound: Sound::new() }
        }

        fn path(&self) -> PathBuf {
            self.dir.path().join("object")
        }

        async fn open(&self) -> Result<SoundFile, VaultError> {
            self.sound.open(self.path(), self.digest, BYTES.len() as u64).await
        }

        fn is_remembered(&self) -> bool {
            self.sound.hashed.kept(&self.digest).is_some_and(|hashed| hashed.settled)
        }
    }

    #[tokio::test]
    async fn what_was_hashed_is_remembered_only_when_a_later_change_would_show() {
        let disk = Disk::new();
        disk.open().await.unwrap();
        assert!(!disk.is_remembered(), "it was changed within the tick of the kernel's clock");
        tokio::time::sleep(Duration::from_millis(2200)).await;
        disk.open().await.unwrap();
        assert!(disk.is_remembered());
    }

    #[tokio::test]
    async fn a_changed_file_is_hashed_again_though_its_size_and_time_were_put_back() {
        let disk = Disk::new();
        tokio::time::sleep(Duration::from_millis(2200)).await;
        let opened = disk.open().await.unwrap();
        assert!(disk.is_remembered() && opened.unchanged()(&opened.file));
        let modified = std::fs::metadata(disk.path()).unwrap().modified().unwrap();
        let file = File::options().write(true).open(disk.path()).unwrap();
        file.write_all_at(&[8], 77).unwrap();
        file.set_modified(modified).unwrap();
        assert!(!opened.unchanged()(&opened.file), "it changed in the hands of whoever sends it");
        assert!(matches!(disk.open().await, Err(VaultError::Damaged(_))));
        file.write_all_at(&[7], 77).unwrap();
        disk.open().await.unwrap();
    }

    #[tokio::test]
    async fn another_file_under_the_name_is_another_file() {
        let disk = Disk::new();
        tokio::time::sleep(Duration::from_millis(2200)).await;
        disk.open().await.unwrap();
        std::fs::write(disk.dir.path().join("other"), vec![9; BYTES.len()]).unwrap();
        std::fs::rename(disk.dir.path().join("other"), disk.path()).unwrap();
        assert!(matches!(disk.open().await, Err(VaultError::Damaged(_))));
        std::fs::write(disk.path(), &BYTES[..4999]).unwrap();
        assert!(matches!(disk.open().await, Err(VaultError::Damaged(_))));
        std::fs::remove_file(disk.path()).unwrap();
        assert!(matches!(disk.open().await, Err(VaultError::Missing(_))));
    }
}
