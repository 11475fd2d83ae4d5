//! `election.toml`: reads it, and says of everything that is wrong where it stands.

use std::io;
use std::path::Path;

use super::bad::BadLines;
use crate::beneath::{self, Unsafe};
use crate::domain::election::ElectionFile;
use crate::domain::{Digest, Election};

/// The file's name in an election's directory.
pub const FILE: &str = "election.toml";

/// A description of an election is a page of text.
const SIZE_LIMIT: u64 = 256 * 1024;

/// Reads the election from `dir`. None, with the reasons in `bad`, where it is not sound.
pub fn read(dir: &Path, bad: &mut BadLines) -> io::Result<Option<(Election, Digest)>> {
    let path = dir.join(FILE);
    let bytes = match beneath::read_named(&path, SIZE_LIMIT) {
        Err(error) if beneath::why(&error) == Some(Unsafe::TooLong(SIZE_LIMIT)) => {
            bad.add(FILE, 0, None, format_args!("the file is larger than {SIZE_LIMIT} bytes"));
            return Ok(None);
        }
        read => read?,
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        bad.add(FILE, 0, None, "the file is not UTF-8");
        return Ok(None);
    };
    Ok(parse(text.strip_prefix('\u{feff}').unwrap_or(text), bad).map(|election| (election, Digest::of(&bytes))))
}

/// The file's text again, to say where something stands in it.
pub fn text(path: &Path) -> io::Result<String> {
    beneath::read_named(path, SIZE_LIMIT).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads an election from text.
pub fn parse(text: &str, bad: &mut BadLines) -> Option<Election> {
    let file: ElectionFile = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().map_or(0, |span| line_of(text, span.start));
            bad.add(FILE, line, None, error.message());
            return None;
        }
    };
    match Election::new(file) {
        Ok(election) => Some(election),
        Err(fields) => {
            for field in fields {
                bad.add(FILE, line_of_field(text, field.field), field.field, field.cause);
            }
            None
        }
    }
}

fn line_of(text: &str, at: usize) -> u64 {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The first line that sets `field`; of several rules, the first.
pub fn line_of_field(text: &str, field: &str) -> u64 {
    let sets = |line: &str| {
        let line = line.trim_start_matches(['[', ' ']);
        // What stands in the table of results is named without it.
        line.strip_prefix("results.")
            .unwrap_or(line)
            .strip_prefix(field)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    text.lines().position(sets).map_or(0, |at| at as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = r#"
id = "yerel-2014"
name = "30 Mart 2014 Mahallî İdareler Seçimi"
polling_date = "2014-03-30"
time_zone = "Europe/Istanbul"
races = [6, 2, 3, 4]
[gates]
parties_open = "17:00"
[[code_rule]]
prefix = "10"
kind = "sonuc"
"#;

    #[test]
    fn an_election_is_read_from_its_file() {
        let mut bad = BadLines::default();
        let election = parse(SOUND, &mut bad).unwrap();
        assert!(bad.is_empty());
        assert_eq!(election.id(), "yerel-2014");
        assert_eq!(election.races().digits(), "2346");
        assert_eq!(election.parties_open().to_string(), "2014-03-30T15:00:00Z");
        let stored = serde_json::to_string(election.file()).unwrap();
        assert_eq!(Election::new(serde_json::from_str(&stored).unwrap()).unwrap(), election);
    }

    #[test]
    fn what_is_wrong_with_the_file_names_its_line() {
        let rows = [
            ("id = \"yerel-2014\"", "", 2, "missing field `id`"),
            ("races =", "rases =", 6, "unknown field `rases`"),
            ("races = [6, 2, 3, 4]", "races = [6, 5]", 6, "5 is no seçim türü"),
            ("polling_date = \"2014-03-30\"", "polling_date = \"30.03.2014\"", 4, "parse"),
            ("\"17:00\"", "\"25:00\"", 8, "parse"),
            ("Europe/Istanbul", "Istanbul", 5, "no time zone"),
            ("\"10\"", "\"1o\"", 10, "no prefix"),
            ("\"sonuc\"", "\"sonuç\"", 11, "no kind of form"),
            ("[gates]", "[gates", 7, ""),
        ];
        for (from, to, line, cause) in rows {
            let mut bad = BadLines::default();
            assert_eq!(parse(&SOUND.replace(from, to), &mut bad), None, "{to}");
            let first = &bad.list[0];
            assert!(first.cause.contains(cause), "{to}: {first}");
            assert!(first.line == line || from.starts_with("id"), "{to}: {first}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "(.|\n){0,200}", at in 0..SOUND.len()) {
            let mut bad = BadLines::default();
            proptest::prop_assert_eq!(parse(&text, &mut bad).is_none(), !bad.is_empty());
            if let Some((head, tail)) = SOUND.split_at_checked(at) {
                let _ = parse(&format!("{head}{text}{tail}"), &mut BadLines::default());
            }
        }
    }
}
