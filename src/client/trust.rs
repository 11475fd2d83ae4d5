//! Which keys are trusted, and since when: given by the user, pinned at first use, or learnt from the log itself.
//!
//! A `key` entry of a log that a trusted key has signed makes the new key trusted too; nothing else does.

use std::path::Path;

use super::disk::{self, DiskError};
use crate::log::note::VerifierKey;

/// Bytes of a file of keys at most.
pub const KEYS_BYTES: usize = 64 * 1024;
/// The trusted keys, among the mirror's own files.
pub const PINNED: &str = "keys.txt";

/// Keys, one a line; `#` begins a remark.
///
/// # Errors
/// The first line that is no key.
pub fn parse_keys(text: &str) -> Result<Vec<VerifierKey>, String> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or("").trim()).filter(|line| !line.is_empty());
    lines.map(|line| line.parse().map_err(|_| super::problem::printable(line))).collect()
}

/// `--key`: a verifier key, or a file of them.
///
/// # Errors
/// When it is neither.
pub fn given(key: &str) -> Result<Vec<VerifierKey>, String> {
    if let Ok(key) = key.parse() {
        return Ok(vec![key]);
    }
    let wrong = |why: &dyn std::fmt::Display| format!("--key {key}: {why}");
    let text = match disk::read_named(Path::new(key), KEYS_BYTES) {
        Ok(Some(text)) => text,
        Ok(None) => return Err(wrong(&"neither a verifier key (name+id+key) nor a file of such")),
        Err(error) => return Err(wrong(&error)),
    };
    let keys = parse_keys(&String::from_utf8_lossy(&text)).map_err(|line| wrong(&format!("no key: {line}")))?;
    if keys.is_empty() { Err(wrong(&"the file holds no key")) } else { Ok(keys) }
}

/// The keys that a copy has pinned; none before its first round.
///
/// # Errors
/// When the file cannot be read. One that is damaged is no reason to trust anew whatever a server names.
pub fn pinned(disk: &disk::Disk) -> Result<Vec<VerifierKey>, DiskError> {
    let place = disk.private(PINNED);
    let Some(text) = disk::read(disk.folder(), &place, KEYS_BYTES)? else { return Ok(Vec::new()) };
    parse_keys(&String::from_utf8_lossy(&text))
        .map_err(|line| DiskError::Damaged { path: disk.root().join(&place).display().to_string(), line })
}

/// Writes the keys down.
///
/// # Errors
/// When the disk fails.
pub fn pin(disk: &disk::Disk, keys: &[VerifierKey]) -> Result<(), DiskError> {
    let lines: String = keys.iter().map(|key| format!("{key}\n")).collect();
    disk::write(disk.folder(), &disk.private(PINNED), lines.as_bytes())
}
