//! What people write is refused where it comes in, if it holds a character that is not seen: by every way, with a sentence
//! that names the character. What older rows hold is shown escaped.

use std::process::{Command, Stdio};

use reqwest::StatusCode;
use tutanak::cli::init;
use tutanak::domain::Digest;
use tutanak::domain::words::Hidden;
use tutanak::ledger::audit::AuditRow;
use tutanak::people::enrol;

use crate::house::{House, json, write_election};
use crate::paper::page;

/// What is tried everywhere, and how the refusal names it.
const BAD: [(&str, &str); 7] = [
    ("iki\r\nsatır", "U+000D"),
    ("ESC \u{1b}[2J", "U+001B"),
    ("C1 \u{9b}2J", "U+009B"),
    ("ters \u{202e}yön", "U+202E"),
    ("ayrı \u{2066}yön", "U+2066"),
    ("gizli\u{200b}harf", "U+200B"),
    ("im\u{feff}li", "U+FEFF"),
];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_that_moves_a_cursor_never_gets_into_the_log() {
    let house = House::open().await;
    for (text, named) in BAD {
        let scan = page(&["1090000001"], 3);
        let address = format!("{}?reason={}", Digest::of(&scan), encoded(text));
        let answer = house.put(&house.first, &address).body(scan).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{text:?}");
        let detail = json(answer).await["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(named) && !detail.contains(text), "{detail:?}");
    }
    assert_eq!(house.entered().await, 0);
    let scan = page(&["1090000001"], 3);
    let good = format!("{}?reason={}", Digest::of(&scan), encoded(" =1+1; imza eksik "));
    let answer = house.put(&house.first, &good).body(scan).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_account_has_a_name_that_reads_otherwise_than_it_is() {
    let house = House::open().await;
    let from = ["127.0.0.0/8".parse().unwrap()];
    for (n, (text, named)) in BAD.into_iter().enumerate() {
        let id = format!("yeni-{n}");
        let (party, board) = (id.parse().unwrap(), id.parse().unwrap());
        let refused = [
            enrol::party(&house.ledger, &party, text, &from, tutanak::domain::Gate::PartiesOpen).await.map(drop),
            enrol::candidate(&house.ledger, &party, text, &from).await.map(drop),
            enrol::board(&house.ledger, &board, text, &"34-k-1".parse().unwrap(), &[]).await.map(drop),
            enrol::operator(&house.ledger, &id, text).await.map(drop),
            enrol::auditor(&house.ledger, &id, text).await.map(drop),
        ];
        for refused in refused {
            let error = refused.unwrap_err().to_string();
            assert!(error.contains(named) || error.contains("no place"), "{error}");
        }
        assert!(house.ledger.account(&id).await.unwrap().is_none(), "{text:?}");
    }
}

#[tokio::test]
async fn commands_refuse_them_too_and_the_record_shows_them_escaped() {
    let dir = tempfile::tempdir().unwrap();
    init::run(dir.path(), "localhost").unwrap();
    write_election(&dir.path().join("election"));
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
        command.current_dir(dir.path()).args(arguments).env("TUTANAK_LOG", "error").stdin(Stdio::null());
        let out = command.output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(
            !said.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\r']),
            "{arguments:?}: {said:?}"
        );
        (out.status.success(), said)
    };
    assert!(run(&["election", "import", "election"]).0);
    for (text, named) in BAD {
        let commands: [&[&str]; 7] = [
            &["operator", "add", "skgm-9", "--name", text],
            &["auditor", "add", "denetci-9", "--name", text],
            &["party", "add", "parti-9", "--name", text, "--from", "192.0.2.1"],
            &["candidate", "add-presidential", "aday-9", "--name", text, "--from", "192.0.2.1"],
            &["candidate", "add-independent", "bagimsiz-9", "--name", text, "--place", "34"],
            &["board", "add", "kurul-9", "--name", text, "--place", "34-k-1"],
            &["export", "--candidate", "bagimsiz-9", "--to", "usb", "--serial", text],
        ];
        for command in commands {
            let (done, said) = run(command);
            assert!(!done && said.contains(named), "{command:?}: {said}");
        }
    }
    // Names of places and of the election come in by files.
    for (text, named) in BAD {
        let election = dir.path().join("other");
        write_election(&election);
        let places = std::fs::read_to_string(election.join("places.csv")).unwrap();
        let text = text.replace("\r\n", "\r");
        std::fs::write(election.join("places.csv"), places.replacen("KADIKÖY", &format!("KADI{text}KÖY"), 1)).unwrap();
        let (done, said) = run(&["election", "import", "other"]);
        assert!(!done && said.contains(named), "{said}");
    }
    // So do boxes that come late, in every column.
    for (text, _) in BAD {
        let text = text.replace("\r\n", "\r");
        for row in
            ["1*,34-k-m1,1009,0,", "0000009,34-k-*,1009,0,", "0000009,34-k-m1,1*9,0,", "0000009,34-k-m1,1009,*,", "*"]
        {
            let late = format!("box_id,place_id,number,kind,races\n{}\n", row.replace('*', &text));
            std::fs::write(dir.path().join("late.csv"), late).unwrap();
            let (done, said) = run(&["election", "add-boxes", "late.csv"]);
            assert!(!done && said.contains("late.csv:2"), "{said}");
        }
    }
    // Refused or not, what was typed is on record: escaped in every form that is printed.
    for more in [vec![], vec!["--csv"]] {
        let (done, said) = run(&[vec!["audit", "search"], more].concat());
        assert!(done && said.contains("skgm-9"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn older_rows_are_shown_escaped_in_lists_and_record() {
    let row = AuditRow {
        at_ms: 0,
        principal: "p\u{202e}".into(),
        channel: "web".into(),
        protocol: "https".into(),
        address: "127.0.0.1".into(),
        act: "login".into(),
        object: "\u{1b}[2J=1\r\n".into(),
        start_at: 0,
        bytes: 0,
        complete: false,
        outcome: "refused".into(),
        reason: "=cmd".into(),
    };
    let found = tutanak::ledger::audit::NumberedRow { id: 1, row };
    let mut csv = Vec::new();
    tutanak::archive::lists::comma_row(&mut csv, &tutanak::audit::table::cells(&found, "=x".into()));
    let mut json = Vec::new();
    tutanak::audit::table::json_line(&mut json, &found);
    for text in [String::from_utf8(csv).unwrap(), String::from_utf8(json).unwrap()] {
        assert!(!text.trim_end().contains(['\u{1b}', '\u{202e}', '\r', '\n']), "{text:?}");
        assert!(!text.contains(",=") && text.contains("u001b"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_a_scanners_files_are_told_and_written_escaped() {
    let house = House::open().await;
    let folder = tempfile::tempdir().unwrap();
    for (n, (text, _)) in (0..).zip(BAD) {
        std::fs::write(folder.path().join(format!("{text}.png")), page(&[], n)).unwrap();
        std::fs::write(folder.path().join(format!("{text}.pdf")), "no scan").unwrap();
    }
    let out = crate::board_upload::tutanak(&house, folder.path(), &[]).output().await.unwrap();
    let mut told = vec![String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()];
    for entry in std::fs::read_dir(folder.path().join("elle")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "txt") {
            told.push(std::fs::read_to_string(path).unwrap().replace("\r\n", "\n"));
        }
    }
    assert_eq!(told.len(), 1 + BAD.len(), "a text beside each: {told:?}");
    for text in told {
        assert!(text.chars().all(|letter| "\n\t".contains(letter) || Hidden::of(letter).is_none()), "{text:?}");
    }
    assert_eq!(house.entered().await, BAD.len() as u64);
}
