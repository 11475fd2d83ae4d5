//! Who may open or close a gate: operators who sign, as many as it takes, with the reason that stands in the public log.

use jiff::Timestamp;

use super::consent::{self, Effect, NotSigned, Signature};
use super::door::Door;
use crate::domain::words::BadWords;
use crate::domain::{Gate, Words};
use crate::ledger::gates::GateChange;
use crate::ledger::{Ledger, LedgerError};

/// How many operators it takes. One alone may end the embargo, which lets nobody in. Opening the others lets people in; and
/// closing one shuts everybody out at once, which is no one person's decision either.
pub fn operators_needed(gate: Gate, open: bool) -> usize {
    if gate == Gate::EmbargoEnded && open { 1 } else { Effect::Opens.operators_needed() }
}

/// Why a gate was not moved.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The operators did not sign as they must.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// A change without a reason.
    #[error("gerekçe (--reason): {0} / say why: the reason stands in the public log")]
    NoReason(BadWords),
    /// The database did not answer.
    #[error("the gate could not be moved")]
    Ledger(#[from] LedgerError),
}

impl GateError {
    /// The name in audit rows. It holds nothing of what was typed.
    pub fn name(&self) -> String {
        match self {
            Self::NotSigned(why) => why.name().to_owned(),
            Self::NoReason(_) => "no-reason".to_owned(),
            Self::Ledger(_) => "the gate could not be moved".to_owned(),
        }
    }
}

/// Moves a gate in the name of `operators`. Gives the position of the entry; none when the gate stands so already.
///
/// # Errors
/// See [`GateError`]; nothing was moved.
pub async fn change(
    ledger: &Ledger,
    door: &Door,
    gate: Gate,
    open: bool,
    reason: &str,
    operators: &[Signature],
    now: Timestamp,
) -> Result<Option<u64>, GateError> {
    let reason = Words::new(reason).map_err(GateError::NoReason)?;
    let by = consent::signed(door, operators, operators_needed(gate, open)).await?;
    Ok(ledger.change_gate(&GateChange { gate, open, by, reason: reason.into() }, now).await?)
}
