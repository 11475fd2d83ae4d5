//! After the registry grew: lines of boxes that it did not know are entered, and results that were written again from the log are
//! counted where their boxes stand.
//!
//! It must never guess: the lines are those that came in, and the rules are the same.

use std::sync::Arc;

use super::ballots::BallotCache;
use super::take_in::{Figures, TakeInError};
use crate::domain::{BoxId, BoxResult};
use crate::ledger::results::{Counting, HeldFor};
use crate::ledger::{Ledger, LedgerError};

/// Rows looked at a time.
const PAGE: u32 = 1000;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Lines of boxes that are known now, which are in force from here on or were answered otherwise.
    pub entered: u64,
    /// Results that were counted.
    pub counted: u64,
}

/// Enters every held line whose box is known now, and counts what was not counted yet. Asking again changes nothing.
///
/// # Errors
/// See [`TakeInError`]; what was done stays done.
pub async fn settle(ledger: &Ledger, figures: &Figures) -> Result<Settled, TakeInError> {
    let counted = count(ledger).await?;
    let (mut from, mut entered) = (0, 0);
    loop {
        let page = ledger.results_held(HeldFor::UnknownBox, from, PAGE).await?;
        let Some(last) = page.last() else { return Ok(Settled { entered, counted }) };
        from = last.position + 1;
        let boxes: Vec<BoxId> = page.iter().map(|held| held.box_id.clone()).collect();
        let known = ledger.whereabouts(&boxes).await?;
        let lines: Vec<_> = page
            .iter()
            .filter(|held| known.contains_key(&held.box_id))
            .map(|held| BoxResult::parse(&held.line).map_err(super::LineReceipt::refused))
            .collect();
        if !lines.is_empty() {
            let answers = figures.enter(lines).await?;
            entered += answers.iter().filter(|answer| answer.status != super::Status::Refused).count() as u64;
        }
    }
}

/// Counts the results of which it is not known yet where they count. Gives how many.
///
/// # Errors
/// The database did not answer; what was counted stays counted.
pub async fn count(ledger: &Ledger) -> Result<u64, LedgerError> {
    let (cache, mut from, mut counted) = (BallotCache::default(), 0, 0);
    loop {
        let page = ledger.results_unsettled(from, PAGE).await?;
        let (Some(last), Some(stored)) = (page.last(), ledger.election().await?) else { return Ok(counted) };
        from = last.position + 1;
        let Some(ballots) = cache.ballots(ledger, stored.digest).await? else { return Ok(counted) };
        let boxes: Vec<BoxId> = page.iter().map(|one| one.box_id.clone()).collect();
        let known = ledger.whereabouts(&boxes).await?;
        let settled: Vec<(u64, Arc<Counting>)> = page
            .iter()
            .filter_map(|one| Some((one.position, ballots.counting(known.get(&one.box_id)?, one.race))))
            .collect();
        counted += ledger.results_settle(&settled).await?;
    }
}
