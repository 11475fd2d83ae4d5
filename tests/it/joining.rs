//! A second node joins a service with what the first one wrote for it, and signs the same log.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tutanak::access::door::Door;
use tutanak::app::{self, App};
use tutanak::cli::init;
use tutanak::clock::Clock;
use tutanak::config::Config;
use tutanak::ledger::{DatabaseConfig, Ledger};

use crate::engines::{Engine, bucket};
use crate::house::{House, Operator, Plan};
use crate::paper::page;
use tutanak::vault::Vault;

/// The environment variable in which the command finds its PostgreSQL.
const SERVER: &str = "TUTANAK_TEST_JOINING";

fn run(server: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    let output = command.args(arguments).env(SERVER, server).env("TUTANAK_LOG", "error").output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Makes the directory's configuration that of a node among many.
fn grown(dir: &Path) {
    let text = std::fs::read_to_string(dir.join(init::CONFIG)).unwrap();
    let text = text.replacen("kind = \"sqlite\"", &format!("kind = \"postgres\"\nurl_from = {SERVER:?}"), 1);
    let text = text.replacen("path = \"tutanak.db\"", "", 1).replacen("kind = \"local\"", "kind = \"s3\"", 1);
    let text = text.replacen("root = \"vault\"", "bucket = \"nobodys\"\nendpoint = \"http://127.0.0.1:9\"", 1);
    std::fs::write(dir.join(init::CONFIG), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_joins_has_the_first_ones_keys_and_signs_the_same_log() {
    let (Some(engine), Some(store)) = (Engine::postgres().await, bucket()) else { return };
    let DatabaseConfig::PostgresAt { url, .. } = engine.config.clone() else { panic!() };
    let open_vault = Some(Vault::over(store));
    let house = House::build(Plan { database: Some(engine.config.clone()), open_vault, ..Plan::default() }).await;
    assert_eq!(house.send(&house.first, &page(&["1090000001"], 1)).await.status(), 201);
    grown(house.dir.path());
    let first = house.dir.path().join(init::CONFIG);
    let [config, file, dir] = ["tutanak.toml", "join.json", "second"].map(|name| house.dir.path().join(name));
    let [config, file, dir] = [&config, &file, &dir].map(|path| path.to_str().unwrap());
    let (good, said) = run(&url, &["node", "--config", config, "share", file]);
    assert!(good && said.contains("--join"), "{said}");
    assert_eq!(mode(Path::new(file)), 0o600);
    let (good, said) = run(&url, &["node", "--config", config, "share", file]);
    assert!(!good && said.contains("there already"), "{said}");
    house.audit(1, |row| row.act == "admin" && row.object.contains("node share") && row.outcome == "ok").await;

    let (good, said) = run(&url, &["init", dir, "--join", file]);
    assert!(good && said.contains(SERVER), "{said}");
    let second = Path::new(dir);
    for name in ["tutanak.toml", "keys/signing.pem", "keys/sealing.key", "tls/server.pem", "tls/server.key", "ca.pem"] {
        let [theirs, ours] = [house.dir.path(), second].map(|dir| std::fs::read(dir.join(name)).unwrap());
        assert!(theirs == ours, "{name}");
    }
    for name in ["keys/signing.pem", "keys/sealing.key", "tls/server.key", "tls/ca.key"] {
        assert_eq!(mode(&second.join(name)), 0o600, "{name}");
    }
    let (good, said) = run(&url, &["init", dir, "--join", file]);
    assert!(!good && said.contains("nothing was changed"), "{said}");
    let keys = |config: &Path| run(&url, &["key", "--config", config.to_str().unwrap(), "show"]);
    assert_eq!(keys(&second.join(init::CONFIG)), keys(&first));

    // From the directory itself, where both are on one machine, it comes to the same.
    let third = house.dir.path().join("third");
    let (good, said) = run(&url, &["init", third.to_str().unwrap(), "--join", house.dir.path().to_str().unwrap()]);
    assert!(good, "{said}");

    // A second factor that was made on the first node is one on the others.
    let operator = Operator::new(&house.ledger, "skgm-1").await;
    for dir in [second, &third] {
        let (config, ledger) =
            (Config::from_file(&dir.join(init::CONFIG)).unwrap(), Ledger::open(&engine.config).await.unwrap());
        App::assemble(config, Clock::system(), ledger.clone(), house.store.clone()).await.unwrap();
        let code = operator.code(&house.ledger, &house.clock).await;
        let (login, door) = (&operator.login, Door::new(ledger, house.clock.clone()));
        door.operator(&login.user, &login.password, &code, [127, 0, 0, 1].into()).await.unwrap();
    }

    let config = Config::from_file(&third.join(init::CONFIG)).unwrap();
    let ledger = Ledger::open(&engine.config).await.unwrap();
    let size = ledger.head().await.unwrap().size;
    App::assemble(config, Clock::system(), ledger.clone(), house.store.clone()).await.unwrap();
    assert_eq!(ledger.head().await.unwrap().size, size, "it says nothing that the log does not say already");
}

#[tokio::test]
async fn a_service_on_one_disk_is_not_joined_and_a_forged_file_writes_nothing() {
    let house = House::open().await;
    let config = house.dir.path().join(init::CONFIG);
    let (good, said) = run("", &["node", "--config", config.to_str().unwrap(), "share", "/nonexistent/join.json"]);
    assert!(!good && said.contains("runs on one machine"), "{said}");
    app::log_signer(&house.config).unwrap();

    let (file, dir) = (house.dir.path().join("forged.json"), house.dir.path().join("inner/second"));
    let text = r#"{"tutanak_node":1,"config":"","files":{"../../escaped":"x"},"elsewhere":[]}"#;
    std::fs::write(&file, text).unwrap();
    let (good, said) = run("", &["init", dir.to_str().unwrap(), "--join", file.to_str().unwrap()]);
    assert!(!good && said.contains("outside of the directory"), "{said}");
    assert!(!house.dir.path().join("escaped").exists() && !dir.exists());
}
