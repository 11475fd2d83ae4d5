//! What a page of ours sends, or a program with the page's token: nothing else is looked at.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::access::Act;
use crate::access::sessions::Visitor;
use crate::people::request_form;
use crate::web::Services;
use crate::web::bodies::{Owner, Unread, Whole};
use crate::web::needs::Needs;
use crate::web::origin::from_elsewhere;
use crate::web::site::files::Files;
use crate::web::site::form::field;

/// Largest form that a page sends, in bytes.
const FORM: usize = 64 << 10;
/// The header by which programs send the form token.
const TOKEN_HEADER: &str = "x-form-token";

/// What our own page, or a program with the page's token, sent.
pub(super) enum Sent {
    /// Nothing that is looked at.
    Nothing,
    /// A form or a question.
    Whole(Whole),
    /// A scan, of which nothing has been read.
    Scan(Body),
    /// A form with files: as far as its token is read.
    Files(Box<Files>),
}

/// Why nothing of it is looked at.
pub(super) enum NotSent {
    ByOwnPage,
    Unread(Unread),
}

fn files_of(files: Files) -> Sent {
    Sent::Files(Box::new(files))
}

/// What was sent, if the form token stands in it or in the header.
pub(super) async fn sent_by_own_page(
    services: &Services,
    headers: &HeaderMap,
    body: Body,
    visitor: &Visitor,
    needs: Needs,
) -> Result<Sent, NotSent> {
    if from_elsewhere(headers) {
        return Err(NotSent::ByOwnPage);
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let sends_scans = needs == Needs::BoardPerson(Act::Upload);
    let with_files = sends_scans && kind.starts_with("multipart/form-data");
    let owner = Owner::Account(visitor.principal.account.clone());
    let whole = async |body, most| services.bodies.whole(&owner, body, most).await;
    let by_own_page = |token: Option<&str>| match token.is_some_and(|token| visitor.sent(token)) {
        true => Ok(()),
        false => Err(NotSent::ByOwnPage),
    };
    if let Some(token) = headers.get(TOKEN_HEADER) {
        by_own_page(token.to_str().ok())?;
        return match (sends_scans, with_files) {
            (true, true) => Files::of(kind, headers, body).map(files_of).ok_or(NotSent::ByOwnPage),
            (true, false) => Ok(Sent::Scan(body)),
            (false, _) => whole(body, request_form::BYTES).await.map(Sent::Whole).map_err(NotSent::Unread),
        };
    }
    if with_files {
        let mut files = Files::of(kind, headers, body).ok_or(NotSent::ByOwnPage)?;
        let token = files.token().await;
        by_own_page(token.as_deref())?;
        return Ok(files_of(files));
    }
    let form = whole(body, FORM).await.map_err(NotSent::Unread)?;
    let token = field(&form.bytes, "_token");
    by_own_page(token.as_deref())?;
    Ok(Sent::Whole(form))
}
