//! Sessions of people at the web site: begun by login, password and second factor, kept in the ledger, ended by time, by
//! the person, and by every change of what they rest on.
//!
//! What a browser holds is 256 random bits; the ledger knows their hash. A session is never taken over from what a browser
//! brings: each login and each change of password makes a new one.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::door::{self, Door, DoorError, LoginError};
use super::factor::{self, FactorError};
use super::own_password::{self, ChangeError};
use super::passwords::PasswordError;
use super::secrets::SecretError;
use super::{Act, Class, Object, Principal, Refusal};
use crate::clock::Clock;
use crate::domain::words::Hidden;
use crate::domain::{Channel, Sender};
use crate::ledger::codes::WrongCodes;
use crate::ledger::people::{PasswordChange, PersonLogin};
use crate::ledger::sessions::{NewSession, Proof, SessionShown};
use crate::ledger::{Ledger, LedgerError};

/// A session that was not used for so long has ended.
pub const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// A session ends after so long, whatever is done in it (NIST SP 800-63B-4, AAL2).
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// Use is written down this often, so that a page with many parts is not as many commits.
const NOTED: SignedDuration = SignedDuration::from_mins(1);
/// What is kept of the browser's own name, in letters.
const AGENT: usize = 160;

/// What the browser holds.
pub struct Ticket(String);

impl Ticket {
    fn generate() -> Result<(Self, [u8; 32]), SecretError> {
        let mut raw = [0; 32];
        getrandom::fill(&mut raw).map_err(|_| SecretError::Random)?;
        let text = URL_SAFE_NO_PAD.encode(raw);
        let hash = hash(&text);
        Ok((Self(text), hash))
    }

    /// As it stands in the cookie.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hash(ticket: &str) -> [u8; 32] {
    Sha256::digest(ticket).into()
}

/// What a form carries so that no other site can send it: it follows from the ticket, and the ticket does not follow from
/// it.
pub fn form_token(ticket: &str) -> String {
    hex::encode(Sha256::digest(format!("form token of {ticket}")))
}

/// Somebody in a session.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who they are, and what their rights depend on.
    pub principal: Principal,
    /// First name and surname.
    pub name: String,
    /// The account, as people know it.
    pub account_name: String,
    /// By which the session is shown.
    pub session: String,
    /// What forms must carry.
    pub token: String,
    /// Whether there is a second factor.
    pub second_factor: bool,
    /// Whether the password is still the slip's.
    pub first_password: bool,
    /// The board that somebody sends scans for, if they do.
    pub sender: Option<Sender>,
    /// Whether the person said in this session to have read the notice.
    pub knows_notice: bool,
    /// Codes that were wrong and that this person has not said to know of.
    pub wrong_codes: Option<WrongCodes>,
}

impl Visitor {
    /// The login.
    pub fn login(&self) -> &str {
        self.principal.person.as_deref().unwrap_or(&self.principal.account)
    }

    /// Whether what a form carries is what it must.
    pub fn sent(&self, token: &str) -> bool {
        bool::from(token.as_bytes().ct_eq(self.token.as_bytes()))
    }

    /// Whether this person may not be without a second factor, and is.
    pub fn lacks_second_factor(&self) -> bool {
        self.principal.class == Class::Operator && !self.second_factor
    }
}

/// Where somebody logs in from.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The address.
    pub address: IpAddr,
    /// What the browser says of itself.
    pub agent: &'a str,
}

fn new_session(token: [u8; 32], login: &str, from: Caller<'_>, now: Timestamp) -> NewSession {
    let agent = from.agent.chars().filter(|letter| Hidden::of(*letter).is_none()).take(AGENT).collect();
    let ends_ms = now.as_millisecond() + LONGEST.as_millis() as i64;
    let (person, address) = (login.to_owned(), from.address.to_canonical().to_string());
    NewSession { token, person, address, agent, began_ms: now.as_millisecond(), ends_ms }
}

/// The sessions. Clones share them.
#[derive(Clone, Debug)]
pub struct Sessions {
    ledger: Ledger,
    clock: Clock,
    door: Door,
}

impl Sessions {
    /// Sessions of the people whom `door` knows.
    pub fn new(ledger: Ledger, clock: Clock, door: Door) -> Self {
        Self { ledger, clock, door }
    }

    /// Begins a session. `code` is looked at where the person has a second factor.
    ///
    /// # Errors
    /// Why not, for the record; whoever tries is told one sentence for all of it.
    pub async fn log_in(
        &self,
        login: &str,
        password: &str,
        code: &str,
        from: Caller<'_>,
    ) -> Result<(Ticket, Principal), LoginError> {
        let this = self.door.try_in(Channel::Web, login, from.address).await?;
        self.door.codes_are_looked_at(login).await?;
        let begun = self.begin(login, password, code, from).await;
        door::judge_person(this, &begun).await;
        begun
    }

    async fn begin(
        &self,
        login: &str,
        password: &str,
        code: &str,
        from: Caller<'_>,
    ) -> Result<(Ticket, Principal), LoginError> {
        let (known, principal) = self.door.person(login, password).await?;
        let own = Object::Of(&principal.account);
        self.door.allow(&principal, Act::LogOut, own, from.address).await?;
        let now = self.clock.now();
        let (proved, totp_step) = match &known.totp {
            None => (None, None),
            Some(secret) => {
                let (proved, step) = self.door.code(login, secret, code).await?;
                (Some(proved), Some(step))
            }
        };
        let (ticket, token) = Ticket::generate().map_err(PasswordError::from)?;
        let new = new_session(token, login, from, now);
        let proof = Proof { password: known.password, totp_step };
        match (self.ledger.session_begin(&new, &proof).await?, proved) {
            (true, proved) => {
                if let Some(proved) = proved {
                    proved.right().await;
                }
                Ok((ticket, principal))
            }
            // Another was faster with the same slip, or the same code was used before.
            (false, Some(proved)) => {
                proved.wrong().await;
                Err(LoginError::Refused(Refusal::WrongCode))
            }
            (false, None) => Err(LoginError::Refused(Refusal::Unknown)),
        }
    }

    /// Who holds this ticket; none where it opens nothing (any more). Being asked counts as use.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn find(&self, ticket: &str) -> Result<Option<Visitor>, LedgerError> {
        self.holder(ticket, true).await
    }

    /// The same, where being asked does not count as use: a page that stands open asks by itself, whether or not anybody is
    /// there.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn look(&self, ticket: &str) -> Result<Option<Visitor>, LedgerError> {
        self.holder(ticket, false).await
    }

    async fn holder(&self, ticket: &str, used: bool) -> Result<Option<Visitor>, LedgerError> {
        let hash = hash(ticket);
        let now = self.clock.now().as_millisecond();
        let Some(found) = self.ledger.session(&hash).await? else { return Ok(None) };
        if now >= found.ends_ms || now - found.seen_ms >= IDLE.as_millis() as i64 {
            return Ok(None);
        }
        if used && now - found.seen_ms >= NOTED.as_millis() as i64 {
            self.ledger.session_touch(&hash, now).await?;
        }
        let principal = door::principal_of(&found.login)?;
        let sender = match principal.class {
            Class::Board => Some(door::sender(&principal.account, found.login.place.as_deref())?),
            _ => None,
        };
        let wrong_codes = match found.login.totp {
            Some(_) => self.ledger.wrong_codes(&found.login.person).await?,
            None => None,
        };
        let mut visitor = Visitor {
            principal,
            sender,
            wrong_codes,
            name: found.login.person_name,
            account_name: found.login.account_name,
            session: found.id,
            knows_notice: found.notice_ms.is_some(),
            token: form_token(ticket),
            second_factor: found.login.totp.is_some(),
            first_password: found.login.must_change,
        };
        // An operator without a second factor is where somebody with a first password is: there is one thing to do.
        visitor.principal.must_change |= visitor.lacks_second_factor();
        Ok(Some(visitor))
    }

    /// Whether somebody in a session may do something, coming from there, now.
    ///
    /// # Errors
    /// Why not.
    pub async fn allow(&self, visitor: &Visitor, act: Act, from: IpAddr) -> Result<(), DoorError> {
        let own =
            matches!(act, Act::ChangePassword | Act::LogOut | Act::ReadOwnRecord | Act::Upload | Act::FollowUploads)
                || visitor.principal.class == Class::Board;
        let object = if own { Object::Of(&visitor.principal.account) } else { Object::Everything };
        self.door.allow(&visitor.principal, act, object, from).await
    }

    /// Replaces the password. Every session of the person ends; the ticket is of the one that goes on.
    ///
    /// # Errors
    /// See [`ChangeError`]; nothing was changed.
    pub async fn change_password(
        &self,
        visitor: &Visitor,
        present: &str,
        new: &str,
        from: Caller<'_>,
    ) -> Result<Ticket, ChangeError> {
        let login = visitor.login();
        // A stolen session must not become a place to guess at.
        let this = match self.door.try_in(Channel::Web, login, from.address).await {
            Ok(this) => this,
            Err(DoorError::Ledger(error)) => return Err(error.into()),
            Err(DoorError::Refused(refusal)) => {
                return Err(ChangeError::NotNow { retry_after: refusal.retry_after().unwrap_or(1) });
            }
        };
        let known = self.ledger.person_login(login).await?;
        let stored = known.as_ref().map(|known| known.password.clone());
        let right = self.door.passwords().matches(stored, &own_password::as_typed(known.as_ref(), present)).await?;
        let in_time = |known: &PersonLogin| own_password::is_in_time(known, self.clock.now());
        let Some(known) = known.filter(|known| right && in_time(known)) else {
            this.wrong().await;
            return Err(ChangeError::WrongPassword);
        };
        this.right().await;
        let after = own_password::replacement(&known, self.door.passwords(), present, new).await?;
        let (ticket, token) = Ticket::generate()?;
        let session = new_session(token, login, from, self.clock.now());
        let change = PasswordChange {
            person: login,
            before: &known.password,
            after: &after,
            inside_session: true,
            session: Some(&session),
        };
        match self.ledger.person_change_password(&change).await? {
            true => Ok(ticket),
            false => Err(ChangeError::WrongPassword),
        }
    }

    /// Sets the second factor up, or another in its place. Every session of the person ends; the ticket is of the one that
    /// goes on.
    ///
    /// # Errors
    /// See [`FactorError`]; nothing was changed.
    pub async fn set_second_factor(
        &self,
        visitor: &Visitor,
        shown: factor::FactorProof<'_>,
        from: Caller<'_>,
    ) -> Result<Ticket, FactorError> {
        let login = visitor.login();
        // A stolen session must not become a place to guess at.
        let this = match self.door.try_in(Channel::Web, login, from.address).await {
            Ok(this) => this,
            Err(DoorError::Ledger(error)) => return Err(error.into()),
            Err(DoorError::Refused(refusal)) => {
                return Err(FactorError::NotNow { retry_after: refusal.retry_after().unwrap_or(1) });
            }
        };
        let now = self.clock.now();
        let (ticket, token) = Ticket::generate().map_err(PasswordError::from)?;
        let session = new_session(token, login, from, now);
        let set = factor::set(&self.ledger, self.door.passwords(), login, shown, now, Some(&session)).await;
        match &set {
            // Who mistypes the new app's code has proved what had to be proved.
            Ok(()) | Err(FactorError::WrongCode) => this.right().await,
            Err(FactorError::WrongPassword | FactorError::WrongPresentCode) => this.wrong().await,
            Err(FactorError::NotNow { .. } | FactorError::Password(_) | FactorError::Ledger(_)) => {}
        }
        set.map(|()| ticket)
    }

    /// The person knows of so many wrong codes: they are not told of them again.
    ///
    /// # Errors
    /// The database did not answer; they go on being told.
    pub async fn knows_of_codes(&self, visitor: &Visitor, wrong: i64) -> Result<(), LedgerError> {
        self.ledger.wrong_codes_seen(visitor.login(), wrong).await
    }

    /// The person says to have read the notice.
    ///
    /// # Errors
    /// The database did not answer; it is asked again.
    pub async fn knows_notice(&self, visitor: &Visitor) -> Result<(), LedgerError> {
        let now = self.clock.now().as_millisecond();
        self.ledger.session_notice(visitor.login(), &visitor.session, now).await
    }

    /// Whether somebody must say first to have read the notice: whoever sees scans or results on the site, once a session
    /// (2019 circular, art. 3/2).
    pub fn asks_for_notice(&self, visitor: &Visitor, act: Act) -> bool {
        act.waits_for_a_gate() && visitor.principal.channel == Channel::Web && !visitor.knows_notice
    }

    /// Ends the session itself.
    ///
    /// # Errors
    /// The database did not answer; it goes on.
    pub async fn log_out(&self, visitor: &Visitor) -> Result<(), LedgerError> {
        self.end(visitor, Some(&visitor.session)).await.map(|_| ())
    }

    /// Ends one session of the person, or all.
    ///
    /// # Errors
    /// The database did not answer; none ended.
    pub async fn end(&self, visitor: &Visitor, session: Option<&str>) -> Result<u64, LedgerError> {
        self.ledger.sessions_end(visitor.login(), session).await
    }

    /// The person's sessions that may still be used.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn list(&self, visitor: &Visitor) -> Result<Vec<SessionShown>, LedgerError> {
        let now = self.clock.now().as_millisecond();
        self.ledger.sessions_of(visitor.login(), now, now - IDLE.as_millis() as i64).await
    }

    /// This service's clock.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }
}
