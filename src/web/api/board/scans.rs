//! `PUT /v1/scans/{sha256}`: a board sends a scan and gets its receipt. The address is the content, so a retry is the
//! same request with the same answer.

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use headers::{ContentLength, HeaderMapExt};
use serde::{Deserialize, Serialize};

use crate::access::Act;
use crate::audit::{Access, Protocol};
use crate::domain::{Channel, Digest, Words};
use crate::intake::{Announced, Receipt, Received, Remark};
use crate::web::Services;
use crate::web::on_record::finish;
use crate::web::problem::Problem;
use crate::web::who::BoardMachine;

/// What may stand behind the `?`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UploadQuery {
    replaces: Option<Digest>,
    reason: Option<String>,
}

/// The answer: the receipt, field by field as it was signed, and behind it what no signature covers.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    #[serde(flatten)]
    receipt: Receipt,
    /// For the clerk, about the next scan: `[{"kind":…,"tr":…,"en":…}]`. Left out when there is nothing to say, and when
    /// the scan was linked before. It is no part of the receipt: what is entered must not depend on what a newer
    /// version would advise, and a receipt must be the same whenever it is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    advice: Vec<Remark>,
}

/// Takes one scan in. 201 for a new entry, 200 for a known one.
pub(super) async fn upload_by_a_machine(
    State(services): State<Services>,
    board: BoardMachine,
    digest: Result<Path<String>, PathRejection>,
    asked: Result<Query<UploadQuery>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let digest = digest.map_or_else(|_| String::new(), |Path(digest)| digest);
    let (account, way) = (board.sender.board.as_str(), (Protocol::Https, board.from));
    let access = Access::by(account, Channel::Board, way, Act::Upload, digest.clone());
    // However long the scan takes to come, nothing of the record is held for it.
    let pending = services.audit.pending(access);
    let received = receive(&services, &board, &digest, asked, &headers, body).await;
    let slot = pending.slot().await?;
    let taken = match received {
        Ok(received) => services.intake.take_in(&board.sender, received).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    finish(slot, &taken, |accepted| accepted.size);
    let accepted = taken?;
    let status = if accepted.fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Answer { receipt: accepted.receipt, advice: accepted.remarks })))
}

async fn receive(
    services: &Services,
    board: &BoardMachine,
    digest: &str,
    asked: Result<Query<UploadQuery>, QueryRejection>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Received, Problem> {
    let digest: Digest = digest.parse().map_err(|_| Problem::bad_digest())?;
    let asked = asked.map_err(|_| Problem::bad_query("Yalnız replaces=<sha256> ve reason=<açıklama> yazılabilir."))?.0;
    // It stands in the public log, and in the lists, for ever. An empty one is none.
    let reason = asked.reason.filter(|reason| !reason.trim().is_empty()).map(|reason| Words::new(&reason)).transpose();
    let reason = reason.map_err(|bad| Problem::bad_query(format!("Açıklama (reason): {bad}.")))?;
    let length = headers.typed_get::<ContentLength>().map(|length| length.0);
    let announced = Announced { length, replaces: asked.replaces, reason };
    Ok(services.intake.receive(&board.sender, digest, announced, body.into_data_stream()).await?)
}
