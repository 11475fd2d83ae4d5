//! `/sandik/…`: everything of one box: each sheet with its pages, its scans old and new, their digests and proofs.

mod figures;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use self::figures::BoxFigures;
use super::sheets::{Version, versions};
use crate::access::sessions::Visitor;
use crate::archive::selections::{Atlas, Filter, Spot};
use crate::audit::View;
use crate::domain::naming::boxes;
use crate::domain::{BoxKind, Election, FormKind, Karekod, Race};
use crate::ledger::registry::{BoxAt, FormCursor};
use crate::results::ties::{NewestScan, Tie};
use crate::web::Services;
use crate::web::extract::{Extension, Path, Query};
use crate::web::on_record::shows_nothing;
use crate::web::problem::Problem;
use crate::web::site::page::{Frame, show_with_script, time};
use crate::web::site::session::ending::RowDetail;
use crate::web::site::session::seen::Shows;

/// Where the script of a box's page lies. A new one gets a new name.
pub(super) const SCRIPT: &str = "/sandik-1.js";

/// The script.
pub(in crate::web) async fn script() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    shows_nothing((headers, include_str!("boxes/box.js")))
}

/// One sheet of the box.
struct Sheet {
    id: String,
    title: String,
    code: String,
    /// The pages that came, each with its scans, the newest first.
    pages: Vec<(u32, Vec<Version>)>,
    /// What was entered of the race; none for a sheet that holds no result.
    figures: Option<BoxFigures>,
    /// How sheet and result stand to each other; empty for a sheet that holds no result.
    tie: &'static str,
}

/// A box beside this one.
struct Beside {
    address: String,
    number: u32,
}

#[derive(Template)]
#[template(path = "web/site/party/boxes/box.html", config = ".askama.toml")]
struct BoxPage {
    frame: Frame,
    script: &'static str,
    number: u32,
    place: String,
    kind: &'static str,
    address: String,
    printed: String,
    sheets: Vec<Sheet>,
    previous: Option<Beside>,
    next: Option<Beside>,
}

/// A box's page.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    Path(path): Path<String>,
) -> Result<Response, Problem> {
    let atlas = services.selections.atlas().await?;
    let (district, number) = boxes::parse(&path).ok_or_else(Problem::missing)?;
    let district = atlas.district(district).and_then(|spot| atlas.get(spot)).ok_or_else(Problem::missing)?;
    let title = format!("Sandık {number}, {}", district.row.name);
    let district = &district.row.id;
    let at = services.ledger.box_at(district, number).await?.ok_or_else(Problem::missing)?;
    let spot = atlas.find(&at.place).ok_or_else(Problem::missing)?;
    let sheets = sheets(&services, &atlas, &at, spot, number).await?;
    let (previous, next) = services.ledger.boxes_beside(district, number).await?;
    let beside = |number: u32| atlas.address(spot, number).map(|address| Beside { address, number });
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let shown: Vec<&Version> =
        sheets.iter().flat_map(|sheet| &sheet.pages).flat_map(|(_, scans)| scans.first()).collect();
    let seen = shown.iter().map(|scan| View::close(&visitor.session, scan.digest)).collect();
    let positions: Vec<String> = shown.iter().map(|scan| scan.position.to_string()).collect();
    let page = BoxPage {
        frame: Frame::new(&services, title, Some(&visitor)).await,
        script: SCRIPT,
        number,
        place: atlas.names(spot),
        kind: kind(at.kind),
        address: format!("https://{host}{}/{path}", boxes::BOXES),
        printed: time(services.clock.now().as_millisecond()),
        sheets,
        previous: previous.and_then(beside),
        next: next.and_then(beside),
    };
    let mut response = show_with_script(&page);
    let object = format!("GET {}/{path} pictures of {}", boxes::BOXES, positions.join(" "));
    // Beyond that the row would not name them all.
    if object.len() <= 512 {
        response.extensions_mut().insert(Shows(seen));
    }
    response.extensions_mut().insert(RowDetail { object, bytes: None });
    Ok(response)
}

fn kind(kind: BoxKind) -> &'static str {
    match kind {
        BoxKind::Normal => "Normal sandık",
        BoxKind::Customs => "Gümrük sandığı",
        BoxKind::Prison => "Cezaevi sandığı",
        BoxKind::Abroad => "Yurt dışı sandığı",
    }
}

/// The sheets that the box has in this election, with what came of each.
async fn sheets(
    services: &Services,
    atlas: &Atlas,
    at: &BoxAt,
    spot: Spot,
    number: u32,
) -> Result<Vec<Sheet>, Problem> {
    let Some(election) = Election::loaded(&services.ledger).await? else { return Ok(Vec::new()) };
    let (mut forms, _) = services.ledger.forms_after(&election, FormCursor::Box(at.seq - 1), 1).await?;
    forms.retain(|expected| expected.box_id.as_ref() == Some(&at.id));
    forms.sort_by_key(|expected| (expected.form.race, expected.form.kind.clone()));
    let filter = Filter { numbers: Some((number, number)), every_revision: true, ..Filter::default() };
    let directory = forms.first().map(|expected| expected.form.directory.clone()).unwrap_or_default();
    let size = services.ledger.head().await?.size;
    let scans = services.selections.lying_in(&filter, Some(spot), &directory, size).await?;
    let mut came: BTreeMap<String, BTreeMap<u32, Vec<Version>>> = BTreeMap::new();
    for version in versions(services, atlas, scans).await? {
        let pages = came.entry(version.form.as_str().to_owned()).or_default();
        pages.entry(version.page).or_default().push(version);
    }
    let mut sheets = Vec::with_capacity(forms.len());
    for form in forms.iter().map(|expected| &expected.form) {
        let key = form.key();
        let race = form.race.map_or("Tüm seçimler", Race::turkish);
        let pages: Vec<(u32, Vec<Version>)> = came.remove(key.as_str()).unwrap_or_default().into_iter().collect();
        let (figures, tie) = match (&form.kind, form.race) {
            (FormKind::Sonuc, Some(race)) => {
                let figures = figures::of_box(services, &at.id, race).await?;
                let result = figures.as_ref().and_then(|figures| figures.newest);
                let scans = pages.iter().filter_map(|(_, scans)| scans.first()).filter(|scan| !scan.taken_back);
                let scan = scans.max_by_key(|scan| scan.position);
                let scan = scan.map(|scan| NewestScan { position: scan.position, revision: scan.revision });
                (figures, Tie::of(result, scan).turkish())
            }
            _ => (None, ""),
        };
        sheets.push(Sheet {
            id: key.as_str().rsplit('/').next().unwrap_or_default().to_owned(),
            title: format!("{race} – {}", form.kind.turkish_in_full()),
            code: form.code.to_string(),
            pages,
            figures,
            tie,
        });
    }
    Ok(sheets)
}

/// What somebody looks for: a box by il, ilçe and number, or any sheet by its karekod.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Wanted {
    karekod: String,
    /// A place's id: the district, or what it lies in.
    yer: String,
    no: String,
}

#[derive(Template)]
#[template(path = "web/site/party/boxes/find.html", config = ".askama.toml")]
struct FindPage {
    frame: Frame,
    districts: Vec<(String, String)>,
    wanted: Wanted,
    error: &'static str,
}

/// Leads to a box, or asks which.
pub(in crate::web) async fn find(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let atlas = services.selections.atlas().await?;
    let (status, error) = match found(&services, &atlas, &wanted).await? {
        Found::Address(address) => return Ok(Redirect::to(&address).into_response()),
        Found::Nothing(error) => (StatusCode::NOT_FOUND, error),
        Found::NotAsked => (StatusCode::OK, ""),
    };
    let mut districts: Vec<(String, String)> = Vec::new();
    for spot in atlas.all() {
        let Some(known) = atlas.get(spot).filter(|known| known.row.id == known.row.district) else { continue };
        districts.push((known.row.id.to_string(), atlas.names(spot)));
    }
    let title = if error.is_empty() { "Sandık bul" } else { "Hata: Sandık bul" };
    let page = FindPage { frame: Frame::new(&services, title, Some(&visitor)).await, districts, wanted, error };
    Ok(crate::web::site::page::show(status, &page))
}

enum Found {
    Address(String),
    Nothing(&'static str),
    NotAsked,
}

async fn found(services: &Services, atlas: &Atlas, wanted: &Wanted) -> Result<Found, Problem> {
    let code = wanted.karekod.trim();
    if !code.is_empty() {
        let Ok(code) = code.parse::<Karekod>() else {
            return Ok(Found::Nothing("Karekod yalnız rakamlardan oluşur."));
        };
        let Some(form) = services.ledger.form_by_code(&code).await? else {
            return Ok(Found::Nothing("Bu karekod bu seçimde kayıtlı değil."));
        };
        let spot = atlas.find(&form.place);
        let address = match form.sandik {
            Some(number) => spot.and_then(|spot| atlas.address(spot, number)),
            None => {
                spot.and_then(|spot| super::scans::query_of(atlas, spot)).map(|query| format!("/tutanaklar?{query}"))
            }
        };
        return Ok(address.map_or(Found::Nothing("Bu karekodun yeri bulunamadı."), Found::Address));
    }
    if wanted.yer.is_empty() && wanted.no.is_empty() {
        return Ok(Found::NotAsked);
    }
    let district = wanted.yer.parse().ok().and_then(|id| atlas.find(&id)).and_then(|spot| atlas.get(spot));
    let number = wanted.no.trim().parse::<u32>().ok();
    let (Some(district), Some(number)) = (district, number) else {
        return Ok(Found::Nothing("İlçeyi (temsilciliği, gümrüğü) seçin ve sandık numarasını rakamla yazın."));
    };
    match services.ledger.box_at(&district.row.id, number).await? {
        Some(_) => Ok(Found::Address(boxes::address(&district.row.directory, number))),
        None => Ok(Found::Nothing("Burada bu numarada sandık yok.")),
    }
}
