//! Accounts and their machines' credentials, one in force for each channel.

pub mod certificates;
pub mod consent;
pub mod rights;
pub mod secrets;
pub mod tries;

use super::db::{in_tx, on_db};
use super::from_row::from_row;
use super::people::{ADD_PERSON, Definition};
use super::{Ledger, LedgerError};
use crate::domain::{BoardId, Channel, Gate, PlaceId};

/// A credential with the account it opens.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The account.
    pub account: String,
    /// What the account is: `party`, `candidate`, `independent`, `board`, `operator` or `auditor`.
    pub kind: String,
    /// What the secret is compared with.
    pub secret: String,
    /// Milliseconds since 1970 from which it is refused.
    pub expires_ms: Option<i64>,
    /// Where a board sits.
    pub place: Option<String>,
    /// CIDR ranges, separated by spaces.
    pub addresses: String,
    /// Whether the account is in use.
    pub active: bool,
    /// Name of the gate that must be open before the account may see scans.
    pub opens_with: String,
}

from_row!(Credential { account, kind, secret, expires_ms, place, addresses, active, opens_with });

/// An account to be added.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: String,
    /// `party`, `candidate`, `independent`, `board`, `operator` or `auditor`.
    pub kind: &'static str,
    /// As election users know it.
    pub name: String,
    /// Where a board sits.
    pub place: Option<String>,
    /// CIDR ranges, separated by spaces.
    pub addresses: String,
    /// Name of the gate that must be open before the account may see scans.
    pub opens_with: Gate,
    /// Its machines' credentials.
    pub credentials: Vec<NewCredential>,
    /// Its first person, whose login is given.
    pub first: Option<Definition>,
}

/// A machine's credential to be added.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// The channel that it opens.
    pub channel: Channel,
    /// What it is looked up by: a user name, or what a token begins with.
    pub login: String,
    /// What the secret is compared with.
    pub secret: String,
}

const CREDENTIAL: &str = "SELECT c.account, a.kind, c.secret, c.expires_ms, a.place, a.addresses, a.active, a.opens_with \
                          FROM credential c JOIN account a ON a.id = c.account WHERE c.channel = $1 AND c.login = $2";
const REPORTED_ADDRESSES: &str = "SELECT addresses FROM account WHERE active AND addresses <> ''";
const PARTY_ADDRESSES: &str = "SELECT addresses FROM account WHERE kind IN ('party', 'candidate') AND active";
const BOARD_PLACE: &str = "SELECT place FROM account WHERE id = $1 AND kind = 'board'";
const ADD_ACCOUNT: &str = "INSERT INTO account (id, kind, name, place, addresses, opens_with, active) \
                           VALUES ($1, $2, $3, $4, $5, $6, TRUE) \
                           ON CONFLICT (id) DO NOTHING";
const ADD_CREDENTIAL: &str = "INSERT INTO credential (channel, login, account, secret) VALUES ($1, $2, $3, $4)";

impl Ledger {
    /// The credentials that `login` names on `channel`: one, or while it is changed the new one and the old one.
    pub async fn credentials(&self, channel: Channel, login: &str) -> Result<Vec<Credential>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| {
            sqlx::query_as(CREDENTIAL).bind(channel.name()).bind(login).fetch_all(pool).await?
        }))
    }

    /// Where a board sits.
    pub async fn board_place(&self, board: &BoardId) -> Result<Option<PlaceId>, LedgerError> {
        let place: Option<Option<String>> =
            on_db!(&*self.db, |pool| sqlx::query_scalar(BOARD_PLACE).bind(board.as_str()).fetch_optional(pool).await?);
        Ok(place.flatten().and_then(|place| place.parse().ok()))
    }

    /// The address list of every active party.
    pub async fn party_addresses(&self) -> Result<Vec<String>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_scalar(PARTY_ADDRESSES).fetch_all(pool).await?))
    }

    /// The address lists of all accounts in use.
    pub async fn reported_addresses(&self) -> Result<Vec<String>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_scalar(REPORTED_ADDRESSES).fetch_all(pool).await?))
    }

    /// Adds an account with its credentials, or nothing at all. `false` when the id or its
    /// first person's login is taken.
    pub async fn account_add(&self, account: &NewAccount) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let added = sqlx::query(ADD_ACCOUNT)
                .bind(&account.id)
                .bind(account.kind)
                .bind(&account.name)
                .bind(&account.place)
                .bind(&account.addresses)
                .bind(account.opens_with.name())
                .execute(&mut *tx)
                .await?
                .rows_affected()
                == 1;
            if added {
                for NewCredential { channel, login, secret } in &account.credentials {
                    let add =
                        sqlx::query(ADD_CREDENTIAL).bind(channel.name()).bind(login).bind(&account.id).bind(secret);
                    add.execute(&mut *tx).await?;
                }
                if let Some(first) = &account.first {
                    let login = first.login.as_ref().unwrap_or(&account.id);
                    let add = sqlx::query(ADD_PERSON).bind(login).bind(&account.id).bind(1_i64).bind(1_i64);
                    let add = add.bind(first.role.name()).bind(&first.name).bind(&first.phone).bind(&first.email);
                    let add = add.bind(&first.password).bind(first.slip_until_ms);
                    if add.execute(&mut *tx).await?.rows_affected() == 0 {
                        return Ok(false);
                    }
                }
            }
            added
        }))
    }
}
