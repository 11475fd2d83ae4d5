//! Sums as the database has them: one short line of JSON, because most of a unit's choices change with every box.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Sum, Sums};
use crate::ledger::{LedgerError, corrupt};

/// Sum and boxes.
type Pair = (i64, i64);

#[derive(Serialize, Deserialize)]
struct Stored {
    b: i64,
    f: [Pair; 6],
    v: BTreeMap<String, Pair>,
}

pub(super) fn write(sums: &Sums) -> String {
    let pair = |sum: &Sum| (sum.total, sum.boxes);
    let votes = sums.votes.iter().map(|(id, sum)| (id.clone(), pair(sum))).collect();
    let stored = Stored { b: sums.boxes, f: sums.figures.each_ref().map(pair), v: votes };
    serde_json::to_string(&stored).expect("text keys and numbers")
}

pub fn read(text: &str) -> Result<Sums, LedgerError> {
    let stored: Stored = serde_json::from_str(text).map_err(corrupt)?;
    let sum = |(total, boxes): Pair| Sum { total, boxes };
    let votes = stored.v.into_iter().map(|(id, pair)| (id, sum(pair))).collect();
    Ok(Sums { boxes: stored.b, figures: stored.f.map(sum), votes })
}
