//! What is known in memory of where scans lie: the places in their order, and which of them hold any.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::{Area, Atlas, Filter, Spot};
use crate::cache::{Cache, Weighed};
use crate::domain::Race;
use crate::domain::naming::SCANS;
use crate::ledger::{Ledger, LedgerError};

/// Directories that are read at a time.
const STEP: u32 = 5_000;
/// A selection of so many directories is first narrowed to places that have such boxes at all.
const MANY: usize = 500;
/// Memory for what selections were narrowed to.
const HAVING: u64 = 8 << 20;
/// Narrowed selections at most, whatever their weight.
const HAVING_COUNT: usize = 64;

/// The index of a node. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Index {
    ledger: Ledger,
    now: Arc<Mutex<Now>>,
    having: Arc<Cache<HavingKey, Having>>,
}

/// Places and boxes of the registry, a race, and numbers of boxes.
type HavingKey = ((u64, u64), Option<Race>, Option<(u32, u32)>);

/// The places that have boxes, or sheets, of what is selected.
#[derive(Clone, Debug)]
struct Having(Arc<HashSet<Spot>>);

impl Weighed for Having {
    fn weight(&self) -> u64 {
        16 * self.0.len() as u64
    }
}

#[derive(Debug, Default)]
struct Now {
    atlas: Arc<Atlas>,
    /// Places that were there when it was read.
    places: u64,
    /// The entry from which on directories have not been read.
    next: u64,
    /// Directories that hold scans, by their place.
    filled: BTreeMap<Spot, BTreeSet<String>>,
}

impl Index {
    pub fn new(ledger: Ledger) -> Self {
        Self { ledger, now: Arc::default(), having: Arc::new(Cache::new(HAVING, HAVING_COUNT)) }
    }

    /// The places as they are now. They are only ever added.
    pub async fn atlas(&self) -> Result<Arc<Atlas>, LedgerError> {
        let mut now = self.now.lock().await;
        let (places, _) = self.ledger.registry_size().await?;
        if places != now.places {
            *now = Now { atlas: Arc::new(Atlas::read(&self.ledger).await?), places, ..Now::default() };
        }
        Ok(Arc::clone(&now.atlas))
    }

    /// At most `most` directories of a selection that hold scans, in their order, from `begun` on.
    pub async fn directories(
        &self,
        atlas: &Arc<Atlas>,
        filter: &Filter,
        begun: Option<&str>,
        most: usize,
    ) -> Result<Vec<(Option<Spot>, String)>, LedgerError> {
        let all = self.filled(atlas, filter, begun).await?;
        let narrowed = all.len() > MANY && (filter.race.is_some() || filter.numbers.is_some());
        let having = match narrowed {
            true => Some(self.having(atlas, filter).await?),
            false => None,
        };
        let fits = |spot: &Spot| having.as_ref().is_none_or(|having| having.0.contains(spot));
        Ok(all.into_iter().filter(|(spot, _)| fits(spot)).take(most).map(|(spot, path)| (Some(spot), path)).collect())
    }

    async fn filled(
        &self,
        atlas: &Arc<Atlas>,
        filter: &Filter,
        begun: Option<&str>,
    ) -> Result<Vec<(Spot, String)>, LedgerError> {
        let mut now = self.now.lock().await;
        self.read_on(&mut now).await?;
        let within: Range<Spot> = match &filter.place {
            Some(place) => atlas.find(place).map_or(0..0, |spot| atlas.inside(spot)),
            None => atlas.all(),
        };
        let begun = begun.filter(|directory| !directory.is_empty());
        let from = begun.and_then(|directory| atlas.at(directory)).unwrap_or(within.start).max(within.start);
        let behind = |spot: Spot, path: &str| begun.is_none_or(|begun| spot != from || path >= begun);
        let some = now.filled.range(from..within.end.max(from));
        let some = some.flat_map(|(spot, paths)| paths.iter().map(|path| (*spot, path)));
        let some = some.filter(|(spot, path)| Area::of(path) == filter.area && behind(*spot, path));
        Ok(some.map(|(spot, path)| (spot, path.clone())).collect())
    }

    /// Reads the directories that entries filled since the last time.
    async fn read_on(&self, now: &mut Now) -> Result<(), LedgerError> {
        loop {
            let step = self.ledger.filled_from(now.next, STEP).await?;
            let whole = step.len() < STEP as usize;
            let Some(last) = step.last().map(|filled| filled.position) else { return Ok(()) };
            for filled in step {
                let below = filled.path.strip_prefix(SCANS).and_then(|path| path.strip_prefix('/'));
                if let Some((path, spot)) = below.and_then(|path| Some((path, now.atlas.at(path)?))) {
                    now.filled.entry(spot).or_default().insert(path.to_owned());
                }
            }
            // A step may end in the middle of an entry's directories, which are then read again.
            let next = if whole { last + 1 } else { last };
            if next == now.next {
                return Ok(());
            }
            now.next = next;
            if whole {
                return Ok(());
            }
        }
    }

    /// The places that have boxes, or sheets, of what is selected.
    async fn having(&self, atlas: &Arc<Atlas>, filter: &Filter) -> Result<Having, LedgerError> {
        let key = (self.ledger.registry_size().await?, filter.race, filter.numbers);
        let look = async || {
            let ids = self.ledger.places_having(filter.race, filter.numbers).await?;
            Ok(Having(Arc::new(ids.iter().filter_map(|id| atlas.find(id)).collect())))
        };
        self.having.get(&key, |_| true, look).await
    }
}
