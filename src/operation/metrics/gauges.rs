//! What is measured when somebody asks, in place of being counted on the way.

use std::time::Duration;

use jiff::Timestamp;

use crate::meters::{AnyMeter, Gauge, Label, Meter};
use crate::operation::condition::{Condition, LedgerCondition};
use crate::operation::readiness;

const DISKS: Label = Label { name: "disk", values: &["vault.root", "vault.second", "database"] };

static READY: Meter<Gauge> = Meter::gauge(
    "tutanak_ready",
    "1 while this part of the service works, else 0: the same as /readyz.",
    &[Label { name: "part", values: readiness::PARTS }],
);
static BUILD: Meter<Gauge> = Meter::gauge(
    "tutanak_build_info",
    "Always 1. The label tells the program's version.",
    &[Label { name: "version", values: &[env!("CARGO_PKG_VERSION")] }],
);
static SCHEMA: Meter<Gauge> =
    Meter::gauge("tutanak_schema_version", "The newest migration that the database has.", &[]);
static ENTRIES: Meter<Gauge> = Meter::gauge("tutanak_entries", "Entries of the log.", &[]);
static NEWEST: Meter<Gauge> = Meter::gauge(
    "tutanak_newest_entry_timestamp_seconds",
    "When the newest entry was committed, in seconds since 1970; 0 before the first.",
    &[],
);
static WAITING: Meter<Gauge> = Meter::gauge(
    "tutanak_scans_waiting",
    "Parked scans that were not linked since. What was withdrawn is among them.",
    &[],
);
static LAG: Meter<Gauge> = Meter::gauge(
    "tutanak_checkpoint_lag_seconds",
    "For how long the oldest entry that the vault's checkpoint does not cover has been committed; 0 when it covers all.",
    &[],
);
static BACKLOG: Meter<Gauge> = Meter::gauge(
    "tutanak_audit_backlog",
    "Rows of the record of accesses that are open or wait to be written. At 8192 nothing is served any more.",
    &[],
);
static FREE: Meter<Gauge> = Meter::gauge(
    "tutanak_disk_free_bytes",
    "Bytes that are free on a disk of this machine; 0 for one that is not used or does not tell.",
    &[DISKS],
);
static SIZE: Meter<Gauge> =
    Meter::gauge("tutanak_disk_size_bytes", "Bytes of a disk of this machine; 0 for one that is not used.", &[DISKS]);
static SCRUB_PASS: Meter<Gauge> =
    Meter::gauge("tutanak_scrub_pass", "Number of the pass over the stored scans that runs or ran last.", &[]);
static SCRUB_POSITION: Meter<Gauge> = Meter::gauge(
    "tutanak_scrub_position",
    "Entries of the log before which every stored scan was looked at in this pass.",
    &[],
);
static SCRUB_HEALED: Meter<Gauge> =
    Meter::gauge("tutanak_scrub_healed", "Copies that this pass over the stored scans made good.", &[]);
static SCRUB_ENDED: Meter<Gauge> = Meter::gauge(
    "tutanak_scrub_ended_timestamp_seconds",
    "When the last whole pass over the stored scans ended, in seconds since 1970; 0 for never.",
    &[],
);
static FINDINGS: Meter<Gauge> = Meter::gauge(
    "tutanak_scrub_findings",
    "Stored scans with which something is wrong that could not be healed: `tutanak scrub` names them.",
    &[],
);
static CERTIFICATE: Meter<Gauge> = Meter::gauge(
    "tutanak_certificate_ends_timestamp_seconds",
    "When the certificate of HTTPS and FTPS ends, in seconds since 1970.",
    &[],
);

/// All that is measured here.
pub static MEASURED: &[&dyn AnyMeter] = &[
    &READY,
    &BUILD,
    &SCHEMA,
    &ENTRIES,
    &NEWEST,
    &WAITING,
    &LAG,
    &BACKLOG,
    &FREE,
    &SIZE,
    &SCRUB_PASS,
    &SCRUB_POSITION,
    &SCRUB_HEALED,
    &SCRUB_ENDED,
    &FINDINGS,
    &CERTIFICATE,
];

/// Writes them down. What could not be asked keeps what it stood at.
pub(super) fn set(condition: &Condition, lag: Option<Duration>, backlog: usize) {
    BUILD.set(&[condition.version], 1.0);
    for part in readiness::PARTS {
        let fails = condition.failing.iter().any(|failing| failing.what == *part);
        READY.set(&[part], if fails { 0.0 } else { 1.0 });
    }
    for disk in &condition.disks {
        FREE.set(&[disk.disk], disk.bytes.unwrap_or(0) as f64);
        SIZE.set(&[disk.disk], disk.of.unwrap_or(0) as f64);
    }
    BACKLOG.set(&[], backlog as f64);
    if let Some(ends) = condition.certificate_ends {
        CERTIFICATE.set(&[], seconds(Some(ends)));
    }
    if let Some(lag) = lag {
        LAG.set(&[], lag.as_secs_f64());
    }
    let Some(LedgerCondition { schema, entries, newest_at, parked, resolved, scrub, findings, .. }) = &condition.ledger
    else {
        return;
    };
    SCHEMA.set(&[], f64::from(*schema));
    ENTRIES.set(&[], *entries as f64);
    NEWEST.set(&[], seconds(*newest_at));
    WAITING.set(&[], parked.saturating_sub(*resolved) as f64);
    SCRUB_PASS.set(&[], scrub.pass as f64);
    SCRUB_POSITION.set(&[], scrub.position as f64);
    SCRUB_HEALED.set(&[], scrub.healed as f64);
    SCRUB_ENDED.set(&[], seconds(scrub.ended_at));
    FINDINGS.set(&[], *findings as f64);
}

fn seconds(at: Option<Timestamp>) -> f64 {
    at.map_or(0.0, |at| at.as_millisecond() as f64 / 1000.0)
}
