//! What auditors work with: the record of all accesses, as a page, a table and lines of JSON.

use axum::extract::State;
use axum::response::Response;

use super::page::time;
use super::record::{self, RecordQuery};
use crate::access::Act::ReadRecord;
use crate::access::sessions::Visitor;
use crate::archive::lists::comma_row;
use crate::audit::table;
use crate::ledger::audit::NumberedRow;
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::needs::Needs::Right;
use crate::web::route::{Route, get};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/denetim", Right(ReadRecord), page),
        get("/denetim.csv", Right(ReadRecord), csv),
        get("/denetim.jsonl", Right(ReadRecord), jsonl),
    ]
}

/// Everybody's accesses.
async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<RecordQuery>,
) -> Response {
    let question = asked.of_anybody(&services.ledger).await;
    record::page(&services, &visitor, None, asked, &question).await
}

/// All that fits, as a table for spreadsheets. No cell of it is a formula.
async fn csv(State(services): State<Services>, Query(asked): Query<RecordQuery>) -> Response {
    let mut head = "\u{feff}".as_bytes().to_vec();
    comma_row(&mut head, &table::HEADERS);
    let row = |out: &mut Vec<u8>, found: &NumberedRow| comma_row(out, &table::cells(found, time(found.row.at_ms)));
    let question = asked.of_anybody(&services.ledger).await;
    record::export(services.ledger, question, head, row, "text/csv; charset=utf-8", "erisim-kayitlari.csv")
}

/// All that fits, one JSON object a line.
async fn jsonl(State(services): State<Services>, Query(asked): Query<RecordQuery>) -> Response {
    let question = asked.of_anybody(&services.ledger).await;
    let name = "erisim-kayitlari.jsonl";
    record::export(services.ledger, question, Vec::new(), table::json_line, "application/x-ndjson", name)
}
