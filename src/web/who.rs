//! Identity is an argument: a handler that takes a [`BoardMachine`] or a [`BulkParty`] cannot be reached without one.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{FromRequestParts, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Basic, Bearer};

use super::ceiling::TooMany;
use super::problem::Problem;
use super::{Peer, Services};
use crate::access::door::DoorError;
use crate::access::rights::Holder;
use crate::access::tried::{TOKEN, Tried};
use crate::access::{Principal, Refusal};
use crate::audit::{Access, Deed, Outcome, Protocol};
use crate::domain::{Channel, Sender};

pub(super) const BEARER: &str = "Bearer realm=\"tutanak\"";
/// `charset`: RFC 7617 §2.1, so that browsers send UTF-8.
pub(super) const BASIC: &str = "Basic realm=\"tutanak\", charset=\"UTF-8\"";

/// How long whoever is told to come later waits for that answer: who guesses without end gets no further for it, and takes
/// less of everybody's time.
const HELD_BACK: Duration = Duration::from_millis(200);

/// The machine of a board, with a good token, allowed to send from here. A person of the board has a session instead.
#[derive(Clone, Debug)]
pub struct BoardMachine {
    /// The board.
    pub sender: Sender,
    /// Its account. What it may do beside sending is decided at each act.
    pub principal: Principal,
    /// Where the request came from.
    pub from: IpAddr,
}

/// A party's bulk account with a good secret. What it may do now is decided at each act.
#[derive(Clone, Debug)]
pub struct BulkParty {
    /// The account, and by which secret it came.
    pub holder: Holder,
    /// Where the request came from.
    pub from: IpAddr,
}

pub(super) fn peer(parts: &Parts) -> IpAddr {
    // Without a peer the address is one that no list contains.
    parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.address)
}

/// Counts the connection as this account's. `false` when it has as many as it may.
pub(super) fn claimed(services: &Services, parts: &Parts, account: &str) -> bool {
    let ownership = parts.extensions.get::<Peer>().and_then(|peer| peer.ownership.as_deref());
    ownership.is_none_or(|ownership| ownership.claim(account, &services.allowances))
}

/// Method and path, as rows have them.
fn asked(parts: &Parts) -> String {
    format!("{} {}", parts.method, parts.uri.path())
}

/// Whether this account may have one request more: on one connection more, and one more in this second. A refusal is on
/// record.
pub(super) async fn claim(services: &Services, parts: &Parts, channel: Channel, account: &str) -> Result<(), Problem> {
    let access = |deed| Access::by(account, channel, (Protocol::Https, peer(parts)), deed, asked(parts));
    if !claimed(services, parts, account) {
        let problem = Problem::too_many_connections();
        services.audit.brief(access(Deed::Connect), Outcome::Refused, problem.kind())?;
        return Err(problem);
    }
    let Err(TooMany { retry_after }) = services.ceilings.account(account).await else { return Ok(()) };
    let problem = Problem::too_many_requests(retry_after);
    services.audit.brief(access(Deed::Request), Outcome::Refused, problem.kind())?;
    Err(problem)
}

/// Whether one more request may come from this address, before anybody looks who it is. A refusal is on record.
pub(super) async fn of_address(services: &Services, parts: &Parts) -> Result<(), Problem> {
    let Err(TooMany { retry_after }) = services.ceilings.address(peer(parts)).await else { return Ok(()) };
    let problem = Problem::too_many_requests(retry_after);
    let access = Access::of_a_stranger(Protocol::Https, peer(parts), Deed::Request, asked(parts));
    services.audit.brief(access, Outcome::Refused, problem.kind())?;
    Err(problem)
}

/// Writes a refusal at the door down under whose name was used, then says it.
pub(super) async fn turn_away(
    services: &Services,
    parts: &Parts,
    channel: Channel,
    tried: Tried,
    error: DoorError,
    challenge: &'static str,
) -> Problem {
    let object = format!("{} {}", tried.name, asked(parts));
    let access = Access::try_in(tried.principal, channel, (Protocol::Https, peer(parts)), object);
    let noted = match &error {
        DoorError::Refused(refusal) => services.audit.brief(access, Outcome::Refused, refusal.name()),
        DoorError::Ledger(_) => services.audit.brief(access, Outcome::Failed, "accounts could not be read"),
    };
    if let Err(error) = noted {
        return error.into();
    }
    if matches!(&error, DoorError::Refused(refusal) if refusal.retry_after().is_some()) {
        tokio::time::sleep(HELD_BACK).await;
    }
    Problem::at_the_door(error, challenge)
}

/// For a method that an address does not know. Who looks for a back door is on record.
pub(super) async fn no_such_method(State(services): State<Services>, parts: Parts) -> Problem {
    not_ours(&services, &parts, Problem::no_such_method()).await
}

/// For every address that is none of ours.
pub(super) async fn no_such_address(State(services): State<Services>, parts: Parts) -> Problem {
    not_ours(&services, &parts, Problem::missing()).await
}

async fn not_ours(services: &Services, parts: &Parts, problem: Problem) -> Problem {
    if let Err(too_many) = of_address(services, parts).await {
        return too_many;
    }
    let access = Access::of_a_stranger(Protocol::Https, peer(parts), Deed::Request, asked(parts));
    match services.audit.brief(access, Outcome::Refused, problem.kind()) {
        Ok(()) => problem,
        Err(error) => error.into(),
    }
}

impl FromRequestParts<Services> for BoardMachine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Problem> {
        let from = peer(parts);
        let token = parts.headers.typed_get::<Authorization<Bearer>>();
        let found = match &token {
            Some(token) => {
                let certificate = parts.extensions.get::<Peer>().and_then(|peer| peer.certificate);
                services.door.board(token.token(), certificate, from).await
            }
            None => Err(DoorError::Refused(Refusal::Unknown)),
        };
        match found {
            Ok((principal, sender)) => {
                claim(services, parts, Channel::Board, sender.board.as_str()).await?;
                Ok(Self { sender, principal, from })
            }
            Err(error) => {
                // Only whoever is wrong is counted at the address: many boards may share one.
                of_address(services, parts).await?;
                // A token that is right and does not get in is somebody's: where it comes from, or without its certificate.
                let tried = match (&error, &token) {
                    (DoorError::Refused(Refusal::Unknown | Refusal::TooManyTries { .. }), _) | (_, None) => {
                        Tried::nobody(TOKEN)
                    }
                    (_, Some(token)) => services.door.tried_token(Channel::Board, token.token()).await,
                };
                Err(turn_away(services, parts, Channel::Board, tried, error, BEARER).await)
            }
        }
    }
}

impl FromRequestParts<Services> for BulkParty {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Problem> {
        of_address(services, parts).await?;
        let from = peer(parts);
        let Some(basic) = parts.headers.typed_get::<Authorization<Basic>>() else {
            // Browsers and most clients ask first without; that is no attempt, unless something else was tried.
            let tried = parts.headers.contains_key(AUTHORIZATION);
            let error = DoorError::Refused(Refusal::Unknown);
            return Err(match tried {
                true => turn_away(services, parts, Channel::Bulk, Tried::nobody("(other scheme)"), error, BASIC).await,
                false => Problem::unauthorized(BASIC),
            });
        };
        let found = match services.admission.expects(from).await {
            Ok(()) => services.door.bulk(basic.username(), basic.password(), from).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(holder) => {
                claim(services, parts, Channel::Bulk, &holder.principal.account).await?;
                Ok(Self { holder, from })
            }
            Err(error) => {
                let tried = services.door.tried(Channel::Bulk, basic.username()).await;
                Err(turn_away(services, parts, Channel::Bulk, tried, error, BASIC).await)
            }
        }
    }
}
