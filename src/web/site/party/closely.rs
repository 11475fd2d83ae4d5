//! `/tutanak/{digest}`: one scan closely: a viewer over its pictures, what is known of it, and its files to save: the original
//! bytes and the proof of its entry.

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;

use super::sheets::{Version, versions};
use crate::access::Act;
use crate::access::sessions::Visitor;
use crate::archive::selections::Selected;
use crate::audit::{RecordSlot, View};
use crate::domain::naming::scans::ScanPath;
use crate::domain::{Digest, naming};
use crate::telemetry::Chain;
use crate::tree::Node;
use crate::web::Services;
use crate::web::extract::{Extension, Path};
use crate::web::on_record::shows_nothing;
use crate::web::origin::Origin;
use crate::web::problem::Problem;
use crate::web::sending::{File, Receiver, send};
use crate::web::site::headers::WITH_VIEWER;
use crate::web::site::page::{Frame, show};
use crate::web::site::session::cookies::ticket;
use crate::web::site::session::ending::RowDetail;
use crate::web::site::session::seen::{PICTURES, Shows};
use crate::web::site::session::slot::Late;

/// Where the viewer lies, as its makers give it, and our script that begins it. New ones get new names.
pub(super) const VIEWER: &str = "/openseadragon-6.1.1.min.js";
pub(super) const SCRIPT: &str = "/yakindan-1.js";

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The viewer.
pub(in crate::web) async fn viewer() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, FOR_EVER)];
    shows_nothing((headers, include_str!("closely/openseadragon-6.1.1.min.js")))
}

/// Our script.
pub(in crate::web) async fn script() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=86400")];
    shows_nothing((headers, include_str!("closely/closely.js")))
}

#[derive(Template)]
#[template(path = "web/site/party/closely/scan.html", config = ".askama.toml")]
struct ScanPage {
    frame: Frame,
    viewer: &'static str,
    script: &'static str,
    scan: Version,
    info: String,
    whole: String,
    sandik: Option<String>,
}

/// The scan of this digest where it lies in the tree.
async fn selected(services: &Services, digest: &str) -> Result<Selected, Problem> {
    let digest: Digest = digest.parse().map_err(|_| Problem::missing())?;
    let (position, entry) = services.ledger.linked(digest).await?.ok_or_else(Problem::missing)?;
    let path = entry.path.as_deref().and_then(ScanPath::parse).ok_or_else(Problem::missing)?;
    let spot = services.selections.atlas().await?.at(&path.directory);
    let (at_ms, size) = (entry.at.as_millisecond(), entry.size.unwrap_or_default());
    Ok(Selected { path, spot, position, at_ms, size, digest })
}

/// The page.
pub(in crate::web) async fn page(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let scan = selected(&services, &digest).await?;
    let atlas = services.selections.atlas().await?;
    let sandik = scan.spot.zip(scan.path.sandik).and_then(|(spot, number)| atlas.address(spot, number));
    let digest = scan.digest;
    let scan = versions(&services, &atlas, vec![scan]).await?.into_iter().next().ok_or_else(Problem::missing)?;
    let page = ScanPage {
        frame: Frame::new(&services, scan.title.clone(), Some(&visitor)).await,
        viewer: VIEWER,
        script: SCRIPT,
        info: format!("{PICTURES}/{digest}/info.json"),
        whole: format!("{PICTURES}/{digest}/full/max/0/default.jpg"),
        sandik,
        scan,
    };
    let mut response = show(StatusCode::OK, &page);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(WITH_VIEWER));
    response.extensions_mut().insert(RowDetail { object: format!("picture {digest}"), bytes: None });
    response.extensions_mut().insert(Shows(vec![View::close(&visitor.session, digest)]));
    Ok(response)
}

/// The scan as it was sent, byte for byte.
pub(in crate::web) async fn original(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
    Extension(late): Extension<Late>,
    method: Method,
    headers: HeaderMap,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let scan = selected(&services, &digest).await?;
    save(&services, (&visitor, &origin, &late), (&method, &headers), &scan.path.path()).await
}

/// The proof that its entry is in the log, checkable without us.
pub(in crate::web) async fn proof(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
    Extension(late): Extension<Late>,
    method: Method,
    headers: HeaderMap,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    let scan = selected(&services, &digest).await?;
    let path = format!("{}{}", scan.path.path(), naming::PROOF);
    save(&services, (&visitor, &origin, &late), (&method, &headers), &path).await
}

/// Sends a file of the tree to be saved, under a name that says where it lies there.
async fn save(
    services: &Services,
    (visitor, origin, late): (&Visitor, &Origin, &Late),
    (method, headers): (&Method, &HeaderMap),
    path: &str,
) -> Result<Response, Problem> {
    let mut slot = late.take().await?;
    slot.about(format!("/{path}"));
    let node = match services.tree.find(&slot, path).await {
        Ok(node) => node,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "Could not find a file to save");
            slot.failed(error.reason());
            return Err(error.into());
        }
    };
    let Some((node, file)) = node.and_then(|node| File::of(&node).map(|file| (node, file))) else {
        slot.refused("missing");
        return Err(Problem::missing());
    };
    let below = path.strip_prefix(naming::SCANS).unwrap_or(path).trim_start_matches('/');
    let file = File { save_as: Some(below.replace('/', "_")), ..file };
    let receiver = Receiver::Person {
        ticket: ticket(headers).unwrap_or_default(),
        account: visitor.principal.account.clone(),
        act: Act::SaveImages,
        from: origin.address,
    };
    let open = async |slot: &RecordSlot, from, to| read(services, slot, &node, from, to).await;
    send(services, receiver, file, slot, (method, headers), open).await
}

async fn read(
    services: &Services,
    slot: &RecordSlot,
    node: &Node,
    from: u64,
    to: u64,
) -> Result<crate::vault::Chunks, crate::tree::TreeError> {
    services.tree.read(slot, node, from, to).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_viewer_is_the_one_that_its_makers_published() {
        let viewer = Digest::of(include_bytes!("closely/openseadragon-6.1.1.min.js"));
        assert_eq!(viewer.to_string(), "14d587cd3ee7c4861f1a41077ce642029364a21029956ba635bd8fb1202cf9ad");
    }
}
