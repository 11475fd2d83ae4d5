//! How parties, and candidates, stand: what an open session is judged by, again and again while it lasts.

use super::db::{in_tx, on_db};
use super::{Ledger, LedgerError};

/// One party's row.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct StandingRow {
    /// Its account.
    pub id: String,
    /// What kind of account.
    pub kind: String,
    /// CIDR ranges, separated by spaces.
    pub addresses: String,
    /// Whether the account is in use.
    pub active: bool,
    /// Name of the gate that must be open before the account may see scans.
    pub opens_with: String,
    /// Whether it may never come without TLS.
    pub require_tls: bool,
    /// Milliseconds since 1970 until which it may come without TLS although the service requires it.
    pub plain_until_ms: Option<i64>,
}

const STANDINGS: &str = "SELECT id, kind, addresses, active, opens_with, require_tls, plain_until_ms FROM account \
                         WHERE kind IN ('party', 'candidate')";
const BULK_SECRETS: &str = "SELECT account, secret, expires_ms FROM credential WHERE channel = 'bulk'";
const SET_FTP: &str = "UPDATE account SET require_tls = $2, plain_until_ms = $3 \
                       WHERE id = $1 AND kind IN ('party', 'candidate')";

/// A secret by which a party's machine may come.
#[derive(Clone, sqlx::FromRow)]
pub struct SecretRow {
    /// Its account.
    pub account: String,
    /// What the secret is compared with.
    pub secret: String,
    /// Milliseconds since 1970 from which it is refused.
    pub expires_ms: Option<i64>,
}

impl Ledger {
    /// Every party's bulk secret, and the one before where that still holds.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn bulk_secrets(&self) -> Result<Vec<SecretRow>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(BULK_SECRETS).fetch_all(pool).await?))
    }

    /// Every party and candidate.
    pub async fn standings(&self) -> Result<Vec<StandingRow>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(STANDINGS).fetch_all(pool).await?))
    }

    /// Says how a party's FTP may come. `false` when there is no such party.
    pub async fn party_ftp(
        &self,
        party: &str,
        require_tls: bool,
        plain_until_ms: Option<i64>,
    ) -> Result<bool, LedgerError> {
        let done = in_tx!(&*self.db, |tx, Engine| {
            let set = sqlx::query(SET_FTP).bind(party).bind(require_tls).bind(plain_until_ms);
            set.execute(&mut *tx).await?.rows_affected()
        });
        Ok(done == 1)
    }
}
