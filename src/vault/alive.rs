//! Whether the stores answer just now.

use std::io::Write;
use std::path::Path;

use object_store::path::Path as Key;
use object_store::{Error as StoreError, ObjectStoreExt};
use tokio::task::JoinHandle;

use super::{Store, Vault, VaultError};

impl Vault {
    /// Asks every store for something small: a disk writes some bytes and syncs them, a bucket is asked for an object. It
    /// has no limit of its own. A disk may hold the task for ever; a bucket's can be aborted.
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
    file.write_all(b"0123456789")?;
    file.sync_data()
}

impl Store {
    async fn answers(&self) -> Result<(), VaultError> {
        match self.control.head(&Key::from("probe/start")).await {
            Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(VaultError::Unfit(format!("the bucket does not answer: {error}"))),
        }
    }
}
