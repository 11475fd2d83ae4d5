//! What the people of a party, a candidate or a board read of their own account: its accesses.

use axum::extract::State;
use axum::response::Response;

use super::record::{self, Asked};
use crate::access::Act::ReadOwnRecord;
use crate::access::sessions::Visitor;
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::needs::Needs::Right;
use crate::web::route::{Route, get};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/hesap/erisimler", Right(ReadOwnRecord), accesses)]
}

/// The own account's accesses.
async fn accesses(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    // Whatever was asked: it is this account's record or none.
    let asked = asked.of(&visitor.principal.account);
    let question = asked.question();
    record::page(&services, &visitor, Some(&visitor.account_name), asked, &question).await
}
