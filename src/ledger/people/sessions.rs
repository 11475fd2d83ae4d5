//! Sessions of people at the web site. The database knows a token's hash only: who reads it can open none.

use super::login::PersonLogin;
use crate::ledger::db::{in_tx, on_db};
use crate::ledger::from_row::from_row;
use crate::ledger::{Ledger, LedgerError};

/// Sessions of one person at a time; the oldest one ends when one more begins.
pub const SESSIONS_EACH: i64 = 10;

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of what the browser will hold.
    pub token: [u8; 32],
    /// The login.
    pub person: String,
    /// Where it was begun.
    pub address: String,
    /// What the browser says of itself.
    pub agent: String,
    /// Milliseconds since 1970.
    pub began_ms: i64,
    /// When it ends whatever is done in it, milliseconds since 1970.
    pub ends_ms: i64,
}

impl NewSession {
    /// By which it is shown and ended: the first 16 hexadecimal digits of the hash, which open nothing.
    pub fn id(&self) -> String {
        hex::encode(&self.token[..8])
    }
}

/// What must still hold of the person when a session begins.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The stored password that was compared with.
    pub password: String,
    /// The second factor's step that was proved.
    pub totp_step: Option<i64>,
}

/// A session with its person and account, as they are now.
#[derive(Clone, Debug)]
pub struct Session {
    /// By which it is shown and ended.
    pub id: String,
    /// When it was last used, to the minute; milliseconds since 1970.
    pub seen_ms: i64,
    /// When it ends whatever is done in it.
    pub ends_ms: i64,
    /// When the person said to have read the notice; none until then.
    pub notice_ms: Option<i64>,
    /// Whose it is.
    pub login: PersonLogin,
}

from_row!(Session { id, seen_ms, ends_ms, notice_ms } with login);

/// A session as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionShown {
    /// By which it is ended.
    pub id: String,
    /// Where it was begun.
    pub address: String,
    /// What the browser said of itself.
    pub agent: String,
    /// When it began.
    pub began_ms: i64,
    /// When it was last used, to the minute.
    pub seen_ms: i64,
}

from_row!(SessionShown { id, address, agent, began_ms, seen_ms });

/// One statement says yes to all of it or to nothing: active, the same password, a slip's only the first time, no step of
/// the second factor twice.
const PROVE: &str = "UPDATE person SET slip_used = must_change, totp_step = CASE WHEN $3 > 0 THEN $3 ELSE totp_step END \
                     WHERE id = $1 AND password = $2 AND seat IS NOT NULL AND NOT (must_change AND slip_used) \
                     AND ($3 = 0 OR totp_step < $3)";
pub(super) const ADD_SESSION: &str = "INSERT INTO session (token, id, person, address, agent, began_ms, seen_ms, ends_ms) \
                                      VALUES ($1, $2, $3, $4, $5, $6, $6, $7)";
const TRIM: &str = "DELETE FROM session WHERE person = $1 AND token NOT IN \
                    (SELECT token FROM session WHERE person = $1 ORDER BY began_ms DESC, token LIMIT $2)";
const OUTDATED: &str = "DELETE FROM session WHERE ends_ms <= $1";
const FIND: &str = "SELECT s.id, s.seen_ms, s.ends_ms, s.notice_ms, p.id AS person, p.name AS person_name, \
                    (a.active AND p.seat IS NOT NULL) AS active, p.password, p.must_change, p.slip_until_ms, p.slip_used, \
                    p.totp, p.totp_step, p.account, a.name AS account_name, a.kind, a.place, a.addresses, a.opens_with \
                    FROM session s JOIN person p ON p.id = s.person JOIN account a ON a.id = p.account WHERE s.token = $1";
const TOUCH: &str = "UPDATE session SET seen_ms = $1 WHERE token = $2 AND seen_ms < $1";
const NOTICE: &str = "UPDATE session SET notice_ms = $1 WHERE person = $2 AND id = $3 AND notice_ms IS NULL";
const OF_PERSON: &str = "SELECT id, address, agent, began_ms, seen_ms FROM session WHERE person = $1 AND ends_ms > $2 \
                         AND seen_ms > $3 ORDER BY began_ms, token";
const END: &str = "DELETE FROM session WHERE person = $1 AND ($2 IS NULL OR id = $2)";

impl Ledger {
    /// Begins a session if the proof still holds. `false` when it does not: nothing was begun.
    ///
    /// # Errors
    /// The database did not answer; nothing was begun.
    pub async fn session_begin(&self, new: &NewSession, proof: &Proof) -> Result<bool, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let prove = sqlx::query(PROVE).bind(&new.person).bind(&proof.password).bind(proof.totp_step.unwrap_or(0));
            let proved = prove.execute(&mut *tx).await?.rows_affected() == 1;
            if proved {
                sqlx::query(OUTDATED).bind(new.began_ms).execute(&mut *tx).await?;
                let add = sqlx::query(ADD_SESSION).bind(&new.token[..]).bind(new.id()).bind(&new.person);
                let add = add.bind(&new.address).bind(&new.agent).bind(new.began_ms).bind(new.ends_ms);
                add.execute(&mut *tx).await?;
                sqlx::query(TRIM).bind(&new.person).bind(SESSIONS_EACH).execute(&mut *tx).await?;
            }
            proved
        }))
    }

    /// The session of this token's hash, whether or not it may still be used.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn session(&self, token: &[u8; 32]) -> Result<Option<Session>, LedgerError> {
        let found: Option<Session> =
            on_db!(&*self.db, |pool| sqlx::query_as(FIND).bind(&token[..]).fetch_optional(pool).await?);
        let opened = |found: Session| Ok(Session { login: self.with_opened_factor(found.login)?, ..found });
        found.map(opened).transpose()
    }

    /// It was used just now.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn session_touch(&self, token: &[u8; 32], now_ms: i64) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(TOUCH).bind(now_ms).bind(&token[..]).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// The person says in this session to have read the notice.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn session_notice(&self, person: &str, id: &str, now_ms: i64) -> Result<(), LedgerError> {
        in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(NOTICE).bind(now_ms).bind(person).bind(id).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Sessions of a person that may still be used: not ended by `now_ms`, used after `idle_ms`.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn sessions_of(&self, person: &str, now_ms: i64, idle_ms: i64) -> Result<Vec<SessionShown>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| {
            sqlx::query_as(OF_PERSON).bind(person).bind(now_ms).bind(idle_ms).fetch_all(pool).await?
        }))
    }

    /// Ends one session of a person, or all. Gives how many ended.
    ///
    /// # Errors
    /// The database did not answer; none ended.
    pub async fn sessions_end(&self, person: &str, id: Option<&str>) -> Result<u64, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(END).bind(person).bind(id).execute(&mut *tx).await?.rows_affected()
        }))
    }
}
