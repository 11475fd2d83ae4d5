//! The pages of a party's and a candidate's people: pictures of scans, and what the own account did, which a board's people
//! read as well.

mod boxes;
mod closely;
mod home;
mod pictures;
mod results;
mod scans;
mod sheets;

use axum::extract::State;
use axum::response::Response;

use super::notice;
use super::record::{self, RecordQuery};
use super::session::unread::NOTICE;
use crate::access::Act::{ReadOwnRecord, SaveImages, SaveResults, ViewImages, ViewResults};
use crate::access::sessions::Visitor;
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::needs::Needs::{Nobody, Person, Picture, Right};
use crate::web::route::{Route, get, post};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/hesap/erisimler", Right(ReadOwnRecord), accesses),
        get("/anasayfa", Person, home::page),
        get(NOTICE, Person, notice::page),
        post(NOTICE, Person, notice::read),
        get("/sonuclar", Right(ViewResults), results::page),
        get("/sonuclar.csv", Right(SaveResults), results::csv),
        get("/sonuclar.json", Right(SaveResults), results::json),
        get("/sonuclar.xlsx", Right(SaveResults), results::workbook),
        get("/tutanaklar", Right(ViewImages), scans::page),
        get("/tutanaklar.csv", Right(SaveImages), scans::csv),
        get("/tutanaklar.zip", Right(SaveImages), scans::zip),
        get("/tutanaklar.json", Right(SaveImages), scans::json),
        get("/sandik", Right(ViewImages), boxes::find),
        get("/sandik/{*path}", Right(ViewImages), boxes::page),
        get(boxes::SCRIPT, Nobody, boxes::script),
        get("/tutanak/{digest}", Right(ViewImages), closely::page),
        get("/tutanak/{digest}/asil.png", Right(SaveImages), closely::original),
        get("/tutanak/{digest}/kanit", Right(SaveImages), closely::proof),
        get(closely::VIEWER, Nobody, closely::viewer),
        get(closely::SCRIPT, Nobody, closely::script),
        get("/goruntu/{digest}", Right(ViewImages), pictures::page),
        get("/goruntu/{digest}/info.json", Picture(ViewImages), pictures::info),
        get("/goruntu/{digest}/{region}/{size}/{rotation}/{file}", Picture(ViewImages), pictures::picture),
    ]
}

/// The own account's accesses.
async fn accesses(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<RecordQuery>,
) -> Response {
    // Whatever was asked: it is this account's record or none.
    let asked = asked.of(&visitor.principal.account);
    let question = asked.question();
    record::page(&services, &visitor, Some(&visitor.account_name), asked, &question).await
}
