//! Directories of scans as they were last read: while nothing was added they are not read again, and a scan or a directory
//! that was seen once is not looked up again, because neither is ever changed or taken away.

use std::sync::{Arc, OnceLock};

use super::{Content, Node, Tree, TreeError, below, sums};
use crate::audit::RecordSlot;
use crate::cache::{Cache, Weighed};
use crate::domain::naming;
use crate::domain::naming::lists::is_district;

/// Memory for directories.
const MEMORY: u64 = 96 << 20;
/// Directories at most.
const COUNT: usize = 1024;
/// Memory that a name takes, about, with its listings and its line among the sums.
const A_NAME: u64 = 800;

/// A directory as it was read.
#[derive(Debug)]
pub struct Directory {
    nodes: Vec<Node>,
    /// Indexes of what never changes, by name: scans and directories.
    lasting: Vec<u32>,
    /// The digests of its scans, for the first who asks.
    sums: OnceLock<Option<Node>>,
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
        let lasts = |at: &u32| matches!(nodes[*at as usize].content, Content::Scan(_) | Content::Directory);
        let mut lasting: Vec<u32> = (0..u32::try_from(nodes.len()).unwrap_or(0)).filter(lasts).collect();
        lasting.sort_unstable_by(|a, b| nodes[*a as usize].name.cmp(&nodes[*b as usize].name));
        Self { nodes, lasting, sums: OnceLock::new(), state }
    }

    /// What lies in it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    fn lasting(&self, name: &str) -> Option<&Node> {
        let at = self.lasting.binary_search_by(|at| self.nodes[*at as usize].name.as_str().cmp(name)).ok()?;
        Some(&self.nodes[self.lasting[at] as usize])
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
    pub async fn directory(&self, on_record: &RecordSlot, path: &str) -> Result<Option<Arc<Directory>>, TreeError> {
        let path = path.trim_matches('/');
        let cached = path == naming::SCANS || below(path, naming::SCANS).is_some();
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

    /// The digests of the scans in the directory `path`, if any lie there.
    pub(super) async fn sums(&self, on_record: &RecordSlot, path: &str) -> Result<Option<Node>, TreeError> {
        if below(path, naming::SCANS).is_none() {
            return Ok(None);
        }
        // In a box, because a directory is found as its sums are.
        let directory = Box::pin(self.directory(on_record, path)).await?;
        Ok(directory.and_then(|directory| directory.sums.get_or_init(|| sums::render(&directory.nodes)).clone()))
    }

    /// The scan or directory at `path`, if what it lies in was read before and held it then.
    pub(super) fn seen_before(&self, path: &str) -> Option<Node> {
        let (parent, name) = naming::split(path);
        let directory = self.directories.read.kept(parent)?;
        directory.lasting(name).cloned()
    }
}
