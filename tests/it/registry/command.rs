//! `tutanak election`: what it does, and that it fails when anything was refused.

use tutanak::cli::election::{ElectionCommand, run};

use super::town::{BOXES, Town};
use crate::engines::Engine;

#[tokio::test]
async fn the_command_succeeds_only_when_all_of_it_was_done() {
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    assert!(run(ElectionCommand::Show { json: true }, &ledger).await.is_err(), "there is no election yet");
    let bad = Town::with("boxes.csv", BOXES.replace("1002", "x"));
    let refused = run(ElectionCommand::Import { dir: bad.path().to_owned() }, &ledger).await.unwrap_err();
    assert!(format!("{refused:#}").contains("1 lines cannot be taken"), "{refused:#}");
    let town = Town::new();
    for _ in 0..2 {
        run(ElectionCommand::Import { dir: town.path().to_owned() }, &ledger).await.unwrap();
    }
    for json in [true, false] {
        run(ElectionCommand::Show { json }, &ledger).await.unwrap();
    }
    let late = town.write("ek.csv", "box_id,place_id,number\n43,34-k-2,2002\n");
    run(ElectionCommand::AddBoxes { file: late.clone() }, &ledger).await.unwrap();
    std::fs::write(&late, "box_id,place_id,number\n43,34-k-2,2003\n").unwrap();
    assert!(run(ElectionCommand::AddBoxes { file: late }, &ledger).await.is_err());
}
