//! Selections: the scans of a part of the country, of a race, of a range of boxes, page by page in Turkish order.
//!
//! What is where is known in memory ([`Atlas`], and which directories hold scans); what lies in a directory is one look-up. So
//! a page costs as much at 200,000 boxes as at 200.

mod index;
pub mod table;
pub mod zip;

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::Semaphore;

use self::index::Index;
use super::packs::Packs;
use crate::cache::Cache;
use crate::domain::naming::scans::ScanPath;
use crate::domain::naming::{SCANS, split};
use crate::domain::{Digest, PlaceId, Race};
use crate::ledger::filled::Lying;
use crate::ledger::{Ledger, LedgerError};
pub use crate::registry::atlas::{Area, Atlas, Spot};

/// Directories that are looked into for one page at most. A page that finds nothing in so many ends there, and goes on.
const LOOKED_INTO: usize = 500;
/// Memory for archives that were laid out. One of 100,000 scans has about 90 MB.
const PLANS: u64 = 96 << 20;
/// Archives at most, whatever their weight.
const PLAN_COUNT: usize = 64;
/// Archives that are laid out at a time; the others wait.
const PLANNERS: usize = 2;

/// What is selected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// In which part.
    pub area: Area,
    /// The place that it lies in; all of the part without one.
    pub place: Option<PlaceId>,
    /// Of which race; of all without one.
    pub race: Option<Race>,
    /// Numbers of boxes, the first and the last.
    pub numbers: Option<(u32, u32)>,
    /// Older scans of a page as well.
    pub every_revision: bool,
}

impl Filter {
    /// Whether a scan of such a path is selected, its place aside.
    fn takes(&self, path: &ScanPath) -> bool {
        let number = |(first, last): (u32, u32)| path.sandik.is_some_and(|number| (first..=last).contains(&number));
        self.race.is_none_or(|race| path.race == Some(race)) && self.numbers.is_none_or(number)
    }
}

/// A scan that was selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// What its path says.
    pub path: ScanPath,
    /// The place that it is of; none for a place that the registry does not have any more.
    pub spot: Option<Spot>,
    /// The entry that brought it.
    pub position: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// A page of a selection.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// The scans, in order.
    pub scans: Vec<Selected>,
    /// Where the next page begins: the path of the last scan, or of the last directory looked into. None at the end.
    pub next: Option<String>,
}

/// The selections of a node. Clones share what they know.
#[derive(Clone, Debug)]
pub struct Selections {
    ledger: Ledger,
    packs: Packs,
    index: Index,
    plans: Arc<Cache<(Filter, u64), Arc<zip::Plan>>>,
    /// Archives that are being laid out.
    planning: Arc<Semaphore>,
}

impl Selections {
    /// Selections of what is entered.
    pub fn new(ledger: Ledger, packs: Packs) -> Self {
        Self {
            index: Index::new(ledger.clone()),
            ledger,
            packs,
            plans: Arc::new(Cache::new(PLANS, PLAN_COUNT)),
            planning: Arc::new(Semaphore::new(PLANNERS)),
        }
    }

    /// Every place, as the registry has it now.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn atlas(&self) -> Result<Arc<Atlas>, LedgerError> {
        self.index.atlas().await
    }

    /// The zone in which its times are told.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn zone(&self) -> Result<TimeZone, LedgerError> {
        Ok(self.ledger.election().await?.map_or(TimeZone::UTC, |stored| stored.election.zone()))
    }

    /// About `limit` scans behind `after`, which is where the page before ended, or empty. Only what the first `size` entries
    /// brought is looked at.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn page(&self, filter: &Filter, after: &str, limit: usize, size: u64) -> Result<Page, LedgerError> {
        let atlas = self.atlas().await?;
        let begun = split(after).0.strip_prefix(SCANS).map(|directory| directory.trim_start_matches('/'));
        let last = ScanPath::parse(after);
        let directories = self.index.directories(&atlas, filter, begun, LOOKED_INTO + 1).await?;
        let mut page = Page::default();
        for (at, (spot, directory)) in directories.iter().enumerate() {
            if at == LOOKED_INTO {
                page.next = Some(format!("{SCANS}/{directory}/"));
                break;
            }
            let scans = self.lying_in(filter, *spot, directory, size).await?;
            let here = last.as_ref().filter(|last| last.directory == *directory);
            let behind =
                |scan: &Selected| here.is_none_or(|last| scan.path.order().cmp(&last.order()) == Ordering::Greater);
            page.scans.extend(scans.into_iter().filter(behind));
            if page.scans.len() > limit {
                page.scans.truncate(limit);
                page.next = page.scans.last().map(|scan| scan.path.path());
                break;
            }
        }
        Ok(page)
    }

    /// The scans of a selection that lie in one directory, in order.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn lying_in(
        &self,
        filter: &Filter,
        spot: Option<Spot>,
        directory: &str,
        size: u64,
    ) -> Result<Vec<Selected>, LedgerError> {
        let lying = self.ledger.lying_in(&format!("{SCANS}/{directory}"), size).await?;
        let selected = |Lying { name, position, at_ms, size, digest }: Lying| {
            let path = ScanPath::parse(&format!("{SCANS}/{directory}/{name}")).filter(|path| filter.takes(path))?;
            Some(Selected { path, spot, position, at_ms, size, digest })
        };
        let mut scans: Vec<Selected> = lying.into_iter().filter_map(selected).collect();
        scans.sort_by_cached_key(|scan| scan.path.order());
        if !filter.every_revision {
            // The newest scan of a page comes first.
            let page = |scan: &Selected| (scan.path.form(), scan.path.page);
            scans.dedup_by(|scan, before| page(scan) == page(before));
        }
        Ok(scans)
    }
}
