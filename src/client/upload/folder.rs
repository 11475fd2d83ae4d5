//! The scanner's folder: which of its files are scans that wait, and where each goes when its fate is known.
//!
//! It only looks. What is no PNG by its name, unfinished by its name, in a folder of ours, or a system's own ([`passed`]) is
//! passed over.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::passed::{self, PassedOver};
use crate::beneath::{self, Folder, Found, Kind};
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
    /// Size in bytes.
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
    /// What systems and programs keep beside the scans, by its name: how often it was passed over.
    pub passed: PassedOver,
    /// Folders that could not be read, and why.
    pub unread: Vec<String>,
}

/// Looks at everything in the folder. Links are not followed.
///
/// # Errors
/// When the folder itself cannot be read.
pub fn look(root: &Folder) -> Result<Look, DiskError> {
    let mut found = Look::default();
    drop(root.list(Path::new("")).map_err(|error| DiskError::at(root.path(), error))?);
    walk(root, Path::new(""), DEPTH, &mut found);
    found.scans.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

fn walk(root: &Folder, below: &Path, depth: usize, found: &mut Look) {
    let unread = |error: std::io::Error| format!("{}: {error}", root.path().join(below).display());
    let dir = root.inside(below);
    let listed = dir.and_then(|dir| Ok((dir.list(Path::new(""))?, dir)));
    let (entries, dir) = match listed {
        Ok(listed) => listed,
        Err(error) if beneath::is_absent(&error) => return, // gone since the listing
        Err(error) => return found.unread.push(unread(error)),
    };
    for entry in entries {
        let (name, kind) = match entry {
            Ok(entry) => entry,
            Err(error) => return found.unread.push(unread(error)),
        };
        match kind {
            Kind::Directory => {
                let ours = below.as_os_str().is_empty() && OURS.iter().any(|ours| name == *ours);
                match passed::folder(&name) {
                    _ if ours || depth == 0 => {}
                    Some(known) => found.passed.add(&known),
                    None => walk(root, &below.join(name), depth - 1, found),
                }
            }
            Kind::File if found.scans.len() >= FILES => {}
            Kind::File if !is_scan(&name) => match passed::file(&name) {
                Some(known) => found.passed.add(&known),
                None => found.others += u64::from(!is_unfinished(&name)),
            },
            Kind::File => {
                // Nothing where it is gone since the listing.
                if let Ok(Some(Found { kind: Kind::File, size, modified_ns })) = dir.look(Path::new(&name)) {
                    found.scans.push((below.join(name), Mark { size, modified_ns }));
                }
            }
            Kind::Other => {}
        }
    }
}

/// Whether a file's name is that of a finished PNG, and none that a system or a program made for itself.
pub fn is_scan(name: &OsStr) -> bool {
    passed::file(name).is_none()
        && Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}

/// Files that are still being written.
fn is_unfinished(name: &OsStr) -> bool {
    let unfinished = ["tmp", "part", "partial", "filepart", "crdownload"];
    Path::new(name).extension().is_some_and(|end| unfinished.iter().any(|bad| end.eq_ignore_ascii_case(bad)))
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        for path in ["@eaDir/a.png/SYNOFILE_THUMB_M.png", "gun 1/@eaDir/x.png", "#recycle/x.png", "lost+found/x.png"] {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), "x").unwrap();
        }
        for other in ["liste.pdf", "Thumbs.db", "a.png.tmp", "._b.png", "~$b.png"] {
            fs::write(root.join(other), "x").unwrap();
        }
        std::os::unix::fs::symlink(root.join("b.png"), root.join("link.png")).unwrap();
        std::os::unix::fs::symlink("/", root.join("kok")).unwrap();
        let found = look(&Folder::open(root).unwrap()).unwrap();
        let names: Vec<_> = found.scans.iter().map(|(path, _)| path.to_str().unwrap()).collect();
        assert_eq!(names, ["b.png", "gun 1/a.png", "gun 1/gonderildi/c.png"]);
        assert_eq!((found.others, found.unread.len()), (1, 0));
        let passed = serde_json::to_value(&found.passed).unwrap();
        let expected = serde_json::json!({
            ".gizli/": 1, "@eaDir/": 2, "#recycle/": 1, "lost+found/": 1, "thumbs.db": 1, "._*": 1, "~$*": 1,
        });
        assert_eq!(passed, expected);
    }
}
