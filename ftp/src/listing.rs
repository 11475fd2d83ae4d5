//! Entries as lines: `LIST`, `NLST`, and the facts of `MLSD` and `MLST`.
//!
//! A listing is rendered once and shared by everybody who asks for it. It must never print a name that would break its
//! line: such names are left out.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::SystemTime;

use bytes::Bytes;

use crate::calendar::Moment;
use crate::command::Format;
use crate::entry::{Entry, EntryKind};
use crate::path::is_name;

/// Which facts `MLSD` and `MLST` tell (RFC 3659 §7.5; `x.` names are nobody's standard).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts(u8);

/// Names of facts in the order in which they are told.
const FACTS: [&str; 5] = ["type", "size", "modify", "perm", "x.sha256"];
const TYPE: u8 = 1;
const SIZE: u8 = 2;
const MODIFY: u8 = 4;
const PERM: u8 = 8;
const SHA256: u8 = 16;

impl Facts {
    /// All of them, which is what is told until a client chooses.
    pub const ALL: Self = Self(31);

    /// Those that `OPTS MLST` names; what is not known is passed over (RFC 3659 §7.9).
    pub fn chosen(names: &str) -> Self {
        let known = |name: &str| FACTS.iter().position(|fact| fact.eq_ignore_ascii_case(name.trim()));
        Self(names.split(';').filter_map(known).fold(0, |bits, at| bits | 1 << at))
    }

    /// The list as `FEAT` shows it, a star behind each that is told (RFC 3659 §7.8).
    pub fn feature(self) -> String {
        let mut text = "MLST ".to_owned();
        for (at, fact) in FACTS.iter().enumerate() {
            text += fact;
            text += if self.0 & 1 << at == 0 { ";" } else { "*;" };
        }
        text
    }

    /// The list as `OPTS MLST` answers it.
    pub fn answer(self) -> String {
        let told = FACTS.iter().enumerate().filter(|(at, _)| self.0 & 1 << at != 0);
        told.fold("MLST OPTS ".to_owned(), |text, (_, fact)| text + fact + ";").trim_end().to_owned()
    }

    fn tells(self, fact: u8) -> bool {
        self.0 & fact != 0
    }
}

/// The facts of one entry and a name behind them, without a line break (RFC 3659 §7.2).
pub fn fact_line(entry: &Entry, facts: Facts, name: &str) -> String {
    let mut line = String::with_capacity(160 + name.len());
    write_facts(&mut line, entry, facts);
    line.push(' ');
    line.push_str(name);
    line
}

fn write_facts(line: &mut String, entry: &Entry, facts: Facts) {
    let size = match entry.kind {
        EntryKind::Directory => None,
        EntryKind::File { size } => Some(size),
    };
    if facts.tells(TYPE) {
        line.push_str(if size.is_some() { "type=file;" } else { "type=dir;" });
    }
    if facts.tells(SIZE)
        && let Some(size) = size
    {
        let _ = write!(line, "size={size};");
    }
    if facts.tells(MODIFY)
        && let Some(modified) = entry.modified
    {
        line.push_str("modify=");
        line.push_str(&Moment::from(modified).compact());
        line.push(';');
    }
    if facts.tells(PERM) {
        // RFC 3659 §7.5.5: `r` may be retrieved; `e` may be entered, `l` may be listed.
        line.push_str(if size.is_some() { "perm=r;" } else { "perm=el;" });
    }
    if facts.tells(SHA256)
        && let Some(digest) = &entry.sha256
    {
        line.push_str("x.sha256=");
        line.push_str(&hex(digest));
        line.push(';');
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A line as `ls -l` writes it. Mirroring clients copy the mode to their own disk, so it lets the owner write: a copied
/// directory without `w` could not take the files of the next run.
pub fn long_line(entry: &Entry, now: SystemTime, name: &str) -> String {
    let (mode, links, size) = match entry.kind {
        EntryKind::Directory => ("drwxr-xr-x", 2, 0),
        EntryKind::File { size } => ("-rw-r--r--", 1, size),
    };
    // No client reads a line without a time: an entry without one is listed as of now.
    let modified = entry.modified.unwrap_or(now);
    let time = Moment::from(modified).as_in_ls(modified, now);
    format!("{mode} {links} ftp ftp {size:>12} {time} {name}")
}

/// What lies in a directory, and how it reads. Shelves may keep it and hand it out again.
#[derive(Debug)]
pub struct Listing {
    entries: Vec<Entry>,
    long: OnceLock<Bytes>,
    /// One for each choice of facts.
    facts: [OnceLock<Bytes>; 32],
}

impl From<Vec<Entry>> for Listing {
    fn from(mut entries: Vec<Entry>) -> Self {
        entries.retain(|entry| {
            let good = is_name(&entry.name);
            if !good {
                tracing::error!(name = ?entry.name, "Left a name out of a listing");
            }
            good
        });
        Self { entries, long: OnceLock::new(), facts: std::array::from_fn(|_| OnceLock::new()) }
    }
}

impl Listing {
    /// The entries, as the shelf gave them.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The whole directory in one of the three forms. `prefix` stands before each name of `NLST`, which must be usable as
    /// a path (RFC 1123 §4.1.2.7).
    pub fn render(&self, format: Format, facts: Facts, prefix: &str) -> Bytes {
        match format {
            Format::Long => self.long.get_or_init(|| long(&self.entries, SystemTime::now())).clone(),
            Format::Facts => self.facts[usize::from(facts.0)].get_or_init(|| all_facts(&self.entries, facts)).clone(),
            Format::Names => names(self.entries.iter().map(|entry| entry.name.as_str()), prefix),
        }
    }

    /// Only what `pattern` describes.
    pub fn render_matching(&self, format: Format, facts: Facts, prefix: &str, pattern: &str) -> Bytes {
        let matching = self.entries.iter().filter(|entry| crate::glob::matches(pattern, &entry.name));
        match format {
            Format::Names => names(matching.map(|entry| entry.name.as_str()), prefix),
            Format::Long => long(matching, SystemTime::now()),
            Format::Facts => all_facts(matching, facts),
        }
    }
}

fn long<'a>(entries: impl IntoIterator<Item = &'a Entry>, now: SystemTime) -> Bytes {
    let mut text = String::new();
    for entry in entries {
        text += &long_line(entry, now, &entry.name);
        text += "\r\n";
    }
    text.into()
}

fn all_facts<'a>(entries: impl IntoIterator<Item = &'a Entry>, facts: Facts) -> Bytes {
    let mut text = String::new();
    for entry in entries {
        write_facts(&mut text, entry, facts);
        text.push(' ');
        text += &entry.name;
        text += "\r\n";
    }
    text.into()
}

fn names<'a>(names: impl Iterator<Item = &'a str>, prefix: &str) -> Bytes {
    let mut text = String::new();
    for name in names {
        text += prefix;
        text += name;
        text += "\r\n";
    }
    text.into()
}

#[cfg(test)]
mod tests;
