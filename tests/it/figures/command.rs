//! `tutanak figures import` and what `tutanak election add-boxes` does for figures that waited.

use std::process::{Command, Output};

use super::*;

fn tutanak(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    command.arg("--config").arg(dir.join("tutanak.toml")).args(arguments).output().unwrap()
}

fn told(out: &Output) -> Value {
    serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&out.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_results_is_imported_as_a_program_would_send_it() {
    let dir = tempfile::tempdir().unwrap();
    crash::set_up(dir.path());
    let file = dir.path().join("sonuclar.jsonl");
    let name = file.to_str().unwrap();
    let import = ["figures", "import", name, "--reason", "SEÇSİS hattı kesik", "--json"];
    // More than one batch, one line that is refused and one of a box that is not there yet.
    let mut lines: Vec<String> = (1..=1_500).map(|version| line(1, 9, version, version).to_string()).collect();
    lines.insert(700, line(1, 9, 1, 5).to_string().replace("\"voted\":6", "\"voted\":-6"));
    lines.push(line(777, 9, 1, 40).to_string());
    std::fs::write(&file, lines.join("\n")).unwrap();
    let out = tutanak(dir.path(), &import);
    assert!(!out.status.success(), "a line was refused");
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("701. satır: \"voted\" sıfırdan küçük") && said.contains("1502. satır"), "{said}");
    let tally = told(&out);
    assert_eq!(
        tally,
        json!({"lines": 1502, "created": 1500, "known": 0, "late": 0, "conflict": 0, "parked": 1, "refused": 1})
    );
    // Again: everything is there already.
    lines.remove(700);
    std::fs::write(&file, lines.join("\n")).unwrap();
    let out = tutanak(dir.path(), &import);
    assert!(out.status.success());
    assert_eq!((&told(&out)["known"], &told(&out)["parked"]), (&json!(1500), &json!(1)));
    // A reason is asked for, and stands in the record.
    assert!(!tutanak(dir.path(), &["figures", "import", name]).status.success());
    let database = tutanak::ledger::DatabaseConfig::Sqlite { path: dir.path().join("tutanak.db") };
    let ledger = tutanak::ledger::Ledger::open(&database).await.unwrap();
    let sums = async || ledger.result_sums(None, Race::President).await.unwrap();
    // Nobody listed this election's ballots: a number is all that is known of a choice.
    assert_eq!(sums().await.votes["1"].known(), Some(1500));

    let late = dir.path().join("late.csv");
    std::fs::write(&late, "box_id,place_id,number,kind,races\n0000777,34-k-m2,2777,0,\n").unwrap();
    let out = tutanak(dir.path(), &["election", "add-boxes", late.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success() && said.contains("1 entered now"), "{said}");
    assert_eq!(sums().await.votes["1"].known(), Some(1540));
    // Once ballots are listed, sums go by what they name.
    std::fs::write(dir.path().join("election/choices.csv"), CHOICES).unwrap();
    let out = tutanak(dir.path(), &["election", "import", dir.path().join("election").to_str().unwrap()]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!((sums().await.votes.get("1"), sums().await.votes["birinci"].known()), (None, Some(1540)));
}
