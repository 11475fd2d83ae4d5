//! A CSV file as rows with named columns. Every complaint names file, line and column.

use std::io;
use std::path::Path;

use super::bad::BadLines;
use super::lines::{Lines, split};
use crate::domain::Digest;

/// The columns that a file may have.
pub struct Columns {
    /// Columns that must be there.
    pub required: &'static [&'static str],
    /// Columns that may be there.
    pub optional: &'static [&'static str],
}

/// An open CSV file, read row by row.
pub struct Table {
    file: String,
    lines: Lines,
    separator: char,
    /// Which column stands where.
    header: Vec<&'static str>,
    fields: Vec<String>,
}

/// One row. Fields are trimmed; a column that the file does not have is empty.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The line it stands on.
    pub line: u64,
    header: &'a [&'static str],
    fields: &'a [String],
}

impl<'a> Row<'a> {
    /// The text of a column.
    pub fn get(&self, column: &str) -> &'a str {
        let at = self.header.iter().position(|known| *known == column);
        at.map_or("", |at| self.fields[at].trim())
    }
}

impl Table {
    /// Opens a file and reads its header. None, with the reason in `bad`, where the header is not as it must be.
    pub fn open(path: &Path, columns: &Columns, bad: &mut BadLines) -> io::Result<Option<Self>> {
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let mut lines = Lines::open(path)?;
        let header = match lines.next()? {
            None => Err("the file is empty; a header is expected".to_owned()),
            Some(Err(text)) => Err(text.to_string()),
            Some(Ok(line)) => Ok(line.to_owned()),
        };
        let header = match header {
            Ok(header) => header,
            Err(cause) => {
                bad.add(&file, 1, None, cause);
                return Ok(None);
            }
        };
        let separator = if header.matches(';').count() > header.matches(',').count() { ';' } else { ',' };
        let mut fields = Vec::new();
        if let Err(text) = split(&header, separator, &mut fields) {
            bad.add(&file, 1, None, text);
            return Ok(None);
        }
        let before = bad.total();
        let known = || columns.required.iter().chain(columns.optional).copied();
        let mut found: Vec<&'static str> = Vec::new();
        for name in &fields {
            match known().find(|known| *known == name.trim()) {
                None => {
                    let known = known().collect::<Vec<_>>().join(", ");
                    bad.add(&file, 1, None, format_args!("no column is called {name:?}: {known} are known"));
                }
                Some(column) if found.contains(&column) => bad.add(&file, 1, column, "the column is there twice"),
                Some(column) => found.push(column),
            }
        }
        for column in columns.required.iter().filter(|column| !found.contains(column)) {
            bad.add(&file, 1, *column, "the column is missing");
        }
        let sound = bad.total() == before;
        Ok(sound.then_some(Self { file, lines, separator, header: found, fields: Vec::new() }))
    }

    /// The next row that has as many fields as the header; others go to `bad`. Empty lines are passed over. None at the
    /// end.
    pub fn next(&mut self, bad: &mut BadLines) -> io::Result<Option<Row<'_>>> {
        loop {
            let line = match self.lines.next()? {
                None => return Ok(None),
                Some(Ok("")) => continue,
                Some(line) => line.and_then(|line| split(line, self.separator, &mut self.fields)),
            };
            let number = self.lines.number();
            match line {
                Err(text) => bad.add(&self.file, number, None, text),
                Ok(()) if self.fields.len() != self.header.len() => {
                    let (has, expected) = (self.fields.len(), self.header.len());
                    bad.add(&self.file, number, None, format_args!("the line has {has} fields, the header {expected}"));
                }
                Ok(()) => break,
            }
        }
        Ok(Some(Row { line: self.lines.number(), header: &self.header, fields: &self.fields }))
    }

    /// The file's name, without its directory.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.lines.bytes()
    }

    /// Digest of the file, once the end was reached.
    pub fn digest(&self) -> Digest {
        self.lines.digest()
    }
}
