//! Requests for media: entered, agreed to by two operators, and what came of them. A medium itself is written at a machine
//! with the stick in it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use super::unsound;
use crate::access::sessions::Visitor;
use crate::export::ExportError;
use crate::export::json::request_json;
use crate::export::receipt::pdf;
use crate::export::requests::{Hand, Refusal, Requests};
use crate::web::Services;
use crate::web::extract::{Extension, Json, Path, Query};
use crate::web::origin::Origin;
use crate::web::problem::Problem;

/// Requests of one answer at most.
const PAGE: u32 = 100;

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        let ExportError::Refused(refusal) = error else { return Self::unavailable(&error) };
        match refusal {
            Refusal::NoRequest => Self::missing(),
            Refusal::NoReason(bad) => unsound(format!("Gerekçe (reason), dilekçenin tarihi ve sayısı: {bad}.")),
            Refusal::NoCandidate(id) => unsound(format!("{id} seçim çevresi olan bağımsız bir aday değil.")),
            refusal => Self::new(StatusCode::CONFLICT, refusal.name(), "Conflict", refusal.to_string()),
        }
    }
}

/// Where the list goes on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct After {
    #[serde(default)]
    after: u64,
}

/// A petition that is entered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct New {
    candidate: String,
    reason: String,
}

fn requests(services: &Services) -> Requests {
    Requests::at(services.ledger.clone(), services.door.clone(), services.sessions.clock())
}

fn hand<'a>(visitor: &'a Visitor, origin: &Origin) -> Hand<'a> {
    Hand::InSession { operator: &visitor.principal.account, address: origin.address }
}

pub(in crate::web) async fn list(
    State(services): State<Services>,
    Query(After { after }): Query<After>,
) -> Result<Json<Vec<Value>>, Problem> {
    let mut all = Vec::new();
    for id in services.ledger.exports_after(after.min(i64::MAX as u64), PAGE).await? {
        all.extend(services.ledger.export(id).await?.map(|request| request_json(&request)));
    }
    Ok(Json(all))
}

pub(in crate::web) async fn request(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
    Json(New { candidate, reason }): Json<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let request = requests(&services).request(&candidate, &reason, hand(&visitor, &origin)).await?;
    Ok((StatusCode::CREATED, Json(request_json(&request))))
}

async fn find(services: &Services, id: u64) -> Result<crate::ledger::exports::Request, Problem> {
    let known = i64::try_from(id).is_ok();
    let found = if known { services.ledger.export(id).await? } else { None };
    found.ok_or_else(Problem::missing)
}

pub(in crate::web) async fn show(
    State(services): State<Services>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(request_json(&find(&services, id.parse().map_err(|_| Problem::missing())?).await?)))
}

/// Agrees, in the name of whoever has logged in. It takes two.
pub(in crate::web) async fn approve(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id = id.parse().map_err(|_| Problem::missing())?;
    let request = requests(&services).approve(id, hand(&visitor, &origin)).await?;
    Ok(Json(request_json(&request)))
}

/// The hand-over receipt of a medium that was written, as a sheet to be signed.
pub(in crate::web) async fn receipt(
    State(services): State<Services>,
    Path((id, number)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let request = find(&services, id.parse().map_err(|_| Problem::missing())?).await?;
    let written = request.media.iter().rev().find(|written| written.number.to_string() == number);
    let sheet = pdf(&written.ok_or_else(Problem::missing)?.receipt);
    let name = format!("attachment; filename=\"teslim-{}-{number}.pdf\"", request.id);
    let headers =
        [(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name), (CACHE_CONTROL, "no-store".into())];
    Ok((headers, sheet).into_response())
}
