//! A selection as a table: CSV for Excel, CSV and JSON for programs. Written while it is sent, page after page.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use jiff::tz::TimeZone;
use serde::Serialize;

use super::choice::{Choice, ScanQuery};
use crate::archive::lists::{comma_row, semicolon_row};
use crate::archive::selections::table::{self, HEADERS};
use crate::archive::selections::{Atlas, Filter, Selected};
use crate::domain::{Digest, Race};
use crate::ledger::LedgerError;
use crate::web::Services;
use crate::web::extract::Query;
use crate::web::problem::Problem;

/// Scans that are read at a time.
const STEP: usize = 1_000;

/// A scan as programs read it.
#[derive(Serialize)]
struct ScanView<'a> {
    position: u64,
    at: String,
    place: String,
    sandik: Option<u32>,
    race: Option<u8>,
    kind: String,
    page: u32,
    revision: u32,
    withdrawn: bool,
    path: String,
    size: u64,
    sha256: &'a Digest,
}

/// A walk over a selection, as of one position of the ledger.
struct Walk {
    services: Services,
    atlas: std::sync::Arc<Atlas>,
    filter: Filter,
    size: u64,
    zone: TimeZone,
}

impl Walk {
    async fn of(services: &Services, asked: ScanQuery) -> Result<Self, Problem> {
        let atlas = services.selections.atlas().await?;
        let zone = services.selections.zone().await?;
        let size = services.ledger.head().await?.size;
        let filter = Choice::of(asked, &atlas)?.filter;
        Ok(Self { services: services.clone(), atlas, filter, size, zone })
    }

    /// The scans of each step, with those whose link was taken back.
    fn steps(
        self,
        write: fn(&Self, &[Selected], &[u64], bool) -> Vec<u8>,
    ) -> impl Stream<Item = Result<Bytes, LedgerError>> {
        stream::try_unfold(Some((self, String::new())), move |state| async move {
            let Some((walk, after)) = state else { return Ok(None) };
            let page = walk.services.selections.page(&walk.filter, &after, STEP, walk.size).await?;
            let positions: Vec<u64> = page.scans.iter().map(|scan| scan.position).collect();
            let taken_back = walk.services.ledger.taken_back(&positions, walk.size).await?;
            let text = write(&walk, &page.scans, &taken_back, after.is_empty());
            Ok(Some((Bytes::from(text), page.next.map(|next| (walk, next)))))
        })
    }

    fn row(&self, scan: &Selected, taken_back: &[u64]) -> [String; 12] {
        table::row(&self.atlas, &self.zone, scan, taken_back.contains(&scan.position))
    }
}

fn file(kind: &'static str, name: &'static str, body: Body) -> Response {
    let name = HeaderValue::from_static(name);
    ([(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_DISPOSITION, name)], body).into_response()
}

/// The table. With `bicim=rfc4180` it has commas and no mark, for programs.
pub(in crate::web) async fn csv(
    State(services): State<Services>,
    Query(asked): Query<ScanQuery>,
) -> Result<Response, Problem> {
    let commas = asked.bicim == "rfc4180";
    let walk = Walk::of(&services, asked).await?;
    let mut head = Vec::new();
    match commas {
        true => comma_row(&mut head, &HEADERS),
        false => {
            head.extend_from_slice("\u{feff}".as_bytes());
            semicolon_row(&mut head, &HEADERS);
        }
    }
    let with_commas = |walk: &Walk, scans: &[Selected], taken_back: &[u64], _| {
        let mut text = Vec::new();
        scans.iter().for_each(|scan| comma_row(&mut text, &walk.row(scan, taken_back)));
        text
    };
    let with_semicolons = |walk: &Walk, scans: &[Selected], taken_back: &[u64], _| {
        let mut text = Vec::new();
        scans.iter().for_each(|scan| semicolon_row(&mut text, &walk.row(scan, taken_back)));
        text
    };
    let rows = walk.steps(if commas { with_commas } else { with_semicolons });
    let body = Body::from_stream(stream::iter([Ok(Bytes::from(head))]).chain(rows));
    Ok(file("text/csv; charset=utf-8", "attachment; filename=\"tutanaklar.csv\"", body))
}

/// The same as JSON.
pub(in crate::web) async fn json(
    State(services): State<Services>,
    Query(asked): Query<ScanQuery>,
) -> Result<Response, Problem> {
    let walk = Walk::of(&services, asked).await?;
    let head = Bytes::from(format!("{{\"position\":{},\"scans\":[", walk.size));
    let rows = walk.steps(|walk, scans, taken_back, first| {
        let mut text = Vec::new();
        for (n, scan) in scans.iter().enumerate() {
            text.extend_from_slice(if first && n == 0 { b"\n" } else { b",\n" });
            let path = &scan.path;
            let view = ScanView {
                position: scan.position,
                at: table::at(scan).to_string(),
                place: table::place(&walk.atlas, scan),
                sandik: path.sandik,
                race: path.race.map(Race::code),
                kind: path.kind.slug(),
                page: path.page,
                revision: path.revision,
                withdrawn: taken_back.contains(&scan.position),
                path: path.path(),
                size: scan.size,
                sha256: &scan.digest,
            };
            text.extend(serde_json::to_vec(&view).expect("text keys and plain values"));
        }
        text
    });
    let ends = [Ok(head)].into_iter();
    let body =
        Body::from_stream(stream::iter(ends).chain(rows).chain(stream::iter([Ok(Bytes::from_static(b"\n]}\n"))])));
    Ok(file("application/json", "inline; filename=\"tutanaklar.json\"", body))
}
