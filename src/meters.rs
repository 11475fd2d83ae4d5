//! What is counted and measured while the service runs, for its operators: one counter, gauge or histogram a name.
//!
//! Every room may count here. Labels are words of the program and stand in a list, so that nothing that came from outside,
//! and no name of a person, a party or a board, can become one. The counts are the process's own: they begin at 0 when it
//! starts.

mod meter;
mod reference;

use std::time::Instant;

pub use self::meter::{AnyMeter, Held, Kind, Label, Meter};
pub use self::reference::{COUNTED, reference};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

/// A gauge of the kind that all gauges here are.
pub type Gauge = prometheus_client::metrics::gauge::Gauge<f64, std::sync::atomic::AtomicU64>;

const OUTCOMES: Label = Label { name: "outcome", values: &["ok", "cut", "refused", "failed", "begun"] };
const PROTOCOLS: Label = Label { name: "protocol", values: &["https", "ftp", "ftps"] };

/// Uploads that came to an end, by what became of them.
pub static SCANS: Meter<Counter> = Meter::counter(
    "tutanak_scans",
    "Scans that were sent, by what became of them. `known`: the same bytes were entered before.",
    &[Label { name: "outcome", values: &["linked", "parked", "known", "refused"] }],
);

/// Scans that were parked.
pub static PARKED: Meter<Counter> = Meter::counter(
    "tutanak_scans_parked",
    "Scans that were stored and could not be linked to a form, by the reason.",
    &[Label {
        name: "reason",
        values: &[
            "no-code",
            "unknown-code",
            "codes-disagree",
            "other-board",
            "same-bytes-other-form",
            "too-small",
            OTHER,
        ],
    }],
);

/// Scans that were refused.
pub static SCANS_REFUSED: Meter<Counter> = Meter::counter(
    "tutanak_scans_refused",
    "Scans that were not taken in, by the reason. Nothing of them stays, and the board may send them again.",
    &[Label {
        name: "reason",
        values: &[
            "over-capacity",
            "board-is-full",
            "no-room",
            "too-large",
            "broken-off",
            "silent",
            "other-bytes",
            "unsound",
            "over-quota",
            "inspection",
            "ledger",
            "vault",
        ],
    }],
);

/// Lines of box results.
pub static FIGURES: Meter<Counter> = Meter::counter(
    "tutanak_figures",
    "Lines of box results that were answered, by their status.",
    &[Label { name: "status", values: &["created", "known", "late", "conflict", "parked", "refused"] }],
);

/// Uploads by where they stand.
pub static UPLOADS: Meter<Gauge> = Meter::gauge(
    "tutanak_uploads",
    "Uploads that wait for memory, and that are under way.",
    &[Label { name: "state", values: &["waiting", "under-way"] }],
);

/// How long uploads waited.
pub static UPLOAD_WAIT: Meter<Histogram> = Meter::seconds(
    "tutanak_upload_wait_seconds",
    "How long an upload waited for memory before its bytes were read.",
    &[],
);

/// How long a page took to read.
pub static READING: Meter<Histogram> = Meter::seconds(
    "tutanak_reading_seconds",
    "How long a core took to check a scan and read its codes, without the wait for the core.",
    &[],
);

/// How long a group of entries took to write.
pub static COMMIT: Meter<Histogram> = Meter::seconds(
    "tutanak_commit_seconds",
    "How long a group of entries took to write, to the end of its durable commit.",
    &[],
);

/// How long stores and the database take to answer.
pub static STORE: Meter<Histogram> = Meter::seconds(
    "tutanak_store_seconds",
    "How long the vault's stores took: to keep a scan, to begin giving one out, to answer a probe.",
    &[Label { name: "operation", values: &["keep", "read", "probe"] }],
);

/// The same of the database.
pub static DATABASE: Meter<Histogram> = Meter::seconds(
    "tutanak_database_seconds",
    "How long the database took: to commit rows of the record of accesses, to answer a probe.",
    &[Label { name: "operation", values: &["record", "probe"] }],
);

/// What was asked.
pub static ACCESSES: Meter<Counter> = Meter::counter(
    "tutanak_accesses",
    "Accesses on record, by protocol and outcome: requests, logins, transfers, listings.",
    &[PROTOCOLS, OUTCOMES],
);

/// What was sent.
pub static BYTES: Meter<Counter> =
    Meter::counter("tutanak_bytes", "Bytes of content that the accesses on record moved.", &[PROTOCOLS]);

/// Who was refused, and why.
pub static REFUSED: Meter<Counter> = Meter::counter(
    "tutanak_refused",
    "Accesses that were refused, by the reason in the record.",
    &[Label {
        name: "reason",
        values: &[
            "unknown-credential",
            "too-many-tries",
            "too-many-codes",
            "wrong-code",
            "no-second-factor",
            "inactive-account",
            "address-not-allowed",
            "wrong-channel",
            "wrong-certificate",
            "outdated-certificate",
            "must-change-password",
            "out-of-scope",
            "not-open-yet",
            "not-encrypted",
            "missing",
            "no-session",
            "not-sent-by-own-page",
            "notice-not-read",
            "no-room-in-the-record",
            "too-many-connections",
            "too-many-downloads",
            "too-many-requests",
            "too-many-bodies",
            "too-many-uploads",
            "too-much-under-way",
            "over-capacity",
            "no-room",
            "handshake-too-slow",
            "not-a-png",
            "damaged-png",
            "too-many-pixels",
            "too-large",
            "digest-differs",
            OTHER,
        ],
    }],
);

/// Who was asked to come more slowly.
pub static THROTTLED: Meter<Counter> = Meter::counter(
    "tutanak_throttled",
    "Accesses that were refused for being too many, by the ceiling that was met.",
    &[Label {
        name: "reason",
        values: &[
            "too-many-tries",
            "too-many-codes",
            "too-many-connections",
            "too-many-downloads",
            "too-many-requests",
            "too-many-bodies",
            "too-many-uploads",
            "too-much-under-way",
            "over-capacity",
            "no-room-in-the-record",
        ],
    }],
);

/// How far the vault's copy of the log has come.
pub static PUBLISHED: Meter<Gauge> = Meter::gauge(
    "tutanak_entries_published",
    "Entries that the vault's copy of the log and its checkpoint cover, as this node last wrote or saw it.",
    &[],
);

/// Connections that are open.
pub static CONNECTIONS: Meter<Gauge> = Meter::gauge(
    "tutanak_sessions",
    "Connections of HTTPS that are open, and sessions of FTP that are logged in.",
    &[Label { name: "protocol", values: &["https", "ftp"] }],
);

/// What the vault could not do.
pub static VAULT_ERRORS: Meter<Counter> = Meter::counter(
    "tutanak_vault_errors",
    "Copies of scans that were looked for and not had: missing, not as they were entered, or not readable.",
    &[Label { name: "kind", values: &["missing", "damaged", "unreadable"] }],
);

/// What was healed.
pub static HEALED: Meter<Counter> = Meter::counter(
    "tutanak_vault_healed",
    "Copies of scans that were made good: from another copy, or because their board sent them again.",
    &[Label { name: "from", values: &["copy", "board"] }],
);

/// What could not be healed.
pub static NOT_HEALED: Meter<Counter> =
    Meter::counter("tutanak_vault_not_healed", "Attempts to make a copy of a scan good that failed.", &[]);

/// A reason that has no label of its own.
pub const OTHER: &str = "other";

/// Notes how an access on record ended.
pub fn access(protocol: &'static str, outcome: &'static str, bytes: u64, reason: &str) {
    if !PROTOCOLS.values.contains(&protocol) {
        return; // a command at the machine is no load
    }
    ACCESSES.add(&[protocol, outcome]);
    BYTES.add_many(&[protocol], bytes);
    if outcome == "refused" {
        REFUSED.add(&[REFUSED.labels()[0].known(reason)]);
        if let Some(ceiling) = THROTTLED.labels()[0].values.iter().find(|value| **value == reason) {
            THROTTLED.add(&[ceiling]);
        }
    }
}

/// Measures how long something takes.
pub async fn timed<T>(meter: &Meter<Histogram>, labels: &[&'static str], work: impl Future<Output = T>) -> T {
    let begun = Instant::now();
    let done = work.await;
    meter.took(labels, begun.elapsed());
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_from_outside_is_never_a_label() {
        let before = REFUSED.count(&[OTHER]);
        access("https", "refused", 0, "Ali Veli, 10.0.0.1");
        assert_eq!(REFUSED.count(&[OTHER]), before + 1);
        let before = THROTTLED.count(&["too-many-tries"]);
        access("ftps", "refused", 0, "too-many-tries");
        assert_eq!(THROTTLED.count(&["too-many-tries"]), before + 1);
    }

    #[test]
    fn what_is_held_is_counted_until_it_is_let_go() {
        let before = UPLOADS.value(&["waiting"]);
        let held = UPLOADS.hold(&["waiting"]);
        assert!(UPLOADS.value(&["waiting"]) >= before);
        drop(held);
    }
}
