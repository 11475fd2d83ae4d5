//! The look at every stored scan: how far it has come, who does it, and what it found.
//!
//! It must never let two look at a time: whoever finds that it is not the holder any more stops.

use crate::domain::Digest;
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError};

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScrubProgress {
    /// Number of the pass, from 1.
    pub pass: u64,
    /// Entries before it were looked at.
    pub position: u64,
    /// Scans looked at in this pass.
    pub scans: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Copies that were healed in this pass.
    pub healed: u64,
    /// When it began, in milliseconds since 1970.
    pub began_ms: i64,
    /// When the last whole pass ended; 0 for never.
    pub ended_ms: i64,
}

impl ScrubProgress {
    /// Whether the pass was begun and has not ended.
    pub fn is_under_way(&self) -> bool {
        self.pass > 0 && self.ended_ms < self.began_ms
    }
}

/// What is wrong with a stored scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// No store has it.
    Missing,
    /// No store has it as it was entered.
    Damaged,
    /// A store does not answer for it.
    Unreadable,
    /// It is stored, and no entry names it.
    NoEntry,
}

impl FindingKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Missing, Self::Damaged, Self::Unreadable, Self::NoEntry];

    /// Its name in the database and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Damaged => "damaged",
            Self::Unreadable => "unreadable",
            Self::NoEntry => "no-entry",
        }
    }
}

/// Something that is wrong and was not healed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The scan.
    pub digest: Digest,
    /// What is wrong.
    pub kind: FindingKind,
    /// Its entry, if it has one.
    pub position: Option<u64>,
    /// Size in bytes.
    pub size: u64,
    /// When it was entered, or stored where it has no entry; in milliseconds since 1970.
    pub at_ms: i64,
    /// What the codes on a scan without an entry name.
    pub about: String,
}

const PROGRESS: &str = "SELECT pass, position, scans, bytes, healed, began_ms, ended_ms FROM scrub WHERE id = 1";
const TAKE: &str = "UPDATE scrub SET holder = $1, held_ms = $2 WHERE id = 1 AND (holder = $1 OR held_ms < $3)";
const BEGIN: &str = "UPDATE scrub SET pass = pass + 1, position = 0, scans = 0, bytes = 0, healed = 0, began_ms = $1 \
                     WHERE id = 1 AND holder = $2";
const ADVANCE: &str = "UPDATE scrub SET position = $1, scans = $2, bytes = $3, healed = $4, held_ms = $5 \
                       WHERE id = 1 AND holder = $6";
const END: &str = "UPDATE scrub SET ended_ms = $1, holder = '', held_ms = 0 WHERE id = 1 AND holder = $2";
const LET_GO: &str = "UPDATE scrub SET holder = '', held_ms = 0 WHERE id = 1 AND holder = $1";
const FOUND: &str = "INSERT INTO scrub_finding (sha256, kind, position, size, at_ms, about, pass) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (sha256) DO UPDATE SET \
                     kind = excluded.kind, position = excluded.position, size = excluded.size, \
                     at_ms = excluded.at_ms, about = excluded.about, pass = excluded.pass";
const GONE: &str = "DELETE FROM scrub_finding WHERE pass < $1";
const FINDINGS: &str = "SELECT sha256, kind, position, size, at_ms, about FROM scrub_finding \
                        ORDER BY COALESCE(position, 9223372036854775807), at_ms, sha256 LIMIT $1";
const COUNT: &str = "SELECT COUNT(*) FROM scrub_finding";

type Row = (Vec<u8>, String, Option<i64>, i64, i64, String);

impl Ledger {
    /// How far the look has come.
    pub async fn scrub_progress(&self) -> Result<ScrubProgress, LedgerError> {
        let (pass, position, scans, bytes, healed, began_ms, ended_ms): (i64, i64, i64, i64, i64, i64, i64) =
            on_db!(&*self.db, |pool| sqlx::query_as(PROGRESS).fetch_one(pool).await?);
        let count = |n: i64| n as u64;
        Ok(ScrubProgress {
            pass: count(pass),
            position: count(position),
            scans: count(scans),
            bytes: count(bytes),
            healed: count(healed),
            began_ms,
            ended_ms,
        })
    }

    /// Makes `holder` the one who looks, until `until_ms`, unless somebody else is it at `now_ms`.
    pub async fn scrub_take(&self, holder: &str, now_ms: i64, until_ms: i64) -> Result<bool, LedgerError> {
        let taken = in_tx!(&*self.db, |tx, Engine| {
            let query = sqlx::query(TAKE).bind(holder).bind(until_ms).bind(now_ms);
            query.execute(&mut *tx).await?.rows_affected()
        });
        Ok(taken == 1)
    }

    /// Begins a pass from the first entry.
    pub async fn scrub_begin(&self, holder: &str, now_ms: i64) -> Result<bool, LedgerError> {
        let begun = in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(BEGIN).bind(now_ms).bind(holder).execute(&mut *tx).await?.rows_affected()
        });
        Ok(begun == 1)
    }

    /// Writes down how far it has come and what is wrong there. False when somebody else looks now.
    pub async fn scrub_advance(
        &self,
        holder: &str,
        until_ms: i64,
        progress: &ScrubProgress,
        found: &[Finding],
    ) -> Result<bool, LedgerError> {
        let ScrubProgress { pass, position, scans, bytes, healed, .. } = *progress;
        let advanced = in_tx!(&*self.db, |tx, Engine| {
            let query = sqlx::query(ADVANCE).bind(position as i64).bind(scans as i64).bind(bytes as i64);
            let query = query.bind(healed as i64).bind(until_ms).bind(holder);
            let advanced = query.execute(&mut *tx).await?.rows_affected();
            if advanced == 1 {
                for finding in found {
                    let query = sqlx::query(FOUND).bind(finding.digest.as_bytes().to_vec()).bind(finding.kind.name());
                    let query = query.bind(finding.position.map(|position| position as i64));
                    let query = query.bind(finding.size as i64).bind(finding.at_ms).bind(&finding.about);
                    query.bind(pass as i64).execute(&mut *tx).await?;
                }
            }
            advanced
        });
        Ok(advanced == 1)
    }

    /// Ends a whole pass: what it did not find wrong any more is forgotten.
    pub async fn scrub_end(&self, holder: &str, pass: u64, now_ms: i64) -> Result<bool, LedgerError> {
        let ended = in_tx!(&*self.db, |tx, Engine| {
            let ended = sqlx::query(END).bind(now_ms).bind(holder).execute(&mut *tx).await?.rows_affected();
            if ended == 1 {
                sqlx::query(GONE).bind(pass as i64).execute(&mut *tx).await?;
            }
            ended
        });
        Ok(ended == 1)
    }

    /// Gives it up to whoever comes.
    pub async fn scrub_let_go(&self, holder: &str) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(LET_GO).bind(holder).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// At most `limit` of what is wrong, by position, and how many there are in all.
    pub async fn scrub_findings(&self, limit: u32) -> Result<(Vec<Finding>, u64), LedgerError> {
        let rows: Vec<Row> =
            on_db!(&*self.db, |pool| sqlx::query_as(FINDINGS).bind(i64::from(limit)).fetch_all(pool).await?);
        let count: i64 = on_db!(&*self.db, |pool| sqlx::query_scalar(COUNT).fetch_one(pool).await?);
        Ok((rows.into_iter().map(finding).collect::<Result<_, _>>()?, count as u64))
    }

    /// Those of `digests` that no entry names. Meant for a few hundred.
    pub async fn without_entry(&self, digests: &[Digest]) -> Result<Vec<Digest>, LedgerError> {
        if digests.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<Vec<u8>> = on_db!(&*self.db, |pool| {
            let mut query = sqlx::QueryBuilder::new("SELECT DISTINCT sha256 FROM entry WHERE sha256 IN (");
            let mut list = query.separated(", ");
            for digest in digests {
                list.push_bind(digest.as_bytes().to_vec());
            }
            query.push(")");
            query.build_query_scalar().fetch_all(pool).await?
        });
        let entered: std::collections::HashSet<Vec<u8>> = rows.into_iter().collect();
        Ok(digests.iter().filter(|digest| !entered.contains(digest.as_bytes().as_slice())).copied().collect())
    }
}

fn finding((sha256, kind, position, size, at_ms, about): Row) -> Result<Finding, LedgerError> {
    let corrupt = || LedgerError::Corrupt("a finding of the scrub".to_owned());
    Ok(Finding {
        digest: Digest::from_bytes(&sha256).map_err(|_| corrupt())?,
        kind: FindingKind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(corrupt)?,
        position: position.map(|position| position as u64),
        size: size as u64,
        at_ms,
        about,
    })
}
