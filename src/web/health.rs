//! Whether the process runs, and whether it can serve. For supervisors and load balancers; says nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;

use super::Services;
use super::needs::Needs::Nobody;
use super::on_record::shows_nothing;
use super::route::{Route, get};
use crate::operation::readiness::Failing;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/healthz", Nobody, alive), get("/readyz", Nobody, ready)]
}

/// The process answers.
async fn alive() -> Response {
    shows_nothing("ok\n")
}

#[derive(Serialize)]
struct Answer {
    ready: bool,
    failing: Vec<Failing>,
}

/// Vault, ledger, record, disks and clock are as they must be; otherwise which is not.
async fn ready(State(services): State<Services>) -> Response {
    let failing = services.readiness.failing().await;
    let ready = failing.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    shows_nothing((status, Json(Answer { ready, failing })))
}
