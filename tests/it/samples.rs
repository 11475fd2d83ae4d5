//! Every file of `samples/` does what its name says, and none lies there unused.

use std::path::{Path, PathBuf};

use tutanak::domain::routing::Finding;
use tutanak::domain::{Digest, Karekod};
use tutanak::intake::{InspectError, PngError, inspect};
use tutanak::ledger::Ledger;
use tutanak::reading::{Limits, PageError};
use tutanak::registry;

use crate::engines::Engine;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");

fn files(part: &str) -> Vec<(String, PathBuf)> {
    let dir = std::fs::read_dir(Path::new(SAMPLES).join(part)).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = dir.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect();
    files.sort();
    files
}

fn codes(path: &Path) -> Result<Vec<Karekod>, InspectError> {
    let bytes = std::fs::read(path).unwrap();
    let digest = Digest::of(&bytes);
    let inspected = inspect(bytes.into(), digest, Limits::default())?;
    Ok(inspected.codes.iter().filter_map(|code| code.parse().ok()).collect())
}

async fn sample_election() -> (Engine, Ledger) {
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    registry::import(&ledger, &Path::new(SAMPLES).join("election"), &mut |_| {}).await.unwrap();
    (engine, ledger)
}

#[tokio::test]
async fn good_samples_are_linked_to_the_form_in_their_name() {
    let (_engine, ledger) = sample_election().await;
    let files = files("good");
    assert!(files.len() >= 20, "{files:?}");
    for (name, path) in files {
        let named: Karekod = name.split('-').nth(1).unwrap().parse().unwrap();
        let read = codes(&path).unwrap();
        assert_eq!(read, std::slice::from_ref(&named), "{name}");
        let form = ledger.form_by_code(&named).await.unwrap().unwrap();
        let board = form.nearest_board.clone().unwrap();
        let found = registry::resolve(&ledger, &read, &board).await.unwrap();
        assert_eq!(found, Finding::Form { form, own: true, strange: vec![] }, "{name}");
    }
}

#[tokio::test]
async fn parked_samples_are_parked_for_the_reason_in_their_name() {
    let (_engine, ledger) = sample_election().await;
    let board = "34-KAD-K2".parse().unwrap();
    let mut reasons = Vec::new();
    for (name, path) in files("parked") {
        let found = registry::resolve(&ledger, &codes(&path).unwrap(), &board).await.unwrap();
        let reason = match found {
            Finding::NoCode => "no-code",
            Finding::Unknown(_) => "unknown-code",
            Finding::Disagree(_) => "codes-disagree",
            Finding::Form { own: false, .. } => "other-board",
            Finding::Form { own: true, .. } => "linked",
        };
        assert_eq!(format!("{reason}.png"), name);
        reasons.push(reason);
    }
    assert_eq!(reasons, ["codes-disagree", "no-code", "unknown-code"]);
}

#[test]
fn bad_samples_are_refused_for_the_reason_in_their_name() {
    let files = files("bad");
    assert!(files.len() >= 9, "{files:?}");
    for (name, path) in files {
        let error = codes(&path).unwrap_err();
        let verdict = match &error {
            InspectError::Frame(PngError::Empty) => "empty",
            InspectError::Frame(PngError::NotPng) => "not-a-png",
            InspectError::Frame(_) | InspectError::Page(PageError::Damaged(_)) => "damaged",
            InspectError::Page(PageError::TooLarge { .. }) => "too-large",
        };
        assert!(name.starts_with(verdict), "{name}: {error}");
    }
}

#[test]
fn no_sample_lies_there_unused() {
    let known = ["README.md", "bad", "convert.rs", "dogrula.py", "election", "good", "make.rs", "parked"];
    for (name, _) in files("") {
        assert!(known.contains(&name.as_str()), "{name} is used by no test");
    }
    for (name, _) in files("election") {
        assert!(
            ["boxes.csv", "choices.csv", "codes.csv", "election.toml", "places.csv"].contains(&name.as_str()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn scans_drawn_for_a_registry_are_read_back_as_their_names_say() {
    let out = tempfile::tempdir().unwrap();
    let election = Path::new(SAMPLES).join("election");
    let draw = |seed: &str| {
        let mut sample = std::process::Command::new(env!("CARGO_BIN_EXE_tutanak"));
        let to = out.path().join(seed);
        sample.args(["sample", "scans", "--count", "3", "--seed", seed, "--data"]).arg(&election).arg("--out").arg(&to);
        let done = sample.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        to
    };
    let (one, two) = (draw("1"), draw("2"));
    let mut read = std::process::Command::new(env!("CARGO_BIN_EXE_tutanak"));
    let names: Vec<_> = std::fs::read_dir(&one).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(names.len(), 3);
    let printed = read.arg("read").args(&names).output().unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    for (line, path) in printed.lines().zip(&names) {
        let code = path.file_stem().unwrap().to_str().unwrap();
        assert_eq!(line, format!("{}\t{code}", path.display()));
        // Another seed is another sheet of paper with the same code.
        assert_ne!(std::fs::read(path).unwrap(), std::fs::read(two.join(format!("{code}.png"))).unwrap());
    }
}
