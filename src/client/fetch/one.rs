//! The scans of one pack: read off the stream as they come, checked and written behind it.

use bytes::{Buf, Bytes, BytesMut};
use futures::stream::TryStreamExt;

use super::plan::{Image, runs, wanted};
use super::{Fetch, Job};
use crate::client::disk::{Disk, DiskError};
use crate::client::problem::Problem;
use crate::client::round::RoundError;
use crate::client::transport::{ByteStream, TransportError, whole};
use crate::domain::Digest;
use crate::domain::naming::packs::PackPath;

/// What was saved, and what was wrong.
pub(super) type Done = (u64, Vec<Problem>);

/// A saved scan, or the one whose bytes were not those that were signed.
type Saved = Result<(), (Image, Digest)>;

impl Fetch<'_> {
    pub(super) async fn scans(&self, job: Job) -> Result<Done, RoundError> {
        let (disk, order, tile, pass) = (self.context.disk.clone(), self.order.clone(), job.bundle, job.pass);
        let wanted = self.context.cpu.run(move || wanted(&disk, &order, tile, pass)).await??;
        let (mut saved, mut problems) = (0, wanted.problems);
        let pack = PackPath::Pack { number: tile.index(), entries: tile.width() }.path();
        let (packed, mut alone): (Vec<Image>, Vec<Image>) =
            wanted.images.into_iter().partition(|image| image.data.is_some());
        for run in runs(packed) {
            let (done, left) = self.run_of(&pack, run).await?;
            saved += done;
            alone.extend(left);
        }
        for image in alone {
            match self.by_path(image).await? {
                Ok(()) => saved += 1,
                Err(problem) => problems.push(problem),
            }
        }
        Ok((saved, problems))
    }

    /// A run of scans out of a pack. Those that did not come right are given back, to be asked for one by one.
    async fn run_of(&self, pack: &str, run: Vec<Image>) -> Result<(u64, Vec<Image>), RoundError> {
        let (mut at, mut attempt, mut saved, mut wrong) = (0, 1, 0, Vec::new());
        // What came of the scan in which a line broke: the next request goes on at the byte after it.
        let mut begun = BytesMut::new();
        while at < run.len() {
            let before = begun.len();
            let (read, outcome) = self.stream(pack, &run[at..], &mut begun, &mut saved, &mut wrong).await?;
            at += read;
            attempt = if read > 0 || begun.len() > before { 1 } else { attempt };
            match outcome {
                Ok(()) => {}
                Err(TransportError::Transient { what, after }) if attempt < self.context.retry.attempts => {
                    let pause = self.context.retry.pause(attempt, after);
                    tracing::debug!(attempt, ?pause, "Going on with {pack}: {what}");
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                }
                // Whether it is the line or the pack shows when each scan is asked for by its path.
                Err(TransportError::Missing(_) | TransportError::Unsound { .. } | TransportError::Transient { .. }) => {
                    wrong.extend_from_slice(&run[at..]);
                    break;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok((saved, wrong))
    }

    /// Reads scans off one answer, the first of which may be `begun`. How many came whole is told even when it breaks off.
    async fn stream(
        &self,
        pack: &str,
        run: &[Image],
        begun: &mut BytesMut,
        saved: &mut u64,
        wrong: &mut Vec<Image>,
    ) -> Result<(usize, Result<(), TransportError>), RoundError> {
        let place = |image: &Image| image.data.clone().unwrap_or_default();
        let (Some(first), Some(last)) = (run.first(), run.last()) else { return Ok((0, Ok(()))) };
        let (mut at, end) = (place(first).start, place(last).end);
        let mut reader = match self.context.transport.range(pack, at + begun.len() as u64..end).await {
            Ok(stream) => Reader { stream, read: std::mem::take(begun) },
            Err(error) => return Ok((0, Err(error))),
        };
        let mut writing: Option<tokio::task::JoinHandle<Result<Saved, RoundError>>> = None;
        let (mut came, mut outcome) = (0, Ok(()));
        for image in run {
            let data = place(image);
            if let Err(error) = reader.skip(pack, data.start - at).await {
                outcome = Err(error);
                break;
            }
            match reader.take(pack, image.size as usize).await {
                Ok(bytes) => {
                    at = data.end;
                    came += 1;
                    if let Some(before) = writing.take() {
                        count(before.await, saved, wrong)?;
                    }
                    let (cpu, disk, image) = (self.context.cpu.clone(), self.context.disk.clone(), image.clone());
                    writing =
                        Some(tokio::spawn(async move { Ok(cpu.run(move || save(&disk, image, &bytes)).await??) }));
                }
                Err(error) => {
                    *begun = reader.read;
                    outcome = Err(error);
                    break;
                }
            }
        }
        if let Some(before) = writing {
            count(before.await, saved, wrong)?;
        }
        Ok((came, outcome))
    }

    /// One scan by its own path.
    async fn by_path(&self, image: Image) -> Result<Result<(), Problem>, RoundError> {
        let (limit, path) = (image.size as usize, image.path.clone());
        let get = async || whole(&path, self.context.transport.open(&path).await?, limit).await;
        let mut found = String::new();
        // FTP ends a broken download as it ends a whole one, so a short file is asked for again.
        for _ in 0..2 {
            found = match self.context.retry.run(get).await {
                Ok(bytes) if bytes.len() < limit => format!("{} bytes", bytes.len()),
                Ok(bytes) => {
                    let (disk, image) = (self.context.disk.clone(), image.clone());
                    match self.context.cpu.run(move || save(&disk, image, &bytes)).await?? {
                        Ok(()) => return Ok(Ok(())),
                        Err((_, digest)) => digest.to_string(),
                    }
                }
                Err(TransportError::Missing(_)) => {
                    return Ok(Err(Problem::Missing { path: image.path, position: image.position }));
                }
                Err(TransportError::Unsound { what, .. }) => what,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(Err(Problem::Scan { path: image.path, position: image.position, signed: image.digest, found }))
    }
}

fn count(
    done: Result<Result<Saved, RoundError>, tokio::task::JoinError>,
    saved: &mut u64,
    wrong: &mut Vec<Image>,
) -> Result<(), RoundError> {
    match done.expect("writing a scan does not panic, and nobody cancels it")? {
        Ok(()) => *saved += 1,
        Err((image, _)) => wrong.push(image),
    }
    Ok(())
}

/// Hashes, and writes what is right. Burns a core. What lies there already is never overwritten: it was right once.
fn save(disk: &Disk, image: Image, bytes: &[u8]) -> Result<Saved, DiskError> {
    let digest = match disk.read(&image.path, super::SCAN_BYTES as usize)? {
        Some(there) => Digest::of(&there),
        None => Digest::of(bytes),
    };
    if digest != image.digest {
        return Ok(Err((image, digest)));
    }
    disk.write(&image.path, bytes)?;
    Ok(Ok(()))
}

/// Reads exact lengths off a stream.
struct Reader {
    stream: ByteStream,
    read: BytesMut,
}

impl Reader {
    async fn more(&mut self, path: &str) -> Result<(), TransportError> {
        match self.stream.try_next().await? {
            Some(chunk) => self.read.extend_from_slice(&chunk),
            None => return Err(TransportError::transient(format!("{path} ended early"))),
        }
        Ok(())
    }

    async fn skip(&mut self, path: &str, mut bytes: u64) -> Result<(), TransportError> {
        while bytes > 0 {
            if self.read.is_empty() {
                self.more(path).await?;
            }
            let there = bytes.min(self.read.len() as u64);
            self.read.advance(there as usize);
            bytes -= there;
        }
        Ok(())
    }

    async fn take(&mut self, path: &str, bytes: usize) -> Result<Bytes, TransportError> {
        while self.read.len() < bytes {
            self.more(path).await?;
        }
        Ok(self.read.split_to(bytes).freeze())
    }
}
