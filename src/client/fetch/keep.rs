//! Packs kept whole, for a party that wants few large files: each byte is checked, and a broken download goes on.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use futures::stream::TryStreamExt;
use sha2::{Digest as _, Sha256};

use super::Fetch;
use super::one::Done;
use super::plan::read;
use crate::beneath;
use crate::client::disk::{self, Disk, DiskError};
use crate::client::problem::Problem;
use crate::client::round::RoundError;
use crate::client::transport::TransportError;
use crate::domain::Digest;
use crate::domain::naming::packs::{PACK_ENTRIES, PackPath};
use crate::formats::pack::{PackImage, PackPlan, PackSegment};
use crate::log::tile::Tile;

/// Compares a pack with what its entries make it, as its bytes come.
pub struct PackCheck {
    plan: Arc<PackPlan>,
    path: String,
    at: u64,
    hasher: Sha256,
    /// Scans that are not the ones that were signed.
    pub problems: Vec<Problem>,
}

impl PackCheck {
    /// Nothing was seen of the pack at `path` yet.
    pub fn new(plan: Arc<PackPlan>, path: String) -> Self {
        Self { plan, path, at: 0, hasher: Sha256::new(), problems: Vec::new() }
    }

    /// Bytes that were seen.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Whether all of the pack was seen.
    pub fn is_whole(&self) -> bool {
        self.at == self.plan.len()
    }

    /// The next bytes.
    ///
    /// # Errors
    /// When they are none of the pack's: headers or entries that differ, or bytes past its end.
    pub fn next(&mut self, mut bytes: &[u8]) -> Result<(), Problem> {
        let plan = Arc::clone(&self.plan);
        while !bytes.is_empty() {
            let Some(segment) = plan.segment(self.at, self.at + bytes.len() as u64) else {
                return Err(self.wrong("it goes on after its end"));
            };
            let (part, rest) = bytes.split_at(segment.len() as usize);
            match segment {
                PackSegment::Literal(expected) if expected != part => {
                    return Err(self.wrong("a header, or the entries in it, are not those that were signed"));
                }
                PackSegment::Literal(_) => {}
                PackSegment::Image(image, range) => self.scan(image, range.end, part),
            }
            self.at += part.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    fn scan(&mut self, image: &PackImage, to: u64, part: &[u8]) {
        self.hasher.update(part);
        if to == image.size {
            let digest = Digest::finish(std::mem::take(&mut self.hasher));
            if digest != image.digest {
                let (path, found) = (format!("{}: {}", self.path, image.path), digest.to_string());
                self.problems.push(Problem::Scan { path, position: image.position, signed: image.digest, found });
            }
        }
    }

    fn wrong(&self, what: &str) -> Problem {
        Problem::Pack { path: self.path.clone(), what: format!("{what} (byte {})", self.at) }
    }
}

impl Fetch<'_> {
    /// Keeps the pack over `tile` as it is served.
    pub(super) async fn keep_pack(&self, tile: Tile) -> Result<Done, RoundError> {
        let pack = PackPath::Pack { number: tile.index(), entries: tile.width() };
        let path = pack.path();
        let (disk, name) = (self.context.disk.clone(), path.clone());
        let begun = self.context.cpu.run(move || begin(&disk, tile, &name)).await??;
        let (mut check, mut file) = match begun {
            Begun::There => return Ok((0, vec![])),
            Begun::Wrong(problem) => return Ok((0, vec![problem])),
            Begun::At(check, file) => (check, file),
        };
        let mut attempt = 1;
        while !check.is_whole() {
            let before = check.at();
            let stream = self.context.transport.range(&path, before..check.plan.len()).await;
            let outcome = match stream {
                Ok(mut stream) => loop {
                    match stream.try_next().await {
                        Ok(Some(bytes)) => {
                            let work = move || {
                                let checked = check.next(&bytes);
                                let written = if checked.is_ok() { file.write_all(&bytes) } else { Ok(()) };
                                (check, file, checked, written)
                            };
                            let (checked, written);
                            (check, file, checked, written) = self.context.cpu.run(work).await?;
                            if let Err(problem) = checked {
                                return Ok((0, vec![problem]));
                            }
                            written.map_err(|error| DiskError::at(std::path::Path::new(&path), error))?;
                        }
                        Ok(None) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                },
                Err(error) => Err(error),
            };
            attempt = if check.at() > before { 1 } else { attempt + 1 };
            match outcome {
                _ if check.is_whole() => {}
                Ok(()) | Err(TransportError::Transient { .. }) if attempt <= self.context.retry.attempts => {
                    tokio::time::sleep(self.context.retry.pause(attempt, None)).await;
                }
                Ok(()) => return Ok((0, vec![check.wrong("it ends early")])),
                Err(TransportError::Missing(_)) => return Ok((0, vec![check.wrong("yok / it is not there")])),
                Err(TransportError::Unsound { what, .. }) => return Ok((0, vec![check.wrong(&what)])),
                Err(error) => return Err(error.into()),
            }
        }
        if !check.problems.is_empty() {
            let part = disk::part_of(&self.context.disk.place(&path)?);
            let _ = self.context.disk.folder().remove(&part); // Wrong bytes are no beginning to go on from.
            return Ok((0, check.problems));
        }
        let disk = self.context.disk.clone();
        self.context.cpu.run(move || finish(&disk, pack, &file)).await??;
        Ok((1, vec![]))
    }
}

enum Begun {
    There,
    Wrong(Problem),
    At(PackCheck, File),
}

/// Opens the part of a pack, and checks what is there of it already.
fn begin(disk: &Disk, tile: Tile, path: &str) -> Result<Begun, RoundError> {
    let bundle = match read(disk, tile)? {
        Ok(bundle) => bundle,
        Err(problem) => return Ok(Begun::Wrong(problem)),
    };
    let plan = match PackPlan::from_lines(tile.index(), &bundle.lines()) {
        Ok(plan) => Arc::new(plan),
        Err(error) => return Ok(Begun::Wrong(Problem::Unusable { position: tile.first(), what: error.to_string() })),
    };
    if disk.size(path)? == Some(plan.len()) {
        return Ok(Begun::There);
    }
    let place = disk.place(path)?;
    let part = disk::part_of(&place);
    let failed = |source| DiskError::at(&part, source);
    let folder = disk.folder();
    if let Some(parent) = place.parent() {
        folder.make_dirs(parent).map_err(failed)?;
    }
    let mut file = match folder.own(&part) {
        // Not ours, whatever it is: a link, or a second name of a file elsewhere.
        Err(error) if beneath::why(&error).is_some() => {
            folder.remove(&part).and_then(|()| folder.own(&part)).map_err(failed)?
        }
        opened => opened.map_err(failed)?,
    };
    let mut check = PackCheck::new(Arc::clone(&plan), path.to_owned());
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        if check.next(&buffer[..read]).is_err() || !check.problems.is_empty() {
            check = PackCheck::new(plan, path.to_owned()); // What is there is of another pack, or torn: from the start.
            break;
        }
    }
    file.set_len(check.at()).map_err(failed)?;
    file.seek(SeekFrom::Start(check.at())).map_err(failed)?;
    Ok(Begun::At(check, file))
}

/// Gives a whole pack its name, and drops the partial ones that it contains.
fn finish(disk: &Disk, pack: PackPath, file: &File) -> Result<(), DiskError> {
    let path = pack.path();
    let place = disk.place(&path)?;
    file.sync_data().map_err(|error| DiskError::at(&place, error))?;
    disk::publish(disk.folder(), &disk::part_of(&place), &place)?;
    if let PackPath::Pack { number, entries } = pack {
        for fewer in 1..entries.min(PACK_ENTRIES) {
            disk.remove(&PackPath::Pack { number, entries: fewer }.path());
        }
    }
    Ok(())
}
