//! Accounts as operators see and change them: in use or not, from where, and the machines' secrets, which may overlap while
//! they are changed.

use crate::domain::Channel;
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

/// An account without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// `party`, `candidate`, `independent`, `board`, `operator` or `auditor`.
    pub kind: String,
    /// As election users know it.
    pub name: String,
    /// Where a board sits; an independent candidate's seçim çevresi.
    pub place: Option<String>,
    /// CIDR ranges, separated by spaces.
    pub addresses: String,
    /// Name of the gate that must be open before the account may see scans.
    pub opens_with: String,
    /// Whether it is in use.
    pub active: bool,
}

from_row!(Account { id, kind, name, place, addresses, opens_with, active });

const ACCOUNTS: &str = "SELECT id, kind, name, place, addresses, opens_with, active FROM account \
                        WHERE ($1 IS NULL OR kind = $1) AND ($2 IS NULL OR id = $2) ORDER BY kind, id LIMIT $3";
const SET_ACTIVE: &str = "UPDATE account SET active = $1 WHERE id = $2 AND kind = $3";
const SET_ADDRESSES: &str = "UPDATE account SET addresses = $1 WHERE id = $2 AND kind = $3";
const END_SESSIONS: &str = "DELETE FROM session WHERE person IN (SELECT id FROM person WHERE account = $1)";
const LOCK: &str = "UPDATE account SET active = active WHERE id = $1 AND kind = $2 RETURNING id";
/// Only the secret in force may overlap with the new one; an older one ends at once.
const DROP_OLDER: &str = "DELETE FROM credential WHERE account = $1 AND channel = $2 AND expires_ms IS NOT NULL";
const EXPIRE: &str = "UPDATE credential SET expires_ms = $1 WHERE account = $2 AND channel = $3 AND expires_ms IS NULL";
const ADD: &str = "INSERT INTO credential (channel, login, account, secret) VALUES ($1, $2, $3, $4)";

impl Ledger {
    /// Accounts of one kind or of all, by kind and id.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn accounts(&self, kind: Option<&str>) -> Result<Vec<Account>, LedgerError> {
        self.find_accounts(kind, None).await
    }

    /// The account with this id.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn account(&self, id: &str) -> Result<Option<Account>, LedgerError> {
        Ok(self.find_accounts(None, Some(id)).await?.pop())
    }

    async fn find_accounts(&self, kind: Option<&str>, id: Option<&str>) -> Result<Vec<Account>, LedgerError> {
        /// About a thousand boards and some dozen parties.
        const MOST: i64 = 100_000;
        Ok(on_db!(&*self.db, |pool| { sqlx::query_as(ACCOUNTS).bind(kind).bind(id).bind(MOST).fetch_all(pool).await? }))
    }

    /// Takes an account out of use, or into use again. Its people's sessions end. `false` where there is none of this kind.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn account_set_active(&self, kind: &str, id: &str, active: bool) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let set = sqlx::query(SET_ACTIVE).bind(active).bind(id).bind(kind).execute(&mut *tx).await?;
            sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
            set.rows_affected() == 1
        }))
    }

    /// Replaces the address list. Its people's sessions end. `false` where there is none of this kind.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn account_set_addresses(&self, kind: &str, id: &str, addresses: &str) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let set = sqlx::query(SET_ADDRESSES).bind(addresses).bind(id).bind(kind).execute(&mut *tx).await?;
            sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
            set.rows_affected() == 1
        }))
    }

    /// Puts a new machine's secret in force. The one before holds until `old_until_ms`, milliseconds since 1970; any older
    /// one ends now. `false` where there is no such account.
    ///
    /// # Errors
    /// The database did not answer; nothing was changed.
    pub async fn secret_replace(
        &self,
        (kind, account): (&str, &str),
        channel: Channel,
        (login, secret): (&str, &str),
        old_until_ms: i64,
    ) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let locked: Option<String> =
                sqlx::query_scalar(LOCK).bind(account).bind(kind).fetch_optional(&mut *tx).await?;
            if locked.is_some() {
                sqlx::query(DROP_OLDER).bind(account).bind(channel.name()).execute(&mut *tx).await?;
                sqlx::query(EXPIRE).bind(old_until_ms).bind(account).bind(channel.name()).execute(&mut *tx).await?;
                let add = sqlx::query(ADD).bind(channel.name()).bind(login).bind(account).bind(secret);
                add.execute(&mut *tx).await?;
            }
            locked.is_some()
        }))
    }
}
