//! What the operators see: the subscriber, and how an error's causes are written. It must never print a secret or a body.

mod storm;

use std::error::Error;
use std::fmt;
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt::layer, reload};

use self::storm::Storm;
use crate::terminal::LogLines;

/// What is written where nobody says otherwise.
const DEFAULT: &str = "info,libunftp=off,sqlx=warn";
/// The environment variable that says otherwise. It has the last word.
const VARIABLE: &str = "TUTANAK_LOG";

static LEVEL: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();
static STORM: OnceLock<Storm> = OnceLock::new();

/// The log.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// What is written: `info`, `tutanak=debug,sqlx=warn` …
    pub level: Option<String>,
}

/// The level cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("log.level {0:?} is no level: info, or tutanak=debug,sqlx=warn")]
pub struct BadLevel(String);

impl LogConfig {
    /// The filter it asks for; none where it leaves the default.
    ///
    /// # Errors
    /// It cannot be understood.
    pub fn filter(&self) -> Result<Option<EnvFilter>, BadLevel> {
        let filter = |level: &String| EnvFilter::try_new(level).map_err(|_| BadLevel(level.clone()));
        self.level.as_ref().map(filter).transpose()
    }
}

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
    let quiet = on_terminal && talk == Talk::OnlyTrouble;
    let level = EnvFilter::new(if quiet { DEFAULT.replacen("info", "warn", 1) } else { DEFAULT.to_owned() });
    let (level, handle) = reload::Layer::new(from_environment().unwrap_or(level));
    let storm = Storm::default();
    let lines = match on_terminal {
        true => layer().with_ansi(false).with_writer(|| LogLines).boxed(),
        false => layer().json().with_span_list(false).with_writer(std::io::stderr).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(level).with(storm.clone()).with(lines);
    // A second call, as in tests that start several services, changes nothing.
    if subscriber.try_init().is_err() || LEVEL.set(handle).is_err() || STORM.set(storm.clone()).is_err() {
        return;
    }
    let tells = move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            storm.tell(Instant::now());
        }
    };
    if let Err(error) = std::thread::Builder::new().name("log-storm".to_owned()).spawn(tells) {
        tracing::warn!(%error, "Repeated errors will be told of only at the end");
    }
}

/// Writes what was held back. Before the process ends.
pub fn finish() {
    if let Some(storm) = STORM.get() {
        storm.tell_all();
    }
}

/// Sets the level as the configuration says, unless the environment does. At the start and whenever it is read again.
///
/// # Errors
/// It cannot be understood; the level stays.
pub fn set_level(config: &LogConfig) -> Result<(), BadLevel> {
    let filter = config.filter()?;
    if from_environment().is_some() {
        return Ok(());
    }
    let filter = filter.unwrap_or_else(|| EnvFilter::new(DEFAULT));
    // The subscriber lives as long as the process.
    if let Some(Err(error)) = LEVEL.get().map(|level| level.reload(filter)) {
        tracing::error!(%error, "The log's level could not be changed");
    }
    Ok(())
}

fn from_environment() -> Option<EnvFilter> {
    EnvFilter::try_from_env(VARIABLE).ok()
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
