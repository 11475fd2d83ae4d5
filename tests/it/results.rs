//! Box results: drawn ones, and every face in which they are handed out.

mod faces;
mod sample;
mod service;
mod workbooks;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tutanak::domain::{BoxKind, FormKind, Level};
use tutanak::ledger::registry::FormCursor;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::registry::{self, Registry};
use tutanak::rehearsal::figures::Sheet;
use tutanak::results::{Answer, Row, Unit, Units};

/// A file of `../shared/data` beside the project, or where TUTANAK_DATA says. None, said, where it is missing.
pub fn public_file(name: &str) -> Option<PathBuf> {
    let data = std::env::var_os("TUTANAK_DATA").map(PathBuf::from);
    let data = data.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = data.join(name);
    if !path.exists() {
        println!("skipped: the public file {name} is not at hand");
        return None;
    }
    Some(path)
}

pub fn sample_election() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/election")
}

/// The sample election in a database that goes with the directory.
async fn imported() -> (TempDir, Ledger, Registry) {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.path().join("r.db") }).await.unwrap();
    registry::import(&ledger, &sample_election(), &mut |_| {}).await.unwrap();
    let registry = Registry::loaded(&ledger).await.unwrap().unwrap();
    (dir, ledger, registry)
}

/// Every version of every result of the sample election, with corrections.
async fn rows() -> (Registry, Answer, Vec<Row>) {
    let (_dir, ledger, registry) = imported().await;
    let (forms, _) = ledger.forms_after(registry.election(), FormCursor::Start, 5_000).await.unwrap();
    let mut rows = Vec::new();
    for expected in forms.iter().filter(|expected| expected.form.kind == FormKind::Sonuc) {
        let Some(sheet) = Sheet::of(expected, &registry, 7) else { continue };
        let unit = |level| {
            let place = expected.places.iter().find(|place| place.level == level)?;
            Some(Unit { id: place.name.clone(), name: format!("{} & <\"ş\">", place.name) })
        };
        let place = Arc::new(Units {
            il: unit(Level::Il),
            cevre: unit(Level::Cevre),
            ilce: unit(Level::Ilce),
            kurul: unit(Level::Kurul),
            mahalle: unit(Level::Mahalle),
            ulke: unit(Level::Ulke),
            temsilcilik: unit(Level::Temsilcilik),
            gumruk: unit(Level::Gumruk),
        });
        let kind = match (&place.gumruk, &place.temsilcilik) {
            (Some(_), _) => BoxKind::Customs,
            (_, Some(_)) => BoxKind::Abroad,
            _ => BoxKind::Normal,
        };
        let ballot =
            registry.constituency_at(sheet.race(), &expected.form.place, kind).map(|(ballot, _)| ballot.clone());
        for result in sheet.typed(30.0) {
            let code = result.reason.as_ref().and_then(|reason| reason.code);
            rows.push(Row {
                position: rows.len() as u64 + 3,
                at: result.typed_at.unwrap(),
                place: place.clone(),
                number: expected.form.sandik.unwrap(),
                kind,
                ballot: ballot.clone(),
                reason_text: code.and_then(|code| registry.reason_text(code)).map(str::to_owned),
                result,
            });
        }
    }
    let answer = Answer {
        election: registry.election().id().to_owned(),
        race: None,
        position: rows.len() as u64 + 3,
        root: [0xab; 32],
        at: "2024-03-31T20:00:00Z".parse().unwrap(),
        zone: registry.election().zone(),
    };
    (registry, answer, rows)
}
