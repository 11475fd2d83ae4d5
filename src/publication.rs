//! The log's copy in the vault: what a database can be made from again, and what says what the database said.
//!
//! Nothing is served from it: what readers get as `defter/` the tree makes out of the ledger, by `log`. `publisher` writes the
//! copy, `agreement` compares the database with it, `rebuild` makes a database out of it, `stored_head` is its head as it is
//! stored.
//!
//! Written behind the ledger, never before it. It must never replace a bundle or a tile,
//! nor move the head on from another log's.

mod agreement;
mod publisher;
mod rebuild;
mod results;
mod stored_head;

pub use agreement::{Agreed, AgreementError, Disagreement, agreement, agreement_at_start, scans_lie_there};
pub use publisher::{PublishError, Publisher};
pub use rebuild::{Progress, RebuildError, Rebuilt, rebuild};
