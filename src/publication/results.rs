//! Which result lines belong to which entries of the log, and whether they are the ones that the entries name.

use serde::Deserialize;

use crate::domain::{Digest, EntryKind};

/// What is asked of an entry.
#[derive(Deserialize)]
struct Named {
    kind: EntryKind,
    sha256: Option<Digest>,
}

/// Of entries, in their order: the place among them and the digest of the result line of each that is about figures.
///
/// # Errors
/// The place of an entry that cannot be read, or names no line.
pub(super) fn named(entries: &[String]) -> Result<Vec<(usize, Digest)>, usize> {
    let mut all = Vec::new();
    for (at, line) in entries.iter().enumerate() {
        let entry: Named = serde_json::from_str(line).map_err(|_| at)?;
        if entry.kind.is_of_figures() {
            all.push((at, entry.sha256.ok_or(at)?));
        }
    }
    Ok(all)
}

/// Compares result lines with the entries that name them.
///
/// # Errors
/// The place of the first entry whose line is another one, or missing.
pub(super) fn check(entries: &[String], results: &[String]) -> Result<(), usize> {
    let named = named(entries)?;
    let mut lines = results.iter();
    for (at, digest) in &named {
        let line = lines.next().ok_or(*at)?;
        if Digest::of(line.as_bytes()) != *digest {
            return Err(*at);
        }
    }
    if lines.next().is_some() { Err(entries.len()) } else { Ok(()) }
}

/// Entries and result lines without the first `skipped` entries and what those brought.
pub(super) fn after(entries: Vec<String>, results: Vec<String>, skipped: usize) -> (Vec<String>, Vec<String>) {
    let had = named(&entries).map_or(0, |named| named.iter().filter(|(at, _)| *at < skipped).count());
    (entries.into_iter().skip(skipped).collect(), results.into_iter().skip(had).collect())
}
