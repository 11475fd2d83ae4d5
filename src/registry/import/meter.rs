//! How far an import is, said not too often.

use super::{Progress, Stage, Watcher};

/// Rows between two words of progress.
const ROWS_BETWEEN: u32 = 2_048;

/// Says how far it is, not too often.
pub struct Meter<'a> {
    watcher: Watcher<'a>,
    now: Progress,
    before_this_file: u64,
    rows: u32,
}

impl<'a> Meter<'a> {
    /// Begins a stage.
    pub fn new(stage: Stage, of_bytes: u64, watcher: Watcher<'a>) -> Self {
        let now = Progress { stage, bytes: 0, of_bytes };
        watcher(now);
        Self { watcher, now, before_this_file: 0, rows: 0 }
    }

    /// One more row; `bytes` of its file were read.
    pub fn row(&mut self, bytes: u64) {
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_BETWEEN) {
            self.say(bytes);
        }
    }

    /// A file was read to its end.
    pub fn file_done(&mut self, bytes: u64) {
        self.say(bytes);
        self.before_this_file += bytes;
    }

    fn say(&mut self, bytes: u64) {
        self.now.bytes = self.before_this_file + bytes;
        (self.watcher)(self.now);
    }
}
