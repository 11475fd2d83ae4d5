//! Pictures of scans for people's screens: parts of a page, scaled, turned and encoded when somebody asks.
//!
//! * [`request`]: what is asked, in the words of the IIIF Image API 3.0, and what that means for a page of a given size.
//! * [`sheet`]: a scan's pixels. [`draw`]: from pixels to a finished picture. [`info`]: what a viewer is told of a page.
//! * [`Pictures`]: all of it over the vault, within bounds of memory and disk; `disk` holds what was made before.
//!
//! A picture is for looking at: it must never be handed out as the scan. Those are the original bytes, from the archive.

mod disk;
pub mod draw;
pub mod info;
pub mod request;
pub mod sheet;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::cache::{Cache, Weighed};
use crate::cpu::{CpuLane, WorkPanicked};
use crate::domain::Digest;
use crate::shares::Shares;
use crate::vault::{Vault, VaultError};
use disk::Disk;
use request::{BadRequest, Plan, Request};
use sheet::Sheet;

/// What pictures may take of a node. Right for ever, because a scan never changes; lost at any time without harm.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PicturesConfig {
    /// Memory in bytes: half of it for pages that are being decoded, the rest for pages and pictures that were made lately.
    pub memory_bytes: u64,
    /// A directory for pictures that were made, which is this node's alone. None: memory only.
    pub disk: Option<PathBuf>,
    /// Bytes on that disk at most.
    pub disk_bytes: u64,
}

impl PicturesConfig {
    /// With less, hardly a page could be decoded.
    pub const LEAST_MEMORY: u64 = 64 << 20;
}

impl Default for PicturesConfig {
    fn default() -> Self {
        Self { memory_bytes: 256 << 20, disk: None, disk_bytes: 1 << 30 }
    }
}

/// Pictures that one account may have under way: the lane is nobody's alone.
const OF_AN_ACCOUNT: usize = 16;
/// Finished pictures in memory at most, whatever their size.
const MADE: usize = 1 << 16;
/// Pages in memory at most, whatever their size.
const SHEETS: usize = 256;
/// A whole page drawn smaller than this is drawn from a page that is not kept: nobody looks closer at once.
const GLANCE: u64 = 512 * 512;
/// Bytes of one pixel in memory while it is decoded: red, green, blue and alpha of 16 bits each.
const DEEPEST: u64 = 8;

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It was asked for wrongly.
    #[error(transparent)]
    Request(#[from] BadRequest),
    /// The scan could not be read.
    #[error("the scan could not be read")]
    Vault(#[from] VaultError),
    /// The scan is no page any more, which intake never lets in.
    #[error("the scan shows no page")]
    NoPage,
    /// Drawing failed.
    #[error("the picture could not be drawn")]
    Draw(#[from] image::ImageError),
    /// The work on the lane panicked.
    #[error(transparent)]
    Panicked(#[from] WorkPanicked),
}

/// A scan of which pictures are made, as its entry has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Its digest.
    pub digest: Digest,
    /// Size in bytes.
    pub size: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Weighed for Arc<Sheet> {
    fn weight(&self) -> u64 {
        self.bytes()
    }
}

/// The pictures of a node. Clones share memory, disk and lane.
#[derive(Clone, Debug)]
pub struct Pictures {
    vault: Vault,
    lane: CpuLane,
    accounts: Shares<String>,
    /// KiB for scans that are being decoded.
    working: Arc<Semaphore>,
    working_kib: u32,
    sheets: Arc<Cache<Digest, Arc<Sheet>>>,
    made: Arc<Cache<Digest, Bytes>>,
    disk: Option<Disk>,
}

impl Pictures {
    /// Pictures of what the vault keeps. What an earlier run left on the disk is counted in.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub async fn open(vault: Vault, config: &PicturesConfig) -> std::io::Result<Self> {
        let disk = match &config.disk {
            Some(root) => Some(Disk::open(root.clone(), config.disk_bytes).await?),
            None => None,
        };
        let half = config.memory_bytes.max(PicturesConfig::LEAST_MEMORY) / 2;
        let working_kib = u32::try_from(half >> 10).unwrap_or(u32::MAX).min(1 << 28);
        // Half of the cores: the codes of scans that come in are read on a lane of their own, and come first.
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            vault,
            lane: CpuLane::with_permits(cores / 2),
            accounts: Shares::new(OF_AN_ACCOUNT),
            working: Arc::new(Semaphore::new(working_kib as usize)),
            working_kib,
            sheets: Arc::new(Cache::new(half * 3 / 4, SHEETS)),
            made: Arc::new(Cache::new(half / 4, MADE)),
            disk,
        })
    }

    /// A picture of a scan, for an account.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub async fn picture(&self, account: &str, scan: Scan, request: &Request) -> Result<Bytes, PictureError> {
        let plan = request.plan(scan.width, scan.height)?;
        let key = plan.key(scan.digest);
        let make = || async {
            if let Some(disk) = &self.disk
                && let Some(made) = disk.read(key).await
            {
                return Ok(made);
            }
            let _share = self.accounts.take(&account.to_owned()).await;
            let made = self.make(scan, plan).await?;
            if let Some(disk) = &self.disk {
                disk.keep(key, made.clone());
            }
            Ok(made)
        };
        self.made.get(&key, |_| true, make).await
    }

    async fn make(&self, scan: Scan, plan: Plan) -> Result<Bytes, PictureError> {
        let glance = plan.is_of_all(scan.width, scan.height) && plan.area() <= GLANCE;
        let sheet = match self.sheets.kept(&scan.digest) {
            Some(sheet) => sheet,
            None if glance => self.decode(scan).await?,
            None => self.sheets.get(&scan.digest, |_| true, || self.decode(scan)).await?,
        };
        let drawn = self.lane.run(move || draw::draw(&sheet, &plan)).await??;
        Ok(Bytes::from(drawn))
    }

    async fn decode(&self, scan: Scan) -> Result<Arc<Sheet>, PictureError> {
        let pixels = u64::from(scan.width) * u64::from(scan.height);
        let wanted = scan.size + pixels * (DEEPEST + 4);
        let kib = u32::try_from(wanted.div_ceil(1024)).unwrap_or(u32::MAX).clamp(1, self.working_kib);
        let _room = self.working.acquire_many(kib).await;
        let bytes = self.vault.verified(scan.digest, scan.size).await?;
        let most = u64::from(self.working_kib) * 1024;
        let sheet = self.lane.run(move || Sheet::decode(&bytes, most)).await?;
        sheet.map(Arc::new).ok_or(PictureError::NoPage)
    }
}
