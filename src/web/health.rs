//! Whether the process runs, and whether it can serve. For supervisors and load balancers; says nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::Site;
use super::on_record::shows_nothing;
use crate::operation::readiness::Failing;

/// The process answers.
pub async fn alive() -> Response {
    shows_nothing("ok\n")
}

#[derive(Serialize)]
struct Answer {
    ready: bool,
    failing: Vec<Failing>,
}

/// Vault, ledger, record, disks and clock are as they must be; otherwise which is not.
pub async fn ready(State(site): State<Site>) -> Response {
    let failing = site.readiness.failing().await;
    let ready = failing.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    shows_nothing((status, Json(Answer { ready, failing })))
}
