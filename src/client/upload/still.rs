//! How long each file has been left alone. By a clock that only runs forward: a computer whose date is wrong, or is set
//! right in the middle, changes nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::folder::Mark;

/// Marks of all files, and since when each is the same.
#[derive(Debug, Default)]
pub struct Stillness {
    seen: HashMap<PathBuf, (Mark, Instant)>,
}

impl Stillness {
    /// Takes a look in. Gives the files that are gone or changed since the last one.
    pub fn saw(&mut self, scans: &[(PathBuf, Mark)], now: Instant) -> Vec<PathBuf> {
        let mut next = HashMap::with_capacity(scans.len());
        let mut touched = Vec::new();
        for (path, mark) in scans {
            let since = match self.seen.remove(path) {
                Some((before, since)) if before == *mark => since,
                Some(_) => {
                    touched.push(path.clone());
                    now
                }
                None => now,
            };
            next.insert(path.clone(), (*mark, since));
        }
        touched.extend(self.seen.drain().map(|(path, _)| path));
        self.seen = next;
        touched
    }

    /// Since when a file is as it is.
    pub fn since(&self, path: &Path) -> Option<Instant> {
        self.seen.get(path).map(|(_, since)| *since)
    }

    /// A file turned out not to be still after all.
    pub fn disturb(&mut self, path: &Path, now: Instant) {
        if let Some((_, since)) = self.seen.get_mut(path) {
            *since = now;
        }
    }

    /// When the next file will have been still for `span`, if one is not yet.
    pub fn next(&self, span: Duration, now: Instant) -> Option<Instant> {
        self.seen.values().map(|(_, since)| *since + span).filter(|at| *at > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_of_size_or_time_begins_the_wait_anew() {
        let (mut still, began) = (Stillness::default(), Instant::now());
        let at = |seconds| began + Duration::from_secs(seconds);
        let path = PathBuf::from("a.png");
        let touched = std::slice::from_ref(&path);
        let saw = |still: &mut Stillness, size, modified_ns, seconds| {
            still.saw(&[(path.clone(), Mark { size, modified_ns })], at(seconds))
        };
        assert!(saw(&mut still, 1, 1, 0).is_empty());
        assert!(saw(&mut still, 1, 1, 4).is_empty());
        assert_eq!(still.since(&path), Some(at(0)));
        assert_eq!(saw(&mut still, 2, 1, 5), touched);
        assert_eq!(still.since(&path), Some(at(5)));
        // A date that goes back is a change like any other.
        assert_eq!(saw(&mut still, 2, -7, 6), touched);
        assert_eq!(still.next(Duration::from_secs(5), at(7)), Some(at(11)));
        assert_eq!(still.saw(&[], at(8)), touched);
        assert_eq!(still.since(&path), None);
    }
}
