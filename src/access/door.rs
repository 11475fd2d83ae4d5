//! The door: who somebody is, by the credential of one channel, and whether they may come in now.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use tokio::sync::Mutex;

use super::certificate::ShownCertificate;
use super::codes::{self, CodeTry, Seen};
use super::passwords::Passwords;
pub use super::refusal::{DoorError, LoginError};
use super::rights::Holder;
use super::throttle::{NotNow, Passed, Shared, Throttle, Try, Turn};
use super::{Act, Class, Gates, Object, Principal, Refusal, Scope, covers, may, own_password, secrets};
use crate::clock::Clock;
use crate::domain::{BoardId, Channel, PlaceId, Sender};
use crate::ledger::accounts::Credential;
use crate::ledger::people::PersonLogin;
use crate::ledger::{Ledger, LedgerError};

/// How old the known gates and address list may be. A change is effective everywhere within this time.
const FRESH: Duration = Duration::from_millis(400);
/// How long a try may wait while others of its account at its address are looked at, and how often it asks again.
const IN_LINE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_millis(20));

/// The door. Clones share it.
#[derive(Clone, Debug)]
pub struct Door {
    ledger: Ledger,
    clock: Clock,
    passwords: Passwords,
    cached: Arc<Mutex<Option<(Instant, Cached)>>>,
    throttle: Throttle,
    shared: Shared,
}

/// A try that is being looked at, on this node and for all others. One that ends without a verdict is not counted.
#[derive(Debug)]
#[must_use = "a try that nobody judges is not counted"]
pub struct Attempt {
    here: Try,
    everywhere: Passed,
    /// Left when the try is judged.
    _turn: Turn,
}

impl Attempt {
    /// The secret was wrong, or there is no such account.
    pub async fn wrong(self) {
        self.here.wrong(Instant::now());
        self.everywhere.wrong().await;
    }

    /// The secret was right.
    pub async fn right(self) {
        self.here.right(Instant::now());
        self.everywhere.right().await;
    }
}

#[derive(Clone, Debug)]
struct Cached {
    gates: Gates,
    parties: Arc<Vec<ipnet::IpNet>>,
}

impl Door {
    /// A door over the accounts of `ledger`.
    pub fn new(ledger: Ledger, clock: Clock) -> Self {
        let (cached, throttle) = (Arc::default(), Throttle::default());
        let shared = Shared::new(ledger.clone(), clock.clone());
        Self { ledger, clock, passwords: Passwords::new(), cached, throttle, shared }
    }

    /// The lane in which passwords are hashed and compared: one for everything that is behind this door.
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Who has this user name and secret on the bulk channel.
    pub async fn bulk(&self, user: &str, secret: &str, from: IpAddr) -> Result<Holder, DoorError> {
        let this = self.try_in(Channel::Bulk, user, from).await?;
        let asked = Instant::now();
        let found = self.principal(Channel::Bulk, user, secret).await;
        judge(this, &found).await;
        found.map(|(principal, by)| Holder::new(principal, &by.secret, asked))
    }

    /// Asks whether a login may be tried from there now. Whoever compares the secret says how it was, to the [`Attempt`].
    ///
    /// # Errors
    /// Too many wrong ones came from there; or, which is told alike, too many at once.
    pub async fn try_in(&self, channel: Channel, login: &str, from: IpAddr) -> Result<Attempt, DoorError> {
        let (longest, again) = IN_LINE;
        let start = Instant::now();
        let mut remembered = false;
        let login = format!("{channel} {login}");
        let turn = self.throttle.wait(&login, from, longest).await;
        let Some(turn) = turn else {
            return Err(DoorError::Refused(Refusal::TooManyTries { retry_after: seconds(longest) }));
        };
        let wait = loop {
            match self.throttle.ask(&login, from, Instant::now()) {
                Ok(here) => match self.shared.ask(&login, from).await? {
                    Ok(everywhere) => return Ok(Attempt { here, everywhere, _turn: turn }),
                    Err(NotNow::Busy) => break longest,
                    Err(NotNow::Wait(wait) | NotNow::Crowded(wait)) => break wait,
                },
                // Others at this address were wrong; who was right there of late does not wait for them.
                Err(NotNow::Crowded(_)) if !remembered && self.shared.was_right(&login, from).await? => {
                    self.throttle.was_right(&login, from, Instant::now());
                    remembered = true;
                }
                // After wrong tries, others are compared one at a time.
                Err(NotNow::Busy) if start.elapsed() < longest => tokio::time::sleep(again).await,
                Err(NotNow::Busy) => break longest,
                Err(NotNow::Wait(wait) | NotNow::Crowded(wait)) => break wait,
            }
        };
        Err(DoorError::Refused(Refusal::TooManyTries { retry_after: seconds(wait) }))
    }

    /// Which operator this is. An account that is not in use is refused here: nothing else asks about it.
    ///
    /// # Errors
    /// Nobody of this name and password, no operator, passive, with a first password that was not replaced yet, without a
    /// second factor; or `code` is not its code of this minute, or was used before.
    pub async fn operator(&self, user: &str, password: &str, code: &str, from: IpAddr) -> Result<Principal, DoorError> {
        let this = self.try_in(Channel::Operator, user, from).await?;
        self.codes_are_looked_at(user).await?;
        let found = self.person_with_code(user, password, code).await;
        judge_person(this, &found).await;
        let (login, principal) = found?;
        match (principal.channel, principal.active, principal.must_change) {
            (Channel::Operator, true, false) if login.totp.is_none() => {
                Err(DoorError::Refused(Refusal::NoSecondFactor))
            }
            (Channel::Operator, true, false) => Ok(principal),
            (Channel::Operator, true, true) => Err(DoorError::Refused(Refusal::MustChangePassword)),
            (Channel::Operator, false, _) => Err(DoorError::Refused(Refusal::Inactive)),
            _ => Err(DoorError::Refused(Refusal::Unknown)),
        }
    }

    /// A person whose code is right as well, where there is a second factor. The code is used up.
    async fn person_with_code(
        &self,
        user: &str,
        password: &str,
        code: &str,
    ) -> Result<(PersonLogin, Principal), LoginError> {
        let (login, principal) = self.person(user, password).await?;
        if let Some(secret) = &login.totp {
            let (proved, step) = self.code(user, secret, code).await?;
            if !self.ledger.person_use_step(user, step).await? {
                proved.wrong().await;
                return Err(LoginError::Refused(Refusal::WrongCode));
            }
            proved.right().await;
        }
        Ok((login, principal))
    }

    /// Refuses where this person's codes are not looked at now. It is asked before the password is compared: the answer
    /// must not tell that the password is right.
    ///
    /// # Errors
    /// Not now, or it could not be found out.
    pub(super) async fn codes_are_looked_at(&self, person: &str) -> Result<(), DoorError> {
        match codes::wait(&self.ledger, person, self.clock.now()).await? {
            None => Ok(()),
            Some(wait) => Err(DoorError::Refused(Refusal::TooManyCodes { retry_after: seconds(wait) })),
        }
    }

    /// The step that a person's code proves. Whoever uses it says whether it had been used before.
    ///
    /// # Errors
    /// The code is wrong, or too many were.
    pub(super) async fn code(&self, person: &str, secret: &str, code: &str) -> Result<(CodeTry, i64), LoginError> {
        match codes::look(&self.ledger, person, secret, code, self.clock.now()).await? {
            Seen::Right(proved, step) => Ok((proved, step)),
            Seen::Wrong => Err(LoginError::Refused(Refusal::WrongCode)),
            Seen::NotNow(wait) => Err(LoginError::Refused(Refusal::TooManyCodes { retry_after: seconds(wait) })),
        }
    }

    /// Which person has this login and password. Whether they may do anything is not asked here; a slip's password that was
    /// used or is too old is a wrong one. A login that nobody has costs as much time. Whoever asks has asked
    /// [`Door::try_in`] before, and tells how it was.
    ///
    /// # Errors
    /// Nobody of this name and password, or it could not be found out.
    pub async fn person(&self, login: &str, password: &str) -> Result<(PersonLogin, Principal), LoginError> {
        let known = match login.contains('\0') {
            true => None, // PostgreSQL's text cannot even be asked for it
            false => self.ledger.person_login(login).await?,
        };
        let stored = known.as_ref().map(|known| known.password.clone());
        let right = self.passwords.matches(stored, &own_password::as_typed(known.as_ref(), password)).await?;
        match known.filter(|known| right && own_password::slip_holds(known, self.clock.now())) {
            Some(known) => {
                let principal = principal_of(&known)?;
                Ok((known, principal))
            }
            None => Err(LoginError::Refused(Refusal::Unknown)),
        }
    }

    /// Whose web service token this is.
    ///
    /// # Errors
    /// Nobody's, or it could not be found out.
    pub async fn service(&self, token: &str, from: IpAddr) -> Result<Principal, DoorError> {
        let login = secrets::token_login(token);
        match self.principal(Channel::Service, &login, token).await {
            Err(DoorError::Refused(Refusal::Unknown)) => Err(self.wrong_token(Channel::Service, &login, from)),
            found => found.map(|(principal, _)| principal),
        }
    }

    /// What is open, at most a second ago.
    pub async fn gates(&self) -> Result<Gates, LedgerError> {
        Ok(self.cached().await?.gates)
    }

    /// Which board has this token, and whether it may send from `from`. A board to which certificates are bound must have
    /// shown one of them beside, which is valid now.
    pub async fn board(
        &self,
        token: &str,
        certificate: Option<ShownCertificate>,
        from: IpAddr,
    ) -> Result<(Principal, Sender), DoorError> {
        let login = secrets::token_login(token);
        let found = self.principal(Channel::Board, &login, token).await;
        let (principal, place) = match found {
            Err(DoorError::Refused(Refusal::Unknown)) => return Err(self.wrong_token(Channel::Board, &login, from)),
            found => found.map(|(principal, by)| (principal, by.place))?,
        };
        self.certified(&principal.account, certificate).await?;
        self.allow(&principal, Act::Upload, Object::Of(&principal.account), from).await?;
        let sender = sender(&principal.account, place.as_deref())?;
        Ok((principal, sender))
    }

    /// Which sender of box results has this token, and whether it may send from `from`. Certificates are asked for as of a
    /// board.
    ///
    /// # Errors
    /// Nobody's token, from elsewhere, without its certificate, or it could not be found out.
    pub async fn feed(
        &self,
        token: &str,
        certificate: Option<ShownCertificate>,
        from: IpAddr,
    ) -> Result<Principal, DoorError> {
        let login = secrets::token_login(token);
        let found = self.principal(Channel::Feed, &login, token).await;
        let principal = match found {
            Err(DoorError::Refused(Refusal::Unknown)) => return Err(self.wrong_token(Channel::Feed, &login, from)),
            found => found.map(|(principal, _)| principal)?,
        };
        self.certified(&principal.account, certificate).await?;
        self.allow(&principal, Act::SendFigures, Object::Of(&principal.account), from).await?;
        Ok(principal)
    }

    /// Whether a board to which certificates are bound has shown one of them, which is valid now.
    ///
    /// # Errors
    /// It has not, or it could not be found out.
    pub async fn certified(&self, board: &str, shown: Option<ShownCertificate>) -> Result<(), DoorError> {
        let bound = self.ledger.certificates(Some(board)).await?;
        if bound.is_empty() {
            return Ok(());
        }
        let pair = shown.and_then(|shown| Some((shown, bound.iter().find(|bound| bound.digest == shown.digest)?)));
        let Some((shown, bound)) = pair else { return Err(DoorError::Refused(Refusal::WrongCertificate)) };
        if bound.ends.is_none() {
            // Only its fingerprint was bound: now it has said itself until when it is valid.
            self.ledger.certificate_ends(board, &shown.digest, shown.valid.1).await?;
        }
        match shown.holds(self.clock.now()) {
            true => Ok(()),
            false => Err(DoorError::Refused(Refusal::OutdatedCertificate { valid: shown.valid })),
        }
    }

    /// The account that a token belongs to, whether or not it may come in.
    pub(super) async fn holder(&self, channel: Channel, token: &str) -> Result<String, DoorError> {
        Ok(self.principal(channel, &secrets::token_login(token), token).await?.0.account)
    }

    fn wrong_token(&self, channel: Channel, login: &str, from: IpAddr) -> DoorError {
        let wait = self.throttle.wrong_token(&format!("{channel} {login}"), from, Instant::now());
        DoorError::Refused(match wait {
            Some(wait) => Refusal::TooManyTries { retry_after: seconds(wait) },
            None => Refusal::Unknown,
        })
    }

    /// Whether `principal` may do it now, coming from there: [`may`], with the gates as this node knows them.
    pub async fn allow(
        &self,
        principal: &Principal,
        act: Act,
        object: Object<'_>,
        from: IpAddr,
    ) -> Result<(), DoorError> {
        let cached = self.cached().await?;
        may(principal, act, object, self.clock.now(), from, &cached.gates).map_err(DoorError::Refused)
    }

    /// Whether any party reported this address. Strangers are turned away before they are greeted.
    pub async fn expects(&self, from: IpAddr) -> Result<bool, DoorError> {
        Ok(covers(&self.cached().await?.parties, from))
    }

    async fn principal(
        &self,
        channel: Channel,
        login: &str,
        secret: &str,
    ) -> Result<(Principal, Credential), DoorError> {
        if login.contains('\0') {
            return Err(DoorError::Refused(Refusal::Unknown)); // PostgreSQL's text cannot even be asked for it
        }
        let now = self.clock.now().as_millisecond();
        // While a secret is changed there are two; else one, or for a stranger none, which takes as long.
        let known = self.ledger.credentials(channel, login).await?;
        if known.is_empty() {
            secrets::matches(None, secret);
        }
        let mut found = None;
        for credential in known {
            let current = credential.expires_ms.is_none_or(|at| now < at);
            if secrets::matches(Some(&credential.secret), secret) && current {
                found = Some(credential);
            }
        }
        match found {
            Some(found) => {
                let corrupt = || LedgerError::Corrupt(format!("the kind of account {}", found.account));
                let gate = found.opens_with.parse().map_err(|_| corrupt())?;
                let class = Class::of_account(&found.kind, gate).ok_or_else(corrupt)?;
                let principal = Principal {
                    account: found.account.clone(),
                    person: None,
                    class,
                    channel,
                    addresses: parse_addresses(&found.addresses),
                    active: found.active,
                    must_change: false,
                    scope: scope(class, found.place.as_deref()).ok_or_else(corrupt)?,
                };
                Ok((principal, found))
            }
            None => Err(DoorError::Refused(Refusal::Unknown)),
        }
    }

    async fn cached(&self) -> Result<Cached, LedgerError> {
        let mut cached = self.cached.lock().await;
        if let Some((read, cached)) = cached.as_ref()
            && read.elapsed() < FRESH
        {
            return Ok(cached.clone());
        }
        let gates = match self.ledger.election().await? {
            None => Gates::default(),
            Some(stored) => {
                let zone = TimeZone::get(&stored.election.file().time_zone).ok();
                let changes = self.ledger.gate_changes().await?;
                Gates::by_clock(stored.election.parties_open(), zone).after(&changes)
            }
        };
        let parties = self.ledger.party_addresses().await?;
        let parties = Arc::new(parties.iter().flat_map(|list| parse_addresses(list)).collect());
        let fresh = Cached { gates, parties };
        *cached = Some((Instant::now(), fresh.clone()));
        Ok(fresh)
    }
}

/// Tells the throttle whether a try was right. A database that does not answer counts as neither.
async fn judge<T>(this: Attempt, found: &Result<T, DoorError>) {
    match found {
        Ok(_) => this.right().await,
        Err(DoorError::Refused(_)) => this.wrong().await,
        Err(DoorError::Ledger(_)) => {}
    }
}

/// Whole seconds, at least one: what `Retry-After` can say.
fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1)
}

/// The same of a person.
pub(super) async fn judge_person<T>(this: Attempt, found: &Result<T, LoginError>) {
    match found {
        Ok(_) => this.right().await,
        // A try that was not compared is not counted, so waiting always ends.
        Err(LoginError::Refused(Refusal::TooManyCodes { .. })) => {}
        Err(LoginError::Refused(_)) => this.wrong().await,
        Err(LoginError::Password(_) | LoginError::Ledger(_)) => {}
    }
}

/// A person as somebody who asks for something.
pub(super) fn principal_of(known: &PersonLogin) -> Result<Principal, LedgerError> {
    let corrupt = || LedgerError::Corrupt(format!("the kind of account {}", known.account));
    let gate = known.opens_with.parse().map_err(|_| corrupt())?;
    let class = Class::of_account(&known.kind, gate).ok_or_else(corrupt)?;
    let channel = match class {
        Class::Party | Class::OutsideParty | Class::Candidate | Class::Board => Channel::Web,
        Class::Operator => Channel::Operator,
        Class::Auditor => Channel::Auditor,
        Class::IndependentCandidate | Class::Feed => return Err(corrupt()), // have no people
    };
    Ok(Principal {
        account: known.account.clone(),
        person: Some(known.person.clone()),
        class,
        channel,
        addresses: parse_addresses(&known.addresses),
        active: known.active,
        must_change: known.must_change,
        scope: scope(class, known.place.as_deref()).ok_or_else(corrupt)?,
    })
}

/// A board as the one who sends.
pub(super) fn sender(board: &str, place: Option<&str>) -> Result<Sender, LedgerError> {
    let place: Option<PlaceId> = place.and_then(|place| place.parse().ok());
    match (board.parse::<BoardId>(), place) {
        (Ok(board), Some(place)) => Ok(Sender { board, place }),
        _ => Err(LedgerError::Corrupt(format!("board {board}"))),
    }
}

/// How far the rights of an account at `place` reach; none for a candidate of no place.
fn scope(class: Class, place: Option<&str>) -> Option<Scope> {
    match class {
        Class::IndependentCandidate => place?.parse().ok().map(Scope::Constituency),
        Class::Board | Class::Feed => Some(Scope::Own),
        Class::Party | Class::OutsideParty | Class::Candidate | Class::Operator | Class::Auditor => {
            Some(Scope::Everything)
        }
    }
}

/// The ranges of an account row. What is no range admits nobody.
fn parse_addresses(list: &str) -> Vec<ipnet::IpNet> {
    list.split_whitespace().filter_map(|range| range.parse().ok()).collect()
}
