//! What programs ask, in JSON: `board` the machines of boards, `feed` programs that give box results, `service` the parties' web service, `manage` an operator's
//! session.

mod board;
mod feed;
mod manage;
mod service;

use super::route::Route;

/// The addresses of all of them.
pub(super) fn routes() -> Vec<Route> {
    [board::routes(), feed::routes(), service::routes(), manage::routes()].into_iter().flatten().collect()
}
