//! What lies beside the scans and is none, though it may be a PNG by its name: thumbnails, recycle bins, snapshots, what a Mac
//! or an office program leaves. It is never sent, and it is told by name and number.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use serde::Serialize;

use crate::domain::words::shown_short;

/// Names that are kept apart at most; all others count as one.
const NAMES: usize = 40;
/// Folders of systems, in lower case. Those that begin with `.`, `@`, `$` or `~` are known by that.
const FOLDERS: [&str; 11] = [
    "#recycle",
    "#snapshot",
    "system volume information",
    "recycler",
    "recycled",
    "lost+found",
    "__macosx",
    "network trash folder",
    "temporary items",
    "trash",
    "thumbnails",
];
/// Files of systems, in lower case. Those that begin with `.` or `~` are known by that.
const FILES: [&str; 5] = ["thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "icon\r"];
/// How thumbnails of a Synology are named, in lower case.
const THUMBNAILS: [&str; 2] = ["synofile_thumb", "synophoto_thumb"];

/// What was passed over: each name, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PassedOver(BTreeMap<String, u64>);

impl PassedOver {
    /// One more.
    pub(super) fn add(&mut self, name: &str) {
        let name = if self.0.len() < NAMES || self.0.contains_key(name) { name } else { "…" };
        *self.0.entry(name.to_owned()).or_default() += 1;
    }

    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is a name that the other one does not have.
    pub fn has_more_than(&self, other: &Self) -> bool {
        self.0.keys().any(|name| !other.0.contains_key(name))
    }

    /// In Turkish, for a clerk.
    pub fn turkish(&self) -> String {
        let named: Vec<String> = self.0.iter().map(|(name, count)| format!("{name} ({count})")).collect();
        format!("Sistemlerin ve programların kendi dosyaları gönderilmez, geçildi: {}", named.join(", "))
    }
}

/// The name by which a folder is told, if it is a system's own.
pub(super) fn folder(name: &OsStr) -> Option<String> {
    let lower = name.to_string_lossy().to_lowercase();
    let found = lower.strip_prefix("found.").is_some_and(|n| n.len() == 3 && n.bytes().all(|b| b.is_ascii_digit()));
    let own = lower.starts_with(['.', '@', '$', '~']) || FOLDERS.contains(&lower.as_str()) || found;
    own.then(|| format!("{}/", shown_short(&name.to_string_lossy(), 60)))
}

/// The name by which a file is told, if it is a system's or a program's own. Those that are as many as the scans have one
/// name together.
pub(super) fn file(name: &OsStr) -> Option<String> {
    let lower = name.to_string_lossy().to_lowercase();
    let pattern = match lower.as_str() {
        name if name.starts_with("._") => "._*",
        name if name.starts_with("~$") => "~$*",
        name if name.starts_with('~') => "~*",
        ".ds_store" => ".DS_Store",
        name if name.starts_with('.') => ".*",
        name if THUMBNAILS.iter().any(|thumbnail| name.starts_with(thumbnail)) => "SYNOFILE_THUMB*",
        name => return FILES.contains(&name).then(|| shown_short(name, 60)),
    };
    Some(pattern.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_make_for_themselves_is_known_by_name() {
        for name in [
            "@eaDir",
            "#recycle",
            "#Recycle",
            "$RECYCLE.BIN",
            "System Volume Information",
            "lost+found",
            ".Trash-1000",
            "@Recycle",
            ".snapshot",
            "~snapshot",
            ".zfs",
            "FOUND.000",
            "__MACOSX",
            "@Recently-Snapshot",
            ".AppleDouble",
        ] {
            assert_eq!(folder(OsStr::new(name)).as_deref(), Some(format!("{name}/").as_str()));
        }
        for name in ["gün 1", "#1 masa", "2024-03-31", "FOUND.jpg", "ayşe"] {
            assert_eq!(folder(OsStr::new(name)), None, "{name}");
        }
        for (name, told) in [
            ("._a.png", "._*"),
            ("~$a.png", "~$*"),
            ("Thumbs.db", "thumbs.db"),
            (".DS_Store", ".DS_Store"),
            ("SYNOFILE_THUMB_M.png", "SYNOFILE_THUMB*"),
            (".a.png", ".*"),
        ] {
            assert_eq!(file(OsStr::new(name)).as_deref(), Some(told), "{name}");
        }
        assert_eq!(file(OsStr::new("TARAMA 0001.PNG")), None);
    }

    #[test]
    fn names_are_counted_and_never_without_end() {
        let mut passed = PassedOver::default();
        (0..1000).for_each(|n| passed.add(&format!(".{n}/")));
        assert_eq!((passed.0.len(), passed.0["…"]), (NAMES + 1, 1000 - NAMES as u64));
        let mut other = PassedOver::default();
        other.add("@eaDir/");
        assert!(other.has_more_than(&passed) && !other.has_more_than(&other));
        assert!(other.turkish().contains("@eaDir/ (1)"));
    }
}
