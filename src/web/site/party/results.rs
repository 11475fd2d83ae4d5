//! `/sonuclar`: the results of boxes by the circular's filters (2019, art. 6/1), with the sums of the part that is chosen and
//! the way to the parts below it.

mod choice;
mod columns;
mod files;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use self::choice::{Menu, Picked, ResultsQuery};
use self::columns::Columns;
pub(super) use self::columns::{FIGURES, number};
pub(in crate::web) use self::files::{csv, json, workbook};
use crate::access::sessions::Visitor;
use crate::domain::figures::checks;
use crate::domain::{ChoiceKind, Race};
use crate::registry::atlas::Atlas;
use crate::results::sums::{Totals, UnitSums};
use crate::results::{Cursor, ReadError, Row, SelectError};
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::problem::Problem;
use crate::web::site::form;
use crate::web::site::page::{Frame, show, time};

/// Boxes of a page.
const PAGE: u32 = 50;
/// Places that a search shows.
const FOUND: usize = 40;

/// A box as the table has it.
struct BoxLine {
    number: u32,
    /// Its own page, where it has one.
    address: Option<String>,
    place: String,
    version: u32,
    came: String,
    void: bool,
    figures: Vec<String>,
    votes: Vec<String>,
    /// Sentences about figures that do not agree, and about a change without a reason.
    remarks: Vec<String>,
}

/// A choice in the sums.
struct ChoiceLine {
    name: String,
    short: String,
    kind: &'static str,
    votes: String,
    percent: String,
    /// Hesaplanan: what falls to a party of its alliance's joint votes, and both together.
    share: String,
    together: String,
    of_hundred: f64,
}

/// The sums of the part that is chosen.
struct Sums {
    opened: u64,
    expected: u64,
    figures: Vec<(&'static str, String)>,
    turnout: String,
    choices: Vec<ChoiceLine>,
    shares: bool,
}

/// A part below the one that is chosen.
struct Below {
    name: String,
    query: String,
    opened: u64,
    expected: u64,
    figures: Vec<String>,
    votes: Vec<String>,
}

/// A place that a search found.
struct Found {
    query: String,
    names: String,
}

#[derive(Template)]
#[template(path = "web/site/party/results/list.html", config = ".askama.toml")]
struct ResultsPage {
    frame: Frame,
    asked: ResultsQuery,
    menus: Vec<Menu>,
    races: Vec<Race>,
    race: Race,
    /// Where the part lies, from the top.
    names: String,
    /// Position and time of the log that all of the page belongs to.
    position: u64,
    last_came: String,
    sums: Option<Sums>,
    columns: Columns,
    below: Vec<Below>,
    rows: Vec<BoxLine>,
    found: Option<Vec<Found>>,
    /// The choice, and the same with where the next page begins.
    query: String,
    next: Option<String>,
    further: bool,
}

impl From<SelectError> for Problem {
    fn from(error: SelectError) -> Self {
        match error {
            SelectError::Filter(bad) => Self::bad_query(bad.to_string()),
            SelectError::Read(error) => error.into(),
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NoElection => Self::missing(),
            ReadError::Ledger(error) => error.into(),
            ReadError::Reading(error) => {
                tracing::error!(%error, "Results could not be read");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", "Sonuçlar okunamadı.")
            }
        }
    }
}

/// The page.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<ResultsQuery>,
) -> Result<Response, Problem> {
    let atlas = services.selections.atlas().await?;
    let races = choice::races(&services).await?;
    let picked = Picked::of(asked, &atlas, &races)?;
    let selection = services.results.select(&picked.question).await?;
    let after: Option<Cursor> = match picked.asked.sonra.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Problem::bad_query("Sayfa adresi bozuk; baştan başlayın."))?),
    };
    // What follows is of the same instant as the first page.
    let now = services.results.now().await?;
    let as_of = picked.asked.konum.parse().unwrap_or(now.position).min(now.position);
    let shown = services.results.page(&selection, as_of, after.as_ref(), PAGE).await?;
    let ballots = services.results.ballots(&selection).await?;
    let columns = Columns::of(ballots.iter().map(|(_, _, ballot)| &ballot[..]));
    let totals = match after.is_none() && picked.whole() {
        true => Some(services.results.sums_below(selection.place.as_ref(), picked.race).await?),
        false => None,
    };
    let place = selection.place.as_ref().and_then(|place| atlas.find(place));
    let next = shown.next.map(|next| {
        form::query(&[&picked.pairs()[..], &[("sonra", &next.to_string()), ("konum", &as_of.to_string())]].concat())
    });
    let page = ResultsPage {
        frame: Frame::new(&services, "Sonuçlar", Some(&visitor)).await,
        names: place.map_or_else(|| choice::turkish(picked.area).to_owned(), |spot| atlas.names(spot)),
        position: as_of,
        last_came: if now.position == 0 { "–".to_owned() } else { time(now.at_ms) },
        below: totals.iter().flat_map(|totals| below(totals, &picked, &columns)).collect(),
        sums: totals.map(|totals| sums(&totals.unit)),
        rows: shown.rows.iter().map(|row| line(row, &atlas, &columns)).collect(),
        found: found(&picked.asked.ara, &atlas),
        query: form::query(&picked.pairs()),
        next,
        further: after.is_some(),
        columns,
        race: picked.race,
        races,
        menus: picked.menus,
        asked: picked.asked,
    };
    Ok(show(StatusCode::OK, &page))
}

fn found(text: &str, atlas: &Atlas) -> Option<Vec<Found>> {
    (!text.trim().is_empty()).then(|| {
        let found = atlas.search(text, FOUND).into_iter();
        found
            .filter_map(|spot| Some(Found { query: choice::query_of(atlas, spot)?, names: atlas.names(spot) }))
            .collect()
    })
}

fn line(row: &Row, atlas: &Atlas, columns: &Columns) -> BoxLine {
    let unit = row.place.levels().into_iter().filter_map(|(_, unit)| unit).next_back();
    let spot = unit.and_then(|unit| unit.id.parse().ok()).and_then(|id| atlas.find(&id));
    let figures = &row.result.figures;
    let mut remarks: Vec<String> = match row.result.void {
        true => Vec::new(),
        false => checks(figures).into_iter().map(|check| check.turkish().to_owned()).collect(),
    };
    if row.result.version > 1 && row.result.reason.is_none() {
        remarks.push("Değişikliğin nedeni yazılmamış.".to_owned());
    }
    BoxLine {
        number: row.number,
        address: spot.and_then(|spot| atlas.address(spot, row.number)),
        place: unit.map(|unit| unit.name.clone()).unwrap_or_default(),
        version: row.result.version,
        came: time(row.at.as_millisecond()),
        void: row.result.void,
        figures: FIGURES.iter().map(|(at, _)| number(figures.named()[*at].1.map(u64::from))).collect(),
        votes: columns.of_row(row),
        remarks,
    }
}

fn sums(unit: &UnitSums) -> Sums {
    let valid = unit.figures[columns::VALID];
    let percent = |votes: Option<u64>, of: Option<u64>| match (votes, of) {
        (Some(votes), Some(of)) if of > 0 => votes as f64 * 100.0 / of as f64,
        _ => 0.0,
    };
    let choices = unit.choices.iter().map(|sum| {
        let of_hundred = percent(sum.votes, valid);
        let choice = sum.choice.as_ref();
        ChoiceLine {
            name: choice.map_or_else(|| format!("Seçenek {}", sum.id), |choice| choice.name.clone()),
            short: choice.map_or_else(|| sum.id.clone(), |choice| choice.short_name.clone()),
            kind: choice.map_or("", |choice| match choice.kind {
                ChoiceKind::Alliance => "ittifak (ortak oy)",
                kind => kind.turkish(),
            }),
            votes: number(sum.votes),
            percent: columns::percent(of_hundred),
            share: number(sum.share),
            together: number(sum.with_share()),
            of_hundred,
        }
    });
    let (registered, voted) = (unit.figures[columns::REGISTERED], unit.figures[columns::VOTED]);
    Sums {
        opened: unit.opened,
        expected: unit.expected,
        figures: FIGURES.iter().map(|(at, name)| (*name, number(unit.figures[*at]))).collect(),
        turnout: columns::percent(percent(voted, registered)),
        shares: unit.choices.iter().any(|sum| sum.share.is_some()),
        choices: choices.collect(),
    }
}

fn below<'a>(totals: &'a Totals, picked: &'a Picked, columns: &'a Columns) -> impl Iterator<Item = Below> + 'a {
    totals.below.iter().filter_map(|unit| {
        let place = unit.unit.as_ref()?;
        let field = choice::field_of(unit.level?)?;
        let mut pairs = picked.pairs();
        pairs.retain(|(name, _)| *name != field);
        pairs.push((field, &place.id));
        Some(Below {
            name: place.name.clone(),
            query: form::query(&pairs),
            opened: unit.opened,
            expected: unit.expected,
            figures: FIGURES.iter().map(|(at, _)| number(unit.figures[*at])).collect(),
            votes: columns.of_unit(unit),
        })
    })
}
