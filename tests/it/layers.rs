//! Nobody looks up: each room uses only rooms below it. Read from the `use crate::` lines.

use std::path::Path;

/// Rooms that are crates: what they may use stands in their `Cargo.toml`, and this library does not.
const CRATES: [&str; 2] = ["drawing", "reading"];

/// Rooms from the bottom to the top. A room may use those of lower rows, and its own row only where it is said here.
const LAYERS: [&[&str]; 14] = [
    &["domain", "clock", "cpu", "cache", "probe", "shares"],
    &["terminal", "beneath"],
    &["telemetry"],
    &["space"],
    &["vault", "reading", "drawing", "tls", "log", "paper", "formats"],
    &["ledger"],
    &["registry"],
    &["access", "audit", "archive", "publication"],
    &["admission"],
    &["intake", "tree", "export", "people"],
    &["operation"],
    &["web", "shelf", "config", "rehearsal", "client"],
    &["app"],
    &["cli"],
];

fn layer(room: &str) -> usize {
    LAYERS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| panic!("{room} has no layer"))
}

pub fn sources(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_room_uses_one_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 40, "the sources were not found");
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().with_extension("");
        let room = relative.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        if room == "lib" || room == "main" || CRATES.contains(&room.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        assert!(!code.contains("crate::{") || room == "cli", "{} hides what it uses", relative.display());
        for used in code.match_indices("crate::").map(|(at, _)| &code[at + 7..]) {
            let mut other: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if ["note", "out"].contains(&other.as_str()) {
                other = "terminal".to_owned(); // its macros, which stand beside the rooms
            }
            if !other.is_empty() && other != room && layer(&other) >= layer(&room) {
                wrong.push(format!("{} uses {other}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_source_says_what_it_is_for_and_stays_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for dir in ["src", "ftp/src", "tests/it"] {
        sources(&root.join(dir), &mut files);
    }
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//!"), "{} does not say what it is for", file.display());
        assert!(text.lines().count() <= 500, "{} has more than 500 lines", file.display());
    }
}

#[test]
fn sql_is_spoken_in_the_ledger_alone() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let outside = files.iter().filter(|file| {
        let inside = file.starts_with(src.join("ledger")) || file.ends_with("src/ledger.rs");
        !inside && std::fs::read_to_string(file).unwrap().contains("sqlx::")
    });
    assert_eq!(outside.count(), 0);
}

#[test]
fn passwords_are_hashed_in_lanes_that_are_made_once() {
    // A lane made for one request bounds nothing: each hash takes 19 MiB and a core.
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let makes = |file: &&std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        text.split("#[cfg(test)]").next().unwrap().contains("Passwords::new")
    };
    let relative = |file: &std::path::PathBuf| file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
    let mut makers: Vec<String> = files.iter().filter(makes).map(relative).collect();
    makers.sort();
    // The door's, which everything behind it shares; that of single accounts; and commands, which are a process each.
    assert_eq!(makers, ["access/door.rs", "cli/accounts/user.rs", "cli/demo.rs", "people/enrol.rs"]);
}

#[test]
fn only_the_record_itself_writes_rows_of_the_record() {
    // One clipping, one spelling of every name, and no way round what a row must say.
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let writes = |file: &&std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap().replace("let AuditRow {", "");
        text.contains("audit_add") || text.contains("AuditRow {")
    };
    let relative = |file: &std::path::PathBuf| file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
    let mut writers: Vec<String> = files.iter().filter(writes).map(relative).collect();
    writers.sort();
    // The insert itself, the room of the record, and a message of syslog in its own test.
    assert_eq!(writers, ["audit.rs", "audit/syslog/message.rs", "audit/writer.rs", "ledger/audit.rs"]);
}

#[test]
fn whether_an_act_is_allowed_is_asked_in_one_room() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let asks = |file: &&std::path::PathBuf| std::fs::read_to_string(file).unwrap().contains("door.allow(");
    let relative = |file: &std::path::PathBuf| file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
    let mut askers: Vec<String> = files.iter().filter(asks).map(relative).collect();
    askers.sort();
    // Sessions are looked up by access itself; a medium is handed over and not asked for by any protocol.
    assert_eq!(askers, ["access/sessions.rs", "admission.rs", "export/desk.rs"]);
}
