//! What a program that gives box results asks, with its token: `POST /v1/figures`. It sees nothing of what is kept.
//!
//! The body is NDJSON, a result line each, at most 1,000 lines and 1 MiB, as it is or gzipped. The answer is NDJSON as well: a
//! receipt for each line in the same order, given when all that was entered is durable. An answer that was lost is had again
//! by sending the same body.

mod body;

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Bearer};

use self::body::{Unreadable, lines_of, unpacked};
use crate::access::door::DoorError;
use crate::access::tried::{TOKEN, Tried};
use crate::access::{Act, Principal, Refusal};
use crate::audit::{Access, Protocol};
use crate::domain::Channel;
use crate::ledger::append::AppendError;
use crate::results::take_in::{LINES, TakeInError};
use crate::results::{LineReceipt, Status};
use crate::web::bodies::Owner;
use crate::web::needs::Needs;
use crate::web::on_record::finish;
use crate::web::problem::Problem;
use crate::web::route::{Route, post};
use crate::web::who::{BEARER, claim, of_address, peer, turn_away};
use crate::web::{Peer, Services};

/// Bytes of one body at most, gzipped and unpacked.
const BYTES: usize = 1 << 20;

pub(super) fn routes() -> Vec<Route> {
    vec![post("/v1/figures", Needs::Feed, figures_of_a_machine)]
}

/// A program with a good token, allowed to send from here.
#[derive(Clone, Debug)]
struct FeedMachine {
    principal: Principal,
    from: IpAddr,
}

impl FromRequestParts<Services> for FeedMachine {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, Problem> {
        let from = peer(parts);
        let token = parts.headers.typed_get::<Authorization<Bearer>>();
        let found = match &token {
            Some(token) => {
                let certificate = parts.extensions.get::<Peer>().and_then(|peer| peer.certificate);
                services.door.feed(token.token(), certificate, from).await
            }
            None => Err(DoorError::Refused(Refusal::Unknown)),
        };
        match found {
            Ok(principal) => {
                claim(services, parts, Channel::Feed, &principal.account).await?;
                Ok(Self { principal, from })
            }
            Err(error) => {
                of_address(services, parts).await?;
                // A token that is right and does not get in is somebody's.
                let tried = match (&error, &token) {
                    (DoorError::Refused(Refusal::Unknown | Refusal::TooManyTries { .. }), _) | (_, None) => {
                        Tried::nobody(TOKEN)
                    }
                    (_, Some(token)) => services.door.tried_token(Channel::Feed, token.token()).await,
                };
                Err(turn_away(services, parts, Channel::Feed, tried, error, BEARER).await)
            }
        }
    }
}

/// Takes result lines in.
async fn figures_of_a_machine(
    State(services): State<Services>,
    feed: FeedMachine,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (account, way) = (feed.principal.account.as_str(), (Protocol::Https, feed.from));
    let access = Access::by(account, Channel::Feed, way, Act::SendFigures, "figures".to_owned());
    // However long the body takes to come, nothing of the record is held for it.
    let pending = services.audit.pending(access);
    let lines = lines(&services, account, &headers, body).await;
    let mut slot = pending.slot().await?;
    let bytes = lines.as_ref().map_or(0, |lines| lines.iter().map(Vec::len).sum::<usize>()) as u64;
    let answers = match lines {
        Ok(lines) => services.figures.take_in(lines).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    if let Ok(answers) = &answers {
        slot.about(summary(answers));
    }
    finish(slot, &answers, |_| bytes);
    let mut text = Vec::with_capacity(bytes as usize);
    for answer in answers? {
        serde_json::to_writer(&mut text, &answer).expect("a receipt has only text keys and plain values");
        text.push(b'\n');
    }
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    Ok((StatusCode::OK, headers, text).into_response())
}

/// What came of a batch, for the record: `figures 1000: 990 created, 10 refused`.
fn summary(answers: &[LineReceipt]) -> String {
    use Status::{Conflict, Created, Known, Late, Parked, Refused};
    let named = [
        (Created, "created"),
        (Known, "known"),
        (Late, "late"),
        (Conflict, "conflict"),
        (Parked, "parked"),
        (Refused, "refused"),
    ];
    let counted = named.map(|(status, name)| (answers.iter().filter(|answer| answer.status == status).count(), name));
    let counted: Vec<String> =
        counted.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    format!("figures {}: {}", answers.len(), counted.join(", "))
}

/// The body's lines, or why they cannot be read. Nothing of them is entered then.
async fn lines(services: &Services, account: &str, headers: &HeaderMap, body: Body) -> Result<Vec<Vec<u8>>, Problem> {
    let owner = Owner::Account(account.to_owned());
    let whole = services.bodies.whole(&owner, body, BYTES).await?;
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
    let bytes = match encoding.as_deref() {
        None | Some(b"identity") => whole.bytes.clone(),
        Some(b"gzip") => {
            let packed = whole.bytes.clone();
            let unpacking = tokio::task::spawn_blocking(move || unpacked(&packed, BYTES)).await;
            unpacking.map_err(|error| Problem::unavailable(&error))??.into()
        }
        Some(_) => {
            let detail = "Gövde gzip ile sıkıştırılmış ya da sıkıştırılmamış olabilir (Content-Encoding).";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unknown-encoding", "Unknown encoding", detail));
        }
    };
    Ok(lines_of(&bytes, LINES)?)
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::TooLarge => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "Too large",
                "Gövde 1 MiB sınırından büyük. Satırları daha küçük parçalarla gönderin.",
            ),
            Unreadable::TooManyLines => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-many-lines",
                "Too many lines",
                format!("Bir gövdede en çok {LINES} satır olabilir. Satırları daha küçük parçalarla gönderin."),
            ),
            Unreadable::Damaged => Self::bad_question("Gövde sağlam bir gzip değil; hiçbir şey kaydedilmedi."),
            Unreadable::Nothing => Self::bad_question("Gövdede satır yok."),
        }
    }
}

impl From<TakeInError> for Problem {
    fn from(error: TakeInError) -> Self {
        match error {
            TakeInError::NoElection => Self::new(
                StatusCode::CONFLICT,
                "no-election",
                "No election",
                "Henüz seçim yüklenmedi; sonuç alınamıyor. Satırlar daha sonra yeniden gönderilmeli.",
            ),
            TakeInError::Registry(error) => Self::not_entered(&error),
            TakeInError::Changing => Self::unavailable(&error),
            TakeInError::Append(error) if error.is_full() => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "no-room",
                "No room for results",
                "Sunucunun diskinde yer kalmadı; satırlar kaydedilmedi. Yer açıldıktan sonra yeniden gönderin.",
            ),
            TakeInError::Append(AppendError::Failed(error)) => Self::not_entered(&error),
            TakeInError::Append(error @ AppendError::Stopped) => Self::unavailable(&error),
            TakeInError::Reading(error) => Self::unavailable(&error),
        }
    }
}
