//! The record itself: nothing is served without it, no secret gets into it, and no name in it runs in a spreadsheet.

use std::process::Command;
use std::time::Duration;

use reqwest::StatusCode;
use sqlx::{Connection, Executor};
use tutanak::cli::init;
use tutanak::ledger::DatabaseConfig;
use tutanak::ledger::audit::AuditRow;
use tutanak::people::enrol;

use crate::engines::Engine;
use crate::ftp::Control;
use crate::house::{House, Plan};
use crate::paper::page;

/// Asks until the answer is this one.
async fn until(house: &House, status: StatusCode) {
    for _ in 0..300 {
        if house.get("OKU-BENI.txt").await.status() == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{status} never came");
}

/// Holds up who wants to write rows until it is dropped.
enum Obstacle {
    Sqlite(sqlx::SqliteConnection),
    Postgres(sqlx::PgConnection),
}

impl Obstacle {
    async fn before(database: &DatabaseConfig) -> Self {
        match database {
            DatabaseConfig::Sqlite { path } => {
                let mut connection =
                    sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
                connection.execute("BEGIN IMMEDIATE").await.unwrap();
                Self::Sqlite(connection)
            }
            DatabaseConfig::PostgresAt { url, .. } => {
                let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
                connection.execute("BEGIN").await.unwrap();
                connection.execute("LOCK TABLE audit_head IN ACCESS EXCLUSIVE MODE").await.unwrap();
                Self::Postgres(connection)
            }
            other => panic!("{other:?}"),
        }
    }

    async fn lift(self) {
        match self {
            Self::Sqlite(mut connection) => connection.execute("ROLLBACK").await.map(drop).unwrap(),
            Self::Postgres(mut connection) => connection.execute("ROLLBACK").await.map(drop).unwrap(),
        }
    }
}

#[tokio::test]
async fn nothing_is_served_while_rows_cannot_be_written_and_no_row_is_lost() {
    for engine in Engine::all().await {
        let house = House::build(Plan { database: Some(engine.config.clone()), ..Plan::default() }).await;
        until(&house, StatusCode::OK).await;
        house.audit(1, |row| row.act == "download" && row.outcome == "ok").await;
        let obstacle = Obstacle::before(&house.database).await;
        until(&house, StatusCode::SERVICE_UNAVAILABLE).await;
        let ready = house.client.get(house.url("/readyz")).send().await.unwrap();
        assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", engine.name);
        let refused = house.send(&house.first, &page(&["1090000001"], 1)).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", engine.name);
        assert!(Control::knock(house.ftp).await.starts_with("421"), "{}", engine.name);
        obstacle.lift().await;
        until(&house, StatusCode::OK).await;
        // Everything that was answered before and after is there, and adds up.
        let rows = house.audit(2, |row| row.act == "download" && row.outcome == "ok").await;
        assert!(rows.iter().all(|row| row.complete), "{rows:?}");
        house.ledger.audit_verify(None).await.unwrap();
    }
}

#[tokio::test]
async fn no_secret_of_anybody_gets_into_the_record() {
    let house = House::open().await;
    let operator = enrol::operator(&house.ledger, "skgm-1", "Birinci").await.unwrap();
    let party = &house.party;
    let secrets = [
        &party.bulk.password,
        &party.web.password,
        &party.service.token,
        &house.first,
        &house.second,
        &operator.password,
    ];
    house.get("durum.json").await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    Control::log_in(&house).await.say("QUIT").await;
    for secret in secrets {
        // As a password, as a token, and where people put it by mistake: in place of the name, and in the address.
        house.client.get(house.url("/arsiv/")).basic_auth("parti", Some(secret)).send().await.unwrap();
        house.client.get(house.url("/arsiv/")).basic_auth(secret, Some("x")).send().await.unwrap();
        house.client.get(house.url("/arsiv/")).basic_auth(&secret[..20], Some("x")).send().await.unwrap();
        house.client.get(house.url("/arsiv/")).bearer_auth(secret).send().await.unwrap();
        house.put(&format!("{secret}x"), &"0".repeat(64)).send().await.unwrap();
        let mut line = Control::open_encrypted(&house, [127, 0, 0, 1]).await;
        line.say(&format!("USER {secret}")).await;
        line.say(&format!("PASS {secret}")).await;
    }
    house.told(24, |row| row.act == "login").await;
    for row in house.audit(1, |_| true).await {
        let row = serde_json::to_string(&row).unwrap();
        assert!(secrets.iter().all(|secret| !row.contains(&secret[..20])), "not even the half of one: {row}");
    }
}

/// Beside the house, which goes on: a house that stood still in the middle of a transaction would keep the command out.
async fn tutanak(house: &House, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutanak"));
    let (noun, rest) = arguments.split_first().unwrap();
    command.arg(noun).arg("--config").arg(house.dir.path().join(init::CONFIG)).args(rest);
    command.env("SUDO_USER", "ayse").env("TUTANAK_LOG", "error");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn no_name_in_an_export_runs_in_a_spreadsheet() {
    let house = House::open().await;
    house.client.get(house.url("/arsiv/")).basic_auth("=1+1", Some("x")).send().await.unwrap();
    let asked = house.audit(1, |row| row.act == "login").await.remove(0);
    assert!(asked.object.starts_with("(no such name)"), "no name that anybody types gets so far: {asked:?}");
    // Whatever else may come to write such a name.
    let names = ["=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(1)", "\tx", "\rx"];
    let rows = names.map(|name| AuditRow { object: name.to_owned(), principal: name.to_owned(), ..asked.clone() });
    house.ledger.audit_add(&rows).await.unwrap();
    let (ok, table) = tutanak(&house, &["audit", "search", "--csv", "--act", "login"]).await;
    assert!(ok);
    let mut rows = csv::ReaderBuilder::new().from_reader(table.as_bytes());
    assert_eq!(rows.headers().unwrap().len(), 13);
    let rows: Vec<csv::StringRecord> = rows.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 7);
    let runs = |cell: &&str| cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && *cell != "-";
    assert_eq!(rows.iter().flat_map(|row| row.iter().filter(runs)).count(), 0, "{table}");
    assert!(table.contains("'=HYPERLINK"), "{table}");
}

#[tokio::test]
async fn commands_at_the_machine_are_on_record_with_who_gave_them() {
    let house = House::open().await;
    let (ok, printed) =
        tutanak(&house, &["party", "add", "yeni", "--name", "Yeni", "--from", "192.0.2.0/28", "--json"]).await;
    assert!(ok);
    let (ok, _) = tutanak(&house, &["party", "add", "yeni", "--name", "Yeni", "--from", "192.0.2.0/28"]).await;
    assert!(!ok, "the name is taken");
    let (ok, rows) = tutanak(&house, &["audit", "search", "--act", "admin"]).await;
    assert!(ok);
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let (begun, ended): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row["outcome"] == "begun");
    assert_eq!((begun.len(), ended.len()), (3, 2), "the search itself has begun: {rows:#?}");
    for (row, outcome) in ended.into_iter().zip(["ok", "failed"]) {
        assert_eq!((row["principal"].as_str(), row["outcome"].as_str()), (Some("os:ayse"), Some(outcome)));
        let object = row["object"].as_str().unwrap();
        assert!(object.starts_with("yeni party add yeni --name Yeni"), "whose, and what: {row}");
        assert!(row["reason"] == "set-up" || outcome == "failed", "there are no two operators yet: {row}");
    }
    let given: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let password = given["bulk"]["password"].as_str().unwrap();
    for row in house.audit(6, |row| row.act == "admin").await {
        assert!(!serde_json::to_string(&row).unwrap().contains(password), "{row:?}");
    }
    assert!(tutanak(&house, &["audit", "verify"]).await.0);
}
