//! What commands print: escaped, so that no text of others moves a cursor or draws a verdict, and without a word more once
//! the reader has left (`tutanak … | head`).
//!
//! [`out!`](crate::out) and [`note!`](crate::note) take the place of `println!` and `eprintln!`, which a lint refuses: those
//! print whatever they are given, and panic when a pipe is closed. A command whose reader left still ends what it began, so
//! that what it does stays on record; [`reader_left`] lets one stop that only prints.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::words::shown_lines;

/// The status of a command whose reader left before it had read everything: that of a process ended by SIGPIPE.
pub const READER_LEFT: u8 = 128 + 13;

static LEFT: AtomicBool = AtomicBool::new(false);

/// Whether whoever reads standard output has closed it.
pub fn reader_left() -> bool {
    LEFT.load(Ordering::Relaxed)
}

/// Prints to standard output, as [`out!`](crate::out) does.
pub fn print(text: fmt::Arguments<'_>) {
    if let Err(error) = Output.write_all(text.to_string().as_bytes())
        && error.kind() != ErrorKind::BrokenPipe
    {
        // A full disk below `> file`: the work is done, and its output is lost.
        warn(format_args!("error: cannot print: {error}\n"));
        LEFT.store(true, Ordering::Relaxed);
    }
}

/// Prints to standard error, as [`note!`](crate::note) does. Nobody can be told when that fails.
pub fn warn(text: fmt::Arguments<'_>) {
    let text = text.to_string();
    let _ = io::stderr().lock().write_all(shown_lines(&text).as_bytes());
}

/// A picture of ours on standard error, colours and all. Nothing of others may be in it.
pub fn drawing(picture: &str) {
    let _ = io::stderr().lock().write_all(picture.as_bytes());
}

/// Standard output, for what writes many lines: escaped, and an error of kind [`ErrorKind::BrokenPipe`] once the reader
/// left. Each call must be given whole characters.
#[derive(Clone, Copy, Debug)]
pub struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if reader_left() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(shown_lines(&String::from_utf8_lossy(bytes)).as_bytes()).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                LEFT.store(true, Ordering::Relaxed);
                Err(error)
            }
            done => done.map(|()| bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard error, for the log: one line a write, whatever the texts of others in it hold.
#[derive(Clone, Copy, Debug)]
pub struct LogLines;

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = crate::domain::words::shown(text.trim_end_matches('\n'));
        io::stderr().lock().write_all(format!("{line}\n").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line on standard output.
#[macro_export]
macro_rules! out {
    () => { $crate::terminal::print(format_args!("\n")) };
    ($($text:tt)*) => { $crate::terminal::print(format_args!("{}\n", format_args!($($text)*))) };
}

/// A line on standard error.
#[macro_export]
macro_rules! note {
    () => { $crate::terminal::warn(format_args!("\n")) };
    ($($text:tt)*) => { $crate::terminal::warn(format_args!("{}\n", format_args!($($text)*))) };
}
