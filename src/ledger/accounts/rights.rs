//! The rights of parties and candidates: what an open session is judged by, again and again while it lasts.

use crate::ledger::db::{in_tx, on_db};
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

/// One party's row.
#[derive(Clone, Debug)]
pub struct RightsRow {
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
    /// Whether it may come without TLS where the service does not require it.
    pub allow_plain: bool,
    /// Whether its data connections must resume the TLS session of their control connection.
    pub session_reuse: bool,
    /// Milliseconds since 1970 until which it may come without TLS although the service requires it.
    pub plain_until_ms: Option<i64>,
}

from_row!(RightsRow {
    id,
    kind,
    addresses,
    active,
    opens_with,
    require_tls,
    allow_plain,
    session_reuse,
    plain_until_ms,
});

const RIGHTS: &str = "SELECT id, kind, addresses, active, opens_with, require_tls, allow_plain, session_reuse, \
                         plain_until_ms FROM account WHERE kind IN ('party', 'candidate')";
const BULK_SECRETS: &str = "SELECT account, secret, expires_ms FROM credential WHERE channel = 'bulk'";
const SET_FTP: &str = "UPDATE account SET require_tls = $2, plain_until_ms = $3, allow_plain = $4, session_reuse = $5 \
                       WHERE id = $1 AND kind IN ('party', 'candidate')";

/// How a party's FTP may come. The default: with TLS, and data connections from the address of their control connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FtpTerms {
    /// Never without TLS, whatever else is said.
    pub require_tls: bool,
    /// Without TLS too, where the service does not require it.
    pub allow_plain: bool,
    /// Without TLS until then, in milliseconds since 1970, although the service requires it.
    pub plain_until_ms: Option<i64>,
    /// Data connections must resume the TLS session of their control connection.
    pub session_reuse: bool,
}

/// A secret by which a party's machine may come.
#[derive(Clone)]
pub struct SecretRow {
    /// Its account.
    pub account: String,
    /// What the secret is compared with.
    pub secret: String,
    /// Milliseconds since 1970 from which it is refused.
    pub expires_ms: Option<i64>,
}

from_row!(SecretRow { account, secret, expires_ms });

impl Ledger {
    /// Every party's bulk secret, and the one before where that still holds.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn bulk_secrets(&self) -> Result<Vec<SecretRow>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(BULK_SECRETS).fetch_all(pool).await?))
    }

    /// Every party and candidate.
    pub async fn rights_of_parties(&self) -> Result<Vec<RightsRow>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_as(RIGHTS).fetch_all(pool).await?))
    }

    /// Says how a party's FTP may come. `false` when there is no such party.
    pub async fn party_ftp(&self, party: &str, terms: &FtpTerms) -> Result<bool, LedgerError> {
        let done = in_tx!(&*self.db, |tx, Engine| {
            let set = sqlx::query(SET_FTP).bind(party).bind(terms.require_tls).bind(terms.plain_until_ms);
            let set = set.bind(terms.allow_plain).bind(terms.session_reuse);
            set.execute(&mut *tx).await?.rows_affected()
        });
        Ok(done == 1)
    }
}
