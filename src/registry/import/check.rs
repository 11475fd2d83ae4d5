//! The first half of an import: reads every file, finds every bad line, and keeps what the second half needs: the place
//! tree, the boxes' ids and numbers, the digests. Writes nothing.

use std::io;
use std::path::{Path, PathBuf};

use super::rows::Meter;
use super::{ImportError, Stage, Watcher};
use crate::domain::{Digest, Election};
use crate::ledger::registry::Table as Stored;
use crate::registry::bad::BadLines;
use crate::registry::boxes::{self, Boxes};
use crate::registry::codes::{self, Codes, Registered};
use crate::registry::places::{self, Places};
use crate::registry::settings;
use crate::registry::table::{Columns, Row, Table};

/// A file that was read to its end.
pub struct CheckedFile {
    /// Which rows it holds.
    pub holds: Stored,
    /// Where it lies.
    pub path: PathBuf,
    /// What it held when it was checked.
    pub digest: Digest,
}

impl CheckedFile {
    /// Its name without the directory.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }
}

/// What the first half found out.
pub struct Checked {
    /// The election.
    pub election: Election,
    /// Its places.
    pub places: Places,
    /// The boxes of the file.
    pub boxes: Boxes,
    /// The files, in the order in which they are written.
    pub files: Vec<CheckedFile>,
    /// Bytes of all files.
    pub bytes: u64,
}

impl Checked {
    /// What `sha256sum` prints for the files.
    pub fn listing(&self) -> String {
        self.files.iter().map(|file| format!("{}  {}\n", file.digest, file.name())).collect()
    }

    /// Name of the file that holds such rows.
    pub fn file_name(&self, holds: Stored) -> &str {
        let file = self.files.iter().find(|file| file.holds == holds);
        file.and_then(|file| file.path.file_name()).and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The line of the election's file that sets `field`; 0 where none does.
    pub fn line_of_field(&self, field: &str) -> u64 {
        let file = self.files.iter().find(|file| file.holds == Stored::Election);
        let text = file.and_then(|file| std::fs::read_to_string(&file.path).ok()).unwrap_or_default();
        settings::line_of_field(&text, field)
    }
}

/// Checks an election's directory. None where so much is wrong that nothing could be compared.
pub fn directory(dir: &Path, bad: &mut BadLines, watcher: Watcher<'_>) -> Result<Option<Checked>, ImportError> {
    let path = dir.join(settings::FILE);
    let read = settings::read(dir, bad).map_err(|source| ImportError::Read { path: path.clone(), source })?;
    let Some((election, digest)) = read else { return Ok(None) };
    let mut files = vec![CheckedFile { holds: Stored::Election, path, digest }];
    let mut lists = vec![(Stored::Places, dir.join(places::FILE)), (Stored::Boxes, dir.join(boxes::FILE))];
    if dir.join(codes::FILE).exists() {
        lists.push((Stored::Codes, dir.join(codes::FILE)));
    }
    let bytes = lists.iter().map(|(_, path)| size(path)).sum::<Result<u64, _>>()?;
    let mut meter = Meter::new(Stage::Checking, bytes, watcher);
    let (mut places, mut boxes, mut codes) = (Places::default(), Boxes::default(), Codes::default());
    for (holds, path) in lists {
        let digest = match holds {
            Stored::Places | Stored::Election => {
                read_all(&path, &places::COLUMNS, bad, &mut meter, |row, bad| places.add(row, bad))?
            }
            Stored::Boxes => read_all(&path, &boxes::COLUMNS, bad, &mut meter, |row, bad| {
                boxes.add(row, boxes::FILE, &election, &places, bad);
            })?,
            Stored::Codes => {
                let registered = Registered { election: &election, places: &places, boxes: &boxes };
                read_all(&path, &codes::COLUMNS, bad, &mut meter, |row, bad| codes.add(row, registered, bad))?
            }
        };
        // Without these rows, every row that needs them would be blamed as well.
        let Some(digest) = digest else { return Ok(None) };
        files.push(CheckedFile { holds, path, digest });
    }
    Ok(Some(Checked { election, places, boxes, files, bytes }))
}

/// Checks a file of boxes for an election that is stored.
pub fn boxes_alone(
    path: &Path,
    election: Election,
    places: Places,
    bad: &mut BadLines,
    watcher: Watcher<'_>,
) -> Result<Checked, ImportError> {
    let (bytes, name) = (size(path)?, file_name(path));
    let mut meter = Meter::new(Stage::Checking, bytes, watcher);
    let mut boxes = Boxes::default();
    let digest = read_all(path, &boxes::COLUMNS, bad, &mut meter, |row, bad| {
        boxes.add(row, &name, &election, &places, bad);
    })?;
    let file = digest.map(|digest| CheckedFile { holds: Stored::Boxes, path: path.to_owned(), digest });
    Ok(Checked { election, places, boxes, files: file.into_iter().collect(), bytes })
}

/// Gives every row of a file to `take` and returns the file's digest. None where its header is not sound.
fn read_all(
    path: &Path,
    columns: &Columns,
    bad: &mut BadLines,
    meter: &mut Meter<'_>,
    mut take: impl FnMut(Row<'_>, &mut BadLines),
) -> Result<Option<Digest>, ImportError> {
    let failed = |source: io::Error| ImportError::Read { path: path.to_owned(), source };
    let Some(mut table) = Table::open(path, columns, bad).map_err(failed)? else { return Ok(None) };
    while let Some(row) = table.next(bad).map_err(failed)? {
        take(row, bad);
        meter.row(table.bytes());
    }
    meter.file_done(table.bytes());
    Ok(Some(table.digest()))
}

fn size(path: &Path) -> Result<u64, ImportError> {
    let failed = |source| ImportError::Read { path: path.to_owned(), source };
    Ok(std::fs::metadata(path).map_err(failed)?.len())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
