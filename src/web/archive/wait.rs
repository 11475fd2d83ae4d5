//! Waiting for news: `?after=N` on the small files that change holds the answer back until there are more than N entries.
//!
//! It must never keep anybody longer than a proxy keeps a silent connection, and it answers nothing by itself.

use std::time::Duration;

use tokio::sync::watch;

use crate::domain::naming;
use crate::ledger::Ledger;

/// The longest wait. Proxies and NAT boxes cut silent connections from 30 s on.
const LONGEST: Duration = Duration::from_secs(25);
/// How soon entries of other nodes are noticed; those of this node wake at once.
const LOOK: Duration = Duration::from_millis(500);

/// Which entry a client wants to hear of, if the address asks for that: `after=N` in the query of a file that changes.
pub fn asked(path: &str, query: Option<&str>) -> Option<u64> {
    let changes = path == naming::STATUS || naming::split(path) == (naming::LOG, naming::CHECKPOINT);
    let after = query?.split('&').find_map(|part| part.strip_prefix("after="));
    changes.then_some(after)?.and_then(|after| after.parse().ok())
}

/// Returns when there are more than `after` entries, or after the longest wait, or when the ledger does not answer.
pub async fn for_more_than(after: u64, ledger: &Ledger, mut size: watch::Receiver<u64>) {
    let _ = tokio::time::timeout(LONGEST, async {
        loop {
            if *size.borrow_and_update() > after {
                return;
            }
            match ledger.head().await {
                Ok(head) if head.size <= after => {}
                _ => return,
            }
            // The sender is gone when the service stops: then nobody waits any more.
            if let Ok(Err(_)) = tokio::time::timeout(LOOK, size.changed()).await {
                return;
            }
        }
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_change_can_be_waited_for() {
        assert_eq!(asked("durum.json", Some("after=7")), Some(7));
        assert_eq!(asked("defter/checkpoint", Some("x=1&after=0")), Some(0));
        assert_eq!(asked("durum.json", None), None);
        assert_eq!(asked("durum.json", Some("after=-1")), None);
        assert_eq!(asked("OKU-BENI.txt", Some("after=7")), None);
    }
}
