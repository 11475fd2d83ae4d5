//! What lies in the database and on the disk beside it: second factors are sealed, and the files are their owner's alone.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use sqlx::Connection;
use tutanak::access::door::Door;
use tutanak::app::{App, StartError};
use tutanak::cli::init;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::vault::{Vault, VaultConfig};

use crate::engines::Engine;
use crate::house::{House, Operator, Plan};

/// Every secret of a second factor as the database has it.
async fn stored(database: &DatabaseConfig) -> Vec<String> {
    const TOTP: &str = "SELECT totp FROM person WHERE totp IS NOT NULL ORDER BY id";
    match database {
        DatabaseConfig::Sqlite { path } => {
            let mut raw = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
            sqlx::query_scalar(TOTP).fetch_all(&mut raw).await.unwrap()
        }
        DatabaseConfig::PostgresAt { url, .. } => {
            let mut raw = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::query_scalar(TOTP).fetch_all(&mut raw).await.unwrap()
        }
        other => panic!("{other:?}"),
    }
}

async fn starts(house: &House) -> Result<(), StartError> {
    let ledger = Ledger::open(&house.database).await.unwrap();
    App::assemble(house.config.clone(), house.clock.clone(), ledger, house.store.clone()).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factors_are_sealed_and_older_ones_become_so_at_a_start() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        // As a version wrote them that knew no key.
        let older = engine.open().await;
        let operator = Operator::new(&older, "skgm-1").await;
        assert_eq!(stored(&engine.config).await, [operator.secret.as_str()], "{}", engine.name);
        starts(&house).await.unwrap();
        let sealed = stored(&engine.config).await;
        assert!(sealed[0].starts_with("seal:1:") && !sealed[0].contains(&operator.secret), "{sealed:?}");
        // It works as before, for who has the key.
        let door = Door::new(house.ledger.clone(), house.clock.clone());
        let code = tutanak::access::totp::code(&operator.secret, house.clock.now()).unwrap();
        let login = &operator.login;
        let from = [127, 0, 0, 1].into();
        door.operator(&login.user, &login.password, &code, from).await.unwrap();
        assert!(older.person_login("skgm-1").await.is_err(), "{}: it opens without the key", engine.name);
        // What is set from now on never lies open.
        let second = Operator::new(&house.ledger, "skgm-2").await;
        assert!(stored(&engine.config).await.iter().all(|stored| stored.starts_with("seal:1:")), "{}", engine.name);
        let code = tutanak::access::totp::code(&second.secret, house.clock.now()).unwrap();
        door.operator(&second.login.user, &second.login.password, &code, from).await.unwrap();
        // A factor is nobody else's: moved to another row it opens nothing.
        assert_eq!(house.ledger.person_login("skgm-2").await.unwrap().unwrap().totp, Some(second.secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_without_the_key_of_the_others_does_not_start_and_says_so() {
    let house = House::open().await;
    let key = house.config.keys.sealing();
    assert_eq!(key.metadata().unwrap().mode() & 0o777, 0o600);
    let theirs = std::fs::read_to_string(&key).unwrap();
    let check = || {
        let config = house.dir.path().join(init::CONFIG);
        let out = Command::new(env!("CARGO_BIN_EXE_tutanak")).args(["check-config", "--config"]).arg(config).output();
        String::from_utf8(out.unwrap().stdout).unwrap()
    };
    assert!(check().contains("ok     sealing key"), "{}", check());
    std::fs::remove_file(&key).unwrap();
    let refused = starts(&house).await.unwrap_err().to_string();
    assert!(refused.contains("missing") && refused.contains("another node"), "{refused}");
    assert!(check().contains("WRONG  sealing key") && check().contains("missing"), "{}", check());
    assert!(!key.exists(), "another key was made");
    std::fs::write(&key, "00".repeat(32)).unwrap();
    let refused = starts(&house).await.unwrap_err().to_string();
    assert!(refused.contains("every node needs the same"), "{refused}");
    std::fs::write(&key, &theirs).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    starts(&house).await.unwrap();
    assert!(check().contains("WRONG  sealing key") && check().contains("0600"), "{}", check());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_costs_the_second_factors_and_nothing_else() {
    let house = House::open().await;
    let operator = Operator::new(&house.ledger, "skgm-1").await;
    let lost = || {
        let config = house.dir.path().join(init::CONFIG);
        let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
        command.arg("key").arg("--config").arg(config).arg("lost-sealing").output().unwrap()
    };
    assert!(!lost().status.success(), "it is there");
    std::fs::remove_file(house.config.keys.sealing()).unwrap();
    assert!(starts(&house).await.unwrap_err().to_string().contains("key lost-sealing"));
    let told = lost();
    assert!(told.status.success() && String::from_utf8_lossy(&told.stdout).contains("skgm-1"), "{told:?}");
    starts(&house).await.unwrap();
    assert!(house.config.keys.sealing().exists() && stored(&house.database).await.is_empty());
    let person = Ledger::open(&house.database).await.unwrap().person_login("skgm-1").await.unwrap().unwrap();
    assert!(person.active && person.totp.is_none());
    let second = Operator::new(&Ledger::open(&house.database).await.unwrap(), "skgm-2").await;
    assert_ne!(second.secret, operator.secret);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_of_two_operators_makes_none_of_them_alone_enough() {
    let house = House::open().await;
    let operators = [Operator::new(&house.ledger, "skgm-1").await, Operator::new(&house.ledger, "skgm-2").await];
    let run = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
        let config = house.dir.path().join(init::CONFIG);
        command.arg(arguments[0]).arg("--config").arg(config).args(&arguments[1..]).env("TUTANAK_LOG", "error");
        command.envs(environment.iter().copied()).output().unwrap()
    };
    let add = ["party", "add", "yeni", "--name", "Yeni", "--from", "192.0.2.0/28"];
    let key = house.config.keys.sealing();
    std::fs::rename(&key, key.with_extension("away")).unwrap();
    let told = run(&["key", "lost-sealing"], &[]);
    assert!(told.status.success() && String::from_utf8_lossy(&told.stdout).contains("two operators"), "{told:?}");
    assert!(stored(&house.database).await.is_empty());
    let alone = run(&add, &[]);
    assert!(!alone.status.success(), "one person let a party in: {alone:?}");
    let login = &operators[0].login;
    let one =
        [("TUTANAK_USER", login.user.as_str()), ("TUTANAK_PASSWORD", &login.password), ("TUTANAK_CODE", "123456")];
    assert!(!run(&add, &one).status.success());
    // Each with a new second factor: two are enough again.
    let code = |secret: &str| tutanak::access::totp::code(secret, jiff::Timestamp::now()).unwrap();
    for operator in &operators {
        let login = &operator.login;
        let code = code(&operator.secret);
        let set = [
            ("TUTANAK_PASSWORD", login.password.as_str()),
            ("TUTANAK_TOTP_SECRET", &operator.secret),
            ("TUTANAK_CODE", &code),
        ];
        let set = run(&["operator", "set-totp", &login.user], &set);
        assert!(set.status.success(), "{set:?}");
    }
    assert!(!run(&add, &[]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_from_before_gets_its_key_at_the_first_start() {
    let house = House::open().await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = house.config.clone();
    config.database = DatabaseConfig::Sqlite { path: dir.path().join("older.db") };
    std::fs::remove_file(config.keys.sealing()).unwrap();
    let ledger = Ledger::open(&config.database).await.unwrap();
    let vault = Vault::open(&VaultConfig::local(dir.path().join("vault"))).await.unwrap();
    App::assemble(config.clone(), house.clock.clone(), ledger, vault).await.unwrap();
    assert_eq!(config.keys.sealing().metadata().unwrap().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_databases_files_are_their_owners_alone_and_older_ones_become_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tutanak.db");
    let config = DatabaseConfig::Sqlite { path: path.clone() };
    let files = || ["", "-wal", "-shm"].map(|suffix| std::path::PathBuf::from(format!("{}{suffix}", path.display())));
    let modes = || files().map(|file| file.metadata().unwrap().mode() & 0o777);
    let ledger = Ledger::open(&config).await.unwrap();
    assert_eq!(modes(), [0o600; 3]);
    for file in files() {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let again = Ledger::open(&config).await.unwrap();
    assert_eq!(modes(), [0o600; 3]);
    again.close().await;
    ledger.close().await;
}
