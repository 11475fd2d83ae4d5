//! What would be sent, and what is missing on either side. It only looks: it takes no lock and writes nothing, so it can
//! be asked while a client watches the folder.

use std::path::Path;

use serde::Serialize;

use super::clocks::{GateState, ServerClock};
use super::folder::{self, BY_HAND, DAMAGED, RECEIVED};
use super::passed::PassedOver;
use super::server::{self, Failed, Greeting, MissingForm, Server};
use super::whole::{self, Judgement};
use super::{journal, receipt, texts};
use crate::beneath::{self, Folder};
use crate::client::disk::DiskError;
use crate::domain::Digest;

/// Pages asked for at most: a thousand forms each, far more than any board has.
const PAGES: usize = 1000;

/// What lies where, and which forms have no scan.
#[derive(Clone, Debug, Serialize)]
pub struct FolderStatus {
    /// Scans that wait in the folder.
    pub waiting: u64,
    /// Files that nobody sends.
    pub others: u64,
    /// What systems and programs keep beside the scans: nobody sends that.
    pub passed: PassedOver,
    /// Scans that are linked.
    pub received: u64,
    /// Scans that people must link.
    pub by_hand: u64,
    /// Files that are no scan.
    pub damaged: u64,
    /// Files that this folder's client has put into their places, ever.
    pub settled: u64,
    /// Forms that the election expects of this board.
    pub expected: u64,
    /// Those of them that have no scan.
    pub missing: Vec<MissingForm>,
    /// The service's clock, and how far this machine's is from it.
    pub clock: Option<ServerClock>,
    /// How the gates stand.
    pub gates: Vec<GateState>,
}

/// Why it cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The folder cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The service does not answer.
    #[error(transparent)]
    Server(#[from] Failed),
}

/// Looks at the folder and asks the service.
///
/// # Errors
/// When either does not answer.
pub async fn status(root: &Path, server: &Server) -> Result<FolderStatus, StatusError> {
    let root = &Folder::open(root).map_err(|error| DiskError::at(root, error))?;
    let look = folder::look(root)?;
    let count = |name: &str| -> Result<u64, DiskError> {
        match root.inside(Path::new(name)) {
            Ok(place) => Ok(folder::look(&place)?.scans.len() as u64),
            Err(error) if beneath::is_absent(&error) => Ok(0),
            Err(error) => Err(DiskError::at(Path::new(name), error)),
        }
    };
    let Greeting { clock, gates, .. } = server.greet().await?;
    let (mut expected, mut missing, mut after) = (0, Vec::new(), None);
    for _ in 0..PAGES {
        let page = server.missing(after.as_deref()).await?;
        expected += page.expected;
        missing.extend(page.missing);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(FolderStatus {
        waiting: look.scans.len() as u64,
        others: look.others,
        passed: look.passed,
        received: count(RECEIVED)?,
        by_hand: count(BY_HAND)?,
        damaged: count(DAMAGED)?,
        settled: journal::settled(root),
        expected,
        missing,
        clock,
        gates,
    })
}

/// What would become of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "would", rename_all = "kebab-case")]
pub enum Would {
    /// Be sent.
    Send {
        /// The file, below the folder.
        file: String,
        /// The scan.
        sha256: Digest,
        /// Size in bytes.
        size: u64,
    },
    /// Be put into its place without being sent: the service has it.
    Settle {
        /// The file, below the folder.
        file: String,
        /// The scan.
        sha256: Digest,
    },
    /// Be waited for, and taken for damaged if it stays as it is.
    Wait {
        /// The file, below the folder.
        file: String,
        /// What is wrong with it, in Turkish.
        tr: String,
    },
}

/// What a run would do with the folder as it is now. Each file is told as soon as it is known.
///
/// # Errors
/// When the folder or the service does not answer.
pub async fn rehearse(root: &Path, server: &Server, mut tell: impl FnMut(&Would)) -> Result<(), StatusError> {
    let folder = Folder::open(root).map_err(|error| DiskError::at(root, error))?;
    let look = folder::look(&folder)?;
    for some in look.scans.chunks(server::QUESTION) {
        let mut whole = Vec::new();
        for (file, _) in some {
            let (folder, path, file) = (folder.clone(), file.clone(), file.display().to_string());
            let judged = tokio::task::spawn_blocking(move || whole::judge(&folder, &path)).await;
            match judged.map_err(|error| DiskError::at(root, std::io::Error::other(error)))?? {
                (Judgement::Whole(digest), Some(mark)) => whole.push((file, digest, mark.size)),
                (Judgement::Unsound { why, .. }, _) => tell(&Would::Wait { file, tr: texts::unsound(&why) }),
                _ => tell(&Would::Wait { file, tr: "Dosya hâlâ yazılıyor.".to_owned() }),
            }
        }
        let digests: Vec<Digest> = whole.iter().map(|(_, digest, _)| *digest).collect();
        let known = server.known(&digests).await?;
        let known = known.iter().filter_map(|text| serde_json::from_str::<receipt::Receipt>(text).ok());
        let known: std::collections::HashSet<Digest> = known.map(|receipt| receipt.sha256).collect();
        for (file, sha256, size) in whole {
            match known.contains(&sha256) {
                true => tell(&Would::Settle { file, sha256 }),
                false => tell(&Would::Send { file, sha256, size }),
            }
        }
    }
    Ok(())
}
