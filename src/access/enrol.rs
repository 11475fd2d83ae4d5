//! New accounts and their first secrets. A secret is handed back once, for its slip of paper, and never readable again.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::secrets::{self, SecretError};
use crate::domain::{BoardId, Channel, Gate, PartyId, PlaceId};
use crate::ledger::accounts::NewAccount;
use crate::ledger::{Ledger, LedgerError};

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
    /// No secret could be made.
    #[error("no secret could be made")]
    Secret(#[from] SecretError),
    /// The database did not answer.
    #[error("the account could not be written")]
    Ledger(#[from] LedgerError),
}

/// Adds a board at `place` and gives its token.
pub async fn board(
    ledger: &Ledger,
    id: &BoardId,
    name: &str,
    place: &PlaceId,
    from: &[IpNet],
) -> Result<Token, EnrolError> {
    let found = ledger.place(place).await?.ok_or_else(|| EnrolError::NoSuchPlace(place.clone()))?;
    if !found.level.seats_a_board() {
        return Err(EnrolError::NoBoardThere(place.clone()));
    }
    let token = secrets::generate()?;
    let credential = (Channel::Board, secrets::token_login(&token), secrets::fast_hash(&token));
    add(ledger, BOARD, id.as_str(), name, Some(place), from, vec![credential]).await?;
    Ok(Token { token })
}

/// Adds a party that comes from `from` and may see scans once `opens_with` is open, and gives its secrets.
pub async fn party(
    ledger: &Ledger,
    id: &PartyId,
    name: &str,
    from: &[IpNet],
    opens_with: Gate,
) -> Result<PartySecrets, EnrolError> {
    let given = PartySecrets {
        bulk: Login { user: id.to_string(), password: secrets::generate()? },
        web: Login { user: format!("{id}-1"), password: secrets::generate()? },
        service: Token { token: secrets::generate()? },
    };
    let credentials = vec![
        (Channel::Bulk, given.bulk.user.clone(), secrets::fast_hash(&given.bulk.password)),
        (Channel::Web, given.web.user.clone(), secrets::slow_hash(&given.web.password)?),
        (Channel::Service, secrets::token_login(&given.service.token), secrets::fast_hash(&given.service.token)),
    ];
    add(ledger, Kind { kind: "party", opens_with }, id.as_str(), name, None, from, credentials).await?;
    Ok(given)
}

/// Adds an operator and gives the first password.
pub async fn operator(ledger: &Ledger, id: &str, name: &str) -> Result<Login, EnrolError> {
    let login = Login { user: id.to_owned(), password: secrets::generate()? };
    let credential = (Channel::Operator, login.user.clone(), secrets::slow_hash(&login.password)?);
    add(ledger, OPERATOR, id, name, None, &[], vec![credential]).await?;
    Ok(login)
}

/// What kind of account it is, and which gate it waits for.
#[derive(Clone, Copy)]
struct Kind {
    kind: &'static str,
    opens_with: Gate,
}

/// Neither waits for a gate: a board sends at any hour, an operator sees no scans here.
const BOARD: Kind = Kind { kind: "board", opens_with: Gate::PartiesOpen };
const OPERATOR: Kind = Kind { kind: "operator", opens_with: Gate::PartiesOpen };

async fn add(
    ledger: &Ledger,
    Kind { kind, opens_with }: Kind,
    id: &str,
    name: &str,
    place: Option<&PlaceId>,
    from: &[IpNet],
    credentials: Vec<(Channel, String, String)>,
) -> Result<(), EnrolError> {
    let addresses: Vec<String> = from.iter().map(IpNet::to_string).collect();
    let account = NewAccount {
        id: id.to_owned(),
        kind,
        name: name.to_owned(),
        place: place.map(PlaceId::to_string),
        addresses: addresses.join(" "),
        opens_with,
        credentials,
    };
    if ledger.account_add(&account).await? { Ok(()) } else { Err(EnrolError::Taken(id.to_owned())) }
}
