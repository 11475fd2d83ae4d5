//! A command that cannot be put on record is not carried out.

use sqlx::{Connection, Executor};
use tutanak::ledger::DatabaseConfig;

use super::Machine;

/// From now on no row can be written, as if the disk were full; and how it is undone.
const FULL: [(&str, &str); 2] = [
    (
        "CREATE TRIGGER full_disk BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END",
        "DROP TRIGGER full_disk",
    ),
    (
        "ALTER TABLE audit ADD CONSTRAINT full_disk CHECK (id < 0) NOT VALID",
        "ALTER TABLE audit DROP CONSTRAINT full_disk",
    ),
];

impl Machine {
    /// Fills the record's disk, or makes room again.
    async fn fill(&self, full: bool) {
        let [sqlite, postgres] = FULL.map(|(fill, undo)| if full { fill } else { undo });
        match &self._engine.config {
            DatabaseConfig::Sqlite { path } => {
                let at = format!("sqlite://{}", path.display());
                sqlx::SqliteConnection::connect(&at).await.unwrap().execute(sqlite).await.map(drop).unwrap();
            }
            DatabaseConfig::PostgresAt { url, .. } => {
                sqlx::PgConnection::connect(url).await.unwrap().execute(postgres).await.map(drop).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_put_on_record_is_not_carried_out() {
    for machine in Machine::all().await {
        let name = machine.name;
        let add = |id| ["party", "add", id, "--name", "Işık", "--from", "192.0.2.0/28", "--json"];
        assert!(machine.run(&add("isik")).ok, "{name}");
        machine.fill(true).await;
        let slip = machine.ledger.person_login("isik-1").await.unwrap().unwrap().password;
        for command in [&add("yeni")[..], &["user", "new-slip", "isik-1"], &["party", "passivate", "isik"]] {
            let refused = machine.run(command);
            assert!(!refused.ok && refused.out.is_empty(), "{name}: {refused:?}");
            assert!(refused.err.contains("nothing was done"), "{name}: {refused:?}");
        }
        let accounts = machine.ledger.accounts(Some("party")).await.unwrap();
        let accounts: Vec<_> = accounts.iter().map(|account| (account.id.as_str(), account.active)).collect();
        assert_eq!(accounts, [("isik", true)], "{name}");
        assert_eq!(machine.ledger.person_login("isik-1").await.unwrap().unwrap().password, slip, "{name}");
        machine.fill(false).await;
        assert!(machine.run(&add("yeni")).ok, "{name}");
        machine.ledger.audit_verify(None).await.unwrap();
        // Each has a row when it begins and one, or one for each account, when it has ended.
        let begun = machine.commands("party add yeni ").await;
        let ended = machine.commands("yeni party add yeni ").await;
        let outcomes = |rows: &[tutanak::ledger::audit::AuditRow]| -> Vec<String> {
            rows.iter().map(|row| row.outcome.clone()).collect()
        };
        assert_eq!((outcomes(&begun), outcomes(&ended)), (vec!["begun".to_owned()], vec!["ok".to_owned()]), "{name}");
    }
}
