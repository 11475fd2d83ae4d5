//! Every address of the service, in one table that is put together from those of each area.
//!
//! A route without a line there does not exist, and a line says what it needs: no handler can be reached without it. A test
//! walks the table.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};

use super::route::Route;
use super::site::{headers, session};
use super::{Services, api, archive, health, on_record, site, who};

/// Every address of the service.
pub fn table() -> Vec<Route> {
    [api::routes(), archive::routes(), health::routes(), site::routes()].into_iter().flatten().collect()
}

/// The table as a router.
pub fn router(services: Services) -> Router {
    let mut router = Router::new();
    for Route { path, needs, handler, .. } in table() {
        let handler = match needs.a_session() {
            true => handler.route_layer(from_fn_with_state((services.clone(), needs), session::required)),
            false => handler,
        };
        router = router.route(path, handler);
    }
    router
        .fallback(who::no_such_address)
        .method_not_allowed_fallback(who::no_such_method)
        // Scans are counted by intake itself; nothing else is larger than a request form.
        .layer(DefaultBodyLimit::max(crate::people::request_form::BYTES))
        .layer(from_fn(on_record::only))
        .layer(from_fn(headers::add))
        .with_state(services)
}
