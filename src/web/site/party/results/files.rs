//! What is chosen on the page of results as a file: CSV and XLSX for Excel, CSV and JSON for programs. Written while it is sent,
//! as of one position of the log, which stands in its name: two files of one name are the same.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::choice::{self, Picked, ResultsQuery};
use crate::results::csv::Dialect;
use crate::results::document::Format;
use crate::web::Services;
use crate::web::extract::Query;
use crate::web::problem::Problem;

/// The table: one row a box; with `duzen=uzun` one row a box and choice; with `bicim=rfc4180` with commas, for programs.
pub(in crate::web) async fn csv(
    State(services): State<Services>,
    Query(asked): Query<ResultsQuery>,
) -> Result<Response, Problem> {
    let dialect = if asked.bicim == "rfc4180" { Dialect::Rfc4180 } else { Dialect::Excel };
    let format = if asked.duzen == "uzun" { Format::Long(dialect) } else { Format::Wide(dialect) };
    file(&services, asked, format).await
}

/// The same for programs.
pub(in crate::web) async fn json(
    State(services): State<Services>,
    Query(asked): Query<ResultsQuery>,
) -> Result<Response, Problem> {
    file(&services, asked, Format::Json).await
}

/// The same as a workbook.
pub(in crate::web) async fn workbook(
    State(services): State<Services>,
    Query(asked): Query<ResultsQuery>,
) -> Result<Response, Problem> {
    file(&services, asked, Format::Workbook).await
}

async fn file(services: &Services, asked: ResultsQuery, format: Format) -> Result<Response, Problem> {
    let atlas = services.selections.atlas().await?;
    let races = choice::races(services).await?;
    let picked = Picked::of(asked, &atlas, &races)?;
    let selection = services.results.select(&picked.question).await?;
    let now = services.results.now().await?;
    let election = services.results.answer(Some(picked.race), now, services.clock.now()).await?.election;
    let scope = selection.place.as_ref().map_or("tumu", |place| place.as_str()).replace('/', "-");
    let (race, position, ending) = (picked.race.slug(), now.position, format.ending());
    let name = format!("sonuc-{election}-{race}-{scope}-{position}.{ending}");
    let rows = services.results.whole(selection, format, now, services.clock.now()).await?;
    let headers = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(rows)).into_response())
}
