//! `durum.json`: the one small file to poll. Everything in it is of one instant.

use serde::Serialize;

use crate::ledger::entries::HeadNow;

#[derive(Serialize)]
struct Status {
    /// Entries so far: the position of the next one.
    position: u64,
    /// When the newest entry was committed; null before the first.
    at: Option<String>,
    /// The signed checkpoint of exactly these entries; null before an election is imported.
    checkpoint: Option<String>,
    counts: Counts,
}

#[derive(Serialize)]
struct Counts {
    linked: u64,
    parked: u64,
    resolved: u64,
}

pub(super) fn text(head: &HeadNow, checkpoint: Option<String>) -> String {
    let status = Status {
        position: head.size,
        at: super::time(head.at_ms).filter(|_| head.size > 0).map(|at| at.to_string()),
        checkpoint,
        counts: Counts { linked: head.linked, parked: head.parked, resolved: head.resolved },
    };
    serde_json::to_string_pretty(&status).expect("text keys and plain values") + "\n"
}
