//! `POST /v1/scans/known`: a board asks which of up to a thousand scans it has sent already, before it sends them again.
//!
//! The answer is one line of JSON for each that is known: its receipt, letter by letter as `PUT` gives it. Of what other
//! boards sent it says nothing.

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::follow;
use crate::domain::Digest;
use crate::web::Services;
use crate::web::bodies::{Owner, Unread};
use crate::web::on_record::finish;
use crate::web::problem::Problem;
use crate::web::who::BoardMachine;

/// Digests of one question at most.
const DIGESTS: usize = 1000;
/// Bytes of one question at most: each digest has 64 digits and some punctuation.
const BYTES: usize = 128 << 10;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    sha256: Vec<Digest>,
}

/// Answers with the receipts.
pub(super) async fn known_of_a_machine(
    State(services): State<Services>,
    board: BoardMachine,
    body: Body,
) -> Result<Response, Problem> {
    let owner = Owner::Account(board.principal.account.clone());
    let whole = services.bodies.whole(&owner, body, BYTES).await;
    let question = match &whole {
        Ok(whole) => read(&whole.bytes).map_err(Problem::bad_question),
        Err(Unread::TooLarge) => Err(Problem::bad_question(too_many())),
        Err(unread) => Err(Problem::from(*unread)),
    };
    let asked = question.as_ref().map_or(0, |question| question.sha256.len());
    let slot = follow(&services, &board, format!("known {asked}")).await?;
    let answered = match question {
        Ok(question) => lines(&services, &board, &question).await,
        Err(problem) => Err(problem),
    };
    finish(slot, &answered, |lines| lines.len() as u64);
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::OK, headers, answered?).into_response())
}

fn too_many() -> String {
    format!("Bir soruda en çok {DIGESTS} özet olabilir.")
}

/// The question, or what is wrong with it.
fn read(bytes: &[u8]) -> Result<Question, String> {
    let question: Question = serde_json::from_slice(bytes).map_err(|_| {
        "Gövde {\"sha256\":[\"…\",…]} biçiminde olmalıdır; her özet 64 küçük harfli onaltılık basamaktır.".to_owned()
    })?;
    if question.sha256.len() > DIGESTS { Err(too_many()) } else { Ok(question) }
}

async fn lines(services: &Services, board: &BoardMachine, question: &Question) -> Result<Vec<u8>, Problem> {
    let receipts = services.intake.known(&board.sender, &question.sha256).await?;
    let mut lines = Vec::with_capacity(receipts.len() * 512);
    for receipt in &receipts {
        serde_json::to_writer(&mut lines, receipt).expect("a receipt has only text keys and plain values");
        lines.push(b'\n');
    }
    Ok(lines)
}
