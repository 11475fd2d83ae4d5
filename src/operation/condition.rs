//! How the service is doing, in numbers: what metrics, `tutanak status` and the alarms tell, gathered in one place.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::readiness::{Failing, Readiness};
use crate::clock::Clock;
use crate::ledger::scrub::ScrubProgress;
use crate::ledger::{HeadNow, Ledger, LedgerError, entries};
use crate::space::{Free, Space};
use crate::tls::ServerCertificate;

/// How long the database may take to tell.
const LIMIT: Duration = Duration::from_secs(5);

/// Who looks at a service. Clones look at the same one.
#[derive(Clone, Debug)]
pub struct Observer {
    ledger: Ledger,
    space: Space,
    readiness: Readiness,
    clock: Clock,
    certificate: CertificateFiles,
}

/// Where the certificate lies.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// The private key, PEM.
    pub key: PathBuf,
}

/// How the service is doing.
#[derive(Clone, Debug, Serialize)]
pub struct Condition {
    /// The program's version.
    pub version: &'static str,
    /// Parts that do not work. Empty: the service can serve.
    pub failing: Vec<Failing>,
    /// What the database says; none where it does not answer.
    pub ledger: Option<LedgerCondition>,
    /// Room on the disks of this machine.
    pub disks: Vec<Free>,
    /// When the certificate ends.
    pub certificate_ends: Option<Timestamp>,
}

/// What the database says.
#[derive(Clone, Debug, Serialize)]
pub struct LedgerCondition {
    /// The newest migration that it has.
    pub schema: u32,
    /// Entries of the log.
    pub entries: u64,
    /// When the newest was committed.
    pub newest_at: Option<Timestamp>,
    /// Scans that were linked when they came.
    pub linked: u64,
    /// Scans that were parked when they came.
    pub parked: u64,
    /// Parked scans that were linked later.
    pub resolved: u64,
    /// How far the look at the stored scans has come.
    pub scrub: ScrubCondition,
    /// Stored scans with which something is wrong.
    pub findings: u64,
}

/// The look at the stored scans.
#[derive(Clone, Debug, Serialize)]
pub struct ScrubCondition {
    /// Number of the pass; 0 before the first.
    pub pass: u64,
    /// Whether it is under way.
    pub under_way: bool,
    /// Entries of the log before which everything was looked at.
    pub position: u64,
    /// Copies that were made good in this pass.
    pub healed: u64,
    /// When the last whole pass ended.
    pub ended_at: Option<Timestamp>,
}

impl Observer {
    /// One who looks at these.
    pub fn new(
        ledger: Ledger,
        space: Space,
        readiness: Readiness,
        clock: Clock,
        certificate: CertificateFiles,
    ) -> Self {
        Self { ledger, space, readiness, clock, certificate }
    }

    /// How it is doing now. It answers within seconds, whatever hangs.
    pub async fn condition(&self) -> Condition {
        let ledger = tokio::time::timeout(LIMIT, self.ledger());
        let (failing, ledger, disks, certificate_ends) =
            tokio::join!(self.readiness.failing(), ledger, self.space.free(), self.certificate_ends());
        let ledger = ledger.ok().and_then(|told| {
            let failed = |error: &LedgerError| tracing::debug!(%error, "The database did not tell how it is doing");
            told.inspect_err(failed).ok()
        });
        Condition { version: env!("CARGO_PKG_VERSION"), failing, ledger, disks, certificate_ends }
    }

    /// For how long the first of the entries that a copy of `published` entries lacks has been there.
    ///
    /// # Errors
    /// The ledger did not answer.
    pub async fn behind(&self, published: u64) -> Result<Duration, LedgerError> {
        let Some(line) = self.ledger.lines_from(published, 1).await?.pop() else { return Ok(Duration::ZERO) };
        let entry = entries::parse(line.position, &line.line)?;
        Ok((self.clock.now() - entry.at).try_into().unwrap_or_default())
    }

    /// The time by which it judges.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn ledger(&self) -> Result<LedgerCondition, LedgerError> {
        let HeadNow { size, at_ms, linked, parked, resolved, .. } = self.ledger.head().await?;
        let scrub = self.ledger.scrub_progress().await?;
        let (_, findings) = self.ledger.scrub_findings(1).await?;
        let schema = self.ledger.schema().await?;
        let newest_at = at(at_ms);
        let scrub = ScrubCondition::of(&scrub);
        Ok(LedgerCondition { schema, entries: size, newest_at, linked, parked, resolved, scrub, findings })
    }

    async fn certificate_ends(&self) -> Option<Timestamp> {
        let CertificateFiles { certificate, key } = self.certificate.clone();
        let read = tokio::task::spawn_blocking(move || ServerCertificate::open(&certificate, &key));
        let shown = tokio::time::timeout(LIMIT, read).await.ok()?.ok()?.ok()?;
        shown.validity().map(|(_, ends)| ends)
    }
}

impl ScrubCondition {
    fn of(progress: &ScrubProgress) -> Self {
        Self {
            pass: progress.pass,
            under_way: progress.is_under_way(),
            position: progress.position,
            healed: progress.healed,
            ended_at: at(progress.ended_ms),
        }
    }
}

/// An instant of the database, where 0 is never.
fn at(milliseconds: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds).ok().filter(|_| milliseconds > 0)
}
