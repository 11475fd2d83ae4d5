//! New accounts and their first secrets. A secret is handed back once, for its slip of paper, and never readable again.

use std::sync::LazyLock;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::own_password::slip_until;
use crate::access::passwords::{PasswordError, Passwords};
use crate::access::secrets::{self, SecretError};
use crate::clock::Clock;
use crate::domain::person::Role;
use crate::domain::words::BadWords;
use crate::domain::{BoardId, Channel, FeedId, Gate, Level, PartyId, PlaceId, Words};
use crate::ledger::accounts::{NewAccount, NewCredential};
use crate::ledger::people::Definition;
use crate::ledger::{Ledger, LedgerError};

/// Accounts are added one at a time, by people: they need no share in the service's lane.
static PASSWORDS: LazyLock<Passwords> = LazyLock::new(Passwords::new);

/// A user name and its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The secret.
    pub password: String,
}

/// A token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    /// The secret.
    pub token: String,
}

/// What a party gets: one credential for each channel, none of which works on another (2019 circular, art. 3/4 and 3/7).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartySecrets {
    /// FTP, FTPS and HTTPS `/arsiv/`.
    pub bulk: Login,
    /// The first user of the web site.
    pub web: Login,
    /// The web service.
    pub service: Token,
}

/// An account could not be added. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The id is taken.
    #[error("an account called {0} is there already")]
    Taken(String),
    /// No such place.
    #[error("the registry has no place {0}")]
    NoSuchPlace(PlaceId),
    /// Nobody sits there.
    #[error("no election board sits at places like {0}")]
    NoBoardThere(PlaceId),
    /// The place is no seçim çevresi.
    #[error("{0} is no seçim çevresi, province or district")]
    NoConstituency(PlaceId),
    /// The place is divided into several seçim çevresi, and a candidate stands in one.
    #[error("{place} is divided into seçim çevresi of its own: {}", .constituencies.join(", "))]
    Divided {
        /// The place that was named.
        place: PlaceId,
        /// The first of them.
        constituencies: Vec<String>,
    },
    /// The name that people know it by cannot be taken.
    #[error("ad (--name): {0} / the name cannot be taken")]
    BadName(#[from] BadWords),
    /// There is none of this name and kind.
    #[error("there is no such account: {0}")]
    NoSuchAccount(String),
    /// A first password could not be hashed.
    #[error("no secret could be made")]
    Password(#[from] PasswordError),
    /// No secret could be made.
    #[error("no secret could be made")]
    Secret(#[from] SecretError),
    /// The database did not answer.
    #[error("the account could not be written")]
    Ledger(#[from] LedgerError),
}

/// Whether an account can be called so.
///
/// # Errors
/// It cannot.
pub fn is_a_name(name: &str) -> Result<(), EnrolError> {
    Words::of_at_most(NAME, name)?;
    Ok(())
}

/// Whether a board sits at `place`.
///
/// # Errors
/// None does, or the database did not answer.
pub async fn seats_a_board(ledger: &Ledger, place: &PlaceId) -> Result<(), EnrolError> {
    let found = ledger.place(place).await?.ok_or_else(|| EnrolError::NoSuchPlace(place.clone()))?;
    if found.level.seats_a_board() { Ok(()) } else { Err(EnrolError::NoBoardThere(place.clone())) }
}

/// Adds a board at `place` and gives its token.
pub async fn board(
    ledger: &Ledger,
    id: &BoardId,
    name: &str,
    place: &PlaceId,
    from: &[IpNet],
) -> Result<Token, EnrolError> {
    seats_a_board(ledger, place).await?;
    let token = secrets::generate()?;
    let credential = by_token(Channel::Board, &token);
    add(ledger, BOARD, id.as_str(), name, Some(place), from, vec![credential], None).await?;
    Ok(Token { token })
}

/// Adds a program that gives box results and comes from `from`, and gives its token.
///
/// # Errors
/// The id is taken, or no secret could be made or written: nothing was added.
pub async fn feed(ledger: &Ledger, id: &FeedId, name: &str, from: &[IpNet]) -> Result<Token, EnrolError> {
    let token = secrets::generate()?;
    let credentials = vec![by_token(Channel::Feed, &token)];
    add(ledger, FEED, id.as_str(), name, None, from, credentials, None).await?;
    Ok(Token { token })
}

/// Adds a party that comes from `from` and may see scans once `opens_with` is open, and gives its secrets. Its first web user
/// is its representative.
///
/// # Errors
/// The id is taken, or no secret could be made or written: nothing was added.
pub async fn party(
    ledger: &Ledger,
    id: &PartyId,
    name: &str,
    from: &[IpNet],
    opens_with: Gate,
) -> Result<PartySecrets, EnrolError> {
    as_party(ledger, Kind { kind: "party", opens_with }, id, name, from).await
}

/// Adds a candidate for Cumhurbaşkanı, who has what a party has, and gives the secrets.
///
/// # Errors
/// As of [`party`].
pub async fn candidate(ledger: &Ledger, id: &PartyId, name: &str, from: &[IpNet]) -> Result<PartySecrets, EnrolError> {
    as_party(ledger, Kind { kind: "candidate", opens_with: Gate::PartiesOpen }, id, name, from).await
}

async fn as_party(
    ledger: &Ledger,
    kind: Kind,
    id: &PartyId,
    name: &str,
    from: &[IpNet],
) -> Result<PartySecrets, EnrolError> {
    let given = PartySecrets {
        bulk: Login { user: id.to_string(), password: secrets::generate()? },
        web: Login { user: format!("{id}-1"), password: secrets::generate()? },
        service: Token { token: secrets::generate()? },
    };
    let credentials = vec![
        NewCredential {
            channel: Channel::Bulk,
            login: given.bulk.user.clone(),
            secret: secrets::fast_hash(&given.bulk.password),
        },
        by_token(Channel::Service, &given.service.token),
    ];
    add(ledger, kind, id.as_str(), name, None, from, credentials, Some(&given.web)).await?;
    Ok(given)
}

fn by_token(channel: Channel, token: &str) -> NewCredential {
    NewCredential { channel, login: secrets::token_login(token), secret: secrets::fast_hash(token) }
}

/// How many seçim çevresi are named at most, where a place is divided.
const TOLD: u32 = 10;

/// Adds an independent candidate of a seçim çevresi: an account without any way in on line, for which a medium is written.
///
/// # Errors
/// The id is taken, or the place is no seçim çevresi or divided into such: nothing was added.
pub async fn independent(ledger: &Ledger, id: &PartyId, name: &str, place: &PlaceId) -> Result<(), EnrolError> {
    is_a_constituency(ledger, place).await?;
    let kind = Kind { kind: "independent", opens_with: Gate::BanLifted };
    add(ledger, kind, id.as_str(), name, Some(place), &[], Vec::new(), None).await
}

/// Whether candidates can stand at `place`: a seçim çevresi, or what is one as a whole.
///
/// # Errors
/// They cannot, or the database did not answer.
pub async fn is_a_constituency(ledger: &Ledger, place: &PlaceId) -> Result<(), EnrolError> {
    let found = ledger.place(place).await?.ok_or_else(|| EnrolError::NoSuchPlace(place.clone()))?;
    // A province that is one seçim çevresi has no place of its own for it.
    if !matches!(found.level, Level::Cevre | Level::Il | Level::Ilce) {
        return Err(EnrolError::NoConstituency(place.clone()));
    }
    let constituencies = ledger.constituencies_below(place, TOLD).await?;
    if !constituencies.is_empty() {
        return Err(EnrolError::Divided { place: place.clone(), constituencies });
    }
    Ok(())
}

/// Adds an operator and gives the first password.
///
/// # Errors
/// The id is taken, or no secret could be made or written: nothing was added.
pub async fn operator(ledger: &Ledger, id: &str, name: &str) -> Result<Login, EnrolError> {
    one_person(ledger, OPERATOR, id, name).await
}

/// Adds an auditor (denetçi) and gives the first password.
///
/// # Errors
/// As of [`operator`].
pub async fn auditor(ledger: &Ledger, id: &str, name: &str) -> Result<Login, EnrolError> {
    one_person(ledger, AUDITOR, id, name).await
}

async fn one_person(ledger: &Ledger, kind: Kind, id: &str, name: &str) -> Result<Login, EnrolError> {
    let login = Login { user: id.to_owned(), password: secrets::generate()? };
    add(ledger, kind, id, name, None, &[], Vec::new(), Some(&login)).await?;
    Ok(login)
}

/// Letters of an account's name at most.
const NAME: usize = 200;

/// What kind of account it is, and which gate it waits for.
#[derive(Clone, Copy)]
struct Kind {
    kind: &'static str,
    opens_with: Gate,
}

/// None of them waits for a gate: a board sends at any hour, operators and auditors see no scans here.
const BOARD: Kind = Kind { kind: "board", opens_with: Gate::PartiesOpen };
const FEED: Kind = Kind { kind: "feed", opens_with: Gate::PartiesOpen };
const OPERATOR: Kind = Kind { kind: "operator", opens_with: Gate::PartiesOpen };
const AUDITOR: Kind = Kind { kind: "auditor", opens_with: Gate::PartiesOpen };

#[expect(clippy::too_many_arguments, reason = "each is a column of the account that is added")]
async fn add(
    ledger: &Ledger,
    Kind { kind, opens_with }: Kind,
    id: &str,
    name: &str,
    place: Option<&PlaceId>,
    from: &[IpNet],
    credentials: Vec<NewCredential>,
    first: Option<&Login>,
) -> Result<(), EnrolError> {
    let name = String::from(Words::of_at_most(NAME, name)?);
    let addresses: Vec<String> = from.iter().map(IpNet::to_string).collect();
    let first = match first {
        None => None,
        Some(Login { user, password }) => Some(Definition {
            account: id.to_owned(),
            login: Some(user.clone()),
            role: Role::Representative,
            name: name.clone(),
            phone: String::new(),
            email: String::new(),
            password: PASSWORDS.hash(password.clone()).await?,
            // Slips are printed at this machine, by its own clock.
            slip_until_ms: slip_until(Clock::system().now()).as_millisecond(),
            only_new: true,
        }),
    };
    let account = NewAccount {
        id: id.to_owned(),
        kind,
        name,
        place: place.map(PlaceId::to_string),
        addresses: addresses.join(" "),
        opens_with,
        credentials,
        first,
    };
    if ledger.account_add(&account).await? { Ok(()) } else { Err(EnrolError::Taken(id.to_owned())) }
}

/// A new secret for an account's machine. The one before holds until `old_until`. Bulk secrets keep their user name; of
/// tokens there is none.
///
/// # Errors
/// There is no such account, or no secret could be made or written: the old one holds on.
pub async fn new_secret(
    ledger: &Ledger,
    (kind, id): (&str, &str),
    channel: Channel,
    old_until: Timestamp,
) -> Result<String, EnrolError> {
    let secret = secrets::generate()?;
    let login = if channel == Channel::Bulk { id.to_owned() } else { secrets::token_login(&secret) };
    let stored = secrets::fast_hash(&secret);
    let until = old_until.as_millisecond();
    let replaced = ledger.secret_replace((kind, id), channel, (&login, &stored), until).await?;
    if replaced { Ok(secret) } else { Err(EnrolError::NoSuchAccount(id.to_owned())) }
}
