//! The web service: results only, never images (2019 circular, art. 3/5). By the party's one token.

mod results;

use std::net::IpAddr;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Bearer};
use jiff::Timestamp;
use serde::Serialize;

use crate::access::door::DoorError;
use crate::access::tried::{TOKEN, Tried};
use crate::access::{Act, Object, Principal, Refusal};
use crate::admission::{Asked, Way, Who};
use crate::domain::{Channel, Gate};
use crate::web::Services;
use crate::web::needs::Needs::{Nobody, Service};
use crate::web::problem::Problem;
use crate::web::route::{Route, get};
use crate::web::who::{BEARER, claim, of_address, peer, turn_away};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/durum", Service, status),
        get("/v1/sonuclar", Service, results::results),
        get("/v1/degisiklikler", Service, results::changes),
        get("/v1/sonuc.xsd", Nobody, results::schema),
    ]
}

/// A party's web service user. What it may do now is decided at each act.
#[derive(Clone, Debug)]
struct ServiceUser {
    principal: Principal,
    from: IpAddr,
}

impl FromRequestParts<Services> for ServiceUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Problem> {
        of_address(services, parts).await?;
        let from = peer(parts);
        let token = parts.headers.typed_get::<Authorization<Bearer>>();
        let found = match (services.admission.expects(from).await, &token) {
            (Err(error), _) => Err(error),
            (Ok(()), Some(token)) => services.door.service(token.token(), from).await,
            (Ok(()), None) => Err(DoorError::Refused(Refusal::Unknown)),
        };
        match found {
            Ok(principal) => {
                claim(services, parts, Channel::Service, &principal.account).await?;
                Ok(Self { principal, from })
            }
            Err(error) => {
                // The record names the account, also where the token was not compared.
                let tried = match (&error, &token) {
                    (DoorError::Refused(Refusal::Elsewhere), Some(token)) => {
                        services.door.tried_token(Channel::Service, token.token()).await
                    }
                    _ => Tried::nobody(TOKEN),
                };
                Err(turn_away(services, parts, Channel::Service, tried, error, BEARER).await)
            }
        }
    }
}

/// What a program asks before anything else: is it open, and what has been decided.
#[derive(Debug, Serialize)]
struct Status {
    account: String,
    at: Timestamp,
    election: Option<String>,
    ban_lifted: bool,
    embargo_ended: bool,
}

/// Answers whether results may be asked for now.
async fn status(State(services): State<Services>, user: ServiceUser) -> Result<Json<Status>, Problem> {
    let ServiceUser { principal, from } = user;
    let asked = Asked::new(Act::ViewResults, Object::Everything, "/v1/durum");
    let admitted = services.admission.admit(Who::Current(&principal), asked, Way::https(from)).await;
    let slot = admitted.map_err(|refused| Problem::not_admitted(refused, BEARER))?;
    let (gates, election) = (services.door.gates().await, services.ledger.election().await);
    let (gates, election) = match (gates, election) {
        (Ok(gates), Ok(election)) => (gates, election),
        (Err(error), _) | (_, Err(error)) => {
            slot.failed("the ledger did not answer");
            return Err(Problem::at_the_door(error.into(), BEARER));
        }
    };
    slot.done(0);
    let at = services.clock.now();
    Ok(Json(Status {
        account: principal.account,
        at,
        election: election.map(|stored| stored.election.id().to_owned()),
        ban_lifted: gates.is_open(Gate::BanLifted, at),
        embargo_ended: gates.is_open(Gate::EmbargoEnded, at),
    }))
}
