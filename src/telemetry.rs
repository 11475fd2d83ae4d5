//! What the operators see: the subscriber, and how an error's causes are written. It must never print a secret or a body.

use std::error::Error;
use std::fmt;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::terminal::LogLines;

/// How much is told where `TUTANAK_LOG` does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    /// What is done, and trouble.
    Everything,
    /// On a terminal only trouble: somebody looks at what the command itself prints.
    OnlyTrouble,
}

/// Writes to standard error: plain text on a terminal, one line an event; one JSON object a line elsewhere. `TUTANAK_LOG`
/// sets the level (`info`, `tutanak=debug,sqlx=warn` …).
pub fn start(talk: Talk) {
    let on_terminal = std::io::stderr().is_terminal();
    let level = if on_terminal && talk == Talk::OnlyTrouble { "warn" } else { "info" };
    let filter = EnvFilter::try_from_env("TUTANAK_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},libunftp=off,sqlx=warn")));
    let base = tracing_subscriber::fmt().with_env_filter(filter);
    // A second call, as in tests that start several services, changes nothing.
    let _ = match on_terminal {
        true => base.with_ansi(false).with_writer(|| LogLines).try_init(),
        false => base.with_writer(std::io::stderr).json().with_span_list(false).try_init(),
    };
}

/// An error with all its causes on one line.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
