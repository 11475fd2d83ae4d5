//! Sending from a browser: one scan at a time by the page's script, or the files of a plain form. The same way in as the
//! interface for programs, with the same limits; each scan has its row in the record and its receipt.

use std::borrow::Cow;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use headers::{ContentLength, HeaderMapExt};
use serde::Serialize;

use crate::access::Act;
use crate::access::sessions::Visitor;
use crate::domain::routing::ParkReason;
use crate::domain::{Digest, Sender};
use crate::intake::{Accepted, Announced, Remark};
use crate::web::Services;
use crate::web::extract::{Extension, Json, Path};
use crate::web::on_record::finish;
use crate::web::origin::Origin;
use crate::web::problem::Problem;
use crate::web::site::files::Handed;
use crate::web::site::page::{Frame, show};
use crate::web::site::session::ending::{Reason, RowDetail};
use crate::web::site::session::slot::{Late, access_of};

/// Files of one form at most.
pub(super) const FILES: usize = 100;
/// What is read of a file that was refused, before the rest of the form is given up, in bytes.
const SKIPPED: u64 = 256 << 20;

/// What became of a scan, as its sender reads it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Fate {
    /// `linked`, `parked` or `refused`.
    pub state: &'static str,
    pub tr: String,
    pub position: Option<u64>,
    pub sha256: Option<Digest>,
    /// Whether it was there before.
    pub known: bool,
    pub advice: Vec<Cow<'static, str>>,
}

/// What the service says of a scan that it took in.
pub(super) async fn fate(services: &Services, accepted: &Accepted) -> Result<Fate, Problem> {
    let receipt = &accepted.receipt;
    let tr = match receipt.code() {
        Some(code) => {
            let labels = services.ledger.labels(&[code.clone()].into()).await?;
            let form = labels.get(code).map_or_else(|| code.to_string(), |label| label.form.turkish());
            match receipt.revision() {
                Some(revision) if revision > 1 => format!("Bağlandı: {form}, {revision}. sürüm."),
                _ => format!("Bağlandı: {form}."),
            }
        }
        None => {
            let why = receipt.reason().and_then(ParkReason::from_name).map_or("", ParkReason::turkish);
            format!("Saklandı, bağlanamadı: {why}")
        }
    };
    Ok(Fate {
        state: receipt.status(),
        tr,
        position: Some(receipt.position()),
        sha256: receipt.digest(),
        known: !accepted.fresh,
        advice: accepted.remarks.iter().map(Remark::turkish).collect(),
    })
}

/// One scan, sent by the script under its digest.
pub(in crate::web) async fn scan_by_a_person(
    State(services): State<Services>,
    Extension(sender): Extension<Sender>,
    Extension(late): Extension<Late>,
    Path(digest): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let length = headers.typed_get::<ContentLength>().map(|length| length.0);
    let received = async {
        let digest: Digest = digest.parse().map_err(|_| Problem::bad_digest())?;
        let announced = Announced { length, ..Announced::default() };
        Ok::<_, Problem>(services.intake.receive(&sender, digest, announced, body.into_data_stream()).await?)
    };
    let received = received.await;
    late.slot().await?;
    let taken = async {
        let accepted = services.intake.take_in(&sender, received?).await?;
        let fate = fate(&services, &accepted).await?;
        Ok::<_, Problem>((accepted, fate))
    };
    let (mut response, bytes) = match taken.await {
        Ok((accepted, fate)) => {
            let status = if accepted.fresh { StatusCode::CREATED } else { StatusCode::OK };
            ((status, Json(fate)).into_response(), Some(accepted.size))
        }
        Err(problem) => {
            let reason = Reason(problem.kind().to_owned().into());
            let mut response = problem.into_response();
            response.extensions_mut().insert(reason);
            (response, None)
        }
    };
    response.extensions_mut().insert(RowDetail { object: digest, bytes });
    Ok(response)
}

#[derive(Template)]
#[template(path = "web/site/board/sent.html", config = ".askama.toml")]
struct SentPage {
    frame: Frame,
    rows: Vec<Row>,
    linked: usize,
    parked: usize,
    refused: usize,
    /// Why not every file was looked at, if so.
    cut: Option<String>,
    receipts: Vec<Digest>,
}

struct Row {
    name: String,
    fate: Fate,
}

/// The files of a form, one after the other.
pub(in crate::web) async fn form(
    State(services): State<Services>,
    Extension(visitor): Extension<Visitor>,
    Extension(sender): Extension<Sender>,
    Extension(origin): Extension<Origin>,
    handed: Option<Extension<Handed>>,
) -> Result<Response, Problem> {
    let Some(Extension(handed)) = handed else { return Err(Problem::wrong_media_type("multipart/form-data")) };
    let broken = || Problem::bad_question("Form okunamadı. Sayfayı yenileyip yeniden deneyin.");
    let mut files = handed.take().ok_or_else(broken)?;
    let (mut rows, mut cut) = (Vec::new(), None);
    loop {
        let mut file = match files.next().await {
            Ok(Some(file)) => file,
            Ok(None) => break,
            Err(error) => {
                tracing::info!(%error, "A form with files broke off");
                cut = Some(
                    "Gönderim yarıda kesildi; aşağıda olmayan dosyalar alınmadı. Onları yeniden gönderin.".to_owned(),
                );
                break;
            }
        };
        if rows.len() == FILES {
            cut = Some(format!(
                "Bir kerede en çok {FILES} dosya gönderilebilir; kalanlar alınmadı. Onları yeniden gönderin."
            ));
            break;
        }
        let name = std::mem::take(&mut file.name);
        let pending = services.audit.pending(access_of(&visitor, origin.address, Act::Upload, name.clone()));
        let most = services.intake.limits().scan_bytes as u64;
        // No file is longer than the whole form; a short form must not wait for the room of the longest scan.
        let announced = Announced { length: files.length().map(|length| length.min(most)), ..Announced::default() };
        let received = services.intake.receive_unnamed(&sender, announced, &mut file).await;
        let mut slot = pending.slot().await?;
        let taken = match received {
            Ok(received) => services.intake.take_in(&sender, received).await.map_err(Problem::from),
            Err(error) => Err(error.into()),
        };
        if let Some(digest) = taken.as_ref().ok().and_then(|accepted| accepted.receipt.digest()) {
            slot.about(digest.to_string());
        }
        finish(slot, &taken, |accepted| accepted.size);
        let fate = match taken {
            Ok(accepted) => fate(&services, &accepted).await?,
            Err(problem) => refused(&problem),
        };
        let whole = file.skip(SKIPPED).await;
        rows.push(Row { name, fate });
        if !whole {
            cut = Some("Son dosya okunamadı; ondan sonrakiler alınmadı. Onları yeniden gönderin.".to_owned());
            break;
        }
    }
    let count = |state: &str| rows.iter().filter(|row| row.fate.state == state).count();
    let page = SentPage {
        frame: Frame::new(&services, "Gönderim sonucu", Some(&visitor)).await,
        linked: count("linked"),
        parked: count("parked"),
        refused: count("refused"),
        receipts: rows.iter().filter_map(|row| row.fate.sha256).collect(),
        rows,
        cut,
    };
    Ok(show(StatusCode::OK, &page))
}

fn refused(problem: &Problem) -> Fate {
    let tr = format!("Alınmadı: {}", problem.detail());
    Fate { state: "refused", tr, position: None, sha256: None, known: false, advice: Vec::new() }
}
