//! Where a file goes when its fate is known. It never deletes, never overwrites, and never moves another file than the
//! one that was judged.
//!
//! A file first goes to a staging folder that nobody else writes to, and is hashed there: a scanner that put the next
//! page under the same name meanwhile gets it back into the folder. From there it goes to its destination. Whatever is
//! left in the staging folder by a kill goes back too. All moves are renames on one file system, so a file is always
//! somewhere, whole.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::folder::{BY_HAND, DAMAGED, RECEIVED};
use super::whole;
use crate::beneath::{self, Folder, Kind};
use crate::client::disk::{self, DiskError, PART, PRIVATE};
use crate::domain::Digest;

/// The staging folder, among the client's own files.
const STAGING: &str = "masa";
/// Names tried before giving up: `x.png`, `x-2.png`, …
const NAMES: u32 = 100_000;
/// What the name of a text beside a file ends with.
const TEXT: &str = "txt";
/// Bytes of such a text at most.
const TEXT_BYTES: u64 = 64 << 10;
/// Bytes of a name at most, on every file system that is met.
const NAME_BYTES: usize = 255;

/// Where a file goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The folder of scans that are linked.
    Received,
    /// The folder of parked scans, with this text beside the file.
    ByHand(String),
    /// The folder of files that are no scan, with this text beside the file.
    Damaged(String),
}

impl Destination {
    fn dir(&self) -> &'static str {
        match self {
            Self::Received => RECEIVED,
            Self::ByHand(_) => BY_HAND,
            Self::Damaged(_) => DAMAGED,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Received => None,
            Self::ByHand(text) | Self::Damaged(text) => Some(text),
        }
    }
}

/// Moves files, and remembers the directories whose names are to be made durable.
#[derive(Debug)]
pub struct Mover<'r> {
    root: &'r Folder,
    touched: BTreeSet<PathBuf>,
}

impl<'r> Mover<'r> {
    /// A mover in a folder.
    pub fn new(root: &'r Folder) -> Self {
        Self { root, touched: BTreeSet::new() }
    }

    /// Puts `file` (a path below the folder) into its place, if it still holds what was judged. Gives the path below the
    /// folder where it lies now; `None` when it was not that file any more, or is gone: then nothing has changed.
    ///
    /// # Errors
    /// When the disk fails. The file then lies where it was or, if not even that could be done, in the staging folder.
    pub fn settle(&mut self, file: &Path, digest: Digest, to: &Destination) -> Result<Option<PathBuf>, DiskError> {
        let Some(staged) = self.stage(file)? else { return Ok(None) };
        let settled = match whole::read(self.root, &staged) {
            Ok(Some((bytes, _))) if Digest::of(&bytes) == digest => {
                self.put(&staged, &Path::new(to.dir()).join(file), to.text()).map(Some)
            }
            read => read.map(|_| None),
        };
        if !matches!(settled, Ok(Some(_))) {
            // Nobody looks at the staging folder before the next start.
            self.back(&staged, file)?;
        }
        settled
    }

    /// Gives back what a kill left in the staging folder. Gives the paths where the files lie now.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn clear_staging(&mut self) -> Result<Vec<PathBuf>, DiskError> {
        let staged = Path::new(PRIVATE).join(STAGING);
        let (mut left, mut dirs) = (Vec::new(), vec![staged.clone()]);
        while let Some(dir) = dirs.pop() {
            let entries = match self.root.list(&dir) {
                Ok(entries) => entries,
                Err(error) if beneath::is_absent(&error) => continue,
                Err(error) => return Err(DiskError::at(&dir, error)),
            };
            for entry in entries {
                let (name, kind) = entry.map_err(|error| DiskError::at(&dir, error))?;
                let path = dir.join(name);
                if kind == Kind::Directory { dirs.push(path) } else { left.push(path) }
            }
        }
        let file_of = |path: &Path| path.strip_prefix(&staged).map_or_else(|_| path.to_owned(), Path::to_owned);
        left.iter().map(|path| self.back(path, &file_of(path))).collect()
    }

    /// Makes every move durable.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&mut self) -> Result<(), DiskError> {
        while let Some(dir) = self.touched.pop_first() {
            match disk::sync_dir(self.root, &dir) {
                // Somebody removed an empty folder: its names are not there to be lost.
                Err(DiskError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                done => done?,
            }
        }
        Ok(())
    }

    fn stage(&mut self, file: &Path) -> Result<Option<PathBuf>, DiskError> {
        // Symbolic links are not followed: `look` gave none, and one that took a file's place is not that file.
        if !self.root.has(Kind::File, file) {
            return Ok(None);
        }
        let staged = Path::new(PRIVATE).join(STAGING).join(file);
        match self.rename(file, &staged) {
            Ok(true) => Ok(Some(staged)),
            Ok(false) => {
                // Left by a failure of the disk in this very run.
                self.back(&staged, file)?;
                Ok(None)
            }
            Err(DiskError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn back(&mut self, staged: &Path, file: &Path) -> Result<PathBuf, DiskError> {
        self.put(staged, file, None)
    }

    /// Moves a file to a path or, where something lies there, to one beside it. Its text gets the same name first: a text
    /// without its file can be written again, a file without its text would puzzle people.
    fn put(&mut self, from: &Path, to: &Path, text: Option<&str>) -> Result<PathBuf, DiskError> {
        let beside = text.map_or("", |_| TEXT);
        for n in 1..=NAMES {
            let to = numbered(to, n, beside.len());
            if let Some(text) = text {
                let beside = to.with_added_extension(TEXT);
                let there = self.root.read(&beside, TEXT_BYTES);
                let taken = self.root.look(&to).is_ok_and(|found| found.is_some());
                let other = match &there {
                    Ok(Some(there)) => there != text.as_bytes(),
                    Ok(None) => false,
                    Err(_) => true, // a link, or a text that is none of ours
                };
                if taken || other {
                    continue;
                }
                if !matches!(there, Ok(Some(_))) {
                    self.make_dir(&to)?;
                    disk::write(self.root, &beside, text.as_bytes())?;
                }
            }
            if self.rename(from, &to)? {
                return Ok(to);
            }
        }
        let full = io::Error::new(ErrorKind::AlreadyExists, "every name beside it is taken");
        Err(DiskError::at(&self.root.path().join(to), full))
    }

    /// Renames, unless something lies there: then it says so.
    fn rename(&mut self, from: &Path, to: &Path) -> Result<bool, DiskError> {
        self.make_dir(to)?;
        match self.root.rename_new(from, to) {
            Ok(()) => {
                for path in [from, to] {
                    self.touched.insert(path.parent().map(Path::to_owned).unwrap_or_default());
                }
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(DiskError::at(&self.root.path().join(from), error)),
        }
    }

    /// Makes the directory of a path, each level durable in the one above.
    fn make_dir(&mut self, path: &Path) -> Result<(), DiskError> {
        let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) else { return Ok(()) };
        if self.root.has(Kind::Directory, dir) {
            return Ok(());
        }
        self.root.make_dirs(dir).map_err(|error| DiskError::at(&self.root.path().join(dir), error))?;
        self.touched.extend(dir.ancestors().skip(1).map(Path::to_owned));
        Ok(())
    }
}

/// `x.png`, `x-2.png`, `x-3.png` … A name that would be too long with what is written beside it is cut, at a letter.
fn numbered(path: &Path, n: u32, beside: usize) -> PathBuf {
    let (stem, extension) = (path.file_stem().unwrap_or_default(), path.extension());
    let number = if n == 1 { String::new() } else { format!("-{n}") };
    let dot = |extension: &OsStr| extension.len() + 1;
    // A text is written as a part first.
    let text = if beside == 0 { 0 } else { 1 + beside + 1 + PART.len() };
    let room = NAME_BYTES.saturating_sub(number.len() + extension.map_or(0, dot) + text);
    if n == 1 && stem.len() <= room {
        return path.to_owned();
    }
    let mut name = match stem.len() <= room {
        true => stem.to_owned(),
        // Names that are no UTF-8 lose what is none.
        false => {
            let text = stem.to_string_lossy();
            text[..text.floor_char_boundary(room)].to_owned().into()
        }
    };
    name.push(number);
    if let Some(extension) = extension {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn place(root: &Path, file: &str, bytes: &str) -> Digest {
        fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
        fs::write(root.join(file), bytes).unwrap();
        Digest::of(bytes.as_bytes())
    }

    #[test]
    fn names_that_are_taken_get_a_number_and_nothing_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let folder = Folder::open(root).unwrap();
        let mut mover = Mover::new(&folder);
        let mut places = Vec::new();
        for (n, to) in [
            Destination::Received,
            Destination::Received,
            Destination::ByHand("a".into()),
            Destination::ByHand("b".into()),
        ]
        .iter()
        .enumerate()
        {
            let digest = place(root, "gün 1/a.png", &n.to_string());
            places.push(mover.settle(Path::new("gün 1/a.png"), digest, to).unwrap().unwrap());
        }
        mover.sync().unwrap();
        let expected = ["gonderildi/gün 1/a.png", "gonderildi/gün 1/a-2.png", "elle/gün 1/a.png", "elle/gün 1/a-2.png"];
        assert_eq!(places, expected.map(PathBuf::from));
        for (n, path) in expected.iter().enumerate() {
            assert_eq!(fs::read_to_string(root.join(path)).unwrap(), n.to_string());
        }
        assert_eq!(fs::read_to_string(root.join("elle/gün 1/a.png.txt")).unwrap(), "a");
        assert_eq!(fs::read_to_string(root.join("elle/gün 1/a-2.png.txt")).unwrap(), "b");
    }

    #[test]
    fn another_page_under_the_same_name_goes_back_to_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        place(root, "a.png", "the next page");
        let folder = Folder::open(root).unwrap();
        let mut mover = Mover::new(&folder);
        let settled = mover.settle(Path::new("a.png"), Digest::of(b"the page that was sent"), &Destination::Received);
        assert_eq!(settled.unwrap(), None);
        assert_eq!(fs::read_to_string(root.join("a.png")).unwrap(), "the next page");
        assert!(!root.join("gonderildi/a.png").exists());
        assert_eq!(mover.settle(Path::new("gone.png"), Digest::of(b""), &Destination::Received).unwrap(), None);
    }

    #[test]
    fn what_a_kill_left_in_the_staging_folder_goes_back_beside_what_came_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        place(root, ".tutanak/masa/gun/a.png", "in the staging folder");
        place(root, "gun/a.png", "came meanwhile");
        let folder = Folder::open(root).unwrap();
        let mut mover = Mover::new(&folder);
        assert_eq!(mover.clear_staging().unwrap(), [PathBuf::from("gun/a-2.png")]);
        assert_eq!(fs::read_to_string(root.join("gun/a.png")).unwrap(), "came meanwhile");
        assert_eq!(fs::read_to_string(root.join("gun/a-2.png")).unwrap(), "in the staging folder");
        assert!(mover.clear_staging().unwrap().is_empty());
    }

    #[test]
    fn a_text_that_a_kill_left_without_its_file_is_used_again() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        place(root, "elle/a.png.txt", "why");
        let digest = place(root, "a.png", "x");
        let folder = Folder::open(root).unwrap();
        let settled =
            Mover::new(&folder).settle(Path::new("a.png"), digest, &Destination::ByHand("why".into())).unwrap();
        assert_eq!(settled, Some(PathBuf::from("elle/a.png")));
    }

    #[test]
    fn the_longest_name_finds_a_place_with_a_text_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        let mut mover = Mover::new(&folder);
        for name in [format!("{}.png", "x".repeat(250)), format!("{}a.png", "ğ".repeat(125))] {
            for to in [
                Destination::Received,
                Destination::Received,
                Destination::ByHand("a".into()),
                Destination::Damaged("b".into()),
            ] {
                let digest = place(dir.path(), &name, &format!("{to:?}"));
                let settled = mover.settle(Path::new(&name), digest, &to).unwrap().unwrap();
                assert!(settled.extension().is_some_and(|end| end == "png"), "{settled:?}");
                assert_eq!(fs::read_to_string(dir.path().join(&settled)).unwrap(), format!("{to:?}"));
                let text = fs::read_to_string(dir.path().join(settled.with_added_extension("txt"))).ok();
                assert_eq!(text.as_deref(), to.text());
            }
        }
    }

    #[test]
    fn a_link_in_the_place_of_our_folders_is_not_followed() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(outside.path(), dir.path().join("gonderildi")).unwrap();
        let digest = place(dir.path(), "a.png", "x");
        let folder = Folder::open(dir.path()).unwrap();
        let mut mover = Mover::new(&folder);
        assert!(matches!(
            mover.settle(Path::new("a.png"), digest, &Destination::Received),
            Err(DiskError::Unsafe { why: beneath::Unsafe::Link, .. })
        ));
        assert_eq!(fs::read_to_string(dir.path().join("a.png")).unwrap(), "x", "it goes back");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
