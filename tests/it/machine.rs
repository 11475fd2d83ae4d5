//! What is done at the machine itself, by the command: accounts and their secrets, people, gates, certificates. On both
//! engines, and each time on record under whose account it was.

mod accounts;
mod certificates;
mod clock;
mod gates;
mod open_files;
mod people;
mod record;
mod two;

use std::path::PathBuf;
use std::process::Command;

use jiff::Timestamp;
use tempfile::TempDir;
use tutanak::access::door::Door;
use tutanak::cli::init;
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::ledger::audit::{AuditQuestion, AuditRow};
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::registry;

use crate::engines::Engine;
use crate::house::write_election;

/// The environment variable in which the command finds its PostgreSQL.
const SERVER: &str = "TUTANAK_TEST_MACHINE";

/// A service that is set up and does not run.
struct Machine {
    name: &'static str,
    ledger: Ledger,
    dir: TempDir,
    server: String,
    _engine: Engine,
}

/// How a command ended.
#[derive(Debug)]
struct Ended {
    ok: bool,
    out: String,
    err: String,
}

impl Ended {
    fn json(&self) -> serde_json::Value {
        assert!(self.ok, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

impl Machine {
    /// One on each engine, with the house's election.
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for engine in Engine::all().await {
            all.push(Self::over(engine).await);
        }
        all
    }

    async fn over(engine: Engine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        init::run(dir.path(), "localhost").unwrap();
        let ledger = engine.open().await;
        write_election(&dir.path().join("election"));
        registry::import(&ledger, &dir.path().join("election"), &mut |_| {}).await.unwrap();
        let (database, server) = match &engine.config {
            DatabaseConfig::Sqlite { path } => (format!("kind = \"sqlite\"\npath = {path:?}"), String::new()),
            DatabaseConfig::PostgresAt { url, .. } => {
                (format!("kind = \"postgres\"\nurl_from = {SERVER:?}"), url.clone())
            }
            other => panic!("{other:?}"),
        };
        let machine = Self { name: engine.name, ledger, dir, server, _engine: engine };
        machine.configure("kind = \"sqlite\"", &database);
        machine.configure("path = \"tutanak.db\"", "");
        // What the command seals, the tests read.
        let config = Config::from_file(&machine.config()).unwrap();
        tutanak::app::sealing::attach(&config, &machine.ledger).unwrap();
        machine
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join(init::CONFIG)
    }

    /// Puts `text` in the place of the first `before` in the configuration.
    fn configure(&self, before: &str, text: &str) {
        let config = std::fs::read_to_string(self.config()).unwrap();
        assert!(config.contains(before), "{before}");
        std::fs::write(self.config(), config.replacen(before, text, 1)).unwrap();
    }

    /// Gives a command.
    fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let (noun, rest) = arguments.split_first().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
        command.arg(noun).arg("--config").arg(self.config()).args(rest);
        command.env(SERVER, &self.server).env("SUDO_USER", "ayse").env("TUTANAK_LOG", "error");
        command.envs(environment.iter().copied());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Where parties and their secrets are looked at, at an instant.
    fn door(&self, at: Timestamp) -> Door {
        Door::new(self.ledger.clone(), Clock::standing_at(at))
    }

    /// Rows of commands whose object begins so.
    async fn commands(&self, object: &str) -> Vec<AuditRow> {
        let (act, object) = (Some("admin".to_owned()), Some(object.to_owned()));
        let question = AuditQuestion { act, object, ..AuditQuestion::default() };
        let found = self.ledger.audit_search(&question, i64::MIN, 1000).await.unwrap();
        found.into_iter().map(|found| found.row).collect()
    }
}
