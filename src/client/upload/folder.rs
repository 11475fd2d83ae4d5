//! The scanner's folder: which of its files are scans that wait, and where each goes when its fate is known.
//!
//! It only looks. What is no PNG by its name, hidden, unfinished by its name, or lies in a folder of ours is passed over.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::client::disk::{DiskError, PRIVATE};

/// Scans whose signed receipt is on disk.
pub const RECEIVED: &str = "gonderildi";
/// Scans that the service has, and that people must link by hand.
pub const BY_HAND: &str = "elle";
/// Files that are no sound scan.
pub const DAMAGED: &str = "bozuk";
/// The receipts.
pub const RECEIPTS: &str = "makbuzlar";
/// Folders that are ours.
pub const OURS: [&str; 5] = [RECEIVED, BY_HAND, DAMAGED, RECEIPTS, PRIVATE];

/// Folders inside folders at most: scanners make one for a day or a user.
const DEPTH: usize = 8;
/// Scans of one look at most. The others come into sight when these are gone.
pub const FILES: usize = 100_000;

/// What tells that a file was not touched. The time is compared with itself and with no clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes.
    pub size: u64,
    /// When it was last written, in nanoseconds since 1970, as the file system says.
    pub modified_ns: i64,
}

impl Mark {
    /// The mark of a file.
    pub fn of(metadata: &Metadata) -> Self {
        let nanos = |span: std::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        // A file system that keeps no time tells by the size alone.
        let modified_ns = metadata.modified().map_or(0, |at| match at.duration_since(UNIX_EPOCH) {
            Ok(since) => nanos(since),
            Err(before) => -nanos(before.duration()),
        });
        Self { size: metadata.len(), modified_ns }
    }
}

/// What a look found.
#[derive(Debug, Default)]
pub struct Look {
    /// Scans by their path below the folder, in its order.
    pub scans: Vec<(PathBuf, Mark)>,
    /// Other files: nobody sends them.
    pub others: u64,
    /// Folders that could not be read, and why.
    pub unread: Vec<String>,
}

/// Looks at everything in the folder. Links are not followed.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn look(root: &Path) -> Result<Look, DiskError> {
    let mut found = Look::default();
    let entries = fs::read_dir(root).map_err(|error| DiskError::at(root, error))?;
    walk(root, entries, DEPTH, &mut found);
    found.scans.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

fn walk(root: &Path, entries: fs::ReadDir, depth: usize, found: &mut Look) {
    for entry in entries {
        let Ok(entry) = entry.inspect_err(|error| found.unread.push(error.to_string())) else { continue };
        let (name, path) = (entry.file_name(), entry.path());
        let Ok(kind) = entry.file_type() else { continue }; // gone since the listing
        if kind.is_dir() {
            let ours = path.parent() == Some(root) && OURS.iter().any(|ours| name == *ours);
            if ours || is_hidden(&name) || depth == 0 {
                continue;
            }
            match fs::read_dir(&path) {
                Ok(entries) => walk(root, entries, depth - 1, found),
                Err(error) => found.unread.push(format!("{}: {error}", path.display())),
            }
        } else if !kind.is_file() || found.scans.len() >= FILES {
        } else if !is_scan(&name) {
            found.others += u64::from(!is_noise(&name));
        } else if let (Ok(metadata), Ok(below)) = (entry.metadata(), path.strip_prefix(root)) {
            found.scans.push((below.to_owned(), Mark::of(&metadata)));
        }
    }
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a file's name is that of a finished PNG. `._scan.png` is what a Mac leaves on a share beside `scan.png`, and
/// `~$` what office programs do.
pub fn is_scan(name: &OsStr) -> bool {
    let hidden = is_hidden(name) || name.as_encoded_bytes().starts_with(b"~");
    !hidden && Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}

/// Files that programs leave behind, which nobody takes for a scan.
fn is_noise(name: &OsStr) -> bool {
    let unfinished = ["tmp", "part", "partial", "filepart", "crdownload"];
    let known = ["thumbs.db", "desktop.ini"];
    is_hidden(name)
        || name.as_encoded_bytes().starts_with(b"~")
        || known.iter().any(|known| name.eq_ignore_ascii_case(known))
        || Path::new(name).extension().is_some_and(|end| unfinished.iter().any(|bad| end.eq_ignore_ascii_case(bad)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finished_pngs_are_scans() {
        for name in ["a.png", "TARAMA 0001.PNG", "ığdır.Png", "x.part.png"] {
            assert!(is_scan(OsStr::new(name)), "{name}");
        }
        for name in
            ["a.png.tmp", "a.png.part", "._a.png", ".a.png", "Thumbs.db", "~a.png", "png", "a.jpg", "a.png~", ""]
        {
            assert!(!is_scan(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_look_finds_scans_in_folders_but_not_in_ours_and_follows_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for path in ["b.png", "gun 1/a.png", "gun 1/gonderildi/c.png", "gonderildi/x.png", ".gizli/x.png", "elle/x.png"]
        {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "x").unwrap();
        }
        for other in ["liste.pdf", "Thumbs.db", "a.png.tmp"] {
            fs::write(root.join(other), "x").unwrap();
        }
        std::os::unix::fs::symlink(root.join("b.png"), root.join("link.png")).unwrap();
        std::os::unix::fs::symlink("/", root.join("kok")).unwrap();
        let found = look(root).unwrap();
        let names: Vec<_> = found.scans.iter().map(|(path, _)| path.to_str().unwrap()).collect();
        assert_eq!(names, ["b.png", "gun 1/a.png", "gun 1/gonderildi/c.png"]);
        assert_eq!((found.others, found.unread.len()), (1, 0));
    }
}
