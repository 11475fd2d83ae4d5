//! What a login is compared with.

use crate::ledger::db::{in_tx, on_db};
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

/// A person, what they log in with, and their account.
#[derive(Clone, Debug)]
pub struct PersonLogin {
    /// The login.
    pub person: String,
    /// First name and surname.
    pub person_name: String,
    /// Whether person and account may be used.
    pub active: bool,
    /// Argon2id string.
    pub password: String,
    /// Whether the password is still the slip's.
    pub must_change: bool,
    /// Milliseconds since 1970 from which the slip's password is refused.
    pub slip_until_ms: Option<i64>,
    /// Whether the slip's password was used.
    pub slip_used: bool,
    /// Secret of the second factor, base 32.
    pub totp: Option<String>,
    /// The last step that was used.
    pub totp_step: i64,
    /// The account.
    pub account: String,
    /// As election users know it.
    pub account_name: String,
    /// `party`, `candidate`, `board`, `operator` or `auditor`.
    pub kind: String,
    /// Where a board sits.
    pub place: Option<String>,
    /// CIDR ranges of the account, separated by spaces.
    pub addresses: String,
    /// Name of the gate that must be open before the account may see scans.
    pub opens_with: String,
}

from_row!(PersonLogin {
    person,
    person_name,
    active,
    password,
    must_change,
    slip_until_ms,
    slip_used,
    totp,
    totp_step,
    account,
    account_name,
    kind,
    place,
    addresses,
    opens_with,
});

const LOGIN: &str = "SELECT p.id AS person, p.name AS person_name, (a.active AND p.seat IS NOT NULL) AS active, p.password, \
                     p.must_change, p.slip_until_ms, p.slip_used, p.totp, p.totp_step, p.account, a.name AS account_name, \
                     a.kind, a.place, a.addresses, a.opens_with FROM person p JOIN account a ON a.id = p.account WHERE p.id = $1";
const NAMED: &str = "SELECT account, id AS person FROM person WHERE id = $1 \
                     UNION ALL SELECT id AS account, NULL AS person FROM account WHERE id = $1";
const USE_STEP: &str = "UPDATE person SET totp_step = $1 WHERE id = $2 AND totp_step < $1 AND totp IS NOT NULL";
impl Ledger {
    /// What the login is compared with.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn person_login(&self, id: &str) -> Result<Option<PersonLogin>, LedgerError> {
        let found: Option<PersonLogin> =
            on_db!(&*self.db, |pool| sqlx::query_as(LOGIN).bind(id).fetch_optional(pool).await?);
        found.map(|login| self.with_opened_factor(login)).transpose()
    }

    pub(in crate::ledger) fn with_opened_factor(&self, login: PersonLogin) -> Result<PersonLogin, LedgerError> {
        let totp = login.totp.as_deref().map(|stored| self.opened(&login.person, stored)).transpose()?;
        Ok(PersonLogin { totp, ..login })
    }

    /// Who has this name: the account and the person with this login, and the account that is called so.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn named(&self, name: &str) -> Result<Vec<(String, Option<String>)>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(NAMED).bind(name).fetch_all(pool).await?))
    }

    /// Uses a step of somebody's second factor up. `false` when it, or a later one, was used before.
    ///
    /// # Errors
    /// The database did not answer; it was not used.
    pub async fn person_use_step(&self, id: &str, step: i64) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(USE_STEP).bind(step).bind(id).execute(&mut *tx).await?.rows_affected() == 1
        }))
    }
}
