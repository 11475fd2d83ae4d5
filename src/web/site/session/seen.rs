//! What a session sees of scans, so that one row stands for the many parts of a picture, and a page's row for its previews.

use axum::response::Response;

use crate::audit::View;
use crate::domain::Digest;

/// Where pictures lie.
pub(in crate::web::site) const PICTURES: &str = "/goruntu";
/// The small picture of a whole page that lists show, behind the scan's digest.
pub(in crate::web::site) const PREVIEW: &str = "full/!180,255/0/gray.jpg";

/// Pictures that a page shows and its row names: what browsers fetch of them needs no rows more.
#[derive(Clone, Debug)]
pub(in crate::web::site) struct Shows(pub Vec<View>);

/// What of which scan a path shows to a session; none for a path that shows nothing.
pub(super) fn view(session: &str, path: &str) -> Option<View> {
    let (digest, rest) = path.strip_prefix(PICTURES)?.strip_prefix('/')?.split_once('/')?;
    let scan: Digest = digest.parse().ok()?;
    let view = if rest == PREVIEW { View::glance } else { View::close };
    Some(view(session, scan))
}

pub(super) fn shows(response: &Response) -> Vec<View> {
    response.extensions().get::<Shows>().map_or_else(Vec::new, |Shows(views)| views.clone())
}
