//! `tutanak status` beside a service that runs and one that does not, and what a supervisor hears of it.

use serde_json::Value;
use tutanak::cli::init;

use super::{Service, tutanak};
use crate::house::write_election;

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_of_a_service_that_runs_and_of_one_that_does_not() {
    let dir = tempfile::tempdir().unwrap();
    init::run(dir.path(), "localhost").unwrap();
    write_election(&dir.path().join("election"));
    assert!(tutanak(dir.path(), &["election", "import", "election"]).status.success());

    let mut service = Service::start(dir.path()).await;
    assert_eq!(service.next().await, "WATCHDOG=1");
    let running = tutanak(dir.path(), &["status", "--json"]);
    let told: Value = serde_json::from_slice(&running.stdout).unwrap();
    assert!(running.status.success(), "{told}");
    assert_eq!((&told["running"], &told["failing"]), (&Value::Bool(true), &Value::Array(Vec::new())), "{told}");
    assert!(told["ledger"]["entries"].as_u64().unwrap() >= 1, "{told}");
    assert!(told["ledger"]["schema"].as_u64().unwrap() >= 39, "{told}");
    service.stop().await;

    let stopped = tutanak(dir.path(), &["status"]);
    let said = String::from_utf8(stopped.stdout).unwrap();
    assert_eq!(stopped.status.code(), Some(1), "{said}");
    assert!(said.contains("does not answer") && said.contains("parts        all work"), "{said}");
    assert!(said.contains("vault.root") && said.contains("certificate  ends on"), "{said}");
    assert!(said.contains("checkpoint   covers every entry"), "{said}");

    // Where the database cannot be opened, what can be said is said.
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(dir.path().join(format!("tutanak.db{end}")));
    }
    std::fs::create_dir(dir.path().join("tutanak.db")).unwrap();
    let broken = tutanak(dir.path(), &["status", "--json"]);
    let told: Value = serde_json::from_slice(&broken.stdout).unwrap();
    assert_eq!(broken.status.code(), Some(1));
    assert_eq!(told["failing"][0]["what"], "ledger", "{told}");
    assert_eq!(told["ledger"], Value::Null, "no count is told off the record");
}
