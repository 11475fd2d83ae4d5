//! The scans of one seçim çevresi at one instant of the ledger, by path, page by page.
//!
//! What belongs to another çevre is left out here, once and for everything that is written: the form that an entry names
//! decides, not the directory in which it lies, because several çevre share the directory of their province.

use std::collections::HashMap;

use crate::domain::naming::SCANS;
use crate::domain::{Digest, Entry, Form, Karekod};
use crate::ledger::below::{ScanBelow, WalkCursor};
use crate::ledger::entries::parse;
use crate::ledger::registry::{Inside, Label, PlaceName};
use crate::ledger::{Ledger, LedgerError};

/// Scans of one page.
const PAGE: u32 = 500;

/// A scan of the çevre.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its directory in the tree, which begins with that of all scans.
    pub directory: String,
    /// Its name in there.
    pub name: String,
    /// The entry that brought it.
    pub position: u64,
    /// Size in bytes.
    pub size: u64,
    /// Its digest.
    pub digest: Digest,
    /// The entry's line.
    pub line: String,
    /// The entry.
    pub entry: Entry,
    /// What it is a scan of.
    pub form: Form,
    /// The places of the form, the largest first.
    pub places: Vec<PlaceName>,
}

impl Item {
    /// Its path in the tree.
    pub fn path(&self) -> String {
        format!("{}/{}", self.directory, self.name)
    }
}

/// A walk over the çevre's scans.
#[derive(Debug)]
pub struct Walk<'a> {
    ledger: &'a Ledger,
    inside: &'a Inside,
    size: u64,
    /// The directories that are still to be walked, the next one last.
    left: Vec<String>,
    cursor: Option<WalkCursor>,
}

impl<'a> Walk<'a> {
    /// A walk from the beginning, over the ledger's first `size` entries.
    pub fn new(ledger: &'a Ledger, inside: &'a Inside, size: u64) -> Self {
        let left = inside.directories().iter().rev().map(|directory| format!("{SCANS}/{directory}")).collect();
        Self { ledger, inside, size, left, cursor: Some(WalkCursor::default()) }
    }

    /// The next scans by path; none at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Item>>, LedgerError> {
        while let Some(directory) = self.left.last() {
            let Some(from) = self.cursor.take() else {
                self.left.pop();
                self.cursor = Some(WalkCursor::default());
                continue;
            };
            let (scans, next) = self.ledger.scans_below(directory, &from, PAGE, true).await?;
            self.cursor = next;
            let items = self.of_the_place(scans).await?;
            if !items.is_empty() {
                return Ok(Some(items));
            }
        }
        Ok(None)
    }

    async fn of_the_place(&self, scans: Vec<ScanBelow>) -> Result<Vec<Item>, LedgerError> {
        let mut read = Vec::with_capacity(scans.len());
        for scan in scans.into_iter().filter(|scan| scan.position < self.size) {
            let line = scan.line.clone().unwrap_or_default();
            let entry = parse(scan.position, &line)?;
            read.push((scan, line, entry));
        }
        let codes = read.iter().filter_map(|(_, _, entry)| entry.form.clone()).collect();
        let labels: HashMap<Karekod, Label> = self.ledger.labels(&codes).await?;
        let item = |(scan, line, entry): (ScanBelow, String, Entry)| {
            let label = entry.form.as_ref().and_then(|code| labels.get(code))?;
            self.inside.contains(&label.form.place).then(|| Item {
                directory: scan.parent,
                name: scan.name,
                position: scan.position,
                size: scan.size,
                digest: scan.digest,
                line,
                entry,
                form: label.form.clone(),
                places: label.places.clone(),
            })
        };
        Ok(read.into_iter().filter_map(item).collect())
    }
}
