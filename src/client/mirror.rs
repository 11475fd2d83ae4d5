//! `tutanak mirror`: round after round, the log first and then the scans.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::disk::{Disk, DiskError};
use super::fetch::{Fetch, Fetched};
use super::metered::Cost;
use super::order::Order;
use super::problem::Problem;
use super::progress::Progress;
use super::round::{Context, Outcome, RoundError};
use super::state::{self, Notes};
use super::transport::{Transport, TransportError, small};
use super::trust;
use crate::domain::naming;
use crate::log::note::VerifierKey;

/// While following, an old backlog is put aside after that to look for new entries.
const LOOK_UP: Duration = Duration::from_secs(20);
/// A follower that finds something wrong looks again after that.
const WRONG_PAUSE: Duration = Duration::from_secs(15);
/// Bytes of the notice at most.
const NOTICE_BYTES: usize = 64 * 1024;

/// What a party wants.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// What is fetched first, or at all.
    pub order: Order,
    /// Packs instead of the tree.
    pub packs: bool,
    /// Go on until stopped.
    pub follow: bool,
    /// Keys that the user gave; none pins what the server names at first use.
    pub keys: Vec<VerifierKey>,
}

/// What one round did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Entries of the copy's log now.
    pub size: u64,
    /// Its root.
    pub root: String,
    /// Entries that are new.
    pub entries: u64,
    /// Scans, or packs, that are new.
    pub scans: u64,
    /// Requests that were made.
    pub requests: u64,
    /// Bytes that came.
    pub bytes: u64,
    /// How long it took.
    pub seconds: f64,
    /// Keys that were pinned because nobody had given one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pinned: Vec<String>,
    /// What was wrong.
    pub problems: Vec<ProblemInWords>,
}

/// A problem with its words, for programs and people.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemInWords {
    /// What is wrong.
    #[serde(flatten)]
    pub problem: Problem,
    /// In Turkish.
    pub tr: String,
    /// In English.
    pub en: String,
}

impl From<Problem> for ProblemInWords {
    fn from(problem: Problem) -> Self {
        let (tr, en) = problem.words();
        Self { problem, tr, en }
    }
}

/// Mirrors: one round, or for ever. Tells of each round; says whether all was right in the end.
///
/// # Errors
/// When server or disk fail for good. What is complete stays, and the next run goes on from there.
pub async fn mirror<T: Transport + Cost + 'static>(
    context: &Context,
    transport: &Arc<T>,
    wishes: &Wishes,
    progress: &Progress,
    mut tell: impl FnMut(&Report),
) -> Result<bool, RoundError> {
    let mut keys = keys(&context.disk, wishes)?;
    let wanted = wishes.order.wanted();
    let fitting = |notes: &Notes| notes.wanted == wanted && notes.packs == wishes.packs;
    let mut notes = Notes::read(&context.disk)?.filter(fitting).unwrap_or_default();
    (notes.wanted, notes.packs) = (wanted, wishes.packs);
    notes.write(&context.disk)?; // However this run ends, what it was to hold is known.
    let mut wait = false;
    let mut told_before = Vec::new();
    loop {
        let (began, before, known) = (Instant::now(), transport.cost(), keys.len());
        let size_before = size(&context.disk)?;
        let mut report = Report::default();
        let outcome = match context.round(&mut keys, size_before.filter(|_| wait)).await {
            Err(RoundError::Transport(TransportError::Transient { what, .. })) if wishes.follow => {
                progress.line(&format!("bağlantı kesildi, yeniden denenecek / the line is down, trying again: {what}"));
                tokio::time::sleep(context.retry.longest).await;
                continue;
            }
            other => other?,
        };
        if known == 0 && wishes.keys.is_empty() {
            report.pinned = keys.iter().map(VerifierKey::to_string).collect();
        }
        if let Outcome::Wrong(problems) = outcome {
            report.problems.extend(problems.into_iter().map(ProblemInWords::from));
        }
        let mut unfinished = false;
        let size = size(&context.disk)?;
        if let Some(size) = size {
            if size_before.is_none() {
                notice(context).await;
            }
            let until = wishes.follow.then(|| Instant::now() + LOOK_UP);
            let fetch = Fetch { context, order: &wishes.order, packs: wishes.packs, progress, until };
            let Fetched { scans, problems, unfinished: more } = fetch.run(size, &mut notes).await?;
            (report.scans, unfinished) = (scans, more);
            report.problems.extend(problems.into_iter().map(ProblemInWords::from));
        }
        finish(&mut report, context, size_before.unwrap_or(0), transport.cost(), before)?;
        report.seconds = began.elapsed().as_secs_f64();
        progress.rest();
        let right = report.problems.is_empty();
        let problems: Vec<Problem> = report.problems.iter().map(|told| told.problem.clone()).collect();
        // A follower says once what is wrong, and again when it is something else.
        if !wishes.follow || problems != told_before || report.entries + report.scans > 0 {
            tell(&report);
        }
        told_before = problems;
        if !wishes.follow {
            return Ok(right);
        }
        wait = !unfinished;
        if !right {
            tokio::time::sleep(WRONG_PAUSE).await;
        }
    }
}

fn finish(
    report: &mut Report,
    context: &Context,
    size_before: u64,
    cost: (u64, u64),
    before: (u64, u64),
) -> Result<(), DiskError> {
    if let Some(note) = state::checkpoint_note(&context.disk)?
        && let Ok(checkpoint) = state::believed(&note)
    {
        report.size = checkpoint.size;
        report.root = hex::encode(checkpoint.root);
    }
    report.entries = report.size - size_before.min(report.size);
    (report.requests, report.bytes) = (cost.0 - before.0, cost.1 - before.1);
    Ok(())
}

/// The keys to begin with: those that the user gave, with those that this copy learnt under one of them; else those that
/// were pinned.
fn keys(disk: &Disk, wishes: &Wishes) -> Result<Vec<VerifierKey>, DiskError> {
    let pinned = trust::pinned(disk)?;
    if wishes.keys.is_empty() {
        return Ok(pinned);
    }
    let mut keys = wishes.keys.clone();
    if keys.iter().any(|key| pinned.contains(key)) {
        let learnt: Vec<VerifierKey> = pinned.into_iter().filter(|key| !keys.contains(key)).collect();
        keys.extend(learnt);
    }
    Ok(keys)
}

/// Entries of the copy's log.
fn size(disk: &Disk) -> Result<Option<u64>, DiskError> {
    let note = state::checkpoint_note(disk)?;
    Ok(note.and_then(|note| state::believed(&note).ok()).map(|checkpoint| checkpoint.size))
}

/// The notice that every party must read, once. A copy without it is as good.
async fn notice(context: &Context) {
    if let Ok(text) = small(&*context.transport, naming::README, NOTICE_BYTES).await {
        let _ = context.disk.write(naming::README, &text);
    }
}
