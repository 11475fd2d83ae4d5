//! What lets anybody in waits here for a second operator: asked for in one operator's session, agreed to in another's,
//! taken back in anyone's.
//!
//! Who agrees gets the secrets, in the answer and this once: they are made when it is carried out, so none is ever kept,
//! and whoever asked cannot come for them later.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::conflict;
use super::deed::{Deed, request_view};
use crate::access::sessions::Visitor;
use crate::ledger::consent::NotAgreed;
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::about::About;
use crate::web::extract::{Extension, Json, Path, Query};
use crate::web::problem::Problem;

/// Requests of one answer at most.
const PAGE: u32 = 100;

/// Where the list goes on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct After {
    #[serde(default)]
    after: u64,
}

/// The requests, oldest first, without what exactly is wanted.
pub(in crate::web) async fn list(
    State(services): State<Services>,
    Query(After { after }): Query<After>,
) -> Result<Json<Vec<Value>>, Problem> {
    let now = services.clock.now();
    let requests = services.ledger.consents_after(after, PAGE).await?;
    Ok(Json(requests.iter().map(|request| request_view(request, now, false)).collect()))
}

/// What is no number is no request's either.
fn number(id: &str) -> u64 {
    id.parse().unwrap_or(u64::MAX)
}

/// One of them with exactly what is wanted: what would be agreed to.
pub(in crate::web) async fn show(
    State(services): State<Services>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let request = services.ledger.consent(number(&id)).await?.ok_or_else(Problem::missing)?;
    Ok(Json(request_view(&request, services.clock.now(), true)))
}

/// Agrees, in the name of whoever has logged in, and carries it out. The answer is what the request would have had.
pub(in crate::web) async fn agree(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = number(&id);
    let request = match services.ledger.consent_agree(id, &visitor.principal.account, services.clock.now()).await? {
        Ok(request) => request,
        Err(NotAgreed::Missing) => return Err(Problem::missing()),
        Err(why) => {
            let (kind, detail) = match why {
                NotAgreed::SamePerson => {
                    ("same-person", "Talep eden kendi talebini onaylayamaz; ikinci bir işletmen onaylamalı.")
                }
                NotAgreed::Expired => ("expired", "Talebin onay süresi geçti; yeniden talep edilmeli."),
                NotAgreed::AskerGone => ("asker-gone", "Talep eden işletmenin hesabı artık etkin değil."),
                NotAgreed::Decided | NotAgreed::Missing => ("decided", "Bu talep daha önce sonuçlandı."),
            };
            return Err(Problem::new(StatusCode::CONFLICT, kind, "Conflict", detail));
        }
    };
    if !request.subject.is_empty() {
        about.is(&request.subject);
    }
    let deed: Deed = serde_json::from_str(&request.deed).map_err(|bug| Problem::unavailable(&bug))?;
    match deed.carry_out(&services, &about).await {
        Ok((status, body)) => Ok((status, Json(body)).into_response()),
        Err(problem) => {
            if let Err(error) = services.ledger.consent_failed(id).await {
                tracing::error!(error = %Chain(&error), request = id, "Could not write down that a request was not carried out");
            }
            Err(problem)
        }
    }
}

/// Takes a request back, be it one's own or another's.
pub(in crate::web) async fn take_back(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(about): Extension<About>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = number(&id);
    let request = services.ledger.consent(id).await?.ok_or_else(Problem::missing)?;
    if !request.subject.is_empty() {
        about.is(&request.subject);
    }
    match services.ledger.consent_take_back(id, &visitor.principal.account, services.clock.now()).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(conflict("Bu talep daha önce sonuçlandı.")),
    }
}
