//! Whether the process runs, and whether it can serve. For supervisors and load balancers; says nothing else.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Site;
use super::on_record::shows_nothing;

/// The process answers.
pub async fn alive() -> Response {
    shows_nothing("ok\n")
}

/// The database answers and audit rows can be written.
pub async fn ready(State(site): State<Site>) -> Response {
    let ready = site.audit.has_room() && site.ledger.head().await.is_ok();
    shows_nothing(if ready { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") })
}
