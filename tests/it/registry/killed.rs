//! kill -9 in the middle of an import: nothing is there afterwards, and the next import goes through.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::registry::{self, Stage};

use super::town::Town;
use crate::engines::Engine;

const DIR: &str = "TUTANAK_TEST_KILLED_DIR";
const DATABASE: &str = "TUTANAK_TEST_KILLED_DATABASE";

#[tokio::test]
async fn an_import_that_is_killed_leaves_nothing_behind() {
    for engine in Engine::all().await {
        drop(engine.open().await); // the tables
        let mut boxes = "box_id,place_id,number\n3717526,34-k-m,1001\n".to_owned();
        for number in 1..=20_000 {
            boxes.push_str(&format!("{},34-k-2,{}\n", 5_000_000 + number, 10_000 + number));
        }
        let town = Town::with("boxes.csv", boxes);
        let database = match &engine.config {
            DatabaseConfig::Sqlite { path } => path.display().to_string(),
            DatabaseConfig::PostgresAt { url, .. } => url.clone(),
            other => panic!("{other:?}"),
        };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "registry::killed::the_import_that_will_be_killed", "--ignored"])
            .env(DIR, town.path())
            .env(DATABASE, database)
            .spawn()
            .unwrap();
        while !town.path().join("half").exists() {
            assert!(child.try_wait().unwrap().is_none(), "the import ended too early on {}", engine.name);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let ledger = engine.open().await;
        assert_eq!(ledger.election().await.unwrap(), None, "{}", engine.name);
        assert!(ledger.places_after(0, 10).await.unwrap().is_empty(), "{}", engine.name);
        assert_eq!(town.import(&ledger).await.unwrap().boxes.added, 20_001, "{}", engine.name);
    }
}

/// Not a test: the other process of the test above. Writes half, says so, and waits for its end.
#[tokio::test]
#[ignore = "runs inside another test"]
async fn the_import_that_will_be_killed() {
    let (Ok(dir), Ok(database)) = (std::env::var(DIR), std::env::var(DATABASE)) else { return };
    let config = match database.starts_with("postgres") {
        true => DatabaseConfig::PostgresAt { url: database, connections: 2 },
        false => DatabaseConfig::Sqlite { path: database.into() },
    };
    let ledger = Ledger::open(&config).await.unwrap();
    let dir = Path::new(&dir);
    let mut watcher = |progress: registry::Progress| {
        if progress.stage == Stage::Writing && progress.bytes > progress.of_bytes / 2 {
            std::fs::write(dir.join("half"), "").unwrap();
            std::thread::sleep(Duration::from_secs(60));
        }
    };
    registry::import(&ledger, dir, &mut watcher).await.unwrap();
}
