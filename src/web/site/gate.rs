//! The one way to everything that needs a session: who is it, may they do it now, from there, did their own page send it,
//! and a row in the record however it ends.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, USER_AGENT};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::files::{Files, Handed};
use super::page;
use crate::access::certificate::ShownCertificate;
use crate::access::door::DoorError;
use crate::access::sessions::{Caller, Visitor};
use crate::access::{Act, Class, Principal, Refusal};
use crate::admission::{self, Refused, room_of};
use crate::audit::{Access, Deed, NoRoom, Outcome, Pending, Protocol, Seat};
use crate::domain::Channel;
use crate::ledger::LedgerError;
use crate::people::request_form;
use crate::telemetry::Chain;
use crate::web::bodies::{Owner, Unread, Whole};
use crate::web::ceiling::TooMany;
use crate::web::problem::Problem;
use crate::web::routes::Needs;
use crate::web::who::{claimed, of_address, peer};
use crate::web::{Peer, Site};

/// The cookie. `__Host-`: only over TLS, only from this host, for every path.
pub(super) const COOKIE_NAME: &str = "__Host-tutanak";
/// Largest form that a page sends, in bytes.
const FORM: usize = 64 << 10;
/// The header by which programs send the form token.
const TOKEN_HEADER: &str = "x-form-token";

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(in crate::web) struct Origin {
    pub address: IpAddr,
    pub agent: String,
    /// The certificate whose key the browser has, if it showed one.
    pub certificate: Option<ShownCertificate>,
}

impl Origin {
    pub fn of(request: &axum::http::request::Parts) -> Self {
        let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let certificate = request.extensions.get::<Peer>().and_then(|peer| peer.certificate);
        Self { address: peer(request), agent: agent.to_owned(), certificate }
    }

    pub fn caller(&self) -> Caller<'_> {
        Caller { address: self.address, agent: &self.agent }
    }
}

/// A cookie's value.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let value = pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name)?.1;
    // 32 bytes as base64url have 43 letters: nothing longer is ours.
    (value.len() <= 64).then(|| value.to_owned())
}

/// The ticket that a browser brings.
pub(super) fn ticket(headers: &HeaderMap) -> Option<String> {
    cookie(headers, COOKIE_NAME)
}

/// Whether another site made the browser send this. Browsers say so themselves; what is no browser has no session to abuse.
pub(super) fn from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin")
}

/// The layer around every handler that needs a session.
pub(in crate::web) async fn pass(State((site, needs)): State<(Site, Needs)>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let program = parts.uri.path().starts_with("/v1/");
    let origin = Origin::of(&parts);
    let act = match needs {
        Needs::Session(act) | Needs::Right(act) | Needs::Clerk(act) | Needs::Watching(act) => act,
        // Whoever may log out may see what is only about themselves.
        _ => Act::LogOut,
    };
    let visitor = match ticket(&parts.headers) {
        None => None,
        Some(ticket) => match found(&site, &ticket, needs).await {
            Ok(visitor) => visitor,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "Could not look up a session");
                return page::unavailable(program);
            }
        },
    };
    let deed = if needs == Needs::Person { Deed::Account } else { act.into() };
    let object = format!("{} {}", parts.method, parts.uri.path_and_query().map_or("", |path| path.as_str()));
    let Some(visitor) = visitor else {
        if let Err(too_many) = of_address(&site, &parts).await {
            return too_many.into_response();
        }
        let stranger = Access::of_a_stranger(Protocol::Https, origin.address, deed, object);
        let stranger = Access { channel: Some(Channel::Web), ..stranger };
        if site.audit.brief(stranger, Outcome::Refused, "no-session").is_err() {
            return page::unavailable(program);
        }
        return match program || parts.method != Method::GET {
            true => Problem::new(StatusCode::UNAUTHORIZED, "no-session", "No session", "Oturum yok ya da sona ermiş.")
                .into_response(),
            false => Redirect::to("/giris").into_response(),
        };
    };
    let access = access_of(&visitor, origin.address, deed, object);
    if let Err(TooMany { retry_after }) = site.ceilings.account(&visitor.principal.account).await {
        let problem = Problem::too_many_requests(retry_after);
        return match site.audit.brief(access, Outcome::Refused, problem.kind()) {
            Ok(()) => problem.into_response(),
            Err(error) => no_room(error, program),
        };
    }
    // Nothing of the record is held until all has come that the client has to send.
    let pending = site.audit.pending(access);
    if let Err(error) = allow(&site, &visitor, needs, act, &origin).await {
        return match admission::refuse(pending, error).await {
            Refused::Door(error) => refused(error, &visitor, program),
            Refused::Record(error) => no_room(error, program),
        };
    }
    if !claimed(&site, &parts, &visitor.principal.account) {
        let problem = Problem::too_many_connections();
        return match pending.brief(Outcome::Refused, problem.kind()) {
            Ok(()) => problem.into_response(),
            Err(error) => no_room(error, program),
        };
    }
    let sent = match parts.method.is_safe() {
        true => Ok(Sent::Nothing),
        false => sent_by_own_page(&site, &parts.headers, body, &visitor, needs).await,
    };
    if let Err(NotSent::Unread(unread @ Unread::NoRoom)) = sent {
        return match pending.brief(Outcome::Refused, unread.name()) {
            Ok(()) => Problem::from(unread).into_response(),
            Err(error) => no_room(error, program),
        };
    }
    let late = Late::new(pending);
    let (body, _memory) = match sent {
        Ok(Sent::Nothing) => (Body::empty(), None),
        Ok(Sent::Whole(whole)) => (Body::from(whole.bytes.clone()), Some(whole)),
        Ok(Sent::Scan(body)) => (body, None),
        Ok(Sent::Files(files)) => {
            parts.extensions.insert(Handed::new(*files));
            (Body::empty(), None)
        }
        Err(not_sent) => {
            return match late.into_seat().await {
                Ok(seat) => not_read(seat, not_sent, program),
                Err(error) => no_room(error, program),
            };
        }
    };
    // What brings scans takes its seat when the scan is there; everything else has come.
    if needs != Needs::Clerk(Act::Upload)
        && let Err(error) = late.seat().await
    {
        return no_room(error, program);
    }
    if let (Needs::Clerk(_) | Needs::Watching(_), Some(sender)) = (needs, &visitor.sender) {
        parts.extensions.insert(sender.clone());
    }
    let about = About::default();
    parts.extensions.insert(visitor);
    parts.extensions.insert(origin);
    parts.extensions.insert(about.clone());
    parts.extensions.insert(late.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    let subjects = about.taken();
    let mut seat = match late.into_seat().await {
        Ok(seat) => seat,
        Err(error) => return no_room(error, program),
    };
    for subject in subjects.get(1..).unwrap_or_default() {
        let Ok(mut other) = seat.another().await else { return page::unavailable(program) };
        other.begin_with(subject);
        let _ = ended(other, &response); // of a length that is known: only exports of the record are not, and have no subject
    }
    if let Some(first) = subjects.first() {
        seat.begin_with(first);
    }
    conclude(seat, response)
}

/// What somebody in a session does, for the record.
pub(super) fn access_of(visitor: &Visitor, address: IpAddr, deed: impl Into<Deed>, object: String) -> Access {
    let Principal { class, channel, .. } = &visitor.principal;
    let access = Access::by(visitor.principal.name(), *channel, (Protocol::Https, address), deed, object);
    Access { room: room_of(*class), ..access }
}

/// The seat of a request that is taken when its body has come: by the handler where that reads it, else before it runs.
#[derive(Clone, Debug)]
pub(in crate::web) struct Late(Arc<tokio::sync::Mutex<When>>);

#[derive(Debug)]
enum When {
    Pending(Pending),
    Taken(Seat),
    Over,
}

impl Late {
    fn new(pending: Pending) -> Self {
        Self(Arc::new(tokio::sync::Mutex::new(When::Pending(pending))))
    }

    /// Takes the seat: nothing more is awaited of the client.
    pub async fn seat(&self) -> Result<(), NoRoom> {
        let mut when = self.0.lock().await;
        *when = match std::mem::replace(&mut *when, When::Over) {
            When::Pending(pending) => When::Taken(pending.seat().await?),
            other => other,
        };
        Ok(())
    }

    /// The seat, to write down how it ended.
    async fn into_seat(self) -> Result<Seat, NoRoom> {
        self.seat().await?;
        match std::mem::replace(&mut *self.0.lock().await, When::Over) {
            When::Taken(seat) => Ok(seat),
            When::Pending(_) | When::Over => Err(NoRoom::Record),
        }
    }
}

/// There is no room for the row.
fn no_room(error: NoRoom, program: bool) -> Response {
    match error {
        NoRoom::Own => Problem::from(error).into_response(),
        NoRoom::Record => page::unavailable(program),
    }
}

/// Says that nothing of what was sent is looked at.
fn not_read(seat: Seat, error: NotSent, program: bool) -> Response {
    match error {
        NotSent::Unread(unread) => {
            seat.refused(unread.name());
            Problem::from(unread).into_response()
        }
        NotSent::ByOwnPage => {
            seat.refused("not-sent-by-own-page");
            let text = "Bu istek bu sitenin kendi sayfasından gelmedi. Sayfayı yenileyip yeniden deneyin.";
            page::refused(program, "not-sent-by-own-page", text)
        }
    }
}

/// Who holds the ticket. A page that watches by itself does not make a session that nobody uses go on.
async fn found(site: &Site, ticket: &str, needs: Needs) -> Result<Option<Visitor>, LedgerError> {
    match needs {
        Needs::Watching(_) => site.sessions.look(ticket).await,
        _ => site.sessions.find(ticket).await,
    }
}

/// Whose account or person a request turns out to be about. Handlers say it as soon as they know; it stands first in the
/// row, and every one has a row of its own.
#[derive(Clone, Debug, Default)]
pub(in crate::web) struct About(Arc<Mutex<Vec<String>>>);

impl About {
    /// It is about this one, too. Nothing may be said here that was not looked at: it is written down.
    pub fn is(&self, subject: &str) {
        let mut subjects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !subjects.iter().any(|known| known == subject) {
            subjects.push(subject.to_owned());
        }
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Asks `access`. Whoever has still to replace the first password may do that, and log out.
async fn allow(site: &Site, visitor: &Visitor, needs: Needs, act: Act, from: &Origin) -> Result<(), DoorError> {
    site.sessions.allow(visitor, act, from.address).await?;
    if matches!(needs, Needs::Clerk(_) | Needs::Watching(_)) {
        if visitor.principal.class != Class::Board {
            return Err(DoorError::Refused(Refusal::WrongChannel));
        }
        // What a board's token needs beside it, a password needs as well.
        site.door.certified(&visitor.principal.account, from.certificate).await?;
    }
    let first = visitor.principal.must_change && !matches!(needs, Needs::Session(_));
    if first { Err(DoorError::Refused(Refusal::MustChangePassword)) } else { Ok(()) }
}

/// What somebody is told who may not.
fn refused(error: DoorError, visitor: &Visitor, program: bool) -> Response {
    match error {
        DoorError::Ledger(error) => {
            tracing::error!(error = %Chain(&error), "Could not decide");
            page::unavailable(program)
        }
        DoorError::Refused(Refusal::MustChangePassword) if !program => {
            Redirect::to(if visitor.first_password { "/parola" } else { "/dogrulama" }).into_response()
        }
        DoorError::Refused(refusal) => page::refused(program, refusal.name(), &refusal.to_string()),
    }
}

/// What our own page, or a program with the page's token, sent.
enum Sent {
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
enum NotSent {
    ByOwnPage,
    Unread(Unread),
}

fn files_of(files: Files) -> Sent {
    Sent::Files(Box::new(files))
}

/// What was sent, if the form token stands in it or in the header.
async fn sent_by_own_page(
    site: &Site,
    headers: &HeaderMap,
    body: Body,
    visitor: &Visitor,
    needs: Needs,
) -> Result<Sent, NotSent> {
    if from_elsewhere(headers) {
        return Err(NotSent::ByOwnPage);
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let sends_scans = needs == Needs::Clerk(Act::Upload);
    let with_files = sends_scans && kind.starts_with("multipart/form-data");
    let owner = Owner::Account(visitor.principal.account.clone());
    let whole = async |body, most| site.bodies.whole(&owner, body, most).await;
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

/// A field of a form's body.
pub(super) fn field(body: &[u8], name: &str) -> Option<String> {
    fields(body, name).into_iter().next()
}

/// Every field of that name.
pub(super) fn fields(body: &[u8], name: &str) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
    pairs.filter_map(|(_, value)| decoded(value)).collect()
}

fn decoded(value: &str) -> Option<String> {
    let spaced = value.replace('+', " "); // as forms write a space
    Some(percent_encoding::percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
}

/// Writes down how it ended. An answer of unknown length is on record when its last byte is on its way.
fn conclude(seat: Seat, response: Response) -> Response {
    match ended(seat, &response) {
        None => response,
        Some(seat) => response.map(|body| super::record::counted(body, seat)),
    }
}

/// Writes down how it ended; gives the seat back where only the end of the body tells.
fn ended(mut seat: Seat, response: &Response) -> Option<Seat> {
    let status = response.status();
    let told = response.extensions().get::<Told>();
    if let Some(told) = told {
        seat.about(told.object.clone());
    }
    if status.is_server_error() {
        seat.failed(status.as_str());
    } else if status.is_client_error() {
        let reason = response.extensions().get::<Reason>().map_or("", |reason| &reason.0);
        seat.refused(if reason.is_empty() { status.as_str() } else { reason });
    } else if let Some(bytes) = told.and_then(|told| told.bytes) {
        seat.done(bytes);
    } else if let Some(bytes) = response.body().size_hint().exact() {
        seat.done(bytes);
    } else {
        return Some(seat);
    }
    None
}

/// Why an answer is a refusal, for the record.
#[derive(Clone, Debug)]
pub(super) struct Reason(pub Cow<'static, str>);

/// What an answer was about, where the record says it better than the request's address does.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub object: String,
    /// Bytes that were moved, where it is not the answer's own that count.
    pub bytes: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_as_browsers_write_it() {
        let body = b"_token=abc&parola=yedi+uyurlar+ma%C4%9Farada+%2B1&bos=&_token=other";
        assert_eq!(field(body, "parola").as_deref(), Some("yedi uyurlar mağarada +1"));
        assert_eq!(field(body, "_token").as_deref(), Some("abc"));
        assert_eq!(field(body, "bos").as_deref(), Some(""));
        assert_eq!(field(body, "yok"), None);
        assert_eq!(field(b"a=%FF", "a"), None);
    }

    #[test]
    fn only_the_cookie_of_that_name_is_taken_and_no_long_one() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=b; __Host-tutanak=ticket".parse().unwrap());
        assert_eq!(ticket(&headers).as_deref(), Some("ticket"));
        assert_eq!(cookie(&headers, "Host-tutanak"), None);
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, format!("__Host-tutanak={}", "x".repeat(65)).parse().unwrap());
        assert_eq!(ticket(&headers), None);
    }
}
