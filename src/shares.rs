//! Permits by key: how many of something one account or one address may hold at a time.
//!
//! Keys of which nothing is held or waited for cost nothing.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The same number of permits for each key. Clones share them.
#[derive(Clone, Debug)]
pub struct Shares<K> {
    each: usize,
    held: Arc<Mutex<HashMap<K, Arc<Semaphore>>>>,
}

impl<K: Clone + Eq + Hash> Shares<K> {
    /// So many for each key.
    pub fn new(each: usize) -> Self {
        Self { each, held: Arc::default() }
    }

    /// One permit, as soon as there is one: first come, first served.
    pub async fn take(&self, key: &K) -> Share<K> {
        // The share is made before it is waited for, so that a caller who gives up is forgotten, too.
        let (mut share, permits) = self.begin(key);
        share.permit = permits.acquire_owned().await.ok();
        share
    }

    /// So many permits, if they are free now.
    pub fn try_take(&self, key: &K, number: u32) -> Option<Share<K>> {
        let (mut share, permits) = self.begin(key);
        share.permit = permits.try_acquire_many_owned(number).ok();
        share.permit.is_some().then_some(share)
    }

    /// How many keys hold something or wait.
    pub fn keys(&self) -> usize {
        self.all().len()
    }

    fn begin(&self, key: &K) -> (Share<K>, Arc<Semaphore>) {
        let mut all = self.all();
        let permits = Arc::clone(all.entry(key.clone()).or_insert_with(|| Arc::new(Semaphore::new(self.each))));
        (Share { of: self.clone(), key: key.clone(), permit: None }, permits)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<K, Arc<Semaphore>>> {
        // Each statement leaves the map consistent, so poisoning is ignored.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Permits of one key, given back on drop.
#[derive(Debug)]
pub struct Share<K: Clone + Eq + Hash> {
    of: Shares<K>,
    key: K,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Clone + Eq + Hash> Share<K> {
    /// Adds so many more permits to these, if they are free now.
    pub fn grow(&mut self, number: u32) -> bool {
        let more = self.of.all().get(&self.key).map(Arc::clone).and_then(|all| all.try_acquire_many_owned(number).ok());
        match (&mut self.permit, more) {
            (Some(permit), Some(more)) => {
                permit.merge(more);
                true
            }
            _ => false,
        }
    }
}

impl<K: Clone + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut all = self.of.all();
        drop(self.permit.take());
        if all.get(&self.key).is_some_and(|permits| Arc::strong_count(permits) == 1) {
            all.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn one_key_takes_nothing_of_anothers_and_leaves_nothing_behind() {
        let shares = Shares::new(2);
        let (first, second) = (shares.take(&"a").await, shares.take(&"a").await);
        assert!(shares.take(&"a").now_or_never().is_none());
        assert!(shares.try_take(&"a", 1).is_none());
        let other = shares.try_take(&"b", 1).unwrap();
        let mut waits = Box::pin(shares.take(&"a"));
        assert!(waits.as_mut().now_or_never().is_none());
        drop(first);
        let third = waits.as_mut().now_or_never().expect("a permit came free");
        let mut gives_up = Box::pin(shares.take(&"a"));
        assert!(gives_up.as_mut().now_or_never().is_none());
        drop((second, third, other, gives_up));
        drop(waits);
        assert_eq!(shares.keys(), 0);
    }

    #[test]
    fn a_share_grows_as_far_as_its_key_may() {
        let shares = Shares::new(3);
        let mut share = shares.try_take(&"a", 1).unwrap();
        assert!(share.grow(2));
        assert!(!share.grow(1));
        drop(share);
        assert_eq!(shares.keys(), 0);
        assert!(shares.try_take(&"a", 3).is_some());
    }
}
