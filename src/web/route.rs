//! One address: its method, its path, what whoever asks must have, and the handler. Areas list theirs as `routes()`.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::Services;
use super::needs::Needs;

/// One address.
pub struct Route {
    /// Its method. GET answers HEAD as well.
    pub method: Method,
    /// Its path, as axum writes it.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    pub(super) handler: MethodRouter<Services>,
}

fn route<H, T>(method: Method, filter: MethodFilter, path: &'static str, needs: Needs, handler: H) -> Route
where
    H: Handler<T, Services>,
    T: 'static,
{
    Route { method, path, needs, handler: on(filter, handler) }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        #[doc = concat!("An address that is asked with ", stringify!($method), ".")]
        pub(super) fn $name<H, T>(path: &'static str, needs: Needs, handler: H) -> Route
        where
            H: Handler<T, Services>,
            T: 'static,
        {
            route(Method::$method, MethodFilter::$method, path, needs, handler)
        }
    )*};
}

methods!(get GET, post POST, put PUT, patch PATCH, delete DELETE);
