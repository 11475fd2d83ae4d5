//! Which gates are open, and who may open or close one.
//!
//! A gate is what its last entry in the ledger says; before the first one, the parties' gate follows the clock and the
//! others are shut. It must never open anything by itself but at the hour of the law.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

pub use super::consent::Signature;
use super::consent::{self, Effect, NotSigned};
use super::door::Door;
use crate::domain::words::BadWords;
use crate::domain::{Gate, Words};
use crate::ledger::gates::{GateChange, RecordedChange};
use crate::ledger::{Ledger, LedgerError};

/// What is open.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    /// When scans open to the parties by the clock: 17:00 on polling day. None while no election is loaded.
    parties_open: Option<Timestamp>,
    /// The time zone in which people read that time.
    zone: Option<TimeZone>,
    /// What the last entry of each gate says.
    decided: BTreeMap<Gate, bool>,
}

impl Gates {
    /// The parties' gate opens at this hour, and nothing was decided.
    pub fn by_clock(parties_open: Timestamp, zone: Option<TimeZone>) -> Self {
        Self { parties_open: Some(parties_open), zone, decided: BTreeMap::new() }
    }

    /// The same after these changes.
    pub fn after(mut self, changes: &[RecordedChange]) -> Self {
        for RecordedChange { change, .. } in changes {
            self.decide(change.gate, change.open);
        }
        self
    }

    /// From here on a gate is open, or shut.
    pub fn decide(&mut self, gate: Gate, open: bool) {
        self.decided.insert(gate, open);
    }

    /// Whether a gate is open at `now`.
    pub fn is_open(&self, gate: Gate, now: Timestamp) -> bool {
        let by_clock = || self.opens_at(gate).is_some_and(|opens| now >= opens);
        self.decided.get(&gate).copied().unwrap_or_else(by_clock)
    }

    /// When the clock opens a gate; none where only a decision does.
    pub fn opens_at(&self, gate: Gate) -> Option<Timestamp> {
        let by_clock = gate == Gate::PartiesOpen && !self.decided.contains_key(&gate);
        self.parties_open.filter(|_| by_clock)
    }

    /// How a gate stands, as people read it.
    pub fn told(&self, gate: Gate, now: Timestamp) -> String {
        match (gate, self.is_open(gate, now)) {
            (Gate::PartiesOpen, true) => "açık".to_owned(),
            (Gate::PartiesOpen, false) => format!("kapalı; açılış: {}", self.shown(gate)),
            (Gate::BanLifted, true) => "kaldırıldı".to_owned(),
            (Gate::EmbargoEnded, true) => "sona erdi".to_owned(),
            (Gate::BanLifted | Gate::EmbargoEnded, false) => "sürüyor".to_owned(),
        }
    }

    /// How every gate stands at `now`.
    pub fn now(&self, now: Timestamp) -> Vec<GateNow> {
        let gate = |gate: Gate| GateNow {
            gate,
            open: self.is_open(gate, now),
            opens_at: self.opens_at(gate),
            name: gate.turkish(),
            told: self.told(gate, now),
        };
        Gate::ALL.map(gate).into()
    }

    /// When a gate opens, as people read it.
    pub(super) fn shown(&self, gate: Gate) -> String {
        match (self.opens_at(gate), gate) {
            (Some(opens), _) => {
                let zone = self.zone.clone().unwrap_or(TimeZone::UTC);
                opens.to_zoned(zone).strftime("%d.%m.%Y %H:%M:%S").to_string()
            }
            (None, Gate::BanLifted) => "yayın yasağı kaldırılınca".to_owned(),
            (None, _) => "henüz belirlenmedi".to_owned(),
        }
    }
}

/// How a gate stands at a moment, for programs and for people.
#[derive(Clone, Debug, Serialize)]
pub struct GateNow {
    /// Which.
    pub gate: Gate,
    /// Whether it is open.
    pub open: bool,
    /// When the clock opens it; none where only a decision does.
    pub opens_at: Option<Timestamp>,
    /// Its name, in Turkish.
    pub name: &'static str,
    /// How it stands, in Turkish.
    pub told: String,
}

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
