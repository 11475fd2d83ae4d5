//! Room on the disks that this node writes to.
//!
//! Scans are the only large thing that comes in. When they have filled a disk up to the reserve no more are taken, so that
//! there is room for the record of accesses and for the ledger's own rows, and everything else goes on.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::probe::Probe;

/// What is kept free.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpaceConfig {
    /// Bytes of each disk, the vault's and the database's, that no scan may take.
    pub reserve_bytes: u64,
}

impl Default for SpaceConfig {
    fn default() -> Self {
        Self { reserve_bytes: 1 << 30 }
    }
}

/// A disk that this node writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// What lies on it, as in the configuration: `vault.root`, `database`.
    pub name: &'static str,
    /// A directory on it.
    pub path: PathBuf,
}

/// Room on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Free {
    /// What lies on it.
    pub disk: &'static str,
    /// Bytes that are free.
    pub bytes: Option<u64>,
    /// Bytes in all.
    pub of: Option<u64>,
}

/// Why no scan may be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shortage {
    /// Less than the reserve is free.
    #[error("the disk of {disk} has {free} bytes free, and {reserve} are kept for the record and the ledger")]
    Bytes {
        /// What lies on it.
        disk: &'static str,
        /// Free bytes.
        free: u64,
        /// Bytes that stay free for the record and the ledger.
        reserve: u64,
    },
    /// There is room for bytes and none for files.
    #[error("the disk of {disk} can hold {free} more files, and {INODES} are kept")]
    Files {
        /// What lies on it.
        disk: &'static str,
        /// Free files (inodes).
        free: u64,
    },
    /// The file system gave an error.
    #[error("the disk of {disk} does not tell how much is free")]
    Failed {
        /// What lies on it.
        disk: &'static str,
    },
    /// A disk did not answer.
    #[error("a disk did not tell within {LIMIT:?} how much is free")]
    Silent,
}

/// Files that a disk must be able to hold still.
const INODES: u64 = 256;
/// How long a look counts. What comes in meanwhile is far less than the reserve.
const FRESH: Duration = Duration::from_millis(500);
/// How long a disk may take to tell.
const LIMIT: Duration = Duration::from_secs(1);

/// The disks of this node. Clones share what was seen last.
#[derive(Clone, Debug)]
pub struct Space {
    disks: Arc<[Disk]>,
    reserve: u64,
    seen: Arc<Mutex<Seen>>,
}

impl Default for Space {
    /// No disk at all, where there is always room.
    fn default() -> Self {
        Self::new(&SpaceConfig::default(), Vec::new())
    }
}

#[derive(Debug)]
struct Seen {
    at: Option<Instant>,
    shortage: Option<Shortage>,
    probe: Probe<Option<Shortage>>,
}

impl Space {
    /// Watches these disks.
    pub fn new(config: &SpaceConfig, disks: Vec<Disk>) -> Self {
        let seen = Seen { at: None, shortage: None, probe: Probe::new(LIMIT) };
        Self { disks: disks.into(), reserve: config.reserve_bytes, seen: Arc::new(Mutex::new(seen)) }
    }

    /// Bytes that are free on each disk; none where it does not tell in time.
    pub async fn free(&self) -> Vec<Free> {
        let disks = Arc::clone(&self.disks);
        let look = tokio::task::spawn_blocking(move || {
            let free = |Disk { name, path }: &Disk| {
                let found = statvfs(path).ok();
                let bytes = |blocks: u64, size: u64| blocks.saturating_mul(size);
                Free {
                    disk: name,
                    bytes: found.as_ref().map(|found| bytes(found.f_bavail, found.f_frsize)),
                    of: found.as_ref().map(|found| bytes(found.f_blocks, found.f_frsize)),
                }
            };
            disks.iter().map(free).collect::<Vec<_>>()
        });
        match tokio::time::timeout(LIMIT, look).await {
            Ok(Ok(free)) => free,
            _ => self.disks.iter().map(|disk| Free { disk: disk.name, bytes: None, of: None }).collect(),
        }
    }

    /// Why no scan may be taken now; none while there is room.
    pub async fn shortage(&self) -> Option<Shortage> {
        let mut seen = self.seen.lock().await;
        if seen.at.is_none_or(|at| at.elapsed() > FRESH) {
            let (disks, reserve) = (Arc::clone(&self.disks), self.reserve);
            let look = move || tokio::task::spawn_blocking(move || shortage_on(&disks, reserve));
            let found = seen.probe.look(look).await.unwrap_or(Some(Shortage::Silent));
            match (&seen.shortage, &found) {
                (None, Some(shortage)) => tracing::error!(%shortage, "No scan is taken until there is room again"),
                (Some(_), None) => tracing::info!("There is room again; scans are taken"),
                (None, None) | (Some(_), Some(_)) => {}
            }
            (seen.shortage, seen.at) = (found, Some(Instant::now()));
        }
        seen.shortage.clone()
    }
}

fn shortage_on(disks: &[Disk], reserve: u64) -> Option<Shortage> {
    disks.iter().find_map(|Disk { name: disk, path }| {
        let Ok(found) = statvfs(path) else { return Some(Shortage::Failed { disk }) };
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        if free < reserve {
            return Some(Shortage::Bytes { disk, free, reserve });
        }
        // File systems without such a limit say that they have no files at all.
        (reserve > 0 && found.f_files > 0 && found.f_favail < INODES)
            .then_some(Shortage::Files { disk, free: found.f_favail })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_is_what_lies_above_the_reserve_on_every_disk() {
        let dir = tempfile::tempdir().unwrap();
        let disk = |name, path| Disk { name, path };
        let here = disk("vault.root", dir.path().to_owned());
        let keeps = |reserve_bytes| SpaceConfig { reserve_bytes };
        assert_eq!(Space::new(&keeps(1), vec![here.clone()]).shortage().await, None);
        let short = Space::new(&keeps(u64::MAX), vec![here.clone()]).shortage().await;
        assert!(matches!(short, Some(Shortage::Bytes { disk: "vault.root", .. })), "{short:?}");
        let gone = disk("database", dir.path().join("gone"));
        let failed = Space::new(&keeps(1), vec![here, gone]).shortage().await;
        assert_eq!(failed, Some(Shortage::Failed { disk: "database" }));
    }
}
