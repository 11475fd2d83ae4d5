//! The web site of parties, boards, operators and auditors: pages that work without JavaScript, of their own style sheet
//! alone. A page's handler, template and script lie beside each other.
//!
//! Handlers that need a session are reached through `session` only, which has asked `access` and told `audit` before they run.

mod account;
mod auditor;
pub(super) mod board;
pub mod files;
mod form;
pub(super) mod headers;
mod navigation;
mod notice;
mod page;
mod party;
mod public;
mod record;
pub(super) mod session;

use super::route::Route;
use crate::access::Class;

/// The addresses of all of them.
pub(super) fn routes() -> Vec<Route> {
    let areas = [public::routes(), account::routes(), party::routes(), board::routes(), auditor::routes()];
    areas.into_iter().flatten().collect()
}

/// Where somebody who has logged in begins.
fn home(class: Class) -> &'static str {
    match class {
        Class::Board => "/kurul",
        Class::Party | Class::OutsideParty | Class::Candidate => "/anasayfa",
        Class::IndependentCandidate | Class::Feed | Class::Operator | Class::Auditor => "/hesap",
    }
}
