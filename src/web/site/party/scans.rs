//! `/tutanaklar`: scans by the circular's filters (2019, art. 6/2), with a small picture of each.

mod bundle;
mod choice;
mod tables;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use self::choice::{Choice, ScanQuery};
use crate::access::sessions::Visitor;
use crate::archive::selections::{Atlas, Selected};
use crate::audit::View;
use crate::domain::{Election, Race};
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::problem::Problem;
use crate::web::site::page::{Frame, show, time};
use crate::web::site::session::ending::RowDetail;
use crate::web::site::session::seen::{PICTURES, PREVIEW, Shows};

pub(in crate::web) use self::bundle::zip;
pub(super) use self::choice::query_of;
pub(in crate::web) use self::tables::{csv, json};

/// Scans of a page.
const PAGE: usize = 48;
/// Places that a search shows.
const FOUND: usize = 40;
/// Bytes of a row's object that the positions of a page's pictures may take.
const NAMED: usize = 360;

/// A scan as a page shows it.
struct Card {
    picture: String,
    /// The page that shows it closely.
    close: String,
    title: String,
    place: String,
    came: String,
    taken_back: bool,
    /// Where its box has a page.
    sandik: Option<String>,
}

/// A place that a search found.
struct Found {
    query: String,
    names: String,
}

#[derive(Template)]
#[template(path = "web/site/party/scans/list.html", config = ".askama.toml")]
struct ScansPage {
    frame: Frame,
    choice: Choice,
    races: Vec<Race>,
    found: Option<Vec<Found>>,
    cards: Vec<Card>,
    further: bool,
    next: Option<String>,
}

/// The page.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
    Query(asked): Query<ScanQuery>,
) -> Result<Response, Problem> {
    let atlas = services.selections.atlas().await?;
    let election = Election::loaded(&services.ledger).await?;
    let after = asked.sonra.clone();
    let wanted = asked.ara.clone();
    let choice = Choice::of(asked, &atlas)?;
    let size = services.ledger.head().await?.size;
    let shown = services.selections.page(&choice.filter, &after, PAGE, size).await?;
    let positions: Vec<u64> = shown.scans.iter().map(|scan| scan.position).collect();
    let taken_back = services.ledger.taken_back(&positions, size).await?;
    let cards = shown.scans.iter().map(|scan| card(scan, &atlas, taken_back.contains(&scan.position)));
    let found = (!wanted.trim().is_empty()).then(|| {
        let found = atlas.search(&wanted, FOUND).into_iter();
        found.filter_map(|spot| Some(Found { query: query_of(&atlas, spot)?, names: atlas.names(spot) })).collect()
    });
    let page = ScansPage {
        frame: Frame::new(&services, "Tutanaklar", Some(&visitor)).await,
        races: election.map(|election| election.races().iter().collect()).unwrap_or_default(),
        found,
        cards: cards.collect(),
        further: !after.is_empty(),
        next: shown.next.map(|next| choice.query_with(&[("sonra", &next)])),
        choice,
    };
    let mut response = show(StatusCode::OK, &page);
    tell(&mut response, &visitor, &uri, &shown.scans);
    Ok(response)
}

/// The page's row names the scans whose pictures it shows, as many as there is room for: these need no rows of their own.
fn tell(response: &mut Response, visitor: &Visitor, uri: &Uri, scans: &[Selected]) {
    let asked = uri.path_and_query().map_or("", |path| path.as_str());
    let mut object = format!("GET {asked}");
    let mut shown = Vec::new();
    if object.len() < 512 - NAMED {
        object.push_str(" previews of");
        for scan in scans {
            let position = format!(" {}", scan.position);
            if object.len() + position.len() > 512 {
                break;
            }
            object.push_str(&position);
            shown.push(View::glance(&visitor.session, scan.digest));
        }
    }
    response.extensions_mut().insert(RowDetail { object, bytes: None });
    response.extensions_mut().insert(Shows(shown));
}

fn card(scan: &Selected, atlas: &Atlas, taken_back: bool) -> Card {
    let path = &scan.path;
    let page = if path.page > 1 { format!(", {}. sayfa", path.page) } else { String::new() };
    let revision = if path.revision > 1 { format!(", {}. sürüm", path.revision) } else { String::new() };
    let sandik = scan.spot.zip(path.sandik).and_then(|(spot, number)| atlas.address(spot, number));
    Card {
        picture: format!("{PICTURES}/{}/{PREVIEW}", scan.digest),
        close: format!("/tutanak/{}", scan.digest),
        title: format!("{}{page}{revision}", path.turkish()),
        place: scan.spot.map_or_else(|| path.directory.clone(), |spot| atlas.names(spot)),
        came: time(scan.at_ms),
        taken_back,
        sandik,
    }
}
