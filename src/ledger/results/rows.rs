//! The rows that result lines become, and those that bear on a decision.

use std::sync::Arc;

use jiff::Timestamp;

use super::filing::{Counting, HeldFor};
use crate::domain::{BoxId, Digest, Race};

/// A line that was entered before.
#[derive(Clone, Debug)]
pub(in crate::ledger) struct Precedent {
    pub position: u64,
    pub version: u32,
    /// As it is stored: the name of a reason, or that it was put in force later.
    pub held: Option<String>,
    pub newest: bool,
    /// Whether its figures are in the sums.
    pub counted: bool,
    pub digest: Digest,
    pub leaf: [u8; 32],
    pub at: Timestamp,
    /// Empty where it does not count.
    pub line: String,
}

/// A line to be written.
#[derive(Clone, Debug)]
pub(in crate::ledger) struct NewResult {
    pub position: u64,
    pub at_ms: i64,
    pub box_id: BoxId,
    pub race: Race,
    pub version: u32,
    pub void: bool,
    pub newest: bool,
    pub held: Option<HeldFor>,
    pub digest: Digest,
    pub line: String,
    pub counting: Option<Arc<Counting>>,
}

pub(in crate::ledger) const PRECEDENTS: &str = "\
    SELECT r.box, r.race, r.position, r.version, r.held, r.newest, r.sort_key IS NOT NULL AS counted, r.sha256, e.leaf, r.at_ms, \
           CASE WHEN r.newest THEN r.line ELSE '' END AS line \
      FROM v CROSS JOIN result r JOIN entry e ON e.position = r.position \
     WHERE r.box = v.box AND r.race = v.race ORDER BY r.position";
pub(in crate::ledger) const KNOWN_BOXES: &str = "SELECT id FROM box WHERE id IN (";
pub(in crate::ledger) const SUMS: &str =
    "SELECT s.unit, s.race, s.sums FROM v CROSS JOIN result_sum s WHERE s.unit = v.unit AND s.race = v.race";
pub(in crate::ledger) const SUPERSEDE: &str = "UPDATE result SET newest = FALSE WHERE position IN (";
pub(in crate::ledger) const PUT_IN_FORCE: &str = "UPDATE result SET held = 'entered' WHERE position IN (";
pub(in crate::ledger) const ADD: &str = "INSERT INTO result (position, at_ms, box, race, version, void, newest, held, sha256, line, place, kind, sort_key) ";
pub(in crate::ledger) const ADD_SUMS: &str = "INSERT INTO result_sum (unit, race, sums) ";
/// Rows of one statement.
pub(in crate::ledger) const ROWS: usize = 1000;
