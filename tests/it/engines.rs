//! The real databases and stores that tests run against. A missing one is said aloud, and is a failure where the
//! environment promises all of them (`TUTANAK_TEST_REQUIRE_PEERS`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use tutanak::ledger::{DatabaseConfig, Ledger};

/// An empty database of its own. The directory goes when the value goes.
pub struct Engine {
    pub name: &'static str,
    pub config: DatabaseConfig,
    _dir: Option<TempDir>,
}

impl Engine {
    pub fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = DatabaseConfig::Sqlite { path: dir.path().join("ledger.db") };
        Self { name: "sqlite", config, _dir: Some(dir) }
    }

    /// None, with a word, when there is no server.
    pub async fn postgres() -> Option<Self> {
        let server = peer("TUTANAK_TEST_POSTGRES")?;
        let name = format!("it_{}", unique());
        let mut connection = PgConnection::connect(&server).await.expect("the PostgreSQL of the tests does not answer");
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        let (base, query) = server.split_once('?').map_or((server.as_str(), ""), |(base, query)| (base, query));
        let (host, _) = base.rsplit_once('/').expect("a postgres:// address ends with a database");
        let url = format!("{host}/{name}{}{query}", if query.is_empty() { "" } else { "?" });
        Some(Self { name: "postgres", config: DatabaseConfig::PostgresAt { url, connections: 8 }, _dir: None })
    }

    /// Each engine there is.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite()];
        all.extend(Self::postgres().await);
        all
    }

    pub async fn open(&self) -> Ledger {
        Ledger::open(&self.config).await.unwrap()
    }
}

/// A part of the tests' bucket that nobody else uses: a log has a bucket to itself.
pub fn bucket() -> Option<Arc<dyn ObjectStore>> {
    let (endpoint, bucket) = (peer("TUTANAK_TEST_S3_ENDPOINT")?, peer("TUTANAK_TEST_S3_BUCKET")?);
    let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_region("us-east-1");
    let store = builder.with_endpoint(endpoint).with_allow_http(true).build().unwrap();
    Some(Arc::new(PrefixStore::new(store, unique())))
}

/// A bucket for a whole service, which has its log in it. The tests' store has some beside the shared one; each number is
/// one test's.
pub fn own_bucket(number: u8) -> Option<(String, String)> {
    let (endpoint, bucket) = (peer("TUTANAK_TEST_S3_ENDPOINT")?, peer("TUTANAK_TEST_S3_BUCKET")?);
    Some((endpoint, format!("{bucket}-{number}")))
}

/// The value of an environment variable that names a peer.
pub fn peer(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "{variable} is not set, and it was promised");
        eprintln!("SKIPPED: {variable} is not set");
    }
    value
}

/// A name that no other test of this or another run has.
pub fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("{now:x}_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
