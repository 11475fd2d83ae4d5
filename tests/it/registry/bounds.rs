//! An import has bounds of its own: what is the wrong file, or grows without end, is refused in words, and nothing is there.

use std::fs;
use std::time::Duration;

use tutanak::registry::{self, Bounds, ImportError};

use crate::engines::Engine;
use crate::house::write_election;

#[tokio::test]
async fn a_file_beyond_the_bounds_is_refused_in_words_and_nothing_is_imported() {
    for engine in Engine::all().await {
        let (dir, ledger) = (tempfile::tempdir().unwrap(), engine.open().await);
        write_election(dir.path());
        let all = Bounds::default();
        for (bounds, words) in [
            (Bounds { rows: 4, ..all }, "places.csv has more than 4 rows"),
            (Bounds { bytes: 100, ..all }, "places.csv has more than 100 bytes"),
            (Bounds { time: Duration::ZERO, ..all }, "it took longer than 0 seconds"),
        ] {
            let error = registry::import_within(bounds, &ledger, dir.path(), &mut |_| {}).await.unwrap_err();
            assert!(matches!(error, ImportError::TooMuch(_)), "{}: {error}", engine.name);
            assert!(error.to_string().starts_with(words), "{error}");
            assert!(ledger.election().await.unwrap().is_none(), "{}", engine.name);
        }
        registry::import_within(Bounds { rows: 6, bytes: 400, ..all }, &ledger, dir.path(), &mut |_| {}).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_of_a_terabyte_and_a_line_of_a_megabyte_are_told_at_once() {
    let engine = Engine::all().await.remove(0);
    let (dir, ledger) = (tempfile::tempdir().unwrap(), engine.open().await);
    write_election(dir.path());
    let sound = fs::read(dir.path().join("boxes.csv")).unwrap();
    fs::write(dir.path().join("boxes.csv"), [sound.as_slice(), &[b'1'; 1 << 20], b"\n"].concat()).unwrap();
    let error = registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap_err();
    let ImportError::Refused(bad) = error else { panic!("{error}") };
    assert_eq!(bad.to_string(), "boxes.csv:6: the line is longer than 8192 bytes\n");
    fs::write(dir.path().join("boxes.csv"), &sound).unwrap();
    registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap();
    let late = dir.path().join("late.csv");
    fs::File::create(&late).unwrap().set_len(1 << 40).unwrap();
    let error = registry::add_boxes(&ledger, &late, &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("late.csv has more than 536870912 bytes"), "{error}");
    fs::rename(&late, dir.path().join("codes.csv")).unwrap();
    let error = registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap_err();
    assert!(error.to_string().starts_with("codes.csv has more than"), "{error}");
}
