//! Directories of scans as they were last read: while nothing was added they are not read again, and a scan that was seen
//! once is not looked up again, because no path changes its content.

use std::sync::Arc;

use super::{Content, Node, Tree, TreeError};
use crate::audit::Seat;
use crate::cache::{Cache, Weighed};
use crate::domain::naming;
use crate::domain::naming::lists::is_district;
use crate::ledger::nodes::ScanNode;

/// Memory for directories.
const MEMORY: u64 = 96 << 20;
/// Directories at most.
const COUNT: usize = 1024;
/// Memory that a name takes, about, with its listings.
const A_NAME: u64 = 700;

/// A directory as it was read.
#[derive(Debug)]
pub struct Directory {
    nodes: Vec<Node>,
    /// Indexes of scans, by name.
    scans: Vec<u32>,
    state: State,
}

/// What a directory's content depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The newest entry that brought something into it.
    Newest(Option<u64>),
    /// The ledger's size: sums of all that lies below change with every entry.
    Size(u64),
}

impl Directory {
    fn new(nodes: Vec<Node>, state: State) -> Self {
        let is_scan = |at: &u32| matches!(nodes[*at as usize].content, Content::Scan(_));
        let mut scans: Vec<u32> = (0..u32::try_from(nodes.len()).unwrap_or(0)).filter(is_scan).collect();
        scans.sort_unstable_by(|a, b| nodes[*a as usize].name.cmp(&nodes[*b as usize].name));
        Self { nodes, scans, state }
    }

    /// What lies in it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn scan(&self, name: &str) -> Option<(&Node, ScanNode)> {
        let at = self.scans.binary_search_by(|at| self.nodes[*at as usize].name.as_str().cmp(name)).ok()?;
        let node = &self.nodes[self.scans[at] as usize];
        match node.content {
            Content::Scan(scan) => Some((node, scan)),
            _ => None,
        }
    }
}

impl Weighed for Arc<Directory> {
    fn weight(&self) -> u64 {
        A_NAME * (1 + self.nodes.len() as u64)
    }
}

/// The directories that were read. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Directories {
    read: Arc<Cache<String, Arc<Directory>>>,
}

impl Directories {
    pub(super) fn new() -> Self {
        Self { read: Arc::new(Cache::new(MEMORY, COUNT)) }
    }
}

impl Tree {
    /// What lies in the directory `path`, shared by everybody who asks while nothing was added. `None` when there is no
    /// such directory.
    pub async fn directory(&self, on_record: &Seat, path: &str) -> Result<Option<Arc<Directory>>, TreeError> {
        let path = path.trim_matches('/');
        let cached = path == naming::SCANS || super::below(path, naming::SCANS).is_some();
        if !cached {
            let nodes = self.list(on_record, path).await?;
            return Ok(nodes.map(|nodes| Arc::new(Directory::new(nodes, State::Size(0)))));
        }
        // A directory is there because something lies in it; the one of all scans is there before the first.
        let newest = self.ledger.newest_in(path).await?;
        if newest.is_none() && path != naming::SCANS {
            return Ok(None);
        }
        let state = match is_district(path) {
            true => State::Size(self.ledger.head().await?.size),
            false => State::Newest(newest),
        };
        let read = async || {
            let nodes = self.list(on_record, path).await?.unwrap_or_default();
            Ok(Arc::new(Directory::new(nodes, state)))
        };
        let good = |kept: &Arc<Directory>| kept.state == state;
        self.directories.read.get(&path.to_owned(), good, read).await.map(Some)
    }

    /// The scan at `path`, if its directory was read before and held it then.
    pub(super) fn seen_before(&self, path: &str) -> Option<Node> {
        let (parent, name) = naming::split(path);
        let directory = self.directories.read.kept(parent)?;
        directory.scan(name).map(|(node, _)| node.clone())
    }
}
