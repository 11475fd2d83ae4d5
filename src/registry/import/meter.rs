//! How far an import is, said not too often, and an end where it is too much.

use super::{Progress, Stage, TooMuch, Watch, Watcher};

/// Rows between two words of progress.
const ROWS_BETWEEN: u64 = 2_048;

/// Says how far it is, not too often.
pub struct Meter<'a> {
    watcher: Watcher<'a>,
    now: Progress,
    watch: Watch,
    before_this_file: u64,
    /// Of this file.
    rows: u64,
}

impl<'a> Meter<'a> {
    /// Begins a stage.
    pub fn new(stage: Stage, of_bytes: u64, watch: Watch, watcher: Watcher<'a>) -> Self {
        let now = Progress { stage, bytes: 0, of_bytes };
        watcher(now);
        Self { watcher, now, watch, before_this_file: 0, rows: 0 }
    }

    /// One more row; `bytes` of its file were read.
    pub fn row(&mut self, file: &str, bytes: u64) -> Result<(), TooMuch> {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_BETWEEN) {
            self.say(bytes);
        }
        self.watch.row(file, self.rows, bytes)
    }

    /// A file was read to its end.
    pub fn file_done(&mut self, file: &str, bytes: u64) -> Result<(), TooMuch> {
        self.say(bytes);
        self.before_this_file += bytes;
        self.watch.row(file, std::mem::take(&mut self.rows), bytes)
    }

    fn say(&mut self, bytes: u64) {
        self.now.bytes = self.before_this_file + bytes;
        (self.watcher)(self.now);
    }
}
