//! What one room alone does, or one file.

use std::path::Path;

use super::sources;

/// The files below `src/` whose text says so, sorted.
fn files_that(says: impl Fn(&str) -> bool) -> Vec<String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    files.retain(|file| says(&std::fs::read_to_string(file).unwrap()));
    let relative = |file: &std::path::PathBuf| file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<String> = files.iter().map(relative).collect();
    files.sort();
    files
}

#[test]
fn sql_is_spoken_in_the_ledger_alone() {
    let mut speakers = files_that(|text| text.contains("sqlx::"));
    assert!(!speakers.is_empty(), "the sources were not found");
    speakers.retain(|file| file != "ledger.rs" && !file.starts_with("ledger/"));
    assert_eq!(speakers, [""; 0]);
}

#[test]
fn no_type_has_a_name_that_says_nothing_of_its_own() {
    // A place is one of the election, a seat is a person's, a desk is a party's program; the rest could be anything.
    let vague = ["Place", "Seat", "Desk", "Standing", "Known", "Told", "Shown"];
    let names = |line: &str| {
        let mut words = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let keyword = words.find(|word| !matches!(*word, "" | "pub" | "crate" | "super" | "in" | "self"));
        matches!(keyword, Some("struct" | "enum" | "type")) && words.next().is_some_and(|name| vague.contains(&name))
    };
    assert_eq!(files_that(|text| text.lines().any(names)), [""; 0]);
}

#[test]
fn passwords_are_hashed_in_lanes_that_are_made_once() {
    // A lane made for one request bounds nothing: each hash takes 19 MiB and a core.
    let makers = files_that(|text| text.contains("Passwords::new"));
    // The door's, which everything behind it shares; that of single accounts; a lane's own tests; and commands, which are a
    // process each.
    let expected = ["access/door.rs", "access/passwords.rs", "cli/accounts/user.rs", "cli/demo.rs", "people/enrol.rs"];
    assert_eq!(makers, expected);
}

#[test]
fn only_the_record_itself_writes_rows_of_the_record() {
    // One clipping, one spelling of every name, and no way round what a row must say.
    let writers = files_that(|text| {
        let text = text.replace("let AuditRow {", "");
        text.contains("audit_add") || text.contains("AuditRow {")
    });
    // The insert itself, the room of the record, and a message of syslog in its own test.
    assert_eq!(writers, ["audit.rs", "audit/syslog/message.rs", "audit/writer.rs", "ledger/audit.rs"]);
}

#[test]
fn whether_an_act_is_allowed_is_asked_in_one_room() {
    let askers = files_that(|text| text.contains("door.allow("));
    // Sessions are looked up by access itself; a medium is handed over and not asked for by any protocol.
    assert_eq!(askers, ["access/sessions.rs", "admission.rs", "export/requests.rs"]);
}
