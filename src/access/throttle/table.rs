//! Wrong tries by what they are counted for, within a fixed memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// What is remembered at most: some megabytes.
pub(super) const MOST: usize = 65_536;
/// A count that nothing was added to for so long is forgotten.
pub(in crate::access) const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of one account at one address, or of one address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tries {
    /// Wrong tries since the last right one.
    pub wrong: u32,
    /// When the last one was.
    pub last: Instant,
    /// Whether there ever was a right one.
    pub was_right: bool,
    /// Tries that are being looked at.
    pub looking: u32,
}

#[derive(Debug)]
pub(super) struct Table<K> {
    rows: HashMap<K, Tries>,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self { rows: HashMap::new() }
    }
}

impl<K: Copy + Eq + Hash> Table<K> {
    pub fn get(&self, key: &K) -> Option<&Tries> {
        self.rows.get(key)
    }

    /// One more wrong try. Gives their number.
    pub fn count(&mut self, key: K, now: Instant) -> u32 {
        let tries = self.row(key, now);
        if now.saturating_duration_since(tries.last) > REMEMBERED {
            tries.wrong = 0;
        }
        tries.wrong = tries.wrong.saturating_add(1);
        tries.last = now;
        tries.wrong
    }

    /// The next wrong try is the first again.
    pub fn forgive(&mut self, key: K, now: Instant) {
        let tries = self.row(key, now);
        *tries = Tries { wrong: 0, last: now, was_right: true, looking: tries.looking };
    }

    /// There was a right one before this table knew of it.
    pub fn remember(&mut self, key: K, now: Instant) {
        self.row(key, now).was_right = true;
    }

    /// One more is being looked at.
    pub fn look(&mut self, key: K, now: Instant) {
        self.row(key, now).looking += 1;
    }

    /// One less.
    pub fn looked(&mut self, key: &K) {
        if let Some(tries) = self.rows.get_mut(key) {
            tries.looking = tries.looking.saturating_sub(1);
        }
    }

    fn row(&mut self, key: K, now: Instant) -> &mut Tries {
        if self.rows.len() >= MOST && !self.rows.contains_key(&key) {
            self.make_room(now);
        }
        self.rows.entry(key).or_insert(Tries { wrong: 0, last: now, was_right: false, looking: 0 })
    }

    /// Forgets what is old; if that is not enough, half: those that guessed least first, as forgetting them costs least.
    fn make_room(&mut self, now: Instant) {
        self.rows.retain(|_, tries| tries.looking > 0 || now.saturating_duration_since(tries.last) <= REMEMBERED);
        if self.rows.len() < MOST {
            return;
        }
        let mut weights: Vec<_> = self
            .rows
            .iter()
            .map(|(key, tries)| ((tries.looking, tries.was_right, tries.wrong, tries.last), *key))
            .collect();
        let (least, ..) = weights.select_nth_unstable_by_key(MOST / 2, |(weight, _)| *weight);
        for (_, key) in least {
            self.rows.remove(key);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.rows.len()
    }
}
