//! What programs ask, in JSON: `board` the machines of boards, `service` the parties' web service, `manage` an operator's
//! session.

mod board;
mod manage;
mod service;

use super::route::Route;

/// The addresses of all of them.
pub(super) fn routes() -> Vec<Route> {
    [board::routes(), service::routes(), manage::routes()].into_iter().flatten().collect()
}
