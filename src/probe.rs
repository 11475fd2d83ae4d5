//! Looks at something that may hang: one at a time, and nobody waits longer than the limit.
//!
//! A disk that is gone holds whoever asks it inside the kernel. A second look would hang as the first does, so it is not
//! begun before the first has ended.

use std::time::Duration;

use tokio::task::JoinHandle;

/// Something that is looked at again and again.
#[derive(Debug)]
pub struct Probe<T> {
    under_way: Option<JoinHandle<T>>,
    limit: Duration,
}

impl<T> Probe<T> {
    /// A probe whose looks may take so long.
    pub fn new(limit: Duration) -> Self {
        Self { under_way: None, limit }
    }

    /// Looks; none where there is no answer in time. The task is aborted then, which ends one that waits for the network
    /// and not one that a disk holds: until that ends, nothing is begun and there is no answer.
    pub async fn look(&mut self, begin: impl FnOnce() -> JoinHandle<T>) -> Option<T> {
        if self.under_way.as_ref().is_some_and(|earlier| !earlier.is_finished()) {
            return None;
        }
        let under_way = self.under_way.insert(begin());
        match tokio::time::timeout(self.limit, &mut *under_way).await {
            Ok(answer) => {
                self.under_way = None;
                answer.ok()
            }
            Err(_) => {
                under_way.abort();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::task::{spawn_blocking, yield_now};

    use super::*;

    #[tokio::test]
    async fn a_look_that_a_disk_holds_is_not_begun_again_before_it_ends() {
        let mut probe = Probe::new(Duration::from_millis(50));
        assert_eq!(probe.look(|| tokio::spawn(async { 1 })).await, Some(1));
        let (end, ended) = mpsc::channel::<()>();
        let hangs = move || {
            let _ = ended.recv();
            2
        };
        assert_eq!(probe.look(|| spawn_blocking(hangs)).await, None);
        assert_eq!(probe.look(|| panic!("begun again")).await, None);
        drop(end);
        while probe.under_way.as_ref().is_some_and(|look| !look.is_finished()) {
            yield_now().await;
        }
        assert_eq!(probe.look(|| tokio::spawn(async { 3 })).await, Some(3), "what the old look found is not used");
    }

    #[tokio::test]
    async fn a_look_that_waits_for_the_network_is_given_up() {
        let mut probe = Probe::new(Duration::from_millis(50));
        assert_eq!(probe.look(|| tokio::spawn(std::future::pending())).await, None);
        while probe.under_way.as_ref().is_some_and(|look| !look.is_finished()) {
            yield_now().await;
        }
        assert_eq!(probe.look(|| tokio::spawn(async { 3 })).await, Some(3));
    }
}
