//! The files of a bag against its manifests, on all cores.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Take};
use std::path::Path;
use std::sync::Mutex;

use super::scan::{Scans, tree_path};
use super::{CannotVerify, MediumVerdict};
use crate::beneath::{self, Folder, Kind, ShortLines, Unsafe};
use crate::client::problem::{Problem, printable};
use crate::client::verify::files;
use crate::domain::Digest;
use crate::domain::naming::lists::{ListFormat, ListKind, ListPath};
use crate::formats::bag::{DECLARATION, PAGES, PAYLOAD, PREVIEWS, SIGNATURE, TAG_BYTES, TAGS, name_of, parse_line};
use crate::formats::portable::{self, FILE_BYTES};

/// Lines that are dealt out to the threads at a time.
const LINES: usize = 4096;
/// Bytes of a line at most, of a manifest or a list.
const LINE: usize = 16 << 10;
/// Problems that are named at most: a medium that is all wrong is told by fewer.
const NAMED: usize = 10_000;

/// What a manifest names.
#[derive(Default)]
pub(super) struct Manifest {
    /// Sixteen bytes for each path, sorted.
    pub names: Vec<[u8; 16]>,
    /// Bytes of those that are there.
    pub bytes: u64,
    /// Scans among them.
    pub scans: u64,
    /// Whether every file was there and could be read.
    pub whole: bool,
}

/// What one file showed.
struct FileCheck {
    bytes: u64,
    is_scan: bool,
    problems: Vec<Problem>,
}

impl Manifest {
    /// Hashes every file that the manifest names.
    pub fn check(
        root: &Folder,
        name: &str,
        scans: &Scans<'_>,
        verdict: &mut MediumVerdict,
    ) -> Result<Self, CannotVerify> {
        let mut manifest = Self { whole: true, ..Self::default() };
        let file = match root.file(Path::new(name)).and_then(bounded) {
            Ok(file) => file,
            Err(error) => {
                let what = if error.kind() == ErrorKind::NotFound {
                    "yok / it is not there".to_owned()
                } else {
                    error.to_string()
                };
                verdict.problems.push(Problem::Bag { path: name.to_owned(), what });
                return Ok(manifest);
            }
        };
        let mut lines = BufReader::new(ShortLines::new(file, LINE)).lines();
        let mut more = true;
        while more {
            let mut some = Vec::with_capacity(LINES);
            while some.len() < LINES {
                let line = match lines.next() {
                    Some(Ok(line)) => line,
                    Some(Err(error)) => {
                        manifest.whole = false;
                        verdict.problems.push(Problem::Bag { path: name.to_owned(), what: error.to_string() });
                        more = false;
                        break;
                    }
                    None => {
                        more = false;
                        break;
                    }
                };
                match parse_line(line.trim_end_matches('\r')) {
                    Some((digest, path)) => some.push((digest, path.to_owned())),
                    None if verdict.problems.len() < NAMED => {
                        let what = format!("satır anlaşılmıyor / a line makes no sense: {}", printable(&line));
                        verdict.problems.push(Problem::Bag { path: name.to_owned(), what });
                    }
                    None => {}
                }
            }
            for shown in on_all_cores(&some, |(digest, path)| look_at(root, digest, path, scans)) {
                manifest.bytes += shown.bytes;
                manifest.scans += u64::from(shown.is_scan);
                manifest.whole &= shown.problems.is_empty();
                verdict.bytes += shown.bytes;
                verdict.scans += u64::from(shown.is_scan);
                verdict.files += 1;
                let room = NAMED.saturating_sub(verdict.problems.len());
                verdict.problems.extend(shown.problems.into_iter().take(room));
            }
            manifest.names.extend(some.iter().map(|(_, path)| name_of(path)));
        }
        manifest.names.sort_unstable();
        Ok(manifest)
    }

    fn holds(&self, path: &str) -> bool {
        self.names.binary_search(&name_of(path)).is_ok()
    }
}

fn on_all_cores<T: Sync>(work: &[T], look: impl Fn(&T) -> FileCheck + Sync) -> Vec<FileCheck> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let next = Mutex::new(work.iter().enumerate());
    let mut shown: Vec<(usize, FileCheck)> = std::thread::scope(|scope| {
        let run = || {
            let mut shown = Vec::new();
            loop {
                let taken = next.lock().expect("nothing panics while it is held").next();
                let Some((number, one)) = taken else { return shown };
                shown.push((number, look(one)));
            }
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("looking at a file does not panic")).collect()
    });
    shown.sort_unstable_by_key(|(number, _)| *number);
    shown.into_iter().map(|(_, shown)| shown).collect()
}

fn look_at(root: &Folder, digest: &Digest, path: &str, scans: &Scans<'_>) -> FileCheck {
    let tree = tree_path(path);
    let mut shown = FileCheck { bytes: 0, is_scan: tree.is_some(), problems: Vec::new() };
    match root.file(Path::new(path)).and_then(|file| whole(file, FILE_BYTES)).and_then(files::digest) {
        Ok((found, bytes)) => {
            shown.bytes = bytes;
            if found != *digest {
                let found = found.to_string();
                shown.problems.push(Problem::FileChanged { path: path.to_owned(), signed: *digest, found });
            }
        }
        Err(error) if beneath::is_absent(&error) => {
            shown.problems.push(Problem::FileMissing { path: path.to_owned() });
        }
        Err(error) => {
            let found = error.to_string();
            shown.problems.push(Problem::FileChanged { path: path.to_owned(), signed: *digest, found });
        }
    }
    if let Some(tree) = tree {
        shown.problems.extend(scans.check(path, &tree, digest));
    }
    shown
}

/// A manifest, if it is no longer than one can be.
pub(super) fn bounded(file: File) -> io::Result<Take<File>> {
    let most = TAG_BYTES as u64;
    Ok(whole(file, most)?.take(most))
}

/// A file, if it is no longer than one of a medium can be.
fn whole(file: File, most: u64) -> io::Result<File> {
    if file.metadata()?.len() > most { Err(Unsafe::TooLong(most).into()) } else { Ok(file) }
}

/// Names what lies in the bag's directories and was not signed, and what must have been signed and was not.
pub(super) fn walk(root: &Folder, payload: &Manifest, tags: &Manifest, verdict: &mut MediumVerdict) {
    for (top, manifest) in [(PAYLOAD, payload), (PAGES, tags), (PREVIEWS, tags)] {
        below(root, Path::new(top), manifest, verdict);
    }
    for name in [DECLARATION, super::INFO, super::MANIFEST] {
        if !tags.holds(name) {
            let what = format!("{name} anılmıyor / it does not name {name}");
            verdict.problems.push(Problem::Bag { path: TAGS.to_owned(), what });
        }
    }
    // At the top, systems put files of their own. Pages and texts that are not of the bag could mislead.
    for (name, _) in root.list(Path::new("")).into_iter().flatten().flatten() {
        let name = name.to_string_lossy().into_owned();
        let misleads = name.ends_with(".html") || name.ends_with(".txt") || name.ends_with(".part");
        if misleads && verdict.problems.len() < NAMED && name != TAGS && name != SIGNATURE && !tags.holds(&name) {
            verdict.problems.push(Problem::FileExtra { path: printable(&name) });
        }
    }
}

fn below(root: &Folder, path: &Path, manifest: &Manifest, verdict: &mut MediumVerdict) {
    let extra = |path: &Path, verdict: &mut MediumVerdict| {
        if verdict.problems.len() < NAMED {
            verdict.problems.push(Problem::FileExtra { path: printable(&path.to_string_lossy()) });
        }
    };
    let entries = match root.list(path) {
        Ok(entries) => entries,
        Err(error) if beneath::is_absent(&error) => return,
        Err(_) => return extra(path, verdict), // a link, or what cannot be looked into
    };
    for entry in entries {
        let Ok((name, kind)) = entry else { return extra(path, verdict) };
        let path = path.join(name);
        match kind {
            Kind::Directory => below(root, &path, manifest, verdict),
            // What was signed and is no file is named where it is read.
            _ if manifest.holds(&path.to_string_lossy()) => {}
            _ => extra(&path, verdict),
        }
    }
}

/// Every scan that the list names must be here, or on another of several media.
pub(super) fn listed(root: &Folder, payload: &Manifest, verdict: &mut MediumVerdict) {
    let list = ListPath::List { part: None, kind: ListKind::Scans, format: ListFormat::Comma };
    let path = format!("{PAYLOAD}/{}", list.path());
    if !payload.holds(&path) {
        verdict.problems.push(Problem::FileMissing { path });
        return;
    }
    let Ok(file) = root.file(Path::new(&path)).and_then(bounded) else { return };
    // Line by line: a quote that is never closed would gather the rest of the file.
    let mut lines = BufReader::new(ShortLines::new(file, LINE)).lines();
    let header = lines.next().and_then(Result::ok).and_then(|line| record(line.trim_start_matches('\u{feff}')));
    let column = header.and_then(|header| header.iter().position(|header| header == "DOSYA"));
    let Some(column) = column else {
        verdict.problems.push(Problem::Bag { path, what: "DOSYA sütunu yok / it has no column DOSYA".to_owned() });
        return;
    };
    let several = verdict.info.as_ref().is_some_and(|info| info.of > 1);
    for record in lines.map_while(Result::ok).filter_map(|line| record(&line)) {
        let Some(tree) = record.get(column).filter(|tree| !tree.is_empty()) else { continue };
        if payload.holds(&format!("{PAYLOAD}/{}", portable::path(tree))) {
            continue;
        }
        match several {
            true => verdict.elsewhere += 1,
            false if verdict.problems.len() < NAMED => {
                verdict.problems.push(Problem::NotDelivered { path: printable(tree) });
            }
            false => {}
        }
    }
}

/// A line of a list, in its fields.
fn record(line: &str) -> Option<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).buffer_capacity(LINE).from_reader(line.as_bytes());
    reader.records().next()?.ok()
}
