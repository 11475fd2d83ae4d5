//! Events of the file system: they only say that it is worth looking now. Shares over a network send none, so looking
//! again from time to time goes on beside them, and a folder whose events cannot be had is looked at all the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use super::folder::OURS;

/// A watcher, while it is held.
#[derive(Debug)]
pub struct Events {
    happened: Arc<Notify>,
    _watcher: Option<RecommendedWatcher>,
}

impl Events {
    /// Watches a folder with everything below it but our own folders.
    pub fn of(root: &Path) -> Self {
        let happened = Arc::new(Notify::new());
        let (wake, ours) = (Arc::clone(&happened), OURS.map(|ours| root.join(ours)));
        let foreign = move |path: &PathBuf| !ours.iter().any(|ours| path.starts_with(ours));
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is an event too, and we read.
            let wakes = event.map_or(true, |event| !event.kind.is_access() && event.paths.iter().any(&foreign));
            if wakes {
                wake.notify_one();
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(root, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        let watcher = watcher
            .inspect_err(|error| tracing::info!(%error, "No events of this folder: it is looked at from time to time"))
            .ok();
        Self { happened, _watcher: watcher }
    }

    /// Returns when something happened since the last call.
    pub async fn next(&self) {
        self.happened.notified().await;
    }
}
