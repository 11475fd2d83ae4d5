//! The one way to everything that needs a session: who is it, may they do it now, from there, did their own page send it,
//! and a row in the record however it ends.

pub(super) mod cookies;
pub(super) mod ending;
pub(super) mod seen;
mod sent;
pub(super) mod slot;
pub(super) mod unread;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use self::cookies::ticket;
use self::ending::{conclude, ended};
use self::sent::{NotSent, Sent, sent_by_own_page};
use self::slot::{Late, access_of};
use super::files::Handed;
use super::page;
use crate::access::door::DoorError;
use crate::access::sessions::Visitor;
use crate::access::{Act, Class, Refusal};
use crate::admission::{self, Refused};
use crate::audit::{Access, Deed, NoRoom, Outcome, Protocol, RecordSlot, View};
use crate::domain::Channel;
use crate::ledger::LedgerError;
use crate::telemetry::Chain;
use crate::web::Services;
use crate::web::about::About;
use crate::web::bodies::Unread;
use crate::web::ceiling::TooMany;
use crate::web::needs::Needs;
use crate::web::origin::Origin;
use crate::web::problem::Problem;
use crate::web::who::{claimed, of_address};

/// The layer around every handler that needs a session.
pub(in crate::web) async fn required(
    State((services, needs)): State<(Services, Needs)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let program = parts.uri.path().starts_with("/v1/");
    let origin = Origin::of(&parts);
    let act = needs.right();
    let visitor = match ticket(&parts.headers) {
        None => None,
        Some(ticket) => match found(&services, &ticket, needs).await {
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
        if let Err(too_many) = of_address(&services, &parts).await {
            return too_many.into_response();
        }
        let stranger = Access::of_a_stranger(Protocol::Https, origin.address, deed, object);
        let stranger = Access { channel: Some(Channel::Web), ..stranger };
        if services.audit.brief(stranger, Outcome::Refused, "no-session").is_err() {
            return page::unavailable(program);
        }
        return match program || parts.method != Method::GET {
            true => Problem::new(StatusCode::UNAUTHORIZED, "no-session", "No session", "Oturum yok ya da sona ermiş.")
                .into_response(),
            false => Redirect::to("/giris").into_response(),
        };
    };
    let access = access_of(&visitor, origin.address, deed, object);
    if let Err(TooMany { retry_after }) = services.ceilings.account(&visitor.principal.account).await {
        let problem = Problem::too_many_requests(retry_after);
        return match services.audit.brief(access, Outcome::Refused, problem.kind()) {
            Ok(()) => problem.into_response(),
            Err(error) => no_room(error, program),
        };
    }
    // Nothing of the record is held until all has come that the client has to send.
    let pending = services.audit.pending(access);
    if let Err(error) = allow(&services, &visitor, needs, act, &origin).await {
        return match admission::refuse(pending, error).await {
            Refused::Door(error) => refused(error, &visitor, program),
            Refused::Record(error) => no_room(error, program),
        };
    }
    if services.sessions.asks_for_notice(&visitor, act) {
        return match pending.brief(Outcome::Refused, "notice-not-read") {
            Ok(()) => unread::asked(&parts.uri, program),
            Err(error) => no_room(error, program),
        };
    }
    if !claimed(&services, &parts, &visitor.principal.account) {
        let problem = Problem::too_many_connections();
        return match pending.brief(Outcome::Refused, problem.kind()) {
            Ok(()) => problem.into_response(),
            Err(error) => no_room(error, program),
        };
    }
    let sent = match parts.method.is_safe() {
        true => Ok(Sent::Nothing),
        false => sent_by_own_page(&services, &parts.headers, body, &visitor, needs).await,
    };
    if let Err(NotSent::Unread(unread @ Unread::NoRoom)) = sent {
        return match pending.brief(Outcome::Refused, unread.name()) {
            Ok(()) => Problem::from(unread).into_response(),
            Err(error) => no_room(error, program),
        };
    }
    let view = match needs {
        Needs::Picture(_) => seen::view(&visitor.session, parts.uri.path()),
        _ => None,
    };
    let pending = match view {
        None => Ok(Some(pending)),
        Some(view) => pending.unless_seen(view),
    };
    let pending = match pending {
        Ok(Some(pending)) => pending,
        // A row stands for it: it is part of what this session saw a moment ago.
        Ok(None) => {
            parts.extensions.insert(visitor);
            return next.run(Request::from_parts(parts, Body::empty())).await;
        }
        Err(error) => return no_room(error, program),
    };
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
            return match late.into_slot().await {
                Ok(Some(slot)) => not_read(slot, not_sent, program),
                Ok(None) => page::unavailable(program),
                Err(error) => no_room(error, program),
            };
        }
    };
    // What brings scans takes its slot when the scan is there; everything else has come.
    if needs != Needs::BoardPerson(Act::Upload)
        && let Err(error) = late.slot().await
    {
        return no_room(error, program);
    }
    if let (true, Some(sender)) = (needs.a_board(), &visitor.sender) {
        parts.extensions.insert(sender.clone());
    }
    let about = About::default();
    parts.extensions.insert(visitor);
    parts.extensions.insert(origin);
    parts.extensions.insert(about.clone());
    parts.extensions.insert(late.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    let subjects = about.taken();
    let mut slot = match late.into_slot().await {
        Ok(Some(slot)) => slot,
        Ok(None) => return response, // its row is written when the download ends
        Err(error) => return no_room(error, program),
    };
    let mut has_room = true;
    for subject in subjects.get(1..).unwrap_or_default() {
        let other = if has_room { slot.another().await.ok() } else { None };
        has_room = other.is_some();
        match other {
            Some(mut other) => {
                other.begin_with(subject);
                let _ = ended(other, &response); // of a length that is known: only exports of the record are not, and have no subject
            }
            // It has been done, and secrets may be in the answer: without room for a row of its own it is named in the first.
            None => slot.begin_with(subject),
        }
    }
    if let Some(first) = subjects.first() {
        slot.begin_with(first);
    }
    let mut seen: Vec<View> = view.into_iter().chain(seen::shows(&response)).collect();
    seen.retain(|_| response.status().is_success());
    let response = conclude(slot, response);
    seen.into_iter().for_each(|view| services.audit.seen(view));
    response
}

/// There is no room for the row.
fn no_room(error: NoRoom, program: bool) -> Response {
    match error {
        NoRoom::Own => Problem::from(error).into_response(),
        NoRoom::Record => page::unavailable(program),
    }
}

/// Says that nothing of what was sent is looked at.
fn not_read(slot: RecordSlot, error: NotSent, program: bool) -> Response {
    match error {
        NotSent::Unread(unread) => {
            slot.refused(unread.name());
            Problem::from(unread).into_response()
        }
        NotSent::ByOwnPage => {
            slot.refused("not-sent-by-own-page");
            let text = "Bu istek bu sitenin kendi sayfasından gelmedi. Sayfayı yenileyip yeniden deneyin.";
            page::refused(program, "not-sent-by-own-page", text)
        }
    }
}

/// Who holds the ticket. A page that asks by itself does not extend the session.
async fn found(services: &Services, ticket: &str, needs: Needs) -> Result<Option<Visitor>, LedgerError> {
    match needs {
        Needs::BoardPage(_) => services.sessions.look(ticket).await,
        _ => services.sessions.find(ticket).await,
    }
}

/// Asks `access`. Whoever has still to replace the first password may do that, and log out.
async fn allow(services: &Services, visitor: &Visitor, needs: Needs, act: Act, from: &Origin) -> Result<(), DoorError> {
    services.sessions.allow(visitor, act, from.address).await?;
    if needs.a_board() {
        if visitor.principal.class != Class::Board {
            return Err(DoorError::Refused(Refusal::WrongChannel));
        }
        // What a board's token needs beside it, a password needs as well.
        services.door.certified(&visitor.principal.account, from.certificate).await?;
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
