//! What the operators see: the subscriber, and how an error's causes are written. It must never print a secret or a body.

use std::error::Error;
use std::fmt;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Writes to standard error: text on a terminal, one JSON object a line elsewhere. `TUTANAK_LOG` sets the level
/// (`info`, `tutanak=debug,sqlx=warn` …).
pub fn start() {
    let filter =
        EnvFilter::try_from_env("TUTANAK_LOG").unwrap_or_else(|_| EnvFilter::new("info,libunftp=off,sqlx=warn"));
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, as in tests that start several services, changes nothing.
    let _ =
        if std::io::stderr().is_terminal() { base.try_init() } else { base.json().with_span_list(false).try_init() };
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
