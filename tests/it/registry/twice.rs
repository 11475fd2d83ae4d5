//! Importing again: the same changes nothing, more is added, another story is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tutanak::domain::Digest;
use tutanak::ledger::registry::{Addition, Batch, RowSource, RowSourceError, Tally, WriteError};
use tutanak::registry::{self, ImportError, Stage};

use super::town::{BOXES, CODES, ELECTION, PLACES, Town, everything, key};
use crate::engines::Engine;

#[tokio::test]
async fn importing_the_same_again_changes_nothing() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let town = Town::new();
        let first = town.import(&ledger).await.unwrap();
        assert_eq!(first.boxes, Tally { added: 3, known: 0 }, "{}", engine.name);
        assert!(first.changed());
        let before = everything(&ledger).await;
        let second = town.import(&ledger).await.unwrap();
        assert!(!second.changed());
        assert_eq!((second.places.known, second.boxes.known, second.codes.known), (5, 3, 2));
        assert_eq!(second.digest, first.digest);
        assert_eq!(everything(&ledger).await, before, "{}", engine.name);
    }
}

#[tokio::test]
async fn the_first_digest_is_that_of_the_files_as_sha256sum_lists_them() {
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    let report = Town::new().import(&ledger).await.unwrap();
    let files = [("election.toml", ELECTION), ("places.csv", PLACES), ("boxes.csv", BOXES), ("codes.csv", CODES)];
    let list: String = files.iter().map(|(name, text)| format!("{}  {name}\n", Digest::of(text.as_bytes()))).collect();
    assert_eq!(report.digest, Digest::of(list.as_bytes()));
    assert_eq!(ledger.election().await.unwrap().unwrap().digest, report.digest);
}

#[tokio::test]
async fn what_is_new_in_a_second_import_is_added() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let town = Town::new();
        let first = town.import(&ledger).await.unwrap();
        town.write("places.csv", format!("{PLACES}34-k-n,34-k-2,mahalle,,MODA MAH.\n"));
        town.write("boxes.csv", format!("{BOXES}43,34-k-n,2002,0,\n"));
        town.write("codes.csv", format!("{CODES}77700003,denetim,,,34-k-2,\n"));
        let rule = "[[code_rule]]\nprefix = \"20\"\nkind = \"cetvel\"\nmany_pages = true\n";
        town.write("election.toml", format!("{ELECTION}{rule}"));
        let second = town.import(&ledger).await.unwrap();
        assert_eq!((second.places.added, second.boxes.added, second.codes.added, second.rules_added), (1, 1, 1, 1));
        assert_ne!(second.digest, first.digest);
        assert_eq!(key(&ledger, "1020000043").await, "34-istanbul/kadikoy-2/moda-mah/2002-bb-sonuc");
        assert_eq!(key(&ledger, "2020000043").await, "34-istanbul/kadikoy-2/moda-mah/2002-bb-cetvel");
        assert!(!town.import(&ledger).await.unwrap().changed(), "{}", engine.name);
    }
}

#[tokio::test]
async fn another_story_about_what_is_there_is_refused_with_its_lines() {
    // File, text to replace, replacement, complaint.
    let rows = [
        (
            "boxes.csv",
            "3717527,34-k-m,1002",
            "3717527,34-k-2,1002",
            "boxes.csv:3 (place_id): \"34-k-m\" is stored, the file says \"34-k-2\"",
        ),
        ("boxes.csv", "1002", "1003", "boxes.csv:3 (number): \"1002\" is stored, the file says \"1003\""),
        ("boxes.csv", "6 2", "6 3", "boxes.csv:3 (races): \"26\" is stored, the file says \"36\""),
        ("boxes.csv", "2001,2", "2001,0", "boxes.csv:4 (kind): \"2\" is stored, the file says \"0\""),
        (
            "boxes.csv",
            "3717527,",
            "3717528,",
            "boxes.csv:3 (number): number 1002 of 34-k belongs to the stored box 3717527",
        ),
        (
            "places.csv",
            "CAFERAĞA",
            "MODA",
            "places.csv:6 (name): \"CAFERAĞA MAH.\" is stored, the file says \"MODA MAH.\"",
        ),
        (
            "places.csv",
            "34-k-m,34-k-1",
            "34-k-m,34-k-2",
            "places.csv:6 (parent_id): \"34-k-1\" is stored, the file says \"34-k-2\"",
        ),
        (
            "codes.csv",
            "77700001,cetvel,6,3717526",
            "77700001,cetvel,6,3717527",
            "codes.csv:2 (box_id): \"3717526\" is stored, the file says \"3717527\"",
        ),
        ("codes.csv", "birlestirme-ilce", "denetim", "codes.csv:3 (kind): \"birlestirme-ilce\" is stored"),
        ("codes.csv", "6,,34-k,", "6,,34-k-1,", "codes.csv:3 (place_id): \"34-k\" is stored"),
        ("codes.csv", ",true", ",false", "codes.csv:2 (many_pages): \"true\" is stored"),
        ("election.toml", "2024-03-31", "2024-04-01", "election.toml:3 (polling_date): \"2024-03-31\" is stored"),
        ("election.toml", "races = [6, 2, 3]", "races = [6, 2, 3, 4]", "election.toml:5 (races): \"623\" is stored"),
        (
            "election.toml",
            "prefix = \"10\"",
            "prefix = \"11\"",
            "election.toml:6 (code_rule): the stored rule with prefix 10",
        ),
    ];
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        Town::new().import(&ledger).await.unwrap();
        let before = everything(&ledger).await;
        for (file, from, to, complaint) in rows {
            let text = match file {
                "election.toml" => ELECTION,
                "places.csv" => PLACES,
                "boxes.csv" => BOXES,
                _ => CODES,
            };
            assert!(text.contains(from), "{from}");
            // A new box at the end: it must not get in beside the refused line.
            let town = Town::with("boxes.csv", format!("{BOXES}99,34-k-m,1099,0,\n"));
            town.write(file, text.replacen(from, to, 1));
            let bad = town.refused(&ledger).await;
            let told: Vec<_> = bad.list.iter().map(ToString::to_string).collect();
            assert!(told.iter().any(|told| told.starts_with(complaint)), "{}: {told:#?}", engine.name);
            assert_eq!(everything(&ledger).await, before, "{} after {to}", engine.name);
        }
    }
}

#[tokio::test]
async fn a_database_keeps_its_election() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        Town::new().import(&ledger).await.unwrap();
        let other = Town::with("election.toml", ELECTION.replace("deneme-2024", "deneme-2028"));
        let refused = other.import(&ledger).await;
        assert!(matches!(&refused, Err(ImportError::OtherElection(id)) if id == "deneme-2024"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_file_that_changes_between_check_and_write_stops_the_import() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let town = Town::new();
        let boxes = town.path().join("boxes.csv");
        let done = AtomicBool::new(false);
        let refused = registry::import(&ledger, town.path(), &mut |progress| {
            if progress.stage == Stage::Writing && !done.swap(true, Ordering::Relaxed) {
                std::fs::write(&boxes, BOXES.replace("1002", "1003")).unwrap();
            }
        })
        .await;
        assert!(matches!(refused, Err(ImportError::Changed)), "{refused:?}");
        assert_eq!(ledger.election().await.unwrap(), None, "{}", engine.name);
    }
}

/// Gives the rows of an election and then fails, as a disk would.
struct Torn {
    left: Vec<Batch>,
}

impl RowSource for Torn {
    fn next(&mut self) -> Result<Option<Batch>, RowSourceError> {
        self.left.pop().map_or(Err("the disk is gone".into()), |batch| Ok(Some(batch)))
    }
}

#[tokio::test]
async fn a_failure_in_the_middle_of_writing_leaves_nothing_behind() {
    for engine in Engine::all().await {
        let whole = Engine::sqlite();
        let full = whole.open().await;
        Town::new().import(&full).await.unwrap();
        let election = full.election().await.unwrap().unwrap().election;
        let places = full.places_after(0, 100).await.unwrap().into_iter().map(|place| (1, place)).collect();
        let ledger = engine.open().await;
        let mut source = Torn { left: vec![Batch::Places(places)] };
        let addition = Addition { election: Some(&election), listing: "", source: &mut source, at_most: 1 };
        let failed = ledger.registry_add(addition).await;
        assert!(matches!(failed, Err(WriteError::Source(_))), "{failed:?}");
        assert_eq!(ledger.election().await.unwrap(), None, "{}", engine.name);
        assert!(ledger.places_after(0, 100).await.unwrap().is_empty());
        // And the way is free for the next one.
        Town::new().import(&ledger).await.unwrap();
    }
}

#[tokio::test]
async fn two_imports_at_once_come_out_as_one_after_the_other() {
    for engine in Engine::all().await {
        let town = Arc::new(Town::new());
        let import = || {
            let (town, config) = (Arc::clone(&town), engine.config.clone());
            async move {
                let ledger = tutanak::ledger::Ledger::open(&config).await.unwrap();
                town.import(&ledger).await.unwrap()
            }
        };
        engine.open().await; // the tables
        let (one, two) = tokio::join!(import(), import());
        assert!(one.changed() != two.changed(), "{}: {one:?} {two:?}", engine.name);
        assert_eq!(one.digest, two.digest);
    }
}
