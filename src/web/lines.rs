//! How many downloads an account may run at a time over HTTPS, so that one party's flood never takes the others' place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Downloads of one account at a time. 34 parties with as many each still leave room in the audit's queue.
const EACH: usize = 128;

/// The lines of all accounts. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    accounts: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

/// One running download; given back when it is dropped.
#[derive(Debug)]
pub struct Line {
    _permit: OwnedSemaphorePermit,
}

impl Lines {
    /// A line for `account`, if it has one left. Accounts are known ones, so the table stays small.
    pub fn take(&self, account: &str) -> Option<Line> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = accounts.entry(account.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(EACH)));
        Some(Line { _permit: Arc::clone(lines).try_acquire_owned().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_accounts_flood_leaves_the_others_their_lines() {
        let lines = Lines::default();
        let mut held: Vec<Line> = (0..EACH).map(|_| lines.take("a").unwrap()).collect();
        assert!(lines.take("a").is_none());
        assert!(lines.take("b").is_some());
        held.pop();
        assert!(lines.take("a").is_some());
    }
}
