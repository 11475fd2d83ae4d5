//! The record of accesses as pages and exports: auditors search all of it, a party sees its own.

use askama::Template;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jiff::civil;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::form;
use super::page::{Frame, show, time, unavailable};
use crate::access::sessions::Visitor;
use crate::ledger::audit::{AuditQuestion, AuditRow, NumberedRow};
use crate::ledger::{Ledger, LedgerError};
use crate::telemetry::Chain;
use crate::web::Services;

/// Rows of a page.
const PAGE: u32 = 100;
/// Rows that an export reads at a time.
const BATCH: u32 = 2000;

/// What is looked for, as the form says it. What is empty fits everything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RecordQuery {
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

impl RecordQuery {
    /// The same of one account, whatever was asked.
    pub fn of(self, account: &str) -> Self {
        Self { hesap: account.to_owned(), ..self }
    }

    /// The question of somebody who may ask about all accounts. A person's login says whose person it is.
    pub async fn of_anybody(&self, ledger: &Ledger) -> AuditQuestion {
        let mut question = self.question();
        if let (None, Some(person)) = (&question.account, &question.person)
            && let Ok(Some(found)) = ledger.person(person).await
        {
            question.account = Some(found.account);
        }
        question
    }

    /// What the ledger is asked.
    pub fn question(&self) -> AuditQuestion {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
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
        form::query(&fields)
    }
}

fn local(text: &str) -> Option<i64> {
    let at: civil::DateTime = text.trim().parse().ok()?;
    Some(at.to_zoned(TimeZone::get("Europe/Istanbul").ok()?).ok()?.timestamp().as_millisecond())
}

#[derive(Template)]
#[template(path = "web/site/record.html", config = ".askama.toml")]
struct RecordPage<'a> {
    frame: Frame,
    /// Whose record it is; none for everybody's.
    own: Option<&'a str>,
    asked: RecordQuery,
    query: String,
    next: Option<i64>,
    rows: Vec<RowView>,
}

struct RowView {
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

impl From<NumberedRow> for RowView {
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
        Self { at: time(row.at_ms), principal, channel, protocol, address, act, object, bytes, outcome, reason }
    }
}

/// A page of the rows that fit.
pub(super) async fn page(
    services: &Services,
    visitor: &Visitor,
    own: Option<&str>,
    asked: RecordQuery,
    question: &AuditQuestion,
) -> Response {
    let rows = match services.ledger.audit_search(question, asked.sonra.unwrap_or(i64::MIN), PAGE).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "Could not search the record");
            return unavailable(false);
        }
    };
    let title = if own.is_none() { "Erişim kayıtları" } else { "Kendi erişimleriniz" };
    let page = RecordPage {
        frame: Frame::new(services, title, Some(visitor)).await,
        own,
        query: asked.query(),
        asked,
        next: rows.last().filter(|_| rows.len() == PAGE as usize).map(|last| last.id),
        rows: rows.into_iter().map(RowView::from).collect(),
    };
    show(StatusCode::OK, &page)
}

/// Page after page from the database to the client: an export of any length needs the memory of one.
pub(super) fn export(
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
