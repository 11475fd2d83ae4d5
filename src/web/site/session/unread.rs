//! Where somebody is led who has not said in this session to have read the notice.

use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use crate::web::problem::Problem;
use crate::web::site::form;

/// The address of the notice.
pub(in crate::web::site) const NOTICE: &str = "/uyari";

/// Leads whoever has not read the notice to it, and back.
pub(super) fn asked(uri: &Uri, program: bool) -> Response {
    if program {
        let detail = "Önce sitede uyarıyı okuduğunuzu bildirin.";
        return Problem::new(StatusCode::FORBIDDEN, "notice-not-read", "The notice was not read", detail)
            .into_response();
    }
    let further = uri.path_and_query().map_or("", |path| path.as_str()).to_owned();
    Redirect::to(&format!("{NOTICE}?{}", form::query(&[("devam", &further)]))).into_response()
}
