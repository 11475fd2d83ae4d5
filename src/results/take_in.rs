//! Taking result lines in: read, looked up in the registry, entered in one transaction, answered when they are durable.

use std::collections::HashMap;
use std::sync::Arc;

use super::ballots::{BallotCache, Ballots};
use super::reading::BoxResults;
use super::receipts::{LineReceipt, Status};
use crate::archive::selections::Selections;
use crate::cpu::{CpuLane, WorkPanicked};
use crate::domain::{BoxId, BoxResult, Karekod, Race};
use crate::ledger::append::{AppendError, Appender};
use crate::ledger::registry::Whereabouts;
use crate::ledger::results::Filing;
use crate::ledger::{Ledger, LedgerError};
use crate::meters;

/// Lines of one batch at most.
pub const LINES: usize = 1_000;
/// How often a batch is begun again because the registry grew while it was looked up.
const AGAIN: usize = 5;

/// Why nothing of a batch was taken in. The sender may send the same again.
#[derive(Debug, thiserror::Error)]
pub enum TakeInError {
    /// There is no election yet.
    #[error("no election was imported yet")]
    NoElection,
    /// The registry could not be asked.
    #[error("the registry could not be asked")]
    Registry(#[from] LedgerError),
    /// The registry grew again and again while the batch was looked up.
    #[error("the registry is being changed")]
    Changing,
    /// The lines could not be entered.
    #[error("the lines could not be entered")]
    Append(#[from] AppendError),
    /// Reading them failed.
    #[error("the lines could not be read")]
    Reading(#[from] WorkPanicked),
}

/// Takes box results in. Clones share what is held in memory.
#[derive(Clone, Debug)]
pub struct Figures {
    ledger: Ledger,
    appender: Appender,
    cpu: CpuLane,
    cache: BallotCache,
}

/// A line on its way: its result, or the answer that is known already.
type Line = Result<BoxResult, LineReceipt>;

impl Figures {
    /// Into this ledger.
    pub fn new(ledger: Ledger, appender: Appender, cpu: CpuLane) -> Self {
        Self { ledger, appender, cpu, cache: BallotCache::default() }
    }

    /// The same node's results for whoever reads them. They share what is held in memory.
    pub fn read_by(&self, selections: Selections) -> BoxResults {
        BoxResults::new(self.ledger.clone(), self.cpu.clone(), self.cache.clone(), selections)
    }

    /// Takes lines in, at most [`LINES`] of them. Gives an answer for each in their order, once what was entered is durable.
    ///
    /// # Errors
    /// See [`TakeInError`].
    pub async fn take_in(&self, lines: Vec<Vec<u8>>) -> Result<Vec<LineReceipt>, TakeInError> {
        let read = self.cpu.run(move || lines.iter().map(|line| read(line)).collect::<Vec<Line>>()).await?;
        self.enter(read).await
    }

    /// The same with results that were read already.
    pub(super) async fn enter(&self, mut lines: Vec<Line>) -> Result<Vec<LineReceipt>, TakeInError> {
        for _ in 0..AGAIN {
            let (filings, at) = self.ready(&mut lines).await?;
            if !filings.is_empty() {
                let receipts = self.appender.file(filings).await?;
                for (at, receipt) in at.into_iter().zip(&receipts) {
                    if let Some(answer) = LineReceipt::of(receipt) {
                        lines[at] = Err(answer);
                    }
                }
            }
            if lines.iter().all(Result::is_err) {
                return Ok(answers(lines));
            }
            // A box was added between the look at the registry and the entry: looked at again.
        }
        Err(TakeInError::Changing)
    }

    /// What can be entered of the lines that have no answer yet, each with its place among them; those that are refused get
    /// theirs.
    async fn ready(&self, lines: &mut [Line]) -> Result<(Vec<Filing>, Vec<usize>), TakeInError> {
        let (ballots, found) = self.look_up(lines).await?;
        let codes = self.codes(&ballots, lines, &found).await?;
        let (mut filings, mut at) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
        for (n, line) in lines.iter_mut().enumerate() {
            let Ok(result) = line else { continue };
            let filing = ballots.spelt(result.clone()).and_then(|result| match found.get(&result.box_id) {
                Some(at) => {
                    let code = codes.get(&(result.box_id.clone(), result.race)).cloned();
                    ballots.ready(result, at, code)
                }
                None => Ok(Filing::new(result, None, None)),
            });
            match filing {
                Ok(filing) => {
                    filings.push(filing);
                    at.push(n);
                }
                Err(unfit) => *line = Err(LineReceipt::refused(unfit)),
            }
        }
        Ok((filings, at))
    }

    /// The registry's ballots, and where the lines' boxes stand by the same registry.
    async fn look_up(&self, lines: &[Line]) -> Result<(Arc<Ballots>, HashMap<BoxId, Whereabouts>), TakeInError> {
        for _ in 0..AGAIN {
            let stored = self.ledger.election().await?.ok_or(TakeInError::NoElection)?;
            let ballots = self.cache.ballots(&self.ledger, stored.digest).await?.ok_or(TakeInError::NoElection)?;
            let spelt = lines.iter().flatten().filter_map(|result| ballots.spelt(result.clone()).ok());
            let mut boxes: Vec<BoxId> = spelt.map(|result| result.box_id).collect();
            boxes.sort_unstable();
            boxes.dedup();
            let found = self.ledger.whereabouts(&boxes).await?;
            let after = self.ledger.election().await?.ok_or(TakeInError::NoElection)?;
            if after.digest == ballots.digest() {
                return Ok((ballots, found));
            }
        }
        Err(TakeInError::Changing)
    }

    /// The codes of the result sheets: those that are listed win over those that a rule makes.
    async fn codes(
        &self,
        ballots: &Ballots,
        lines: &[Line],
        found: &HashMap<BoxId, Whereabouts>,
    ) -> Result<HashMap<(BoxId, Race), Karekod>, TakeInError> {
        let spelt: Vec<BoxResult> =
            lines.iter().flatten().filter_map(|result| ballots.spelt(result.clone()).ok()).collect();
        let by_rule: HashMap<_, Karekod> = spelt
            .iter()
            .filter(|result| found.contains_key(&result.box_id))
            .filter_map(|result| {
                let code = ballots.codes_by_rule(&result.box_id, result.race)?;
                Some(((result.box_id.clone(), result.race), code))
            })
            .collect();
        let boxes: Vec<BoxId> = found.keys().cloned().collect();
        let made: Vec<Karekod> = by_rule.values().cloned().collect();
        let (listed, taken) = self.ledger.listed_result_codes(&boxes, &made).await?;
        let mut codes: HashMap<_, _> = by_rule.into_iter().filter(|(_, code)| !taken.contains(code)).collect();
        codes.extend(listed);
        Ok(codes)
    }
}

/// One line, or the answer that refuses it.
fn read(line: &[u8]) -> Line {
    let text = std::str::from_utf8(line).map_err(|_| LineReceipt::refused("satır UTF-8 değil"))?;
    BoxResult::parse(text).map_err(LineReceipt::refused)
}

fn answers(lines: Vec<Line>) -> Vec<LineReceipt> {
    let answers: Vec<LineReceipt> = lines.into_iter().filter_map(Result::err).collect();
    answers.iter().for_each(|answer| meters::FIGURES.add(&[answer.status.name()]));
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    let (refused, parked) = (count(Status::Refused), count(Status::Parked));
    if refused + parked > 0 {
        let first = answers.iter().find_map(|answer| answer.problem.as_deref()).unwrap_or_default();
        tracing::warn!(
            refused,
            parked,
            first,
            "Some result lines are not in force: {refused} refused, {parked} of unknown boxes"
        );
    }
    answers
}
