//! A selection as one ZIP, whose length is known and which goes on anywhere after a break.

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use super::choice::{Choice, ScanQuery};
use crate::access::Act;
use crate::access::sessions::Visitor;
use crate::archive::selections::zip::{MOST, ZipError};
use crate::audit::RecordSlot;
use crate::web::Services;
use crate::web::extract::{Extension, Query};
use crate::web::origin::Origin;
use crate::web::problem::Problem;
use crate::web::sending::{File, Receiver, send};
use crate::web::site::session::cookies::ticket;
use crate::web::site::session::slot::Late;

/// The archive as of the position in the address. Without one whoever asks is led to that of this moment: the address of an
/// archive never changes what it holds.
pub(in crate::web) async fn zip(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(origin): Extension<Origin>,
    Extension(late): Extension<Late>,
    method: Method,
    headers: HeaderMap,
    Query(asked): Query<ScanQuery>,
) -> Result<Response, Problem> {
    let atlas = services.selections.atlas().await?;
    let position = asked.konum.clone();
    let choice = Choice::of(asked, &atlas)?;
    let now = services.ledger.head().await?.size;
    if position.is_empty() {
        let query = choice.query_with(&[("konum", &now.to_string())]);
        return Ok(Redirect::to(&format!("/tutanaklar.zip?{query}")).into_response());
    }
    let unknown = || Problem::bad_query("Adresteki konum, kayıtların sırasında bir sayı olmalıdır.");
    let size = position.parse::<u64>().ok().filter(|size| *size <= now).ok_or_else(unknown)?;
    let plan = services.selections.zip(&choice.filter, size).await.map_err(failed)?;
    let file = File {
        size: plan.len(),
        tag: plan.tag(),
        digest: None,
        modified: Some(plan.modified().into()),
        lasts: true,
        media_type: "application/zip",
        save_as: Some(format!("tutanaklar-{size}.zip")),
    };
    let mut slot = late.take().await?;
    slot.about(format!("/tutanaklar.zip?{} of {} scans", choice.query_with(&[("konum", &position)]), plan.scans()));
    let receiver = Receiver::Person {
        ticket: ticket(&headers).unwrap_or_default(),
        account: visitor.principal.account.clone(),
        act: Act::SaveImages,
        from: origin.address,
    };
    let open = async |_: &RecordSlot, from, to| Ok(services.selections.read(plan, from, to));
    send(&services, receiver, file, slot, (&method, &headers), open).await
}

fn failed(error: ZipError) -> Problem {
    match error {
        ZipError::Ledger(error) => error.into(),
        ZipError::TooMany => {
            let detail = format!(
                "Seçime uyan {MOST} görüntüden çok var. Seçimi daraltın ya da toplu indirme kullanıcısıyla paketleri indirin."
            );
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too-many-scans", "Too many scans", detail)
        }
        ZipError::Layout(_) => Problem::broken("a selection could not be laid out"),
    }
}
