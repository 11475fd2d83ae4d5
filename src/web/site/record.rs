//! The record of accesses as pages and exports: auditors search all of it, a party sees its own.

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use jiff::civil;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::page::{self, Frame, show, time};
use crate::access::sessions::Visitor;
use crate::archive::lists::comma_row;
use crate::audit::{Seat, table};
use crate::domain::words::shown as visible;
use crate::ledger::audit::{AuditQuestion, AuditRow, NumberedRow};
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;
use crate::web::Site;
use crate::web::extract::{Extension, Query};

/// Rows of a page.
const PAGE: u32 = 100;
/// Rows that an export reads at a time.
const BATCH: u32 = 2000;

/// What is looked for, as the form says it. What is empty fits everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    hesap: String,
    kisi: String,
    ip: String,
    islem: String,
    nesne: String,
    sonuc: String,
    /// Local times, as `2024-03-31T17:00`.
    baslangic: String,
    bitis: String,
    /// Goes on after this row.
    sonra: Option<i64>,
}

impl Asked {
    fn question(&self) -> AuditQuestion {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty() && !text.contains('\0'));
        AuditQuestion {
            account: some(&self.hesap),
            person: some(&self.kisi),
            address: some(&self.ip),
            act: some(&self.islem),
            object: some(&self.nesne),
            outcome: some(&self.sonuc),
            since_ms: local(&self.baslangic),
            until_ms: local(&self.bitis),
        }
    }

    /// The same question in an address, without where it goes on.
    fn query(&self) -> String {
        let Self { hesap, kisi, ip, islem, nesne, sonuc, baslangic, bitis, .. } = self;
        let fields = [
            ("hesap", hesap),
            ("kisi", kisi),
            ("ip", ip),
            ("islem", islem),
            ("nesne", nesne),
            ("sonuc", sonuc),
            ("baslangic", baslangic),
            ("bitis", bitis),
        ];
        let encoded =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    }
}

fn local(text: &str) -> Option<i64> {
    let at: civil::DateTime = text.trim().parse().ok()?;
    Some(at.to_zoned(TimeZone::get("Europe/Istanbul").ok()?).ok()?.timestamp().as_millisecond())
}

#[derive(Template)]
#[template(path = "site/record.html")]
struct RecordPage {
    frame: Frame,
    /// Whose record it is; empty for all.
    own: String,
    asked: Asked,
    query: String,
    next: Option<i64>,
    rows: Vec<Shown>,
}

struct Shown {
    at: String,
    principal: String,
    channel: String,
    protocol: String,
    address: String,
    act: String,
    object: String,
    bytes: i64,
    outcome: &'static str,
    reason: String,
}

impl From<NumberedRow> for Shown {
    fn from(found: NumberedRow) -> Self {
        let row = found.row;
        let outcome = match row.outcome.as_str() {
            "ok" => "tamam",
            "begun" => "sürüyor",
            "cut" => "yarım",
            "refused" => "reddedildi",
            _ => "başarısız",
        };
        let AuditRow { principal, channel, protocol, address, act, object, bytes, reason, .. } = row;
        // What strangers typed and asked for stands in the record as they wrote it.
        let [principal, object, reason] = [principal, object, reason].map(|text| visible(&text).into_owned());
        Self { at: time(row.at_ms), principal, channel, protocol, address, act, object, bytes, outcome, reason }
    }
}

async fn shown(site: &Site, visitor: &Visitor, own: String, asked: Asked, question: &AuditQuestion) -> Response {
    let rows = match site.ledger.audit_search(question, asked.sonra.unwrap_or(i64::MIN), PAGE).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "Could not search the record");
            return page::unavailable(false);
        }
    };
    let title = if own.is_empty() { "Erişim kayıtları" } else { "Kendi erişimleriniz" };
    let page = RecordPage {
        frame: Frame::new(site, title, Some(visitor)).await,
        own,
        query: asked.query(),
        asked,
        next: rows.last().filter(|_| rows.len() == PAGE as usize).map(|last| last.id),
        rows: rows.into_iter().map(Shown::from).collect(),
    };
    show(StatusCode::OK, &page)
}

/// The question of somebody who may ask about all accounts. A person's login says whose person it is.
async fn of_anybody(site: &Site, asked: &Asked) -> AuditQuestion {
    let mut question = asked.question();
    if let (None, Some(person)) = (&question.account, &question.person)
        && let Ok(Some(found)) = site.ledger.person(person).await
    {
        question.account = Some(found.account);
    }
    question
}

/// Everybody's, for auditors.
pub(in crate::web) async fn page(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<Asked>,
) -> Response {
    let question = of_anybody(&site, &asked).await;
    shown(&site, &visitor, String::new(), asked, &question).await
}

/// The own account's.
pub(in crate::web) async fn own(
    State(site): State<Site>,
    Extension(visitor): Extension<Visitor>,
    Query(mut asked): Query<Asked>,
) -> Response {
    // Whatever was asked: it is this account's record or none.
    asked.hesap.clone_from(&visitor.principal.account);
    let question = asked.question();
    shown(&site, &visitor, visitor.account_name.clone(), asked, &question).await
}

/// All that fits, as a table for spreadsheets. No cell of it is a formula.
pub(in crate::web) async fn csv(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    let mut head = "\u{feff}".as_bytes().to_vec();
    comma_row(&mut head, &table::HEADERS);
    let row = |out: &mut Vec<u8>, found: &NumberedRow| comma_row(out, &table::cells(found, time(found.row.at_ms)));
    let question = of_anybody(&site, &asked).await;
    export(site.ledger, question, head, row, "text/csv; charset=utf-8", "erisim-kayitlari.csv")
}

/// All that fits, one JSON object a line.
pub(in crate::web) async fn jsonl(State(site): State<Site>, Query(asked): Query<Asked>) -> Response {
    let question = of_anybody(&site, &asked).await;
    export(site.ledger, question, Vec::new(), table::json_line, "application/x-ndjson", "erisim-kayitlari.jsonl")
}

/// Page after page from the database to the client: an export of any length needs the memory of one.
fn export(
    ledger: Ledger,
    question: AuditQuestion,
    head: Vec<u8>,
    row: impl Fn(&mut Vec<u8>, &NumberedRow) + Send + 'static,
    kind: &'static str,
    name: &'static str,
) -> Response {
    let state = (ledger, question, Some(i64::MIN));
    let first = futures::stream::iter([Ok::<_, LedgerError>(head)]);
    let pages = futures::stream::try_unfold(state, |(ledger, question, after)| async move {
        let Some(after) = after else { return Ok::<_, LedgerError>(None) };
        let found = ledger.audit_search(&question, after, BATCH).await?;
        let after = found.last().filter(|_| found.len() == BATCH as usize).map(|last| last.id);
        Ok(Some((found, (ledger, question, after))))
    });
    let written = move |found: Vec<NumberedRow>| {
        let mut out = Vec::new();
        found.iter().for_each(|found| row(&mut out, found));
        out
    };
    let body = first.chain(pages.map(move |page| page.map(&written)));
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).expect("ASCII");
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_DISPOSITION, disposition),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Body::from_stream(body)).into_response()
}

/// A body whose row in the record is written when its last byte is on its way, with their number.
pub(super) fn counted(body: Body, seat: Seat) -> Body {
    let state = (body.into_data_stream(), Some(seat.delivery_to_the_end()));
    Body::from_stream(futures::stream::unfold(state, |(mut stream, mut delivery)| async move {
        let next: Option<Result<Bytes, axum::Error>> = stream.next().await;
        match next {
            Some(Ok(bytes)) => {
                if let Some(delivery) = &mut delivery {
                    delivery.sent(bytes.len() as u64);
                }
                Some((Ok(bytes), (stream, delivery)))
            }
            Some(Err(error)) => {
                if let Some(mut delivery) = delivery.take() {
                    delivery.fail("could not be read to its end");
                }
                Some((Err(error), (stream, None)))
            }
            None => {
                if let Some(delivery) = delivery.take() {
                    delivery.end();
                }
                None
            }
        }
    }))
}
