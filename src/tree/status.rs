//! `durum.json`: the one small file to poll. Everything in it is of one instant.

use ed25519_dalek::SigningKey;
use serde::Serialize;

use crate::ledger::entries::HeadNow;
use crate::log::checkpoint::checkpoint;

#[derive(Serialize)]
struct Status {
    /// Entries so far: the position of the next one.
    position: u64,
    /// When the newest entry was committed; null before the first.
    at: Option<String>,
    /// The signed checkpoint of exactly these entries.
    checkpoint: String,
    counts: Counts,
}

#[derive(Serialize)]
struct Counts {
    linked: u64,
    parked: u64,
    resolved: u64,
}

pub(super) fn text(head: &HeadNow, origin: &str, key: &SigningKey) -> String {
    let status = Status {
        position: head.size,
        at: (head.size > 0).then(|| super::time(head.at_ms).to_string()),
        checkpoint: checkpoint(origin, head.size, &head.root, key),
        counts: Counts { linked: head.linked, parked: head.parked, resolved: head.resolved },
    };
    serde_json::to_string_pretty(&status).expect("text keys and plain values") + "\n"
}
