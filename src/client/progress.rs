//! How far a person is told the download has come: rate and time left, on a terminal and nowhere else.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::domain::words::shown_lines;

/// A bar, or nothing.
#[derive(Clone, Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar on standard error when `shown` and when that is a terminal.
    pub fn new(shown: bool) -> Self {
        let bar = if shown {
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(4))
        } else {
            ProgressBar::hidden()
        };
        let style =
            ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  kalan/left {eta}  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// So many bytes more are to come.
    pub fn expect(&self, bytes: u64) {
        self.0.inc_length(bytes);
    }

    /// So many bytes came.
    pub fn came(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// So many bytes that came count no more: they will come again.
    pub fn back(&self, bytes: u64) {
        self.0.dec(bytes);
    }

    /// So many bytes will not come after all.
    pub fn forget(&self, bytes: u64) {
        self.0.dec_length(bytes);
    }

    /// What is going on.
    pub fn say(&self, what: String) {
        self.0.set_message(shown_lines(&what).into_owned());
    }

    /// Prints a line without tearing the bar. It may quote a server, or the name of a file.
    pub fn line(&self, line: &str) {
        if self.0.is_hidden() { crate::note!("{line}") } else { self.0.println(shown_lines(line)) }
    }

    /// A round is over: the next begins at nothing.
    pub fn rest(&self) {
        self.0.set_length(0);
        self.0.reset();
    }

    /// Whether anybody sees the bar.
    pub fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }

    /// The end.
    pub fn done(&self) {
        self.0.finish_and_clear();
    }
}
