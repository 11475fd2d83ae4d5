//! Nobody looks up: each room uses only rooms below it, and what uses each other is one file and its own folder. Read from
//! every path in every file, tests included.

mod circles;
mod only;
mod paths;
mod tokens;
mod uses;

use std::path::Path;
use std::sync::LazyLock;

use self::circles::circles;
use self::uses::{House, Use};

/// Rooms from the bottom to the top. A room may use those of lower rows. `reading`, `drawing` and `ftp` are crates.
const LAYERS: [&[&str]; 14] = [
    &["domain", "clock", "cpu", "cache", "meters", "probe", "shares"],
    &["terminal", "html", "beneath"],
    &["telemetry"],
    &["space"],
    &["vault", "reading", "drawing", "tls", "log", "paper", "formats", "ftp"],
    &["ledger"],
    &["registry"],
    &["access", "audit", "archive", "pictures", "publication"],
    &["admission"],
    &["intake", "tree", "export", "people", "results"],
    &["operation"],
    &["web", "shelf", "config", "rehearsal", "client"],
    &["app"],
    &["cli"],
];

/// Rooms that stand on these alone, whatever their row allows.
const STAND_ON: [(&str, &[&str]); 6] = [
    // What boards and parties run: nothing of the service, and no database.
    ("client", &["domain", "log", "formats", "reading", "beneath", "clock", "cpu", "telemetry", "terminal"]),
    ("formats", &["domain"]),
    ("log", &["domain"]),
    ("reading", &[]),
    ("drawing", &[]),
    ("ftp", &[]),
];

/// Rooms that only these use.
const USED_BY: [(&str, &[&str]); 2] = [
    // An engine that the service runs; `web` counts its connections as the engine does.
    ("ftp", &["shelf", "web", "app"]),
    // Nothing that serves needs drawings.
    ("drawing", &["rehearsal", "cli"]),
];

fn layer(room: &str) -> usize {
    LAYERS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| panic!("{room} has no layer"))
}

/// The room of a module: its first part, or the name of its crate. Macros stand beside the rooms, and belong to `terminal`.
fn room(module: &[String]) -> &str {
    match module {
        [library, room, ..] if library == "tutanak" => room,
        [library] if library == "tutanak" => "terminal",
        [other, ..] => other.trim_start_matches("tutanak_"),
        [] => "",
    }
}

static HOUSE: LazyLock<House> = LazyLock::new(|| House::read(Path::new(env!("CARGO_MANIFEST_DIR"))));
static USES: LazyLock<Vec<Use>> = LazyLock::new(|| HOUSE.uses());

/// Uses of one room by another. The library's own root names every room.
fn between_rooms() -> impl Iterator<Item = &'static Use> {
    USES.iter().filter(|one| one.from != ["tutanak"] && room(&one.from) != room(&one.to))
}

fn say(one: &Use) -> String {
    format!("{} uses {} by {}", one.from.join("::"), one.to.join("::"), one.written)
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
fn every_source_is_part_of_a_crate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for dir in ["src", "ftp/src"] {
        sources(&root.join(dir), &mut files);
    }
    files.retain(|file| *file != root.join("src/main.rs"));
    files.sort();
    assert_eq!(files, HOUSE.files());
}

#[test]
fn no_room_uses_one_above_it() {
    let up = |one: &&Use| layer(room(&one.to)) >= layer(room(&one.from));
    let wrong: Vec<String> = between_rooms().filter(up).map(say).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn some_rooms_stand_on_few_others_and_some_are_used_by_few() {
    let mut wrong = Vec::new();
    for one in between_rooms() {
        let (from, to) = (room(&one.from), room(&one.to));
        let beyond = STAND_ON.iter().any(|(room, others)| *room == from && !others.contains(&to));
        let strange = USED_BY.iter().any(|(room, others)| *room == to && !others.contains(&from));
        if beyond || strange {
            wrong.push(say(one));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_uses_each_other_but_a_file_and_its_own_folder() {
    let found = circles(&USES);
    assert!(found.is_empty(), "{found:#?}");
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
fn html_is_written_by_templates_alone_and_by_one_escaper() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let (mut templates, mut wrong) = (0, Vec::new());
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let spoken = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        // Markup for wide tables, around a handbook that is compiled in.
        let by_hand =
            |line: &str| ["<!doctype", "<html", "href=", "</a>", "</p>", "</div>"].iter().any(|tag| line.contains(tag));
        if !file.ends_with("site/public/help.rs") && spoken.clone().any(by_hand) {
            wrong.push(format!("{} writes HTML by hand", file.display()));
        }
        for line in code.lines().filter(|line| line.starts_with("#[template(")) {
            templates += 1;
            if !line.contains("config = \".askama.toml\"") {
                wrong.push(format!("{}: {line}", file.display()));
            }
        }
    }
    assert!(templates > 15, "the templates were not found: {templates}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
