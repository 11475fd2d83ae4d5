//! Receipts to be saved: signed JSON as every client is given it, and as PDF for a board's files. Only the board's own.

use std::collections::HashSet;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::access::sessions::Visitor;
use crate::domain::{Digest, Sender};
use crate::intake::Receipt;
use crate::intake::receipt::sheet::{self, Head, Named};
use crate::web::Services;
use crate::web::extract::{Extension, Path, Whole};
use crate::web::problem::Problem;
use crate::web::site::form::{field, fields};
use crate::web::site::page::time;

/// Receipts of one request at most.
const MOST: usize = 800;

/// One receipt: `{sha256}.json` or `{sha256}.pdf`.
pub(in crate::web) async fn one(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let (digest, form) = name.split_once('.').ok_or_else(Problem::missing)?;
    let digest: Digest = digest.parse().map_err(|_| Problem::missing())?;
    let receipts = services.intake.known(&sender, &[digest]).await?;
    if receipts.is_empty() {
        return Err(Problem::missing());
    }
    match form {
        "json" => Ok(file(lines(&receipts), "application/json", &format!("makbuz-{digest}.json"))),
        "pdf" => {
            let pdf = pdf(&services, &visitor, receipts).await?;
            Ok(file(pdf, "application/pdf", &format!("makbuz-{digest}.pdf")))
        }
        _ => Err(Problem::missing()),
    }
}

/// Many of them in one file: a form's fields `ozet`, and `bicim`.
pub(in crate::web) async fn many(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Whole(form): Whole,
) -> Result<Response, Problem> {
    let digests: Result<Vec<Digest>, _> = fields(&form, "ozet").iter().map(|text| text.parse()).collect();
    let digests = digests.map_err(|_| Problem::bad_digest())?;
    if digests.is_empty() || digests.len() > MOST {
        return Err(Problem::bad_question(format!("Bir kerede 1 ile {MOST} arasında makbuz istenebilir.")));
    }
    let receipts = services.intake.known(&sender, &digests).await?;
    if receipts.is_empty() {
        return Err(Problem::missing());
    }
    match field(&form, "bicim").as_deref() {
        Some("pdf") => Ok(file(pdf(&services, &visitor, receipts).await?, "application/pdf", "makbuzlar.pdf")),
        _ => Ok(file(lines(&receipts), "application/x-ndjson", "makbuzlar.jsonl")),
    }
}

/// Each as it was given, letter by letter, one a line.
fn lines(receipts: &[Receipt]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(receipts.len() * 512);
    for receipt in receipts {
        serde_json::to_writer(&mut lines, receipt).expect("a receipt has only text keys and plain values");
        lines.push(b'\n');
    }
    lines
}

async fn pdf(services: &Services, visitor: &Visitor, receipts: Vec<Receipt>) -> Result<Vec<u8>, Problem> {
    let codes: HashSet<_> = receipts.iter().filter_map(|receipt| receipt.code().cloned()).collect();
    let labels = services.ledger.labels(&codes).await?;
    let name = |receipt: Receipt| {
        let form = receipt.code().and_then(|code| labels.get(code)).map(|label| label.form.turkish());
        Named { receipt, form }
    };
    let named: Vec<Named> = receipts.into_iter().map(name).collect();
    let election = services.ledger.election().await?.map(|stored| stored.election);
    let head = Head {
        zone: election.as_ref().map_or(jiff::tz::TimeZone::UTC, |election| election.zone()),
        election: election.map(|election| election.name().to_owned()).unwrap_or_default(),
        board: visitor.account_name.clone(),
        printed: format!("{}, {}", visitor.login(), time(services.clock.now().as_millisecond())),
    };
    // Hundreds of receipts are some tens of milliseconds of a core.
    Ok(services.intake.apart(move || sheet::pdf(&head, &named)).await?)
}

fn file(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition), (CACHE_CONTROL, "no-store".into())];
    (headers, bytes).into_response()
}
