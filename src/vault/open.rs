//! Opening a vault from its configuration, and asking the store at the start whether it can do what we rely on.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, PutMode, RetryConfig};
use serde::Deserialize;

use super::near::{Near, NearConfig};
use super::written::VerifyWrites;
use super::{Store, Vault, VaultError, VaultKey};

/// Where scans lie.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum VaultConfig {
    /// A directory on this machine. Every write is synced to disk before it is acknowledged.
    Local {
        /// The directory. Its file system must know hard links.
        root: PathBuf,
        /// A second directory, on another disk, that must hold every scan too before the receipt is given.
        #[serde(default)]
        second: Option<PathBuf>,
        /// How much of what was written is looked at again before the receipt.
        #[serde(default)]
        verify_writes: VerifyWrites,
        /// Bytes a second that the service reads in the background to find what rots. 0: none.
        #[serde(default = "scrub_bytes_per_second")]
        scrub_bytes_per_second: u64,
    },
    /// A bucket. Its keys come from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, never from the configuration.
    S3 {
        /// The bucket's name. It must exist.
        bucket: String,
        /// The server's address, where it is not Amazon's own.
        #[serde(default)]
        endpoint: Option<String>,
        /// The region; servers that have none ignore it.
        #[serde(default = "default_region")]
        region: String,
        /// Full packs are kept as objects too: a party that fetches one then costs the store one request instead of 256,
        /// for twice the space. Wrong, or left out, only costs requests: each scan is then read by itself.
        #[serde(default)]
        keep_packs: bool,
        /// Copies of scans on this node, so that 34 parties who want the same scan cost the store one request.
        #[serde(default)]
        near: NearConfig,
        /// How much of what was written is looked at again before the receipt.
        #[serde(default)]
        verify_writes: VerifyWrites,
        /// Bytes a second that the service reads in the background to find what rots. 0: none.
        #[serde(default = "scrub_bytes_per_second")]
        scrub_bytes_per_second: u64,
    },
}

impl VaultConfig {
    /// Where no other pace is told, in bytes a second: half a terabyte in less than a day, and a few hundredths of a core.
    pub const SCRUB_BYTES_PER_SECOND: u64 = 8 << 20;

    /// A directory on this machine, and nothing else said.
    pub fn local(root: PathBuf) -> Self {
        let scrub_bytes_per_second = Self::SCRUB_BYTES_PER_SECOND;
        Self::Local { root, second: None, verify_writes: VerifyWrites::default(), scrub_bytes_per_second }
    }

    /// A bucket, and nothing else said.
    pub fn bucket(bucket: String, endpoint: Option<String>, near: NearConfig) -> Self {
        Self::S3 {
            bucket,
            endpoint,
            region: default_region(),
            keep_packs: false,
            near,
            verify_writes: VerifyWrites::default(),
            scrub_bytes_per_second: Self::SCRUB_BYTES_PER_SECOND,
        }
    }

    /// Bytes a second that are looked at again in the background.
    pub fn scrub_pace(&self) -> u64 {
        match self {
            Self::Local { scrub_bytes_per_second, .. } | Self::S3 { scrub_bytes_per_second, .. } => {
                *scrub_bytes_per_second
            }
        }
    }
}

fn scrub_bytes_per_second() -> u64 {
    VaultConfig::SCRUB_BYTES_PER_SECOND
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

impl Vault {
    /// Opens every store and tries it: a store that loses or garbles a small object is refused.
    pub async fn open(config: &VaultConfig) -> Result<Self, VaultError> {
        let packs = matches!(config, VaultConfig::S3 { keep_packs: true, .. });
        let stores = match config {
            VaultConfig::Local { root, second, verify_writes, .. } => {
                let mut stores = vec![local(root, *verify_writes)?];
                if let Some(second) = second {
                    stores.push(local(second, *verify_writes)?);
                }
                stores
            }
            VaultConfig::S3 { bucket, endpoint, region, verify_writes, .. } => {
                vec![s3(bucket, endpoint.as_deref(), region, *verify_writes)?]
            }
        };
        for store in &stores {
            probe(store).await?;
        }
        let near = match config {
            VaultConfig::S3 { near, .. } => Near::open(near).await?,
            VaultConfig::Local { .. } => None,
        };
        Ok(Self::of(stores, packs, near))
    }

    /// A vault over any store, for tests that need one that fails.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        let store = Store::new(Arc::clone(&store), store, None, VerifyWrites::default());
        Self::of(vec![store], false, None)
    }

    /// The same vault with copies near at hand, for tests with a store of their own.
    pub async fn with_near(self, config: &NearConfig) -> Result<Self, VaultError> {
        Ok(Self { near: Near::open(config).await?, ..self })
    }
}

fn local(root: &Path, verify: VerifyWrites) -> Result<Store, VaultError> {
    let failed =
        |what: &str, error: &dyn std::fmt::Display| VaultError::Open(format!("{what} {}: {error}", root.display()));
    // Made beforehand, because making one on the way costs every first upload two more syncs.
    let private = |path: &Path| std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    for first in 0..=u8::MAX {
        private(&root.join(VaultKey::shard_name(first))).map_err(|e| failed("cannot make directories in", &e))?;
    }
    let root = root.canonicalize().map_err(|e| failed("cannot find", &e))?;
    let store = LocalFileSystem::new_with_prefix(&root).map_err(|e| failed("cannot open", &e))?.with_fsync(true);
    let store: Arc<dyn ObjectStore> = Arc::new(store);
    Ok(Store::new(Arc::clone(&store), store, Some(root), verify))
}

fn s3(bucket: &str, endpoint: Option<&str>, region: &str, verify: VerifyWrites) -> Result<Store, VaultError> {
    let build = |options: ClientOptions| {
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(options)
            .with_retry(RetryConfig {
                max_retries: 3,
                retry_timeout: Duration::from_secs(45),
                ..RetryConfig::default()
            });
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        builder.build().map_err(|error| VaultError::Open(error.to_string()))
    };
    let http = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
    let options = || ClientOptions::new().with_allow_http(http).with_connect_timeout(Duration::from_secs(5));
    // Two clients: a scan that is not written in half a minute is lost, but a party on a slow line may take an hour for a
    // large range, and then only silence is a failure.
    let control = build(options().with_timeout(Duration::from_secs(30)))?;
    let streaming = build(options().with_timeout_disabled().with_read_timeout(Duration::from_secs(20)))?;
    Ok(Store::new(Arc::new(control), Arc::new(streaming), None, verify))
}

/// Writes, reads and compares a small object. What a store can do beyond that is logged, and nothing relies on it.
async fn probe(store: &Store) -> Result<(), VaultError> {
    let key = Key::from("probe/start");
    let unfit = |what: &str, error: &dyn std::fmt::Display| VaultError::Unfit(format!("{what}: {error}"));
    let content = b"0123456789".as_slice();
    store.control.put(&key, content.into()).await.map_err(|e| unfit("writing failed", &e))?;
    let whole = store.control.get(&key).await.map_err(|e| unfit("reading failed", &e))?;
    let whole = whole.bytes().await.map_err(|e| unfit("reading failed", &e))?;
    let part = store.streaming.get_range(&key, 3..7).await.map_err(|e| unfit("reading a range failed", &e))?;
    if whole.as_ref() != content || part.as_ref() != b"3456" {
        return Err(VaultError::Unfit("what was read is not what was written".into()));
    }
    // The same bytes: another node may be reading them at this moment, and not every store honours create-only.
    let again = store.control.put_opts(&key, content.into(), PutMode::Create.into()).await;
    let create_only = matches!(again, Err(object_store::Error::AlreadyExists { .. }));
    tracing::info!(
        create_only,
        "Opened a store: it {} create-only writes",
        if create_only { "honours" } else { "ignores" }
    );
    Ok(())
}
