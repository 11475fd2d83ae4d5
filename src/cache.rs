//! A cache with a limit on its weight: what was made once is used again, and of many who ask at once one makes it.
//!
//! It must never hold more than its limit for long, nor keep a failure.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::OnceCell;

/// Something that can be kept.
pub trait Weighed {
    /// Bytes, about, of what the limit counts: memory or disk.
    fn weight(&self) -> u64;
}

/// Values by their keys. Values are cheap to clone.
#[derive(Debug)]
pub struct Cache<K, V> {
    slots: Mutex<Slots<K, V>>,
    weight: u64,
    count: usize,
}

#[derive(Debug)]
struct Slots<K, V> {
    by_key: HashMap<K, Slot<V>>,
    /// Keys by their latest use: the first was not used for longest.
    by_use: BTreeMap<u64, K>,
    uses: u64,
    /// Of all values that are made.
    weight: u64,
}

#[derive(Debug)]
struct Slot<V> {
    cell: Arc<OnceCell<V>>,
    used: u64,
    /// Nothing until it is made.
    weight: u64,
}

impl<K: Eq + Hash + Clone, V> Slots<K, V> {
    /// The slot of `key`, used just now.
    fn touch<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut Slot<V>>
    where
        K: Borrow<Q>,
    {
        let slot = self.by_key.get_mut(key)?;
        self.uses += 1;
        if let Some(key) = self.by_use.remove(&slot.used) {
            self.by_use.insert(self.uses, key);
        }
        slot.used = self.uses;
        Some(slot)
    }

    fn remove(&mut self, key: &K) {
        if let Some(slot) = self.by_key.remove(key) {
            self.by_use.remove(&slot.used);
            self.weight -= slot.weight;
        }
    }
}

impl<K: Eq + Hash + Clone, V: Weighed + Clone> Cache<K, V> {
    /// A cache of at most `weight`, and of at most `count` values whatever their weight.
    pub fn new(weight: u64, count: usize) -> Self {
        let slots = Slots { by_key: HashMap::new(), by_use: BTreeMap::new(), uses: 0, weight: 0 };
        Self { slots: Mutex::new(slots), weight, count }
    }

    /// The value of `key`: the kept one if it is `good` still, else what `make` gives. While one makes it, others wait
    /// for it; when making fails or its maker goes away, the next one tries.
    pub async fn get<E, F: Future<Output = Result<V, E>>>(
        &self,
        key: &K,
        good: impl Fn(&V) -> bool,
        make: impl FnOnce() -> F,
    ) -> Result<V, E> {
        let cell = self.cell(key, good);
        let made = cell.get_or_try_init(make).await.cloned();
        self.tidy(key, &cell);
        made
    }

    /// The kept value of `key`, if there is one.
    pub fn kept<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.slots().touch(key)?.cell.get().cloned()
    }

    /// Keeps a value that was made elsewhere. Gives the keys of what had to go for it; it alone stays whatever its weight.
    pub fn put(&self, key: K, value: V) -> Vec<K> {
        let mut slots = self.slots();
        slots.remove(&key);
        slots.uses += 1;
        let (used, weight) = (slots.uses, value.weight());
        slots.weight += weight;
        slots.by_use.insert(used, key.clone());
        slots.by_key.insert(key, Slot { cell: Arc::new(OnceCell::new_with(Some(value))), used, weight });
        self.shed(&mut slots)
    }

    /// Forgets the value of `key`.
    pub fn forget(&self, key: &K) {
        self.slots().remove(key);
    }

    /// Keeps only what is `good`, and what is just being made.
    pub fn retain(&self, good: impl Fn(&V) -> bool) {
        let mut slots = self.slots();
        let bad = |slot: &Slot<V>| slot.cell.get().is_some_and(|value| !good(value));
        let gone: Vec<K> = slots.by_key.iter().filter(|(_, slot)| bad(slot)).map(|(key, _)| key.clone()).collect();
        gone.iter().for_each(|key| slots.remove(key));
    }

    fn slots(&self) -> MutexGuard<'_, Slots<K, V>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cell(&self, key: &K, good: impl Fn(&V) -> bool) -> Arc<OnceCell<V>> {
        let mut slots = self.slots();
        if slots.by_key.get(key).is_some_and(|slot| slot.cell.get().is_some_and(|value| !good(value))) {
            slots.remove(key);
        }
        if let Some(slot) = slots.touch(key) {
            return Arc::clone(&slot.cell);
        }
        slots.uses += 1;
        let used = slots.uses;
        let cell: Arc<OnceCell<V>> = Arc::default();
        slots.by_use.insert(used, key.clone());
        slots.by_key.insert(key.clone(), Slot { cell: Arc::clone(&cell), used, weight: 0 });
        cell
    }

    /// Forgets a failure, and what is too much.
    fn tidy(&self, key: &K, cell: &Arc<OnceCell<V>>) {
        let mut slots = self.slots();
        let weight = cell.get().map(Weighed::weight);
        let mine = slots.by_key.get_mut(key).filter(|slot| Arc::ptr_eq(&slot.cell, cell));
        match (weight, mine) {
            (Some(weight), Some(slot)) => {
                let grown = weight - std::mem::replace(&mut slot.weight, weight).min(weight);
                slots.weight += grown;
            }
            (None, Some(_)) => slots.remove(key),
            (_, None) => {}
        }
        self.shed(&mut slots);
    }

    /// Lets go what was not used for longest, until the rest is not too much. What was just asked for stays, even if it
    /// alone is too heavy: it is in somebody's hands anyway.
    fn shed(&self, slots: &mut Slots<K, V>) -> Vec<K> {
        let mut gone = Vec::new();
        while (slots.weight > self.weight || slots.by_key.len() > self.count) && slots.by_key.len() > 1 {
            let Some(oldest) = slots.by_use.values().next().cloned() else { break };
            slots.remove(&oldest);
            gone.push(oldest);
        }
        gone
    }
}

impl Weighed for Bytes {
    fn weight(&self) -> u64 {
        self.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    impl Weighed for u64 {
        fn weight(&self) -> u64 {
            *self
        }
    }

    async fn get(cache: &Cache<u64, u64>, key: u64, made: &AtomicUsize) -> u64 {
        let make = || async {
            made.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok::<_, ()>(key)
        };
        cache.get(&key, |_| true, make).await.unwrap()
    }

    #[tokio::test]
    async fn of_many_who_ask_at_once_one_makes_it() {
        let (cache, made) = (Cache::new(100, 10), AtomicUsize::new(0));
        futures::future::join_all((0..50).map(|_| get(&cache, 7, &made))).await;
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert_eq!(cache.get(&7, |_| false, || async { Ok::<_, ()>(8) }).await, Ok(8), "what is not good is made anew");
    }

    #[tokio::test]
    async fn what_was_not_used_for_longest_goes_when_it_is_too_much() {
        let (cache, made) = (Cache::new(100, 3), AtomicUsize::new(0));
        for key in [40, 50, 40, 45] {
            get(&cache, key, &made).await;
        }
        assert_eq!(made.load(Ordering::SeqCst), 3);
        get(&cache, 40, &made).await; // it was used after 50
        assert_eq!(made.load(Ordering::SeqCst), 3);
        get(&cache, 50, &made).await;
        assert_eq!(made.load(Ordering::SeqCst), 4);
        for key in 1..9 {
            get(&cache, key, &made).await;
        }
        assert_eq!(cache.slots.lock().unwrap().by_key.len(), 3);
    }

    #[tokio::test]
    async fn what_has_to_go_for_a_value_is_told() {
        let cache: Cache<u64, u64> = Cache::new(100, 10);
        assert!(cache.put(40, 40).is_empty());
        assert!(cache.put(50, 50).is_empty());
        assert!(cache.put(50, 50).is_empty(), "the same again weighs nothing more");
        assert_eq!(cache.kept(&40), Some(40)); // used after 50
        assert_eq!(cache.put(45, 45), [50]);
        cache.forget(&45);
        assert_eq!(cache.kept(&45), None);
        assert_eq!(cache.put(200, 200), [40]);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache: Cache<u64, u64> = Cache::new(100, 3);
        assert_eq!(cache.get(&1, |_| true, || async { Err("no") }).await, Err("no"));
        assert!(cache.slots.lock().unwrap().by_key.is_empty());
        assert_eq!(cache.get(&1, |_| true, || async { Ok::<_, ()>(1) }).await, Ok(1));
    }
}
