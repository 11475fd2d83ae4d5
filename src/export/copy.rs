//! Files onto a medium, so that each is under its name only when it was read back from the device.
//!
//! Everything is written as `name.part`, synced, and then read again from the first file to the last, after the last byte
//! was written and with the system's cache dropped: a stick that is smaller than it says loses what came first or last, and
//! only a look at all of it afterwards finds that. What agrees is renamed. Nothing that lies there already is trusted:
//! it is kept when its bytes are those that would be written.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use rustix::fs::{Advice, fadvise, syncfs};
use sha2::{Digest as _, Sha256};

use super::device::{Device, device};
use super::fault::{Found, MediumError, NAMED, Pattern, Unreliable};
use super::item::BagFile;
use super::progress::{Phase, Progress};
use crate::beneath::{self, Folder, Kind, Unsafe};
use crate::domain::Digest;
use crate::domain::words::shown;
use crate::formats::bag::{self, name_of};

/// What a name ends with until the file was read back.
const PART: &str = "part";
/// Bytes after which the device is told to write what it was given: so the progress is true, and little is left at the end.
const FLUSH: u64 = 32 << 20;
/// One read or write.
const PIECE: usize = 1 << 20;
/// Unreadable files one after the other, after which the medium is taken for gone.
const PATIENCE: u32 = 20;
/// What may lie on a medium beside a bag: what systems put there by themselves.
const SYSTEMS: [&str; 5] = ["System Volume Information", "$RECYCLE.BIN", "RECYCLER", "lost+found", "FOUND.000"];

/// A medium that is being written.
#[derive(Debug)]
pub struct Copy {
    root: Folder,
    /// Holds the medium: locked, so that one export writes to it.
    handle: File,
    device: Device,
    flusher: Flusher,
    unflushed: u64,
    kept: u64,
    /// Digest, bytes and path of every file since the last look, in the order of writing.
    journal: BufWriter<File>,
    /// The directory that was made last.
    parent: PathBuf,
    progress: Progress,
}

impl Copy {
    /// Takes hold of the medium whose root is `root`. `is_ours` says which names may lie there.
    ///
    /// # Errors
    /// When it is not there, another export holds it, or something else lies on it.
    pub fn open(root: &Path, progress: Progress, is_ours: impl Fn(&str) -> bool) -> Result<Self, MediumError> {
        let path = root.display().to_string();
        let at = |error: io::Error| MediumError::at(&path, &error);
        let folder = Folder::open(root).map_err(at)?;
        let handle = folder.handle().map_err(at)?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(MediumError::Busy),
            Err(fs::TryLockError::Error(error)) => return Err(at(error)),
        }
        let mut names = Vec::new();
        for entry in folder.list(Path::new("")).map_err(at)? {
            let (name, kind) = entry.map_err(at)?;
            let name = name.to_string_lossy().into_owned();
            let whole = name.strip_suffix(&format!(".{PART}")).unwrap_or(&name);
            if is_ours(whole) && kind == Kind::Other {
                return Err(MediumError::at(&name, &Unsafe::Link.into()));
            }
            if !name.starts_with('.') && !SYSTEMS.contains(&name.as_str()) && !is_ours(whole) && names.len() < NAMED {
                names.push(shown(&name).into_owned());
            }
        }
        if !names.is_empty() {
            return Err(MediumError::NotEmpty { names });
        }
        let device = device(root).map_err(at)?;
        let flusher = Flusher::start(handle.try_clone().map_err(at)?);
        let journal = BufWriter::new(tempfile::tempfile().map_err(MediumError::Spool)?);
        let parent = PathBuf::new();
        Ok(Self { root: folder, handle, device, flusher, unflushed: 0, kept: 0, journal, parent, progress })
    }

    /// What the medium is.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Bytes that lay there already.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// How far it is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Writes a file, unless it lies there already.
    ///
    /// # Errors
    /// When the medium fails.
    pub fn put(&mut self, file: &BagFile) -> Result<(), MediumError> {
        if !file.is_portable() {
            return Err(MediumError::NotPortable { path: file.path.clone() });
        }
        let (size, at) = (file.size(), |error: io::Error| MediumError::at(&file.path, &error));
        let (place, part) = self.places(&file.path);
        let there = [&place, &part].into_iter().any(|place| holds(&self.root, place, file.digest, size));
        if !there {
            let mut out = self.create(&file.path).map_err(at)?;
            file.write_to(&mut out).map_err(at)?;
        }
        self.wrote(&file.path, file.digest, size, !there)
    }

    /// Opens a file for writing. Whoever has written it says so with [`Copy::wrote`].
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&mut self, path: &str) -> io::Result<File> {
        let (_, part) = self.places(path);
        let parent = part.parent().unwrap_or(Path::new(""));
        if parent != self.parent {
            self.root.make_dirs(parent)?;
            parent.clone_into(&mut self.parent);
        }
        self.root.create(&part)
    }

    /// Notes a file that was written, or that was found to be there.
    ///
    /// # Errors
    /// When the medium failed to take what was written before.
    pub fn wrote(&mut self, path: &str, digest: Digest, size: u64, new: bool) -> Result<(), MediumError> {
        writeln!(self.journal, "{digest} {size} {path}").map_err(MediumError::Spool)?;
        self.progress.add(size);
        match new {
            true => self.unflushed += size,
            false => self.kept += size,
        }
        if self.unflushed >= FLUSH {
            self.unflushed = 0;
            self.check_place(path)?;
            self.flusher.flush().map_err(|error| MediumError::at(path, &error))?;
        }
        Ok(())
    }

    /// Reads back all that was written since the last time, and gives each file its name.
    ///
    /// # Errors
    /// [`MediumError::Unreliable`] when the medium does not give back what it was given; those files keep the name that
    /// says so.
    pub fn settle(&mut self) -> Result<(), MediumError> {
        let shown = self.root.path().display().to_string();
        let at = |error: io::Error| MediumError::at(&shown, &error);
        self.flusher.flush().map_err(at)?;
        self.flusher.wait().map_err(at)?;
        syncfs(&self.handle).map_err(io::Error::from).map_err(at)?;
        self.check_place(&shown)?;
        self.journal.flush().map_err(MediumError::Spool)?;
        let mut journal = self.journal.get_ref().try_clone().map_err(MediumError::Spool)?;
        journal.seek(SeekFrom::Start(0)).map_err(MediumError::Spool)?;
        self.progress.turn(Phase::Reading);
        let mut look = Look::default();
        for line in BufReader::new(&journal).lines() {
            let line = line.map_err(MediumError::Spool)?;
            let Some((digest, size, path)) = journal_line(&line) else { continue };
            self.look_at(digest, size, path, &mut look)?;
            self.progress.add(size);
        }
        look.verdict()?;
        syncfs(&self.handle).map_err(io::Error::from).map_err(at)?;
        journal.seek(SeekFrom::Start(0)).and_then(|_| journal.set_len(0)).map_err(MediumError::Spool)?;
        Ok(())
    }

    /// Files below the bag's own directories that are not in `known`, which holds [`name_of`] of every path, sorted.
    ///
    /// # Errors
    /// When the medium cannot be read.
    pub fn strays(&self, known: &[[u8; 16]]) -> Result<Vec<String>, MediumError> {
        let mut strays = Vec::new();
        for top in [bag::PAYLOAD, bag::PAGES, bag::PREVIEWS] {
            below(&self.root, Path::new(top), known, &mut strays).map_err(|error| MediumError::at(top, &error))?;
        }
        Ok(strays)
    }

    fn places(&self, path: &str) -> (PathBuf, PathBuf) {
        let place = PathBuf::from(path);
        let part = place.with_added_extension(PART);
        (place, part)
    }

    /// A medium that was taken off leaves the directory below it, which must not be written to in its place.
    fn check_place(&self, path: &str) -> Result<(), MediumError> {
        let gone = |why: String| MediumError::Gone { path: path.to_owned(), why };
        match device(self.root.path()) {
            Ok(now) if now.id == self.device.id => Ok(()),
            Ok(_) => Err(gone("another file system lies in its place".to_owned())),
            Err(error) => Err(gone(error.to_string())),
        }
    }

    fn look_at(&mut self, digest: Digest, size: u64, path: &str, look: &mut Look) -> Result<(), MediumError> {
        let (place, part) = self.places(path);
        let is_part = self.root.has(Kind::File, &part);
        let found = found(&self.root, if is_part { &part } else { &place }, digest, size);
        match found {
            None => {
                if is_part {
                    self.root.rename(&part, &place).map_err(|error| MediumError::at(path, &error))?;
                }
                look.sound(size);
            }
            Some(found) => {
                if matches!(found, Found::Unreadable(_)) {
                    self.check_place(path)?;
                }
                look.wrong(path, size, found)?;
            }
        }
        Ok(())
    }
}

/// What reading back has shown so far.
#[derive(Default)]
struct Look {
    /// Sound and wrong bytes by turns, in the order of writing.
    runs: Vec<(bool, u64)>,
    files: Vec<(String, Found)>,
    wrong: u64,
    of: u64,
    unreadable: u32,
}

impl Look {
    fn sound(&mut self, size: u64) {
        self.unreadable = 0;
        self.count(true, size);
    }

    fn wrong(&mut self, path: &str, size: u64, found: Found) -> Result<(), MediumError> {
        self.count(false, size);
        self.wrong += 1;
        match &found {
            Found::Unreadable(why) => {
                self.unreadable += 1;
                if self.unreadable >= PATIENCE {
                    return Err(MediumError::Gone { path: path.to_owned(), why: why.clone() });
                }
            }
            _ => self.unreadable = 0,
        }
        if self.files.len() < NAMED {
            self.files.push((path.to_owned(), found));
        }
        Ok(())
    }

    fn count(&mut self, sound: bool, size: u64) {
        self.of += 1;
        if let Some((last, bytes)) = self.runs.last_mut()
            && *last == sound
        {
            *bytes += size;
        } else if self.runs.len() < 4 {
            // Two runs tell a lie about the size; four are as good as four thousand for anything else.
            self.runs.push((sound, size));
        }
    }

    fn verdict(self) -> Result<(), MediumError> {
        if self.wrong == 0 {
            return Ok(());
        }
        let Self { runs, files, wrong, of, .. } = self;
        // One file alone is no pattern.
        let pattern = if wrong > 1 { Pattern::of(&runs) } else { Pattern::Damaged };
        Err(MediumError::Unreliable(Unreliable { pattern, wrong, of, files }))
    }
}

fn below(root: &Folder, path: &Path, known: &[[u8; 16]], strays: &mut Vec<String>) -> io::Result<()> {
    let entries = match root.list(path) {
        Ok(entries) => entries,
        Err(error) if beneath::is_absent(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let (name, kind) = entry?;
        let path = path.join(name);
        let name = path.to_string_lossy();
        if kind == Kind::Directory {
            below(root, &path, known, strays)?;
        } else if (kind == Kind::Other || known.binary_search(&name_of(&name)).is_err()) && strays.len() < NAMED {
            strays.push(shown(&name).into_owned());
        }
    }
    Ok(())
}

fn journal_line(line: &str) -> Option<(Digest, u64, &str)> {
    let (digest, rest) = line.split_once(' ')?;
    let (size, path) = rest.split_once(' ')?;
    Some((digest.parse().ok()?, size.parse().ok()?, path))
}

fn holds(root: &Folder, place: &Path, digest: Digest, size: u64) -> bool {
    let same =
        |there: Option<beneath::Found>| there.is_some_and(|there| there.kind == Kind::File && there.size == size);
    root.look(place).is_ok_and(same) && found(root, place, digest, size).is_none()
}

/// What lies at `place` instead of the bytes with this digest, read from the device; none when it is they.
fn found(root: &Folder, place: &Path, digest: Digest, size: u64) -> Option<Found> {
    let read = || -> io::Result<(Digest, u64)> {
        let mut file = root.file(place)?;
        fadvise(&file, 0, None, Advice::DontNeed)?;
        let (mut hasher, mut bytes) = (Sha256::new(), 0);
        let mut buffer = vec![0; PIECE.min(usize::try_from(size).unwrap_or(PIECE).saturating_add(1))];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => {
                    hasher.update(&buffer[..read]);
                    bytes += read as u64;
                    if bytes > size {
                        break; // whatever follows, it is another file
                    }
                }
            }
        }
        Ok((Digest::finish(hasher), bytes))
    };
    match read() {
        Ok((_, bytes)) if bytes != size => Some(Found::OtherLength(bytes)),
        Ok((found, _)) if found != digest => Some(Found::OtherBytes),
        Ok(_) => None,
        Err(error) if beneath::is_absent(&error) => Some(Found::Nothing),
        Err(error) => Some(Found::Unreadable(error.to_string())),
    }
}

/// A thread that has the device write what it was given, while more is prepared.
#[derive(Debug)]
struct Flusher {
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Flusher {
    fn start(handle: File) -> Self {
        let (ask, asked) = sync_channel::<()>(1);
        let thread = std::thread::spawn(move || {
            while asked.recv().is_ok() {
                syncfs(&handle)?;
            }
            Ok(())
        });
        Self { ask: Some(ask), thread: Some(thread) }
    }

    /// Asks for a flush; waits while one is under way and another was asked for.
    fn flush(&mut self) -> io::Result<()> {
        match &self.ask {
            Some(ask) if ask.send(()).is_ok() => Ok(()),
            _ => self.wait(), // it ended with an error
        }
    }

    /// Waits for the last flush. After that there is none any more: what follows is little.
    fn wait(&mut self) -> io::Result<()> {
        self.ask = None;
        match self.thread.take() {
            Some(thread) => thread.join().map_err(|_| io::Error::other("the flushing thread panicked"))?,
            None => Ok(()),
        }
    }
}
