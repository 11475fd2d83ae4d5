//! The second half of an import: reads the checked files again and gives their rows to the ledger, batch by batch, so that
//! memory does not grow with the country. A file that is no longer what was checked stops everything.

use std::io;
use std::path::PathBuf;

use super::check::{Checked, CheckedFile};
use super::meter::Meter;
use super::{Stage, TooMuch, Watcher};
use crate::ledger::registry::{BATCH, Batch, RowSource, RowSourceError, Table as Stored};
use crate::registry::bad::BadLines;
use crate::registry::codes::{self, Registered};
use crate::registry::table::{Columns, Row, Table};
use crate::registry::{boxes, choices, places};

/// Why the rows stopped coming.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More than an import takes.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
    /// A file is no longer what was checked.
    #[error("a file changed while it was read")]
    Changed,
}

/// The rows of checked files.
pub struct FileRows<'a> {
    checked: &'a Checked,
    left: std::slice::Iter<'a, CheckedFile>,
    open: Option<(&'a CheckedFile, Table)>,
    meter: Meter<'a>,
}

impl<'a> FileRows<'a> {
    /// Nothing is opened before the first batch is asked for.
    pub fn new(checked: &'a Checked, watcher: Watcher<'a>) -> Self {
        let meter = Meter::new(Stage::Writing, checked.bytes, checked.watch, watcher);
        Self { checked, left: checked.files.iter(), open: None, meter }
    }

    /// Up to [`BATCH`] rows of the open file. Empty at its end.
    fn rows<T>(&mut self, read: impl Fn(Row<'_>) -> Option<T>) -> Result<Vec<(u64, T)>, Stopped> {
        let Some((file, table)) = &mut self.open else { return Ok(Vec::new()) };
        let failed = |source| Stopped::Read { path: file.path.clone(), source };
        let mut rows = Vec::with_capacity(BATCH);
        let mut bad = BadLines::default();
        while rows.len() < BATCH {
            let Some(row) = table.next(&mut bad).map_err(failed)? else {
                // An empty batch ends the file, so it comes here once.
                if rows.is_empty() {
                    self.meter.file_done(table.file(), table.bytes())?;
                    if table.digest() != file.digest {
                        return Err(Stopped::Changed);
                    }
                }
                break;
            };
            // Every row was sound when it was checked.
            rows.push((row.line, read(row).ok_or(Stopped::Changed)?));
            self.meter.row(table.file(), table.bytes())?;
        }
        if bad.is_empty() { Ok(rows) } else { Err(Stopped::Changed) }
    }

    fn batch(&mut self) -> Result<Option<Batch>, Stopped> {
        let checked = self.checked;
        let registered = Registered { election: &checked.election, places: &checked.places, boxes: &checked.boxes };
        loop {
            let Some((file, _)) = &self.open else {
                let Some(file) = self.left.next() else { return Ok(None) };
                self.open(file)?;
                continue;
            };
            let batch = match file.holds {
                Stored::Election => Batch::Places(Vec::new()),
                Stored::Places => Batch::Places(self.rows(|row| registered.places.row(row))?),
                Stored::Boxes => {
                    Batch::Boxes(self.rows(|row| boxes::row(row, registered.election, registered.places))?)
                }
                Stored::Codes => Batch::Codes(self.rows(|row| codes::row(row, registered))?),
                Stored::Choices => {
                    Batch::Choices(self.rows(|row| choices::row(row, registered.election, registered.places))?)
                }
            };
            let empty = match &batch {
                Batch::Places(rows) => rows.is_empty(),
                Batch::Boxes(rows) => rows.is_empty(),
                Batch::Codes(rows) => rows.is_empty(),
                Batch::Choices(rows) => rows.is_empty(),
            };
            if !empty {
                return Ok(Some(batch));
            }
            self.open = None;
        }
    }

    fn open(&mut self, file: &'a CheckedFile) -> Result<(), Stopped> {
        let columns: &Columns = match file.holds {
            Stored::Election => return Ok(()), // was read as a whole
            Stored::Places => &places::COLUMNS,
            Stored::Boxes => &boxes::COLUMNS,
            Stored::Codes => &codes::COLUMNS,
            Stored::Choices => &choices::COLUMNS,
        };
        let failed = |source| Stopped::Read { path: file.path.clone(), source };
        let table = Table::open(&file.path, columns, &mut BadLines::default()).map_err(failed)?;
        self.open = Some((file, table.ok_or(Stopped::Changed)?));
        Ok(())
    }
}

impl RowSource for FileRows<'_> {
    fn next(&mut self) -> Result<Option<Batch>, RowSourceError> {
        Ok(self.batch()?)
    }
}
