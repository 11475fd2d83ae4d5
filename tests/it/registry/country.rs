//! The whole country, as the public files have it. Skipped, with a word, where they are missing.

use std::path::{Path, PathBuf};

use tutanak::domain::figures::checks;
use tutanak::domain::{BoxResult, Check};
use tutanak::registry;

use super::town::{form, key};
use crate::engines::Engine;

#[expect(dead_code, reason = "the program's own entry is not called here")]
#[path = "../../../samples/convert.rs"]
mod convert;

/// A public file: in `../shared/data` beside the project, or where TUTANAK_DATA says.
fn public(file: &str) -> Option<PathBuf> {
    let data = std::env::var_os("TUTANAK_DATA").map(PathBuf::from);
    let data = data.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let found = Some(data.join(file)).filter(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: {file} is not in {}", data.display());
    }
    found
}

#[tokio::test]
async fn the_whole_country_of_2014_comes_in() {
    let Some(source) = public("yerel2014.csv.zip") else { return };
    let dir = tempfile::tempdir().unwrap();
    convert::yerel2014(&source, dir.path()).unwrap();
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    let report = registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap();
    assert_eq!((report.boxes.added, report.choices.added), (171_384, 11));
    let counts = ledger.registry_counts().await.unwrap();
    let level = |name: &str| counts.places[name];
    assert_eq!((level("il"), level("ilce"), level("kurul"), level("mahalle")), (81, 959, 1_056, 31_343));
    let akalan = "34-istanbul/catalca-1/akalan-mah";
    assert_eq!(key(&ledger, "1060000001").await, format!("{akalan}/1001-bbb-sonuc"));
    assert_eq!(key(&ledger, "1020000003").await, format!("{akalan}/1003-bb-sonuc"));
    assert_eq!(form(&ledger, "1060171385").await, None);
    assert_eq!(form(&ledger, "1040000001").await, None, "no il genel meclisi is elected in a metropolitan province");
}

#[test]
fn the_boxes_of_2014_fail_the_checks_that_they_are_known_to_fail() {
    let Some(source) = public("yerel2014.csv.zip") else { return };
    let dir = tempfile::tempdir().unwrap();
    convert::yerel2014(&source, dir.path()).unwrap();
    let lines = std::fs::read_to_string(dir.path().join("rakamlar.jsonl")).unwrap();
    let mut failed = [0; 8];
    for line in lines.lines() {
        let result = BoxResult::parse(line).unwrap();
        assert_eq!(result.line(), line);
        for check in checks(&result.figures) {
            failed[Check::ALL.iter().position(|one| *one == check).unwrap()] += 1;
        }
    }
    assert_eq!(lines.lines().count(), 171_384);
    // K4: two columns of one name were merged when the file was made. K7 is lawful: officials vote where they serve. K8: nobody
    // came.
    assert_eq!(failed, [0, 0, 0, 203, 0, 0, 1_876, 17]);
}

#[tokio::test]
async fn the_karekods_of_2023_come_in_and_the_doubtful_ones_do_not() {
    let Some(source) = public("sandik_karekod_2023.csv.gz") else { return };
    let dir = tempfile::tempdir().unwrap();
    convert::karekod2023(&source, dir.path()).unwrap();
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    let report = registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap();
    assert_eq!((report.boxes.added, report.codes.added), (83_462, 47_193));
    assert_eq!(form(&ledger, "1093804631").await.unwrap().nearest_board, Some("01-ceyhan-1".parse().unwrap()));
    assert_eq!(form(&ledger, "1093567523").await, None, "the box claims two ids");
}
