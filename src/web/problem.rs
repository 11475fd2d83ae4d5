//! Every failure as a client sees it: an RFC 9457 problem with a stable type, an English title and a Turkish detail.
//!
//! The inside stays inside: causes go to the log, once, here.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::access::Refusal;
use crate::access::door::DoorError;
use crate::admission::Refused;
use crate::audit::NoRoom;
use crate::domain::words::shown_lines;
use crate::intake::quota::OverQuota;
use crate::intake::{InspectError, IntakeError, PngError, QueuePosition};
use crate::ledger::LedgerError;
use crate::ledger::append::AppendError;
use crate::reading::PageError;
use crate::telemetry::Chain;
use crate::tree::TreeError;
use crate::vault::VaultError;

/// A failure on its way to a client.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    body: Body,
    retry_after: Option<u32>,
    /// Which scheme a client may log in with.
    challenge: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Body {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<Timestamp>,
    /// The board's place among those that wait, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<usize>,
}

/// Seconds after which a client that was turned away for load may come again.
const COME_AGAIN: u32 = 5;

/// The same, where somebody has to make room first.
const COME_AGAIN_WHEN_THERE_IS_ROOM: u32 = 30;
/// The same where somebody has to set something right first.
const SET_RIGHT: u32 = 30;

impl Problem {
    /// A failure of `kind`, which is the last part of its type and never changes.
    pub fn new(status: StatusCode, kind: &str, title: &'static str, detail: impl Into<String>) -> Self {
        let r#type = format!("urn:tutanak:problem:{kind}");
        let body = Body { r#type, title, status: status.as_u16(), detail: detail.into(), opens_at: None, place: None };
        Self { status, body, retry_after: None, challenge: None }
    }

    /// The status it will have.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What people are told.
    pub fn detail(&self) -> &str {
        &self.body.detail
    }

    /// The last part of the type, as audit rows name it.
    pub fn kind(&self) -> &str {
        self.body.r#type.rsplit(':').next().unwrap_or_default()
    }

    /// Nothing lies at this path.
    pub fn missing() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", "Bu adreste bir şey yok.")
    }

    /// The address does not know this method.
    pub fn no_such_method() -> Self {
        let detail = "Bu adres bu işlemi (HTTP yöntemi) tanımıyor.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
    }

    /// The address names no digest.
    pub fn bad_digest() -> Self {
        let detail = "Adres, görüntünün 64 küçük harfli onaltılık basamaktan oluşan SHA-256 özetiyle bitmelidir.";
        Self::new(StatusCode::BAD_REQUEST, "bad-digest", "Not a SHA-256 digest", detail)
    }

    /// The account has as many downloads under way as it may.
    pub fn too_many_downloads() -> Self {
        let detail = "Bu hesapla aynı anda çok sayıda indirme sürüyor. Bitmelerini bekleyip yeniden deneyin.";
        Self::busy(StatusCode::TOO_MANY_REQUESTS, "too-many-downloads", "Too many downloads", detail)
    }

    /// The account has used as many connections last as it may.
    pub fn too_many_connections() -> Self {
        let detail = "Bu hesapla aynı anda çok sayıda bağlantı açık. Bir kısmını kapatıp yeniden deneyin.";
        Self::busy(StatusCode::TOO_MANY_REQUESTS, "too-many-connections", "Too many connections", detail)
    }

    /// More requests a second than the account or the address may send.
    pub fn too_many_requests(retry_after: u32) -> Self {
        let detail = format!("Çok sık istek gönderiliyor. {retry_after} saniye sonra yeniden deneyin.");
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut problem = Self::new(status, "too-many-requests", "Too many requests", detail);
        problem.retry_after = Some(retry_after);
        problem
    }

    /// Too many bodies of the account or the address are being read.
    pub fn too_many_bodies() -> Self {
        let detail = "Aynı anda çok sayıda form gönderiliyor. Biraz sonra yeniden deneyin.";
        Self::busy(StatusCode::TOO_MANY_REQUESTS, "too-many-bodies", "Too many bodies", detail)
    }

    /// The body of a form or a question did not come in time.
    pub fn body_too_slow() -> Self {
        let detail = "Gönderilen form ya da soru zamanında tamamlanmadı. Yeniden gönderin.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "Too slow", detail)
    }

    /// More headers than anybody needs.
    pub fn headers_too_large() -> Self {
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Self::new(status, "headers-too-large", "Headers too large", "İstek başlıkları çok uzun.")
    }

    /// The request names no host, or two.
    pub fn bad_host() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-host", "Bad host", "İstek, tek bir sunucu adı (Host) taşımalıdır.")
    }

    /// The body is of another type than the address takes.
    pub fn wrong_media_type(expected: &str) -> Self {
        let detail = format!("Bu adres gövdeyi {expected} türünde bekler (Content-Type).");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-media-type", "Unsupported media type", detail)
    }

    /// The body is longer than the address takes.
    pub fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", "İsteğin gövdesi çok büyük.")
    }

    /// The body ended before its end.
    pub fn broken_off() -> Self {
        let detail = "Aktarım yarıda kesildi; hiçbir şey kaydedilmedi. Yeniden gönderin.";
        Self::new(StatusCode::BAD_REQUEST, "broken-off", "The body broke off", detail)
    }

    /// The body says something that cannot be.
    pub fn bad_content(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-content", "Bad content", detail)
    }

    /// A mistake of ours, told to the log.
    pub fn broken(mistake: &str) -> Self {
        tracing::error!(mistake, "Could not answer a request");
        let detail = "Hizmette bir hata oluştu; işlem yapılmadı.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }

    /// The query cannot be understood.
    pub fn bad_query(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-query", "Bad query", detail)
    }

    /// The body of a question cannot be understood.
    pub fn bad_question(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-question", "Bad question", detail)
    }

    /// Nobody logged in, or not properly.
    pub fn unauthorized(challenge: &'static str) -> Self {
        let mut problem =
            Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized", Refusal::Unknown.to_string());
        problem.challenge = Some(challenge);
        problem
    }

    fn busy(status: StatusCode, kind: &str, title: &'static str, detail: &str) -> Self {
        let mut problem = Self::new(status, kind, title, detail);
        problem.retry_after = Some(COME_AGAIN);
        problem
    }

    /// The stored scan is missing or not as it was entered. The vault has raised the alarm.
    fn damaged() -> Self {
        let detail = "Dosyanın saklanan kopyası bozuk ya da kayıp; gönderilmedi. Onarılınca yeniden deneyin.";
        Self::busy(StatusCode::SERVICE_UNAVAILABLE, "damaged", "The stored scan is damaged", detail)
    }

    /// The inside failed: it is told to the log.
    pub(super) fn unavailable(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %Chain(cause), "Could not answer a request");
        let detail = "Hizmet şu an yanıt veremiyor; işlemin kaydedildiği doğrulanamadı. Biraz sonra yeniden deneyin.";
        Self::busy(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable", detail)
    }

    /// A disk is full, or as full as scans may make it.
    fn no_room(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::warn!(error = %Chain(cause), "There was no room for a scan");
        let detail = "Sunucunun diskinde yeni tarama için yer kalmadı; tarama kaydedilmedi. Sistem yöneticilerine haber verin \
                      ve yer açıldıktan sonra yeniden gönderin.";
        let mut problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "no-room", "No room for scans", detail);
        problem.retry_after = Some(COME_AGAIN_WHEN_THERE_IS_ROOM);
        problem
    }

    /// The ledger did not do it: for a reason that lasts until somebody sets it right, or for a moment.
    pub fn not_entered(error: &LedgerError) -> Self {
        let (kind, title, detail) = match error {
            LedgerError::Clock(_) => (
                "clock-wrong",
                "The clock is wrong",
                "Sunucunun saati yanlış olduğu için şu an kayıt yapılamıyor. Gönderdiğiniz kaydedilmedi; saat düzeltilince \
                 yeniden gönderin. Kayıtlı tutanaklar okunabilir.",
            ),
            LedgerError::Held(_) => (
                "log-disputed",
                "Nothing is entered at the moment",
                "Kayıt defteri ile deposu birbirini tutmadığı için şu an kayıt yapılamıyor. Gönderdiğiniz kaydedilmedi; sonra \
                 yeniden gönderin. Kayıtlı tutanaklar okunabilir.",
            ),
            error => return Self::unavailable(error),
        };
        tracing::error!(error = %Chain(error), "Nothing can be entered");
        let mut problem = Self::busy(StatusCode::SERVICE_UNAVAILABLE, kind, title, detail);
        problem.retry_after = Some(SET_RIGHT);
        problem
    }

    /// What somebody at the door is told. `challenge` is the scheme of the channel.
    pub fn at_the_door(error: DoorError, challenge: &'static str) -> Self {
        match error {
            DoorError::Ledger(error) => Self::unavailable(&error),
            DoorError::Refused(Refusal::Unknown) => Self::unauthorized(challenge),
            DoorError::Refused(Refusal::NotYet { opens_at, shown }) => {
                let detail = Refusal::NotYet { opens_at, shown }.to_string();
                let mut problem = Self::new(StatusCode::FORBIDDEN, "not-open-yet", "Not open yet", detail);
                problem.body.opens_at = opens_at;
                problem
            }
            DoorError::Refused(
                refusal @ (Refusal::TooManyTries { retry_after } | Refusal::TooManyCodes { retry_after }),
            ) => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let mut problem = Self::new(status, refusal.name(), "Too many tries", refusal.to_string());
                problem.retry_after = Some(retry_after);
                problem
            }
            DoorError::Refused(refusal) => {
                Self::new(StatusCode::FORBIDDEN, refusal.name(), "Forbidden", refusal.to_string())
            }
        }
    }
}

impl Problem {
    /// What somebody is told who was not admitted. `challenge` is the scheme of the channel.
    pub fn not_admitted(refused: Refused, challenge: &'static str) -> Self {
        match refused {
            Refused::Record(error) => error.into(),
            Refused::Door(error) => Self::at_the_door(error, challenge),
        }
    }
}

impl From<NoRoom> for Problem {
    fn from(error: NoRoom) -> Self {
        match error {
            NoRoom::Record => Self::unavailable(&error),
            NoRoom::Own => {
                let detail = "Bu hesabın ya da IP adresinin sürmekte olan çok sayıda işlemi var. Bitmelerini bekleyin.";
                Self::busy(StatusCode::TOO_MANY_REQUESTS, "too-much-under-way", "Too much under way", detail)
            }
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        Self::not_entered(&error)
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Missing(_) | VaultError::Damaged(_) => Self::damaged(),
            error => Self::unavailable(&error),
        }
    }
}

impl From<TreeError> for Problem {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Vault(error) => error.into(),
            error => Self::unavailable(&error),
        }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        use IntakeError as E;
        match error {
            E::Full(QueuePosition { place, of }) => {
                let detail = format!(
                    "Şu an çok sayıda görüntü alınıyor. Sıradaki yeriniz: {place} (bekleyen kurul: {of}). Birkaç saniye sonra \
                     yeniden gönderirseniz yeriniz korunur."
                );
                let status = StatusCode::SERVICE_UNAVAILABLE;
                let mut problem = Self::busy(status, "over-capacity", "Over capacity", &detail);
                problem.body.place = Some(place);
                problem
            }
            E::BoardIsFull => {
                let detail = "Bu kurulun sürmekte ve beklemekte olan çok sayıda gönderimi var. Bitmelerini bekleyip yeniden gönderin.";
                Self::busy(StatusCode::TOO_MANY_REQUESTS, "too-many-uploads", "Too many uploads", detail)
            }
            E::TooLarge { limit } => {
                let detail = format!("Görüntü {} MiB sınırından büyük.", limit >> 20);
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Too large", detail)
            }
            E::BrokenOff(_) => Self::broken_off(),
            E::Silent(_) => {
                let detail = "Aktarım durdu; hiçbir şey kaydedilmedi. Yeniden gönderin.";
                Self::new(StatusCode::REQUEST_TIMEOUT, "silent", "The sender fell silent", detail)
            }
            E::OtherBytes { found } => {
                let detail = format!("Gelen baytların özeti adrestekinden farklı: {found}. Yeniden gönderin.");
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "digest-differs", "Digest differs", detail)
            }
            E::OverQuota(over) => {
                let kind = match over {
                    OverQuota::Parked { .. } => "parked-quota",
                    OverQuota::Bytes { .. } => "quota",
                };
                Self::new(StatusCode::INSUFFICIENT_STORAGE, kind, "Over the board's quota", over.turkish())
            }
            E::Unsound(error) => unsound(error),
            E::Inspection(error) => Self::unavailable(&error),
            E::Registry(error) => Self::not_entered(&error),
            E::NoRoom(shortage) => Self::no_room(&shortage),
            E::Vault(error) if error.is_full() => Self::no_room(&error),
            E::Vault(error) => Self::unavailable(&error),
            E::Append(error) if error.is_full() => Self::no_room(&error),
            E::Append(AppendError::Failed(error)) => Self::not_entered(&error),
            E::Append(error @ AppendError::Stopped) => Self::unavailable(&error),
        }
    }
}

fn unsound(error: InspectError) -> Problem {
    let refuse =
        |kind: &str, title, detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, title, detail);
    match error {
        InspectError::Frame(error @ (PngError::Empty | PngError::NotPng)) => {
            refuse("not-a-png", "Not a PNG", error.turkish())
        }
        InspectError::Frame(error) => refuse("damaged-png", "Damaged PNG", error.turkish()),
        InspectError::Page(PageError::TooLarge { width, height, side, pixels }) => {
            let most = pixels / 1_000_000;
            let detail =
                format!("Görüntü {width} × {height} piksel; en çok kenarda {side}, toplamda {most} milyon olabilir.");
            refuse("too-many-pixels", "Too many pixels", detail)
        }
        InspectError::Page(PageError::Damaged(damage)) => refuse("damaged-png", "Damaged PNG", damage.turkish()),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Sentences may name what was typed.
        let detail = match shown_lines(&self.body.detail) {
            Cow::Borrowed(_) => None,
            Cow::Owned(escaped) => Some(escaped),
        };
        let body = Body { detail: detail.unwrap_or(self.body.detail), ..self.body };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
