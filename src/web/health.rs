//! Whether the process runs, and whether it can serve. For supervisors and load balancers; says nothing else.

use axum::extract::State;
use axum::http::StatusCode;

use super::Site;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The database answers and audit rows can be written.
pub async fn ready(State(site): State<Site>) -> (StatusCode, &'static str) {
    let ready = site.audit.has_room() && site.ledger.head().await.is_ok();
    if ready { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}
