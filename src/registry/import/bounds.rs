//! How much an import takes: a file that is the wrong one, or grows without end, is refused in words and not read on.

use std::time::{Duration, Instant};

/// Bounds of an import. A line has a bound of its own, `LINE_LIMIT` of the lines.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of one file. The codes of a country, listed one by one, have 60 MB.
    pub bytes: u64,
    /// Rows of one file. A country has 210,000 boxes and some million codes.
    pub rows: u64,
    /// How long it may take, checking and writing.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { bytes: 512 << 20, rows: 8_000_000, time: Duration::from_secs(2 * 60 * 60) }
    }
}

/// A bound that was met. Nothing was imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooMuch {
    /// Of a file's bytes.
    #[error("{file} has more than {bytes} bytes, more than any country needs: it is not the file that was meant")]
    Bytes {
        /// The file.
        file: String,
        /// How many it may have.
        bytes: u64,
    },
    /// Of a file's rows.
    #[error("{file} has more than {rows} rows, more than any country needs: it is not the file that was meant")]
    Rows {
        /// The file.
        file: String,
        /// How many it may have.
        rows: u64,
    },
    /// Of time.
    #[error("it took longer than {} seconds, so nothing was imported: look at the disk and the database, then start again", .0.as_secs())]
    Time(Duration),
}

/// Bounds, and since when they count.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    bounds: Bounds,
    since: Instant,
}

impl Watch {
    /// Counts from now on.
    pub fn begin(bounds: Bounds) -> Self {
        Self { bounds, since: Instant::now() }
    }

    /// A file with so many bytes.
    pub fn file(&self, file: &str, bytes: u64) -> Result<(), TooMuch> {
        let limit = self.bounds.bytes;
        if bytes > limit { Err(TooMuch::Bytes { file: file.to_owned(), bytes: limit }) } else { Ok(()) }
    }

    /// So many rows and bytes of a file were read.
    pub fn row(&self, file: &str, rows: u64, bytes: u64) -> Result<(), TooMuch> {
        self.file(file, bytes)?;
        if rows > self.bounds.rows {
            return Err(TooMuch::Rows { file: file.to_owned(), rows: self.bounds.rows });
        }
        if self.since.elapsed() > self.bounds.time { Err(TooMuch::Time(self.bounds.time)) } else { Ok(()) }
    }
}
