//! Whether this node can serve: it asks the vault, the ledger, the record, the disks and the clock, and says which fails.
//!
//! It answers soon, whatever hangs, and what it says names no path and no address: anybody may ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::audit::Audit;
use crate::clock::Clock;
use crate::ledger::{HeadNow, Ledger, LedgerError};
use crate::meters;
use crate::probe::Probe;
use crate::space::{Shortage, Space};
use crate::telemetry::Chain;
use crate::vault::{Vault, VaultError};

/// How long each part may take to answer.
const LIMIT: Duration = Duration::from_secs(2);
/// How long an answer counts: many balancers may ask, and each question costs the store a request.
const FRESH: Duration = Duration::from_secs(2);
/// How far the clock may be behind the newest entry, which another node may have written.
const BEHIND: Duration = Duration::from_secs(60);

/// The parts that are asked.
pub const PARTS: &[&str] = &["vault", "ledger", "record", "space", "clock"];

/// Something that does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failing {
    /// `vault`, `ledger`, `record`, `space` or `clock`.
    pub what: &'static str,
    /// Why, in a sentence.
    pub why: String,
}

/// The one that asks. Clones share the last answer.
#[derive(Clone, Debug)]
pub struct Readiness {
    parts: Arc<Parts>,
    last: Arc<Mutex<Last>>,
}

#[derive(Debug)]
struct Parts {
    vault: Vault,
    ledger: Ledger,
    audit: Audit,
    space: Space,
    clock: Clock,
}

#[derive(Debug)]
struct Last {
    at: Option<Instant>,
    failing: Vec<Failing>,
    vault: Probe<Result<(), VaultError>>,
    ledger: Probe<Result<HeadNow, LedgerError>>,
}

impl Readiness {
    /// Asks these.
    pub fn new(vault: Vault, ledger: Ledger, audit: Audit, space: Space, clock: Clock) -> Self {
        let last = Last { at: None, failing: Vec::new(), vault: Probe::new(LIMIT), ledger: Probe::new(LIMIT) };
        let parts = Parts { vault, ledger, audit, space, clock };
        Self { parts: Arc::new(parts), last: Arc::new(Mutex::new(last)) }
    }

    /// What does not work now. Nothing: the node can serve.
    pub async fn failing(&self) -> Vec<Failing> {
        let mut last = self.last.lock().await;
        if last.at.is_none_or(|at| at.elapsed() > FRESH) {
            let found = self.parts.ask(&mut last).await;
            if found != last.failing {
                match found.is_empty() {
                    true => tracing::info!("Ready again"),
                    false => tracing::error!(failing = ?found, "Not ready"),
                }
            }
            (last.failing, last.at) = (found, Some(Instant::now()));
        }
        last.failing.clone()
    }
}

impl Parts {
    async fn ask(&self, last: &mut Last) -> Vec<Failing> {
        let ledger = self.ledger.clone();
        let head = last.ledger.look(move || tokio::spawn(async move { ledger.head().await }));
        let (vault, head, shortage) = tokio::join!(
            meters::timed(&meters::STORE, &["probe"], last.vault.look(|| self.vault.ask())),
            meters::timed(&meters::DATABASE, &["probe"], head),
            self.space.shortage(),
        );
        let mut failing = Vec::new();
        let mut fails = |what, why: String| failing.push(Failing { what, why });
        let silent = || format!("no answer within {} seconds", LIMIT.as_secs());
        match vault {
            None => fails("vault", silent()),
            Some(Err(error)) => {
                tracing::warn!(error = %Chain(&error), "The vault fails its probe");
                fails("vault", "the store failed".to_owned());
            }
            Some(Ok(())) => {}
        }
        match &head {
            None => fails("ledger", silent()),
            Some(Err(error)) => {
                tracing::warn!(error = %Chain(error), "The ledger fails its probe");
                fails("ledger", error.to_string());
            }
            Some(Ok(head)) => {
                let behind = head.at_ms - self.clock.now().as_millisecond();
                if behind > BEHIND.as_millis() as i64 {
                    fails("clock", format!("{} seconds behind the newest entry", behind / 1000));
                } else if let Ok(Ok(Some(fault))) = timeout(LIMIT, self.ledger.clock_fault(&self.clock)).await {
                    fails("clock", fault.to_string());
                }
            }
        }
        if !self.audit.has_room() {
            fails("record", "rows cannot be written".to_owned());
        }
        if let Some(shortage) = shortage {
            let why = match shortage {
                Shortage::Silent => silent(),
                told => told.to_string(),
            };
            fails("space", why);
        }
        failing
    }
}
