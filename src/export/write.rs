//! Writing a medium, from the leave to write it to the receipt.
//!
//! One task reads the ledger and the vault and makes pages; one thread writes to the medium. Between them a short queue, so
//! that memory does not grow with the çevre. Whatever the medium does, the step is on record.

mod bagger;
mod source;

use std::path::PathBuf;

use ed25519_dalek::SigningKey;
use tokio::sync::mpsc;

use super::copy::Copy;
use super::device::{Device, device};
use super::fault::MediumError;
use super::pages::Facts;
use super::plan::{Frame, Part, plan};
use super::progress::{Phase, Progress};
use super::proofs::Proofs;
use super::receipt::HandOver;
use super::requests::{Leave, Refusal, Step, record};
use super::seal::{Seal, SealTo};
use super::walk::Walk;
use super::{ExportError, lists};
use crate::audit::{Deed, Outcome};
use crate::clock::Clock;
use crate::cpu::CpuLane;
use crate::domain::{Act, Election};
use crate::formats::bag::Info;
use crate::formats::sign;
use crate::ledger::exports::{Start, WrittenMedium};
use crate::ledger::registry::Inside;
use crate::ledger::{Ledger, LedgerError};
use crate::log::checkpoint::Checkpoint;
use crate::log::signer::LogSigner;
use crate::vault::Vault;
use bagger::{Bagger, Message, Sink};

/// Files that wait to be written.
const QUEUE: usize = 16;

/// What a medium is made with.
#[derive(Clone, Debug)]
pub struct Workshop {
    /// The ledger.
    pub ledger: Ledger,
    /// The vault.
    pub vault: Vault,
    /// The clock.
    pub clock: Clock,
    /// Where previews are made.
    pub cpu: CpuLane,
    /// Signs the checkpoint.
    pub signer: LogSigner,
    /// Signs the bag.
    pub key: SigningKey,
    /// For whoever shows it.
    pub progress: Progress,
}

/// What is wished of a medium.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The medium's root.
    pub to: PathBuf,
    /// Whom to encrypt to.
    pub seal: Option<SealTo>,
    /// Bytes of an encrypted archive at most.
    pub archive_bytes: u64,
    /// Whether pages show small pictures.
    pub previews: bool,
    /// Bytes of a medium; none for what is free on this one.
    pub capacity: Option<u64>,
    /// Which of several media; none for the first that was not written.
    pub number: Option<u32>,
    /// The medium's number as it is read off it; none for what the system knows.
    pub serial: Option<String>,
}

/// A medium that was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// What is on its receipt.
    pub receipt: HandOver,
    /// Bytes that lay there already.
    pub kept: u64,
    /// Scans of the çevre on all media.
    pub scans_of_all: u64,
}

/// Writes a medium.
///
/// # Errors
/// When the medium, the ledger or the vault fails. What is on the medium is kept for the next try.
pub async fn write(workshop: &Workshop, leave: &Leave, wish: &Wish) -> Result<Written, ExportError> {
    let request = leave.request();
    let object =
        |number: u32| format!("{} request {} medium {number} {}", request.candidate, request.id, request.place);
    let step = |deed, number, bytes, outcome, reason: String| {
        let step = Step { principals: leave.operators(), deed, object: object(number), bytes, outcome, reason };
        record(&workshop.ledger, workshop.clock.now(), step)
    };
    let mut number = wish.number.unwrap_or(0);
    let written = attempt(workshop, leave, wish, &mut number, &step).await;
    match &written {
        Ok(written) => {
            step(Deed::Act(Act::Export), number, written.receipt.bytes, Outcome::Done, String::new()).await?
        }
        Err(ExportError::Refused(refusal)) => {
            step(Deed::Act(Act::Export), number, 0, Outcome::Refused, refusal.name().to_owned()).await?;
        }
        Err(ExportError::Medium(fault)) => {
            step(Deed::Act(Act::Export), number, 0, Outcome::Failed, fault.name().to_owned()).await?
        }
        Err(error) => step(Deed::Act(Act::Export), number, 0, Outcome::Failed, error.to_string()).await?,
    }
    written
}

async fn attempt<F>(
    workshop: &Workshop,
    leave: &Leave,
    wish: &Wish,
    number: &mut u32,
    step: &impl Fn(Deed, u32, u64, Outcome, String) -> F,
) -> Result<Written, ExportError>
where
    F: Future<Output = Result<(), LedgerError>>,
{
    let (ledger, request) = (&workshop.ledger, leave.request());
    let election = ledger.election().await?.ok_or_else(|| corrupt("no election"))?.election;
    let place = ledger.place(&request.place).await?.ok_or_else(|| corrupt("the request's place is not there"))?;
    let inside = ledger.inside(&request.place).await?;
    let medium = wish.to.clone();
    let at = |error: std::io::Error| MediumError::at(&wish.to.display().to_string(), &error);
    let device = device(&medium).map_err(at)?;
    let room = device.free + bagger::ours_on(&medium);
    // Before anything of the çevre is counted.
    step(Deed::ExportBegin, *number, 0, Outcome::Done, String::new()).await?;
    workshop.progress.turn(Phase::Planning);
    let (start, lists, parts) = fixed(workshop, leave, wish, &election, &inside, &device, room).await?;
    *number = next(leave, &start, wish.number)?;
    let part = parts.get(*number as usize - 1).cloned().ok_or_else(|| corrupt("the plan is another than it was"))?;
    if part.occupied > room {
        return Err(MediumError::TooSmall { needed: part.occupied, free: room }.into());
    }
    let checkpoint = Checkpoint::unverified(&start.checkpoint).map_err(corrupt)?;
    let zone = election.zone();
    let facts = Facts {
        origin: checkpoint.origin.clone(),
        election: election.name().to_owned(),
        request: request.id,
        candidate: request.name.clone(),
        place: place.name.clone(),
        date: start.at.to_zoned(zone.clone()).strftime("%d.%m.%Y").to_string(),
        size: start.size,
        root: hex::encode(checkpoint.root),
        fingerprint: sign::fingerprint(&workshop.key.verifying_key()),
        number: *number,
        of: start.media,
        zone: zone.clone(),
    };
    let info = Info {
        origin: facts.origin.clone(),
        election: facts.election.clone(),
        request: request.id,
        candidate: facts.candidate.clone(),
        place: facts.place.clone(),
        date: start.at.to_zoned(zone).date(),
        size: start.size,
        root: facts.root.clone(),
        scans: part.end - part.first,
        number: *number,
        of: start.media,
        oxum: (0, 0), // known when all is written
    };
    let scans_of_all = parts.last().map_or(0, |last| last.end);
    let source = source::Source { workshop, inside: &inside, facts: &facts, start: &start, previews: wish.previews };
    let bagged = run(workshop, wish, source, lists, &part, info).await?;
    let receipt = HandOver {
        facts,
        reason: request.reason.clone(),
        operators: leave.operators().join(" + "),
        at: workshop.clock.now(),
        scans: part.end - part.first,
        files: bagged.files,
        bytes: bagged.bytes,
        digest: bagged.digest,
        serial: wish.serial.clone().unwrap_or(device.serial),
        sealed: wish.seal.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    let medium = WrittenMedium {
        number: *number,
        at: receipt.at,
        operators: receipt.operators.clone(),
        scans: receipt.scans,
        files: receipt.files,
        bytes: receipt.bytes,
        digest: receipt.digest,
        serial: receipt.serial.clone(),
        sealed: receipt.sealed.clone(),
        receipt: receipt.text(),
    };
    ledger.export_medium(request.id, &medium).await?;
    Ok(Written { receipt, kept: bagged.kept, scans_of_all })
}

/// What all media of the request are made from: as it was fixed, or fixed now. With it the lists and the plan.
async fn fixed(
    workshop: &Workshop,
    leave: &Leave,
    wish: &Wish,
    election: &Election,
    inside: &Inside,
    device: &Device,
    room: u64,
) -> Result<(Start, Vec<super::item::BagFile>, Vec<Part>), ExportError> {
    let (ledger, request) = (&workshop.ledger, leave.request());
    let start = match &request.start {
        Some(start) => start.clone(),
        None => {
            let head = ledger.head().await?;
            let checkpoint = workshop.signer.checkpoint(election.id(), head.size, &head.root);
            let capacity = wish.capacity.unwrap_or(room).min(room);
            Start { at: workshop.clock.now(), size: head.size, checkpoint, capacity, cluster: device.cluster, media: 0 }
        }
    };
    let lists = lists::files(ledger, &workshop.cpu, inside, start.size, start.at).await?;
    let proofs = Proofs::new(ledger, start.size, &start.checkpoint);
    let walk = Walk::new(ledger, inside, start.size);
    let frame = Frame { capacity: start.capacity, cluster: start.cluster };
    let parts = plan(walk, &proofs, start.size, &lists, frame).await?;
    if request.start.is_some() {
        return Ok((start, lists, parts));
    }
    let mine = Start { media: u32::try_from(parts.len()).map_err(corrupt)?, ..start };
    let start = ledger.export_start(request.id, &mine).await?;
    // Somebody else began the same request at the same time, from another instant: theirs stands.
    if start.size != mine.size || start.capacity != mine.capacity || start.cluster != mine.cluster {
        return Err(MediumError::Busy.into());
    }
    Ok((start, lists, parts))
}

/// Which medium comes now.
fn next(leave: &Leave, start: &Start, wished: Option<u32>) -> Result<u32, Refusal> {
    let request = leave.request();
    let written = |number: &u32| request.media.iter().any(|medium| medium.number == *number);
    match wished {
        Some(number) if (1..=start.media).contains(&number) => Ok(number),
        Some(_) => Err(Refusal::Done(request.id)),
        None => (1..=start.media).find(|number| !written(number)).ok_or(Refusal::Done(request.id)),
    }
}

/// Lets the source fill the queue and a thread empty it.
async fn run(
    workshop: &Workshop,
    wish: &Wish,
    source: source::Source<'_>,
    lists: Vec<super::item::BagFile>,
    part: &Part,
    info: Info,
) -> Result<bagger::Bagged, ExportError> {
    workshop.progress.turn(Phase::Writing);
    workshop.progress.expect(part.bytes);
    let (send, mut queue) = mpsc::channel::<Message>(QUEUE);
    let (key, progress, wish, facts) =
        (workshop.key.clone(), workshop.progress.clone(), wish.clone(), source.facts.clone());
    let at = u64::try_from(source.start.at.as_second()).unwrap_or(0);
    let thread = tokio::task::spawn_blocking(move || {
        let sink = match wish.seal {
            None => Sink::Plain(Copy::open(&wish.to, progress, bagger::is_ours)?),
            Some(to) => {
                let stem = format!("tutanak-{}-{}", info.request, info.number);
                Sink::Sealed(Box::new(Seal::open(&wish.to, progress, to, &stem, wish.archive_bytes, at)?))
            }
        };
        let mut bagger = Bagger::new(sink, &info, &wish.to)?;
        loop {
            match queue.blocking_recv() {
                Some(Message::File(file)) => bagger.put(&file)?,
                Some(Message::Done) => return bagger.finish(info, &facts, &key),
                None => return Err(ExportError::Spool(std::io::Error::other("nobody gives the rest"))),
            }
        }
    });
    let given = source.give(lists, part, &send).await;
    drop(send);
    let bagged = thread.await.map_err(crate::cpu::WorkPanicked::of)?;
    // The medium's failure is the cause, where both failed: the queue was closed by it.
    match (bagged, given) {
        (Err(ExportError::Spool(_)), Err(given)) => Err(given),
        (bagged, _) => bagged,
    }
}

fn corrupt(what: impl std::fmt::Display) -> LedgerError {
    LedgerError::Corrupt(what.to_string())
}
