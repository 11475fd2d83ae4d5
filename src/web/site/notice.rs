//! `/uyari`: the notice of the 2019 circular, art. 3/2, which whoever sees scans or results says to have read, once a session
//! and on record.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::home;
use super::page::{Frame, show};
use super::session::ending::RowDetail;
use crate::access::sessions::Visitor;
use crate::web::Services;
use crate::web::extract::{Extension, Form, Query};
use crate::web::problem::Problem;

/// Where somebody goes on afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Further {
    devam: String,
}

impl Further {
    /// An address of this site; the person's first page for anything else.
    fn address<'a>(&'a self, visitor: &Visitor) -> &'a str {
        let own =
            self.devam.starts_with('/') && !self.devam.starts_with("//") && !self.devam.contains(['\\', '\r', '\n']);
        if own { &self.devam } else { home(visitor.principal.class) }
    }
}

#[derive(Template)]
#[template(path = "web/site/notice/notice.html", config = ".askama.toml")]
struct NoticePage {
    frame: Frame,
    token: String,
    further: String,
}

/// The notice, with the form to say that it was read.
pub(super) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Query(further): Query<Further>,
) -> Response {
    let frame = Frame::new(&services, "Okunması gereken uyarı", Some(&visitor)).await;
    show(StatusCode::OK, &NoticePage { frame, token: visitor.token.clone(), further: further.devam })
}

/// It was read.
pub(super) async fn read(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Form(further): Form<Further>,
) -> Result<Response, Problem> {
    services.sessions.knows_notice(&visitor).await?;
    let mut response = Redirect::to(further.address(&visitor)).into_response();
    response.extensions_mut().insert(RowDetail { object: "notice read".to_owned(), bytes: None });
    Ok(response)
}
