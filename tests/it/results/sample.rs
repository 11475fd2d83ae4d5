//! `tutanak sample figures`, and that scans of the same seed show the same figures.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use tutanak::domain::{BoxResult, FormKind, Race};
use tutanak::ledger::registry::FormCursor;
use tutanak::rehearsal;

use super::{imported, sample_election};

fn drawn(out: &Path, more: &[&str]) -> Vec<BoxResult> {
    let file = out.join("rakamlar.jsonl");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    command.args(["sample", "figures", "--data"]).arg(sample_election()).arg("--out").arg(&file).args(more);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read_to_string(&file).unwrap().lines().map(|line| BoxResult::parse(line).unwrap()).collect()
}

#[tokio::test]
async fn figures_are_drawn_again_by_their_seed_and_scans_of_it_show_them() {
    let out = tempfile::tempdir().unwrap();
    let lines = drawn(out.path(), &["--count", "40", "--seed", "5"]);
    assert_eq!(lines.len(), 40);
    assert_eq!(drawn(out.path(), &["--count", "40", "--seed", "5"]), lines);
    assert_ne!(drawn(out.path(), &["--count", "40", "--seed", "6"]), lines);
    let by_sheet: BTreeMap<(String, Race), &BoxResult> =
        lines.iter().map(|line| ((line.box_id.to_string(), line.race), line)).collect();
    assert_eq!(by_sheet.len(), 40);

    let (_dir, ledger, registry) = imported().await;
    let (forms, _) = ledger.forms_after(registry.election(), FormCursor::Start, 5_000).await.unwrap();
    let mut met = 0;
    for expected in forms.iter().filter(|expected| matches!(expected.form.kind, FormKind::Sonuc | FormKind::Cetvel)) {
        let key = (expected.box_id.as_ref().unwrap().to_string(), expected.form.race.unwrap());
        let Some(line) = by_sheet.get(&key) else { continue };
        let face = rehearsal::filled_face(expected, &registry, 5);
        let count = face.count.unwrap();
        let figures = &line.figures;
        assert_eq!(count.votes, figures.votes.values().copied().collect::<Vec<_>>());
        let sums = [Some(count.registered), Some(count.voted), Some(count.valid), Some(count.invalid)];
        assert_eq!(sums, [figures.registered, figures.voted, figures.valid, figures.invalid]);
        assert_eq!(face.choices.unwrap().len(), count.votes.len());
        met += 1;
    }
    assert!(met >= 40, "{met}");
}

#[tokio::test]
async fn drawn_results_stand_on_their_ballots_and_are_corrected_in_order() {
    let out = tempfile::tempdir().unwrap();
    let lines = drawn(out.path(), &["--count", "5000", "--seed", "1", "--corrections", "20"]);
    let mut last: BTreeMap<(String, Race), &BoxResult> = BTreeMap::new();
    for line in &lines {
        let before = last.insert((line.box_id.to_string(), line.race), line);
        assert_eq!(line.version, before.map_or(0, |before| before.version) + 1);
    }
    assert!(lines.len() > last.len() && lines.len() < last.len() * 3 / 2, "{} of {}", lines.len(), last.len());
    assert!(lines.iter().any(|line| line.void) && last.values().all(|line| !line.void));
    let (_dir, _, registry) = imported().await;
    for line in &lines {
        for no in line.figures.votes.keys() {
            let ballots = registry.ballots(line.race);
            assert!(ballots.iter().any(|(_, ballot)| ballot.iter().any(|choice| choice.no == *no)), "{}", line.line());
        }
    }
    // Each constituency has independents of its own: two of them in İstanbul, one in Edirne.
    for (id, highest) in [("9000001", 28), ("9000029", 27)] {
        let of_box = last[&(id.to_owned(), Race::Parliament)];
        assert_eq!(of_box.figures.votes.keys().max(), Some(&highest), "{}", of_box.line());
    }
}
