//! Lines of a file that cannot be taken, each with its place and its cause, so that one run tells all there is to mend.

use std::fmt;

/// How many bad lines are kept; of the rest only the number.
pub const AT_MOST: usize = 10_000;

/// One line that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: u64,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What is wrong, in a sentence.
    pub cause: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if let Some(column) = &self.column {
            write!(f, " ({column})")?;
        }
        write!(f, ": {}", self.cause)
    }
}

/// All bad lines: the first 10,000, and the number of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadLines {
    /// The first of them, file by file.
    pub list: Vec<BadLine>,
    /// How many there are besides.
    pub more: u64,
}

impl BadLines {
    /// Adds one, or counts it.
    pub fn add(&mut self, file: &str, line: u64, column: impl Into<Option<&'static str>>, cause: impl fmt::Display) {
        if self.list.len() < AT_MOST {
            let column = column.into().map(str::to_owned);
            self.list.push(BadLine { file: file.to_owned(), line, column, cause: cause.to_string() });
        } else {
            self.more += 1;
        }
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.list.len() as u64 + self.more
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }
}

impl fmt::Display for BadLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bad in &self.list {
            writeln!(f, "{bad}")?;
        }
        if self.more > 0 {
            writeln!(f, "… and {} more", self.more)?;
        }
        Ok(())
    }
}
