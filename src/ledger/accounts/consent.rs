//! What one operator asks for and another one must agree to, and what became of it. A row is decided once.
//!
//! It must never say what takes two: that was decided before.

use jiff::Timestamp;

use crate::ledger::db::{in_tx, on_db};
use crate::ledger::from_row::from_row;
use crate::ledger::people::seal::RULE_OF_TWO;
use crate::ledger::{Ledger, LedgerError};

/// Requests that may wait at a time, of all operators together: a request form weighs a megabyte.
const WAITING: i64 = 64;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConsent {
    /// Who asks: the account of an operator.
    pub asker: String,
    /// What for, by name.
    pub act: &'static str,
    /// Whose account or person it is about.
    pub subject: String,
    /// All of it, as JSON: it is carried out exactly so.
    pub deed: String,
    /// Until when it may be agreed to.
    pub expires: Timestamp,
}

/// A request with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its number.
    pub id: i64,
    /// When it was asked for, milliseconds since 1970.
    pub at_ms: i64,
    /// From when on nobody may agree any more.
    pub expires_ms: i64,
    /// Who asked.
    pub asker: String,
    /// What for, by name.
    pub act: String,
    /// Whose account or person it is about.
    pub subject: String,
    /// All of it, as JSON.
    pub deed: String,
    /// `agreed`, `failed` (agreed to, and it could not be carried out) or `taken-back`; none while it waits.
    pub outcome: Option<String>,
    /// Who decided.
    pub decider: Option<String>,
    /// When it was decided.
    pub decided_ms: Option<i64>,
}

from_row!(Consent { id, at_ms, expires_ms, asker, act, subject, deed, outcome, decider, decided_ms });

/// Why a request was not agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAgreed {
    /// There is none of this number.
    #[error("there is no such request")]
    Missing,
    /// It was decided before.
    #[error("it was decided before")]
    Decided,
    /// Nobody agreed in time.
    #[error("it has expired")]
    Expired,
    /// Who asks may not agree.
    #[error("who asks may not agree")]
    SamePerson,
    /// Who asked is no active operator any more.
    #[error("who asked is no active operator any more")]
    AskerGone,
}

macro_rules! consents {
    ($which:literal) => {
        concat!(
            "SELECT id, at_ms, expires_ms, asker, act, subject, deed, outcome, decider, decided_ms FROM consent ",
            $which
        )
    };
}
const ONE: &str = consents!("WHERE id = $1");
const ALL: &str = consents!("WHERE id > $1 ORDER BY id LIMIT $2");
const COUNT: &str = "SELECT COUNT(*) FROM consent WHERE outcome IS NULL AND expires_ms > $1";
const ADD: &str = "INSERT INTO consent (at_ms, expires_ms, asker, act, subject, deed) VALUES ($1, $2, $3, $4, $5, $6) \
                   RETURNING id";
const DECIDE: &str = "UPDATE consent SET outcome = $2, decider = $3, decided_ms = $4 WHERE id = $1 AND outcome IS NULL";
const ACTIVE: &str = "SELECT COUNT(*) FROM account WHERE id = $1 AND kind = 'operator' AND active";
const FAILED: &str = "UPDATE consent SET outcome = 'failed' WHERE id = $1 AND outcome = 'agreed'";
const CAN_AGREE: &str = "SELECT COUNT(DISTINCT a.id) FROM person p JOIN account a ON a.id = p.account \
                         WHERE a.kind = 'operator' AND a.active AND p.totp IS NOT NULL";
const IS_RULE: &str = "SELECT COUNT(*) FROM rule_of_two";

impl Ledger {
    /// Enters a request. None where too many wait.
    ///
    /// # Errors
    /// The database did not answer; nothing was entered.
    pub async fn consent_ask(&self, new: &NewConsent, now: Timestamp) -> Result<Option<u64>, LedgerError> {
        let now = now.as_millisecond();
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let waiting: i64 = sqlx::query_scalar(COUNT).bind(now).fetch_one(&mut *tx).await?;
            if waiting >= WAITING {
                None
            } else {
                let add = sqlx::query_scalar(ADD).bind(now).bind(new.expires.as_millisecond()).bind(&new.asker);
                let add = add.bind(new.act).bind(&new.subject).bind(&new.deed);
                let id: i64 = add.fetch_one(&mut *tx).await?;
                Some(id as u64)
            }
        }))
    }

    /// One request.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn consent(&self, id: u64) -> Result<Option<Consent>, LedgerError> {
        let Ok(id) = i64::try_from(id) else { return Ok(None) };
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(ONE).bind(id).fetch_optional(pool).await?))
    }

    /// At most `limit` requests after number `after`, in order.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn consents_after(&self, after: u64, limit: u32) -> Result<Vec<Consent>, LedgerError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        Ok(on_db!(&*self.db, |pool| { sqlx::query_as(ALL).bind(after).bind(i64::from(limit)).fetch_all(pool).await? }))
    }

    /// Enters that an operator agrees. From then on this caller alone carries it out, once.
    ///
    /// # Errors
    /// The database did not answer; or, inside, why not. Nothing was entered then.
    pub async fn consent_agree(
        &self,
        id: u64,
        decider: &str,
        now: Timestamp,
    ) -> Result<Result<Consent, NotAgreed>, LedgerError> {
        let Some(found) = self.consent(id).await? else { return Ok(Err(NotAgreed::Missing)) };
        if found.asker == decider {
            return Ok(Err(NotAgreed::SamePerson));
        }
        if found.outcome.is_some() {
            return Ok(Err(NotAgreed::Decided));
        }
        if found.expires_ms <= now.as_millisecond() {
            return Ok(Err(NotAgreed::Expired));
        }
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let active: i64 = sqlx::query_scalar(ACTIVE).bind(&found.asker).fetch_one(&mut *tx).await?;
            if active == 0 {
                Err(NotAgreed::AskerGone)
            } else {
                let decide = sqlx::query(DECIDE).bind(found.id).bind("agreed").bind(decider);
                match decide.bind(now.as_millisecond()).execute(&mut *tx).await?.rows_affected() {
                    1 => Ok(found),
                    _ => Err(NotAgreed::Decided),
                }
            }
        }))
    }

    /// What was agreed to could not be carried out.
    ///
    /// # Errors
    /// The database did not answer; it stands as agreed to.
    pub async fn consent_failed(&self, id: u64) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(FAILED).bind(id as i64).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Takes a request back, be it one's own or another's. `false` where it does not wait.
    ///
    /// # Errors
    /// The database did not answer; it waits on.
    pub async fn consent_take_back(&self, id: u64, decider: &str, now: Timestamp) -> Result<bool, LedgerError> {
        let Ok(id) = i64::try_from(id) else { return Ok(false) };
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let decide = sqlx::query(DECIDE).bind(id).bind("taken-back").bind(decider).bind(now.as_millisecond());
            decide.execute(&mut *tx).await?.rows_affected() == 1
        }))
    }

    /// Whether two operators have a second factor, or ever had one before a command was given or the sealing key was lost.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn two_operators_had_factors(&self) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(RULE_OF_TWO).execute(&mut *tx).await?;
            let rows: i64 = sqlx::query_scalar(IS_RULE).fetch_one(&mut *tx).await?;
            rows > 0
        }))
    }

    /// Operators in use who have a second factor: who can ask for something, or agree to it.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn operators_who_can_agree(&self) -> Result<u64, LedgerError> {
        let count: i64 = on_db!(&*self.db, |pool| sqlx::query_scalar(CAN_AGREE).fetch_one(pool).await?);
        Ok(count as u64)
    }
}
