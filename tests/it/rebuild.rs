//! A database that was lost is made again from the vault's copy of the log, equal to the old one or not at all.

use std::path::Path;

use ed25519_dalek::SigningKey;
use sqlx::{AssertSqlSafe, Column, Row, ValueRef};
use tutanak::domain::Digest;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::log::signer::LogSigner;
use tutanak::publication::{RebuildError, Rebuilt, rebuild};
use tutanak::vault::Vault;
use tutanak::{app, cli::init, config::Config};

use crate::engines::{Engine, bucket};
use crate::house::{House, Plan};
use crate::log::parked_lines;
use crate::paper::page;

/// Every row of the tables that the log accounts for, as text.
pub async fn dump(config: &DatabaseConfig) -> Vec<String> {
    let mut rows = Vec::new();
    for (table, order) in [("head", "id"), ("entry", "position"), ("node", "parent, name"), ("subtree", "level, idx")] {
        let text = format!("SELECT * FROM {table} ORDER BY {order}");
        match config {
            DatabaseConfig::Sqlite { path } => {
                let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
                for row in sqlx::query(AssertSqlSafe(text)).fetch_all(&pool).await.unwrap() {
                    let cells = row.columns().iter().map(|column| {
                        let name = column.name();
                        let raw = row.try_get_raw(name).unwrap();
                        if raw.is_null() {
                            return format!("{name}=-");
                        }
                        let text = row.try_get_unchecked::<Vec<u8>, _>(name).map(hex::encode);
                        text.map_or_else(
                            |_| format!("{name}={}", row.get_unchecked::<i64, _>(name)),
                            |text| format!("{name}={text}"),
                        )
                    });
                    rows.push(format!("{table} {}", cells.collect::<Vec<_>>().join(" ")));
                }
            }
            DatabaseConfig::PostgresAt { url, .. } => {
                let pool = sqlx::PgPool::connect(url).await.unwrap();
                let text = format!("SELECT row_to_json(t)::text FROM ({text}) AS t");
                let some: Vec<String> = sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(&pool).await.unwrap();
                rows.extend(some.into_iter().map(|row| format!("{table} {row}")));
            }
            other => panic!("{other:?}"),
        }
    }
    rows
}

/// A service that took in some scans and stopped, with a log of more than two bundles: on a disk with SQLite, in a bucket
/// with PostgreSQL.
async fn lost(engine: &Engine) -> House {
    let open_vault = (engine.name == "postgres").then(bucket).flatten().map(Vault::over);
    let mut house = House::build(Plan { database: Some(engine.config.clone()), open_vault, ..Plan::default() }).await;
    let scans = [page(&["1090000001"], 1), page(&["1090000001"], 2), page(&["1090000101"], 3), page(&[], 4)];
    for scan in &scans {
        assert_eq!(house.send(&house.first, scan).await.status(), 201);
    }
    let size = house.ledger.head().await.unwrap().size;
    house.ledger.replay(size, parked_lines(size, 700)).await.unwrap();
    assert_eq!(house.send(&house.first, &page(&["1090000002"], 5)).await.status(), 201);
    house.stop().await;
    house
}

pub fn signer(house: &House) -> LogSigner {
    app::log_signer(&Config::from_file(&house.dir.path().join(init::CONFIG)).unwrap()).unwrap()
}

pub async fn attempt(house: &House, into: &Engine, signer: &LogSigner) -> Result<Rebuilt, RebuildError> {
    let ledger = Ledger::open(&into.config).await.unwrap();
    let done = rebuild(&ledger, &house.store, signer, &mut |_| {}).await;
    ledger.close().await;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_database_equals_the_lost_one_row_by_row() {
    for engine in Engine::all().await {
        let house = lost(&engine).await;
        let empty = match engine.name {
            "sqlite" => Engine::sqlite(),
            _ => Engine::postgres().await.unwrap(),
        };
        let rebuilt = attempt(&house, &empty, &signer(&house)).await.unwrap();
        assert_eq!(rebuilt.entries, 2 + 4 + 700 + 1, "{}", engine.name);
        let (old, new) = (dump(&engine.config).await, dump(&empty.config).await);
        assert!(old.len() > 707, "{}", old.len());
        for (old, new) in old.iter().zip(&new) {
            assert_eq!(old, new, "{}", engine.name);
        }
        assert_eq!(old.len(), new.len());
        let error = attempt(&house, &empty, &signer(&house)).await.unwrap_err();
        assert!(matches!(error, RebuildError::NotEmpty(707)), "{error}");
    }
}

/// Applies `damage` to one file of the vault's log, tries, and expects an error and an empty database.
async fn refused(house: &House, file: &Path, damage: impl Fn(&mut Vec<u8>)) -> RebuildError {
    let sound = std::fs::read(file).unwrap();
    let mut bytes = sound.clone();
    damage(&mut bytes);
    std::fs::write(file, bytes).unwrap();
    let into = Engine::sqlite();
    let error = attempt(house, &into, &signer(house)).await.unwrap_err();
    assert_eq!(into.open().await.head().await.unwrap().size, 0, "nothing is written before everything was checked");
    std::fs::write(file, sound).unwrap();
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_touched_rebuilds_nothing() {
    let house = lost(&Engine::sqlite()).await;
    let log = house.dir.path().join("vault/log");
    let bundle = log.join("entries/000/000/001");
    let error = refused(&house, &bundle, |bytes| bytes[100] ^= 1).await;
    assert!(matches!(error, RebuildError::OtherRoot), "{error}");
    let error = refused(&house, &bundle, |bytes| bytes.truncate(1000)).await;
    assert!(matches!(error, RebuildError::Damaged(_)), "{error}");
    let error = refused(&house, &log.join("head"), |bytes| bytes.truncate(100)).await;
    assert!(matches!(error, RebuildError::Damaged(_)), "{error}");
    let head = log.join("head");
    let error = refused(&house, &head, |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replace(&Digest::of(&page(&["1090000002"], 5)).to_string(), &"0".repeat(64)).into_bytes();
    });
    let error = error.await;
    assert!(matches!(error, RebuildError::OtherRoot), "{error}");
    let stranger = LogSigner::new("localhost", vec![SigningKey::from_bytes(&[1; 32])]);
    let error = attempt(&house, &Engine::sqlite(), &stranger).await.unwrap_err();
    assert!(matches!(error, RebuildError::NotSigned), "{error}");
    std::fs::remove_file(&bundle).unwrap();
    let error = attempt(&house, &Engine::sqlite(), &signer(&house)).await.unwrap_err();
    assert!(matches!(error, RebuildError::Vault(_)), "{error}");
}
