//! What waits to be sent: each scan once, however many files hold it, those that failed the least first.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::domain::Digest;

/// A scan that waits.
#[derive(Clone, Debug)]
pub struct Item {
    /// The files that hold it, by their paths below the folder.
    pub files: Vec<PathBuf>,
    /// Size in bytes.
    pub size: u64,
    /// How often sending it failed.
    pub attempts: u32,
    /// When it may be tried.
    due: Instant,
    /// Its turn among those that failed as often.
    turn: u64,
}

/// All scans that wait.
#[derive(Debug, Default)]
pub struct Queue {
    items: HashMap<Digest, Item>,
    files: HashMap<PathBuf, Digest>,
    turns: u64,
}

impl Queue {
    /// A file is whole and holds this scan. Gives whether the scan was not waiting yet.
    pub fn add(&mut self, file: PathBuf, digest: Digest, size: u64, now: Instant) -> bool {
        self.files.insert(file.clone(), digest);
        let turn = self.turns;
        let item =
            self.items.entry(digest).or_insert_with(|| Item { files: vec![], size, attempts: 0, due: now, turn });
        item.files.push(file);
        let new = item.files.len() == 1;
        self.turns += u64::from(new);
        new
    }

    /// A file is gone or holds something else. Gives the bytes that will not be sent after all.
    pub fn forget(&mut self, file: &Path) -> u64 {
        let Some(digest) = self.files.remove(file) else { return 0 };
        let Some(item) = self.items.get_mut(&digest) else { return 0 };
        item.files.retain(|other| other != file);
        if !item.files.is_empty() {
            return 0;
        }
        self.items.remove(&digest).map_or(0, |item| item.size)
    }

    /// A scan's fate is known.
    pub fn remove(&mut self, digest: Digest) {
        if let Some(item) = self.items.remove(&digest) {
            item.files.iter().for_each(|file| {
                self.files.remove(file);
            });
        }
    }

    /// Sending a scan failed; it may be tried again after `pause`.
    pub fn later(&mut self, digest: Digest, pause: impl FnOnce(u32) -> Duration, now: Instant) {
        if let Some(item) = self.items.get_mut(&digest) {
            item.attempts = item.attempts.saturating_add(1);
            item.due = now + pause(item.attempts);
        }
    }

    /// Whether a file waits.
    pub fn holds(&self, file: &Path) -> bool {
        self.files.contains_key(file)
    }

    /// A scan that waits.
    pub fn get(&self, digest: Digest) -> Option<&Item> {
        self.items.get(&digest)
    }

    /// At most `limit` scans that may be tried now, in their turn.
    pub fn due(&self, limit: usize, now: Instant) -> Vec<Digest> {
        let mut due: Vec<_> = self.items.iter().filter(|(_, item)| item.due <= now).collect();
        due.sort_unstable_by_key(|(_, item)| (item.attempts, item.turn));
        due.into_iter().take(limit).map(|(digest, _)| *digest).collect()
    }

    /// When the next scan may be tried.
    pub fn next(&self) -> Option<Instant> {
        self.items.values().map(|item| item.due).min()
    }

    /// Scans that wait.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_waits_once_and_one_that_fails_lets_the_others_pass() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let [a, b] = [Digest::of(b"a"), Digest::of(b"b")];
        assert!(queue.add("1.png".into(), a, 5, now));
        assert!(queue.add("2.png".into(), b, 7, now));
        assert!(!queue.add("copy of 1.png".into(), a, 5, now));
        assert_eq!(queue.due(9, now), [a, b]);
        queue.later(a, |_| Duration::ZERO, now);
        assert_eq!(queue.due(9, now), [b, a]);
        queue.later(b, |attempts| Duration::from_secs(u64::from(attempts)), now);
        assert_eq!(queue.due(9, now), [a]);
        assert_eq!(queue.due(1, now + Duration::from_secs(1)), [a]);
        assert_eq!(queue.forget(Path::new("1.png")), 0);
        assert_eq!(queue.forget(Path::new("copy of 1.png")), 5);
        assert_eq!((queue.len(), queue.holds(Path::new("2.png"))), (1, true));
        queue.remove(b);
        assert!(queue.is_empty() && !queue.holds(Path::new("2.png")));
    }
}
