//! Identity is an argument: a handler that takes a [`SendingBoard`] or a [`BulkParty`] cannot be reached without one.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Basic, Bearer};

use super::problem::Problem;
use super::{Peer, Site};
use crate::access::door::DoorError;
use crate::access::{Principal, Refusal};
use crate::audit::Access;
use crate::domain::Sender;

const BEARER: &str = "Bearer realm=\"tutanak\"";
/// `charset`: RFC 7617 §2.1, so that browsers send UTF-8.
pub(super) const BASIC: &str = "Basic realm=\"tutanak\", charset=\"UTF-8\"";

/// A board with a good token, allowed to send from here.
#[derive(Clone, Debug)]
pub struct SendingBoard {
    /// The board.
    pub sender: Sender,
    /// Where the request came from.
    pub from: IpAddr,
}

/// A party's bulk account with a good secret. What it may do now is decided at each act.
#[derive(Clone, Debug)]
pub struct BulkParty {
    /// The account.
    pub principal: Principal,
    /// Where the request came from.
    pub from: IpAddr,
}

fn peer(parts: &Parts) -> IpAddr {
    // Without a peer the address is one that no list contains.
    parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0.ip().to_canonical())
}

/// Writes a refusal at the door down, then says it.
async fn turn_away(
    site: &Site,
    parts: &Parts,
    channel: &'static str,
    login: &str,
    error: DoorError,
    challenge: &'static str,
) -> Problem {
    let access = Access {
        principal: "-".to_owned(),
        channel,
        protocol: "https",
        address: peer(parts),
        act: "login",
        object: format!("{login} {} {}", parts.method, parts.uri.path()),
        start_at: 0,
    };
    let Ok(seat) = site.audit.seat(access).await else { return crate::audit::AuditUnavailable.into() };
    match &error {
        DoorError::Refused(refusal) => seat.refused(refusal.name()),
        DoorError::Ledger(_) => seat.failed("accounts could not be read"),
    }
    Problem::at_the_door(error, challenge)
}

impl FromRequestParts<Site> for SendingBoard {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let from = peer(parts);
        let token = parts.headers.typed_get::<Authorization<Bearer>>();
        let found = match &token {
            Some(token) => site.door.board(token.token(), from).await,
            None => Err(DoorError::Refused(Refusal::Unknown)),
        };
        match found {
            Ok((_, sender)) => Ok(Self { sender, from }),
            Err(error) => Err(turn_away(site, parts, "board", "(token)", error, BEARER).await),
        }
    }
}

impl FromRequestParts<Site> for BulkParty {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let from = peer(parts);
        let Some(basic) = parts.headers.typed_get::<Authorization<Basic>>() else {
            // Browsers and most clients ask first without; that is no attempt, unless something else was tried.
            let tried = parts.headers.contains_key(AUTHORIZATION);
            let error = DoorError::Refused(Refusal::Unknown);
            return Err(match tried {
                true => turn_away(site, parts, "bulk", "(other scheme)", error, BASIC).await,
                false => Problem::unauthorized(BASIC),
            });
        };
        // Strangers are turned away before their secret is looked at: a stolen one must not tell them that it is right.
        let found = match site.door.expects(from).await {
            Ok(true) => site.door.bulk(basic.username(), basic.password()).await,
            Ok(false) => Err(DoorError::Refused(Refusal::Elsewhere)),
            Err(error) => Err(error),
        };
        match found {
            Ok(principal) => Ok(Self { principal, from }),
            Err(error) => Err(turn_away(site, parts, "bulk", basic.username(), error, BASIC).await),
        }
    }
}
