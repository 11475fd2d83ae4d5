//! A full pack out of its object in the vault: one request where its scans are 256.
//!
//! The object is believed no more than a scan is: the headers come from the plan, and each scan is hashed before a byte of
//! it is sent. From the first scan that is not as it was entered, the rest is read scan by scan.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use futures::stream::{self, StreamExt, TryStreamExt};

use super::{Loaded, Packs, Step};
use crate::domain::Digest;
use crate::domain::naming::packs::PACK_ENTRIES;
use crate::formats::pack::PackPlan;
use crate::telemetry::Chain;
use crate::vault::{Chunks, PackWriting, VaultError};

/// For fewer scans than that their own objects are as good.
const WORTH: usize = 4;

impl Packs {
    /// Begins the object of a pack, where packs are kept.
    pub(in crate::archive) async fn begin_object(&self, number: u64) -> Result<Option<PackWriting>, VaultError> {
        if self.vault.keeps_packs() { self.vault.begin_pack(number).await.map(Some) } else { Ok(None) }
    }

    /// Whether bytes `from..to` are worth asking the pack's object for.
    pub(super) fn has_object(&self, plan: &PackPlan, from: u64, to: u64) -> bool {
        self.vault.keeps_packs() && plan.entries() == PACK_ENTRIES && touched(plan, from, to).count() >= WORTH
    }

    /// Bytes `from..to` out of the object; scan by scan where there is none.
    pub(super) fn by_object(&self, plan: Arc<PackPlan>, from: u64, to: u64) -> Chunks {
        let packs = self.clone();
        let opened = async move {
            let number = plan.number();
            // Whole scans: one that is wanted in part is hashed all the same.
            let start = touched(&plan, from, to).next().map_or(from, |data| data.start);
            let end = touched(&plan, from, to).last().map_or(to, |data| data.end);
            match packs.vault.pack(number, start, end).await {
                Ok(chunks) => packs.checked(plan, Object { chunks, at: start, read: BytesMut::new() }, from, to),
                Err(VaultError::Missing(_)) => packs.by_scans(plan, from, to),
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "Could not read the object of pack {number}; reading its scans");
                    packs.by_scans(plan, from, to)
                }
            }
        };
        stream::once(opened).flatten().boxed()
    }

    fn checked(&self, plan: Arc<PackPlan>, object: Object, from: u64, to: u64) -> Chunks {
        let reading = Reading { packs: self.clone(), plan, object: Some(object), at: from };
        let steps = stream::try_unfold(reading, move |mut reading| async move {
            let step = reading.plan.segment(reading.at, to).map(|segment| (Step::of(&segment), segment.len()));
            let Some((step, length)) = step else { return Ok(None) };
            reading.at += length;
            let loaded = reading.load(step).await?;
            Ok::<_, io::Error>(Some((loaded, reading)))
        });
        steps.map_ok(|loaded| loaded.pieces().map(Ok)).try_flatten().boxed()
    }
}

/// A transfer under way.
struct Reading {
    packs: Packs,
    plan: Arc<PackPlan>,
    /// None once it was found to be wrong.
    object: Option<Object>,
    at: u64,
}

impl Reading {
    async fn load(&mut self, step: Step) -> io::Result<Loaded> {
        let number = self.plan.number();
        if let (Step::Image { position, digest, size, data, range }, Some(object)) = (&step, &mut self.object) {
            let held = self.packs.memory(*size).await?;
            match object.scan(*data, *size, *digest).await {
                Ok(bytes) => {
                    let wanted = bytes.slice(range.start as usize..range.end as usize);
                    return Ok(Loaded { bytes: wanted, _held: Some(held) });
                }
                Err(error) => {
                    tracing::error!(
                        position, scan = %digest, %error,
                        "ALARM: the object of pack {number} does not give scan {digest} of entry {position} as it was entered; reading scan by scan"
                    );
                    self.object = None;
                }
            }
        }
        self.packs.load(number, step).await
    }
}

/// The object's bytes as they come.
struct Object {
    chunks: Chunks,
    /// Where `read` begins in the archive.
    at: u64,
    read: BytesMut,
}

impl Object {
    /// The scan of `size` bytes at `data`, hashed.
    async fn scan(&mut self, data: u64, size: u64, digest: Digest) -> io::Result<Bytes> {
        while self.at < data {
            if self.read.is_empty() {
                self.more().await?;
            }
            let skipped = (data - self.at).min(self.read.len() as u64);
            self.read.advance(skipped as usize);
            self.at += skipped;
        }
        while (self.read.len() as u64) < size {
            self.more().await?;
        }
        let bytes = self.read.split_to(size as usize).freeze();
        self.at += size;
        let hashed = tokio::task::spawn_blocking(move || (Digest::of(&bytes) == digest).then_some(bytes));
        hashed.await.map_err(io::Error::other)?.ok_or_else(|| io::Error::other("another digest"))
    }

    async fn more(&mut self) -> io::Result<()> {
        let chunk = self.chunks.try_next().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.read.extend_from_slice(&chunk);
        Ok(())
    }
}

/// Where the scans lie of which bytes are among `from..to`.
fn touched(plan: &PackPlan, from: u64, to: u64) -> impl Iterator<Item = Range<u64>> {
    plan.images().map(|image| image.data.clone()).filter(move |data| data.start < to && from < data.end)
}
