//! `tutanak election`: what it does, and that it fails when anything was refused.

use tutanak::cli::election::{ElectionCommand, run};
use tutanak::cli::{ConfigArg, init};

use super::town::{BOXES, Town};

#[tokio::test]
async fn the_command_succeeds_only_when_all_of_it_was_done() {
    let dir = tempfile::tempdir().unwrap();
    init::run(dir.path(), "localhost").unwrap();
    let service = ConfigArg { config: dir.path().join(init::CONFIG) };
    assert!(run(ElectionCommand::Show { json: true }, &service).await.is_err(), "there is no election yet");
    let bad = Town::with("boxes.csv", BOXES.replace("1002", "x"));
    let refused = run(ElectionCommand::Import { dir: bad.path().to_owned() }, &service).await.unwrap_err();
    assert!(format!("{refused:#}").contains("1 lines cannot be taken"), "{refused:#}");
    let town = Town::new();
    for _ in 0..2 {
        run(ElectionCommand::Import { dir: town.path().to_owned() }, &service).await.unwrap();
    }
    for json in [true, false] {
        run(ElectionCommand::Show { json }, &service).await.unwrap();
    }
    let late = town.write("ek.csv", "box_id,place_id,number\n43,34-k-2,2002\n");
    run(ElectionCommand::AddBoxes { file: late.clone() }, &service).await.unwrap();
    std::fs::write(&late, "box_id,place_id,number\n43,34-k-2,2003\n").unwrap();
    assert!(run(ElectionCommand::AddBoxes { file: late }, &service).await.is_err());
}
