//! Whether the stores answer just now.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use object_store::path::Path as Key;
use object_store::{Error as StoreError, ObjectStoreExt, PutMode, UpdateVersion};
use tokio::task::JoinHandle;

use super::{Store, Vault, VaultError};

impl Vault {
    /// Asks every store for something small: a disk writes some bytes and syncs them, a bucket
    /// takes and gives some now and then. It has no limit of its own. A disk may hold the task for ever; a bucket's can be aborted.
    pub fn ask(&self) -> JoinHandle<Result<(), VaultError>> {
        let stores = self.stores.clone();
        if stores.iter().all(|store| store.root.is_some()) {
            return tokio::task::spawn_blocking(move || {
                stores.iter().filter_map(|store| store.root.as_deref()).try_for_each(|root| {
                    let failed = |error| VaultError::Unfit(format!("{} takes no file: {error}", root.display()));
                    write_something(root).map_err(failed)
                })
            });
        }
        tokio::spawn(async move { futures::future::try_join_all(stores.iter().map(Store::answers)).await.map(drop) })
    }
}

fn write_something(root: &Path) -> std::io::Result<()> {
    let directory = root.join("probe");
    std::fs::create_dir_all(&directory)?;
    let mut file = std::fs::File::create(directory.join("ready"))?;
    file.write_all(CONTENT)?;
    file.sync_data()
}

/// What is written and read.
const CONTENT: &[u8] = b"0123456789";
/// How often something is written and read. Between, a bucket is only asked whether it is there, as long as it took all.
const WHOLE: Duration = Duration::from_secs(10);

/// When a store last took and gave something small.
#[derive(Debug, Default)]
pub(super) struct Alive(Mutex<Option<Instant>>);

impl Alive {
    fn set(&self, at: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    /// Whether that is long ago, or what was tried since failed.
    fn is_due(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|at| at.elapsed() >= WHOLE)
    }
}

impl Store {
    async fn answers(&self) -> Result<(), VaultError> {
        let unfit = |what: &str, error: StoreError| VaultError::Unfit(format!("{what}: {error}"));
        if !self.alive.is_due() {
            // Whoever gives up waiting, or is told no, asks for all of it the next time.
            let before = self.alive.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            return match self.control.head(&Key::from("probe/start")).await {
                Ok(_) | Err(StoreError::NotFound { .. }) => {
                    self.alive.set(before);
                    Ok(())
                }
                Err(error) => Err(unfit("the bucket does not answer", error)),
            };
        }
        self.alive.set(None);
        self.takes_and_gives().await?;
        self.alive.set(Some(Instant::now()));
        Ok(())
    }

    /// Reads what every node writes, and writes it anew in place of what was read: a store that cannot write may still say
    /// that an object is there already.
    async fn takes_and_gives(&self) -> Result<(), VaultError> {
        let key = Key::from("probe/ready");
        let unfit = |what: &str, error: &dyn std::fmt::Display| VaultError::Unfit(format!("{what}: {error}"));
        let mode = match self.control.get(&key).await {
            Ok(found) => {
                let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                let bytes = found.bytes().await.map_err(|error| unfit("the bucket gives nothing", &error))?;
                if bytes != CONTENT {
                    return Err(VaultError::Unfit("the bucket gives other bytes than it took".to_owned()));
                }
                PutMode::Update(version)
            }
            Err(StoreError::NotFound { .. }) => PutMode::Create,
            Err(error) => return Err(unfit("the bucket gives nothing", &error)),
        };
        match self.control.put_opts(&key, CONTENT.into(), mode.into()).await {
            // Another node was just as far.
            Ok(_) | Err(StoreError::Precondition { .. } | StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(unfit("the bucket takes nothing", &error)),
        }
    }
}
