//! `paketler/`: the directories of packs, by nine-digit numbers, and what is listed in them.
//!
//! A listing shows every full pack and one partial; every other partial can be had by who knows its name.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Content, Node, Tree, TreeError, time};
use crate::domain::naming;
use crate::domain::naming::packs::{PACK_ENTRIES, PackPath};
use crate::formats::pack::PackPlan;
use crate::ledger::entries::HeadNow;

/// A new partial pack is listed this often: entries committed in the running interval are not in it yet.
const INTERVAL_MS: i64 = 15_000;
/// Thousands of packs in a million, and packs in a thousand.
const THOUSAND: u64 = 1000;

impl Tree {
    /// What `path`, at or below `paketler/`, is.
    pub(super) async fn find_pack(&self, path: &str) -> Result<Option<Node>, TreeError> {
        let Some(place) = PackPath::parse(path) else { return Ok(None) };
        match place {
            PackPath::Pack { number, entries } => Ok(self.archive.packs.plan(number, entries).await?.map(pack)),
            PackPath::Sum(number) => {
                let row = self.ledger.packs(number, number + 1).await?.into_iter().next();
                Ok(row.and_then(|row| Some(sum(number, row.sum?, row.at_ms))))
            }
            PackPath::Top | PackPath::Million(_) | PackPath::Thousand(_) | PackPath::Partials(_) => {
                let head = self.ledger.head().await?;
                let there = self.partial(&head).await?;
                let exists = match place {
                    PackPath::Million(million) => million < packs(&head).div_ceil(THOUSAND * THOUSAND),
                    PackPath::Thousand(thousand) => thousand < packs(&head).div_ceil(THOUSAND),
                    PackPath::Partials(number) => there.is_some_and(|(partial, _)| partial == number),
                    _ => true,
                };
                Ok(exists.then(|| pack_directory(place)))
            }
        }
    }

    /// What lies in the directory `path` at or below `paketler/`.
    pub(super) async fn list_packs(&self, path: &str) -> Result<Option<Vec<Node>>, TreeError> {
        let Some(place) = PackPath::parse(path) else { return Ok(None) };
        let head = self.ledger.head().await?;
        let there = packs(&head);
        Ok(match place {
            PackPath::Top => {
                let millions = 0..there.div_ceil(THOUSAND * THOUSAND);
                Some(millions.map(|million| pack_directory(PackPath::Million(million))).collect())
            }
            PackPath::Million(million) => {
                let (from, to) = (million * THOUSAND, ((million + 1) * THOUSAND).min(there.div_ceil(THOUSAND)));
                let some = from < to;
                some.then(|| (from..to).map(|thousand| pack_directory(PackPath::Thousand(thousand))).collect())
            }
            PackPath::Thousand(thousand) => self.list_thousand(thousand, &head).await?,
            PackPath::Partials(number) => match self.partial(&head).await? {
                Some((partial, entries)) if partial == number => {
                    let plan = self.archive.packs.plan(number, entries).await?;
                    plan.map(|plan| {
                        vec![listed(&PackPath::Pack { number, entries }, plan.len(), Some(plan.modified()))]
                    })
                }
                _ => None,
            },
            PackPath::Pack { .. } | PackPath::Sum(_) => None,
        })
    }

    async fn list_thousand(&self, thousand: u64, head: &HeadNow) -> Result<Option<Vec<Node>>, TreeError> {
        let (from, to) = (thousand * THOUSAND, (thousand + 1) * THOUSAND);
        if from >= packs(head) {
            return Ok(None);
        }
        let mut nodes = Vec::new();
        for row in self.archive.packs.full(from, to, head.size).await? {
            let (number, modified) = (row.number, time(row.at_ms));
            nodes.push(listed(&PackPath::Pack { number, entries: PACK_ENTRIES }, row.size, modified));
            if let Some(digest) = row.sum {
                nodes.push(sum(number, digest, row.at_ms));
            }
        }
        if let Some((number, _)) = self.partial(head).await?.filter(|(number, _)| (from..to).contains(number)) {
            nodes.push(pack_directory(PackPath::Partials(number)));
        }
        Ok(Some(nodes))
    }

    /// The partial pack that is listed: its number and its entries, those committed before the last full quarter of a
    /// minute. So every node lists the same, and it changes no more often than that.
    async fn partial(&self, head: &HeadNow) -> Result<Option<(u64, u64)>, TreeError> {
        let (number, from) = (head.size / PACK_ENTRIES, head.size / PACK_ENTRIES * PACK_ENTRIES);
        let now = self.clock.now().as_millisecond();
        let before = now - now.rem_euclid(INTERVAL_MS);
        let entries = self.ledger.entries_before(from, head.size, before).await?;
        Ok((entries > 0).then_some((number, entries)))
    }
}

fn pack_directory(place: PackPath) -> Node {
    Node::directory(&place.name())
}

/// How many packs there are, a partial one among them.
fn packs(head: &HeadNow) -> u64 {
    head.size.div_ceil(PACK_ENTRIES)
}

fn pack(plan: Arc<PackPlan>) -> Node {
    let path = PackPath::Pack { number: plan.number(), entries: plan.entries() };
    Node { name: path.name(), modified: Some(plan.modified()), content: Content::Pack(plan) }
}

fn listed(path: &PackPath, size: u64, modified: Option<Timestamp>) -> Node {
    Node { name: path.name(), modified, content: Content::TextOf(size) }
}

/// `041.zip.sha256`, as `sha256sum -c` reads it beside the pack.
fn sum(number: u64, digest: crate::domain::Digest, at_ms: i64) -> Node {
    let pack = PackPath::Pack { number, entries: PACK_ENTRIES }.path();
    let text = format!("{digest}  {}\n", naming::split(&pack).1);
    Node::text(&PackPath::Sum(number).name(), time(at_ms), text)
}
