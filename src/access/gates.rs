//! Which gates are open.
//!
//! A gate is what its last entry in the ledger says; before the first one, the parties' gate follows the clock and the
//! others are shut. It must never open anything by itself but at the hour of the law.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::Gate;
use crate::ledger::gates::RecordedChange;

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
    pub fn sentence(&self, gate: Gate, now: Timestamp) -> String {
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
            told: self.sentence(gate, now),
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
    /// The gate.
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
