//! A node whose database, vault, keys or host do not belong together does not start, and never writes over the vault's
//! copy of the log.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use tutanak::app::{self, App, StartError};
use tutanak::cli::init;
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::ledger::bind::Stranger;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::log::signer::LogSigner;
use tutanak::publication::{AgreementError, Disagreement, PublishError, Publisher};
use tutanak::registry;
use tutanak::vault::{Vault, VaultConfig, VaultError};

use crate::engines::{Engine, bucket};
use crate::house::{House, Plan, json, write_election};
use crate::log::parked_lines;
use crate::paper::page;

/// Why a node of this house does not start over `database`.
async fn refused(house: &House, database: &DatabaseConfig) -> StartError {
    let mut config = house.config.clone();
    config.database = database.clone();
    start(config, database, &house.store).await.expect_err("it must not start")
}

async fn start(config: Config, database: &DatabaseConfig, vault: &Vault) -> Result<(), StartError> {
    let ledger = Ledger::open(database).await.unwrap();
    App::assemble(config, Clock::system(), ledger, vault.clone()).await.map(drop)
}

/// Every file below a directory.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => drop(found.insert(path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

/// Waits until the vault's copy of the log has all entries.
async fn published(house: &House) {
    let size = house.ledger.head().await.unwrap().size;
    for _ in 0..300 {
        if let Some(head) = head(&house.store).await
            && head["size"].as_u64() == Some(size)
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the copy does not come up to {size} entries");
}

async fn head(vault: &Vault) -> Option<serde_json::Value> {
    let seen = vault.log_head().await.unwrap();
    seen.bytes().map(|bytes| serde_json::from_slice(bytes).unwrap())
}

async fn import(ledger: &Ledger) {
    let dir = tempfile::tempdir().unwrap();
    write_election(dir.path());
    registry::import(ledger, dir.path(), &mut |_| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_of_the_database_does_not_start_and_is_completed_by_rebuild() {
    let mut house = House::open().await;
    assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
    house.stop().await;
    let DatabaseConfig::Sqlite { path } = house.database.clone() else { panic!() };
    let old = house.dir.path().join("old.db");
    std::fs::copy(&path, &old).unwrap();

    // A service that ran on: three hundred entries, so that bundles are full, and one scan more.
    let ledger = Ledger::open(&house.database).await.unwrap();
    let size = ledger.head().await.unwrap().size;
    ledger.replay(size, parked_lines(size, 300)).await.unwrap();
    ledger.close().await;
    let node = house.another_node().await;
    node.stop().await;
    let ledger = Ledger::open(&house.database).await.unwrap();
    let after = ledger.head().await.unwrap();
    ledger.close().await;

    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    std::fs::copy(&old, &path).unwrap();
    let copy = files(&house.dir.path().join("vault/log"));
    let error = refused(&house, &house.database).await;
    let StartError::Agreement(AgreementError::Differs(how)) = &error else { panic!("{error:?}") };
    assert_eq!(*how, Disagreement::Behind { vault: 303, database: 3 });
    assert!(how.to_string().contains("tutanak rebuild"), "{how}");

    // The command that looks beforehand says so too, and so does the one that starts.
    let config = house.dir.path().join(init::CONFIG);
    let tried = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_tutanak")).args(arguments).arg("--config").arg(&config).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (good, said) = tried(&["check-config"]);
    assert!(!good && said.contains("WRONG  log: the database holds 3 entries"), "{said}");
    let (good, said) = tried(&["serve"]);
    assert!(!good && said.contains("tutanak rebuild"), "{said}");
    assert_eq!(files(&house.dir.path().join("vault/log")), copy, "nothing was written over the copy");

    let (good, said) = tried(&["rebuild"]);
    assert!(good && said.contains("had 3 of them"), "{said}");
    let ledger = Ledger::open(&house.database).await.unwrap();
    assert_eq!(ledger.head().await.unwrap(), after);
    ledger.close().await;
    let (good, said) = tried(&["rebuild"]);
    assert!(!good && said.contains("none beyond them"), "{said}");
    let node = house.another_node().await;
    assert_eq!(node.get(&house, "defter/checkpoint").await.text().await.unwrap().lines().nth(1), Some("303"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_scans_does_not_start_over_a_vault_without_any() {
    let mut house = House::open().await;
    let scan = page(&["1090000001"], 1);
    assert_eq!(house.send(&house.first, &scan).await.status(), 201);
    published(&house).await;
    house.stop().await;
    let vault = house.dir.path().join("vault");
    std::fs::rename(&vault, house.dir.path().join("unmounted")).unwrap();
    house.store = Vault::open(&VaultConfig::local(vault.clone())).await.unwrap();
    let error = refused(&house, &house.database).await;
    let StartError::Agreement(AgreementError::Differs(how)) = &error else { panic!("{error:?}") };
    assert!(matches!(how, Disagreement::EmptyVault { scans: 1, .. }) && how.to_string().contains("mounted"), "{how}");
    let config = house.dir.path().join(init::CONFIG);
    let check =
        Command::new(env!("CARGO_BIN_EXE_tutanak")).arg("check-config").arg("--config").arg(&config).output().unwrap();
    let said = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(!check.status.success() && said.contains("WRONG  log: the database holds 1 scans"), "{said}");
    // Where they are lost indeed, one that was put back is enough.
    let digest = tutanak::domain::Digest::of(&scan).to_string();
    std::fs::write(vault.join(format!("b/{}/{digest}", &digest[..2])), &scan).unwrap();
    start(house.config.clone(), &house.database, &house.store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_the_log_that_nobody_can_read_is_no_agreement() {
    let mut house = House::open().await;
    assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
    published(&house).await;
    house.stop().await;
    let head = house.dir.path().join("vault/log/head");
    let sound = std::fs::read(&head).unwrap();
    for rotten in [b"".as_slice(), b"rot", b"{\"size\":3,\"checkpoint\":\"rot\",\"tail\":[]}"] {
        std::fs::write(&head, rotten).unwrap();
        let error = refused(&house, &house.database).await;
        let StartError::Agreement(AgreementError::Differs(how)) = &error else { panic!("{error:?}") };
        assert_eq!(*how, Disagreement::Unreadable);
        assert_eq!(std::fs::read(&head).unwrap(), rotten, "it was written over");
    }
    std::fs::write(&head, sound).unwrap();
    start(house.config.clone(), &house.database, &house.store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_over_a_full_bucket_does_not_start_nor_take_an_election() {
    let (Some(engine), Some(store)) = (Engine::postgres().await, bucket()) else { return };
    let open_vault = Some(Vault::over(store.clone()));
    let plan = Plan { database: Some(engine.config.clone()), open_vault, ..Plan::default() };
    let mut house = House::build(plan).await;
    for n in 0..3 {
        assert_eq!(house.send(&house.first, &page(&["1090000001"], n)).await.status(), 201);
    }
    house.stop().await;
    let before = store.get(&Key::from("log/head")).await.unwrap().bytes().await.unwrap();

    let empty = Engine::postgres().await.unwrap();
    let error = refused(&house, &empty.config).await;
    let behind = Disagreement::Behind { vault: 5, database: 0 };
    assert!(matches!(&error, StartError::Agreement(AgreementError::Differs(how)) if *how == behind), "{error:?}");

    // Nor once the election was imported into it, nor when somebody entered more than the copy has.
    let ledger = empty.open().await;
    import(&ledger).await;
    let signer = app::log_signer(&house.config).unwrap();
    ledger.bind(&app::binding(&signer), Clock::system().now()).await.unwrap();
    let error = refused(&house, &empty.config).await;
    let behind = Disagreement::Behind { vault: 5, database: 2 };
    assert!(matches!(&error, StartError::Agreement(AgreementError::Differs(how)) if *how == behind), "{error:?}");
    ledger.replay(2, parked_lines(2, 300)).await.unwrap();
    let error = refused(&house, &empty.config).await;
    let other = Disagreement::OtherHistory { size: 5 };
    assert!(matches!(&error, StartError::Agreement(AgreementError::Differs(how)) if *how == other), "{error:?}");
    let error = Publisher::new(ledger, house.store.clone(), signer).publish().await.unwrap_err();
    assert!(matches!(error, PublishError::Differs(how) if how == other));
    assert_eq!(store.get(&Key::from("log/head")).await.unwrap().bytes().await.unwrap(), before);
    assert!(store.get(&Key::from("log/entries/000/000/000")).await.is_err(), "a bundle of another log was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_election_host_or_key_does_not_start_over_a_bucket_or_a_database() {
    let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let mut forms = vec![(Engine::sqlite(), memory)];
    if let (Some(engine), Some(store)) = (Engine::postgres().await, bucket()) {
        forms.push((engine, store));
    }
    for (engine, store) in forms {
        let open_vault = Some(Vault::over(store.clone()));
        let mut house =
            House::build(Plan { database: Some(engine.config.clone()), open_vault, ..Plan::default() }).await;
        assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
        house.stop().await;
        let before = store.get(&Key::from("log/head")).await.unwrap().bytes().await.unwrap();
        let size = engine.open().await.head().await.unwrap().size;

        // Another election in the same bucket.
        let other = Engine::sqlite();
        let ledger = other.open().await;
        let dir = tempfile::tempdir().unwrap();
        write_election(dir.path());
        let file = dir.path().join("election.toml");
        let text = std::fs::read_to_string(&file).unwrap().replace("\"deneme\"", "\"baska\"");
        std::fs::write(&file, text).unwrap();
        registry::import(&ledger, dir.path(), &mut |_| {}).await.unwrap();
        let error = refused(&house, &other.config).await;
        let StartError::Agreement(AgreementError::Differs(Disagreement::OtherLog { vault, ours })) = &error else {
            panic!("{error:?}")
        };
        assert_eq!((vault.as_str(), ours.as_str()), ("localhost/deneme", "localhost/baska"));

        // The natural step: `init` on the second machine, then the first one's database and bucket.
        let second = tempfile::tempdir().unwrap();
        init::run(second.path(), "localhost").unwrap();
        let config = Config::from_file(&second.path().join(init::CONFIG)).unwrap();
        let error = start(config.clone(), &engine.config, &house.store).await.expect_err("another key");
        assert!(matches!(&error, StartError::Stranger(Stranger::OtherKey { .. })), "{error:?}");
        // With a database of its own, set up for the same election, only the bucket knows.
        let own = Engine::sqlite();
        let ledger = own.open().await;
        import(&ledger).await;
        let signer = app::log_signer(&config).unwrap();
        ledger.bind(&app::binding(&signer), Clock::system().now()).await.unwrap();
        let error = start(config.clone(), &own.config, &house.store).await.expect_err("another key");
        assert!(matches!(&error, StartError::Agreement(AgreementError::Differs(Disagreement::OtherKey))), "{error:?}");
        // Over a bucket that has no copy yet, the database knows.
        let empty = Vault::over(Arc::new(InMemory::new()));
        let error = start(config, &engine.config, &empty).await.expect_err("another key");
        assert!(matches!(&error, StartError::Stranger(Stranger::OtherKey { .. })), "{error:?}");
        let chain = tutanak::telemetry::Chain(&error).to_string();
        assert!(chain.contains("tutanak init DIR --join FILE"), "{chain}");

        // Another host.
        let mut config = house.config.clone();
        config.host = "other.example".to_owned();
        let error = start(config.clone(), &engine.config, &house.store).await.expect_err("another host");
        assert!(
            matches!(&error, StartError::Agreement(AgreementError::Differs(Disagreement::OtherLog { .. }))),
            "{error:?}"
        );
        let error = start(config, &engine.config, &empty).await.expect_err("another host");
        assert!(matches!(&error, StartError::Stranger(Stranger::OtherLog { .. })), "{error:?}");

        assert_eq!(engine.open().await.head().await.unwrap().size, size, "none of them wrote itself into the log");
        assert_eq!(store.get(&Key::from("log/head")).await.unwrap().bytes().await.unwrap(), before);
        house.another_node().await.stop().await;
    }
}

/// Two databases that were set up alike: the same election and keys, other entries.
async fn twins(signer: &LogSigner, dir: &Path) -> [Ledger; 2] {
    let mut twins = Vec::new();
    for n in 0..2 {
        let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.join(format!("{n}.db")) }).await.unwrap();
        import(&ledger).await;
        let at = jiff::Timestamp::from_second(1_700_000_000 + n).unwrap();
        ledger.bind(&app::binding(signer), at).await.unwrap();
        twins.push(ledger);
    }
    twins.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_running_nodes_with_different_databases_only_one_writes_the_copy() {
    let disk = tempfile::tempdir().unwrap();
    let local = VaultConfig::local(disk.path().to_owned());
    let mut vaults = vec![Vault::open(&local).await.unwrap()];
    vaults.push(Vault::over(Arc::new(InMemory::new())));
    vaults.extend(bucket().map(Vault::over));
    let signer = LogSigner::new("localhost", vec![SigningKey::from_bytes(&[1; 32])]);
    for vault in vaults {
        let dir = tempfile::tempdir().unwrap();
        let [first, second] = twins(&signer, dir.path()).await;
        let publisher = |ledger: &Ledger| Publisher::new(ledger.clone(), vault.clone(), signer.clone());
        // Both have read that there is no head yet.
        let (unseen, mut late) = (vault.log_head().await.unwrap(), publisher(&second));
        assert_eq!(publisher(&first).publish().await.unwrap(), 2);
        let firsts = head(&vault).await;
        let error = vault.replace_log_head(&unseen, b"{}".as_slice().into()).await.unwrap_err();
        assert!(matches!(error, VaultError::Overtaken(_)), "{error}");
        assert!(matches!(late.publish().await, Err(PublishError::Differs(Disagreement::OtherHistory { size: 2 }))));
        // The second one grows past the first: its bundles do not get beside the other's either.
        second.replay(2, parked_lines(2, 600)).await.unwrap();
        assert!(matches!(late.publish().await, Err(PublishError::Differs(Disagreement::OtherHistory { size: 2 }))));
        assert_eq!(head(&vault).await, firsts);
        let bundle = tutanak::vault::VaultKey::Bundle(0);
        assert!(matches!(vault.log_object(bundle).await, Err(VaultError::Missing(_))));
        first.replay(2, parked_lines(2, 300)).await.unwrap();
        assert_eq!(publisher(&first).publish().await.unwrap(), 302);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_finds_another_log_in_its_vault_takes_nothing_in_and_goes_on_when_it_is_gone() {
    let store = Arc::new(InMemory::new());
    let house = House::build(Plan { open_vault: Some(Vault::over(store.clone())), ..Plan::default() }).await;
    assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
    published(&house).await;
    let at = Key::from("log/head");
    let ours = store.get(&at).await.unwrap().bytes().await.unwrap();
    let (dir, signer) = (tempfile::tempdir().unwrap(), app::log_signer(&house.config).unwrap());
    let [other, _] = twins(&signer, dir.path()).await;
    let elsewhere = Vault::over(Arc::new(InMemory::new()));
    Publisher::new(other, elsewhere.clone(), signer).publish().await.unwrap();
    let theirs = elsewhere.log_head().await.unwrap().bytes().unwrap().to_vec();
    store.put(&at, theirs.clone().into()).await.unwrap();

    let mut n = 1;
    let mut send = async || {
        n += 1;
        house.send(&house.first, &page(&["1090000002"], n)).await
    };
    let mut answer = send().await;
    for _ in 0..300 {
        if answer.status() == 503 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        answer = send().await;
    }
    assert_eq!(answer.status(), 503, "it goes on entering what another log contradicts");
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(json(answer).await["type"], "urn:tutanak:problem:log-disputed");
    assert_eq!(store.get(&at).await.unwrap().bytes().await.unwrap(), theirs, "the other log was written over");
    assert_eq!(house.get("durum.json").await.status(), 200, "reading goes on");

    store.put(&at, ours.into()).await.unwrap();
    for _ in 0..300 {
        if send().await.status() == 201 {
            published(&house).await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it did not go on");
}
