//! Which entries are done: a set of positions as a few ranges, however many there are.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Positions, as ranges that neither touch nor overlap, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// Adds `range`.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let from = self.0.partition_point(|old| old.end < range.start);
        let to = self.0.partition_point(|old| old.start <= range.end);
        let touched = &self.0[from..to];
        let start = touched.first().map_or(range.start, |old| old.start.min(range.start));
        let end = touched.last().map_or(range.end, |old| old.end.max(range.end));
        self.0.splice(from..to, std::iter::once(start..end));
    }

    /// Whether all of `range` is in it.
    pub fn covers(&self, range: Range<u64>) -> bool {
        let at = self.0.partition_point(|old| old.end < range.end);
        range.is_empty() || self.0.get(at).is_some_and(|old| old.start <= range.start && range.end <= old.end)
    }
}

impl From<Vec<(u64, u64)>> for Ranges {
    fn from(pairs: Vec<(u64, u64)>) -> Self {
        let mut ranges = Self::default();
        pairs.into_iter().for_each(|(start, end)| ranges.insert(start..end));
        ranges
    }
}

impl From<Ranges> for Vec<(u64, u64)> {
    fn from(ranges: Ranges) -> Self {
        ranges.0.into_iter().map(|range| (range.start, range.end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    proptest::proptest! {
        #[test]
        fn it_is_the_set_of_what_was_put_in(parts: Vec<(u8, u8)>, asked: (u8, u8)) {
            let (mut ranges, mut set) = (Ranges::default(), BTreeSet::new());
            for (start, length) in parts {
                let (start, end) = (u64::from(start), u64::from(start) + u64::from(length % 20));
                ranges.insert(start..end);
                set.extend(start..end);
            }
            let asked = u64::from(asked.0)..u64::from(asked.0) + u64::from(asked.1 % 20);
            proptest::prop_assert_eq!(ranges.covers(asked.clone()), asked.clone().all(|n| set.contains(&n)));
            proptest::prop_assert!(ranges.0.windows(2).all(|pair| pair[0].end < pair[1].start));
            proptest::prop_assert_eq!(ranges.0.iter().flat_map(Clone::clone).collect::<BTreeSet<_>>(), set);
        }
    }
}
