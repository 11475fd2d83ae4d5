//! The registry: the election, its places and boxes, and which form each karekod names. Brings it in from files, adds
//! boxes while the service runs, and says whose form a page's codes name.
//!
//! It must never hold votes, and never guess: codes that do not name one form name none.

mod add_boxes;
pub mod atlas;
mod bad;
mod ballots;
mod boxes;
mod choices;
mod codes;
mod import;
mod lines;
mod places;
mod resolve;
mod settings;
mod table;

pub use crate::domain::Election;
pub use add_boxes::add_boxes;
pub use bad::{BadLine, BadLines};
pub use ballots::{Ballot, Registry};
pub use import::{Bounds, ImportError, Progress, Report, Stage, TooMuch, Watcher, import, import_within};
pub use resolve::resolve;

use crate::ledger::{Ledger, LedgerError};

impl Election {
    /// The election that the ledger's database serves. None before the first import. Asks the database every time: another
    /// process may just have imported it.
    pub async fn loaded(ledger: &Ledger) -> Result<Option<Self>, LedgerError> {
        Ok(ledger.election().await?.map(|stored| stored.election))
    }
}
