//! The audit record is a log: a row that was changed, left out or added later is found, and rows are found by what they
//! say.

use sqlx::AssertSqlSafe;
use tutanak::ledger::audit::{AuditFault, AuditHead, AuditQuestion, AuditRow};
use tutanak::ledger::{DatabaseConfig, Ledger};

use crate::engines::Engine;

fn row(n: i64) -> AuditRow {
    AuditRow {
        at_ms: 1_711_893_600_000 + n,
        principal: if n % 6 == 1 { "parti-1/ayşe".to_owned() } else { format!("parti-{}", n % 3) },
        channel: "bulk".into(),
        protocol: "ftps".into(),
        address: format!("192.0.2.{}", n % 5),
        act: if n % 2 == 0 { "list" } else { "download" }.into(),
        object: format!("/tutanaklar/{:02}-il/%_{n}", n % 4),
        start_at: 0,
        bytes: n,
        complete: n % 7 != 0,
        outcome: if n % 7 == 0 { "cut" } else { "ok" }.into(),
        reason: String::new(),
    }
}

async fn filled(engine: &Engine) -> Ledger {
    let ledger = engine.open().await;
    for from in [0, 10, 2500, 2501] {
        let to = match from {
            0 => 10,
            10 => 2500,
            2500 => 2501,
            _ => 6000,
        };
        ledger.audit_add(&(from..to).map(row).collect::<Vec<_>>()).await.unwrap();
    }
    ledger
}

/// Does something to the table that no program of ours does.
async fn tamper(config: &DatabaseConfig, statement: &str) {
    let text = AssertSqlSafe(statement.to_owned());
    match config {
        DatabaseConfig::Sqlite { path } => {
            let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
            assert_eq!(sqlx::query(text).execute(&pool).await.unwrap().rows_affected(), 1, "{statement}");
        }
        DatabaseConfig::PostgresAt { url, .. } => {
            let pool = sqlx::PgPool::connect(url).await.unwrap();
            assert_eq!(sqlx::query(text).execute(&pool).await.unwrap().rows_affected(), 1, "{statement}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_record_that_nobody_touched_agrees_with_every_checkpoint_it_ever_had() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let mut heads = vec![ledger.audit_head().await.unwrap()];
        for n in 0..20 {
            ledger.audit_add(&(n * 3..n * 3 + 1 + n % 3).map(row).collect::<Vec<_>>()).await.unwrap();
            heads.push(ledger.audit_head().await.unwrap());
        }
        for head in &heads {
            assert_eq!(ledger.audit_verify(Some(head)).await.unwrap(), heads.last().unwrap().size, "{}", engine.name);
        }
        let more = AuditHead { size: heads.last().unwrap().size + 1, root: [0; 32] };
        assert!(matches!(ledger.audit_verify(Some(&more)).await, Err(AuditFault::Count { .. })));
        let other = AuditHead { root: [0; 32], ..heads[5] };
        assert!(matches!(ledger.audit_verify(Some(&other)).await, Err(AuditFault::OtherRoot { .. })));
    }
}

#[tokio::test]
async fn whoever_changes_removes_or_adds_a_row_is_found_out() {
    for engine in Engine::all().await {
        let ledger = filled(&engine).await;
        let given = ledger.audit_head().await.unwrap();
        assert_eq!(ledger.audit_verify(None).await.unwrap(), 6000);

        tamper(&engine.config, "UPDATE audit SET address = '192.0.2.9' WHERE bytes = 4711").await;
        let fault = ledger.audit_verify(None).await.unwrap_err();
        assert!(matches!(fault, AuditFault::Changed { number: 4711 }), "{}: {fault}", engine.name);
        tamper(&engine.config, &format!("UPDATE audit SET address = '192.0.2.{}' WHERE bytes = 4711", 4711 % 5)).await;
        assert_eq!(ledger.audit_verify(Some(&given)).await.unwrap(), 6000);

        tamper(&engine.config, "DELETE FROM audit WHERE bytes = 5999").await;
        let fault = ledger.audit_verify(None).await.unwrap_err();
        assert!(matches!(fault, AuditFault::Count { there: 5999, size: 6000 }), "{}: {fault}", engine.name);
        // The same row written again has another id and the same place, so it is the same record.
        let again = row(5999);
        let leaf = hex::encode(again.leaf());
        let literal = if engine.name == "sqlite" { format!("x'{leaf}'") } else { format!("'\\x{leaf}'") };
        let insert = format!(
            "INSERT INTO audit (at_ms, principal, channel, protocol, address, act, object, start_at, bytes, complete, outcome, \
             reason, leaf) VALUES ({}, '{}', 'bulk', 'ftps', '{}', '{}', '{}', 0, 5999, FALSE, 'cut', '', {literal})",
            again.at_ms, again.principal, again.address, again.act, again.object
        );
        tamper(&engine.config, &insert).await;
        assert_eq!(ledger.audit_verify(Some(&given)).await.unwrap(), 6000);

        tamper(&engine.config, "DELETE FROM audit WHERE bytes = 100").await;
        let fault = ledger.audit_verify(None).await.unwrap_err();
        assert!(matches!(fault, AuditFault::Count { .. } | AuditFault::OtherRoot { .. }), "{}: {fault}", engine.name);
    }
}

#[tokio::test]
async fn rows_from_before_the_record_was_a_log_are_taken_into_it() {
    for engine in Engine::all().await {
        let ledger = filled(&engine).await;
        let head = ledger.audit_head().await.unwrap();
        ledger.close().await;
        tamper(&engine.config, "UPDATE audit SET leaf = NULL WHERE bytes = 3").await;
        let ledger = engine.open().await;
        assert_eq!(ledger.audit_head().await.unwrap(), head, "{}", engine.name);
        assert_eq!(ledger.audit_verify(Some(&head)).await.unwrap(), 6000);
    }
}

#[tokio::test]
async fn rows_are_found_by_person_address_act_object_end_and_time() {
    for engine in Engine::all().await {
        let ledger = filled(&engine).await;
        let count = async |question: AuditQuestion| {
            let (mut found, mut after) = (0, i64::MIN);
            loop {
                let rows = ledger.audit_search(&question, after, 700).await.unwrap();
                let Some(last) = rows.last() else { return found };
                (found, after) = (found + rows.len(), last.id);
            }
        };
        let all = AuditQuestion::default();
        let some = |text: &str| Some(text.to_owned());
        let of = |fits: fn(i64) -> bool| (0..6000).filter(|n| fits(*n)).count();
        assert_eq!(count(all.clone()).await, 6000, "{}", engine.name);
        assert_eq!(count(AuditQuestion { account: some("parti-1"), ..all.clone() }).await, of(|n| n % 3 == 1));
        let ayse = AuditQuestion { account: some("parti-1"), person: some("ayşe"), ..all.clone() };
        assert_eq!(count(ayse).await, of(|n| n % 6 == 1), "a person of the party");
        assert_eq!(count(AuditQuestion { account: some("parti"), ..all.clone() }).await, 0, "no beginning of a name");
        assert_eq!(count(AuditQuestion { address: some("192.0.2.4"), ..all.clone() }).await, of(|n| n % 5 == 4));
        assert_eq!(count(AuditQuestion { act: some("download"), ..all.clone() }).await, of(|n| n % 2 == 1));
        assert_eq!(count(AuditQuestion { outcome: some("cut"), ..all.clone() }).await, of(|n| n % 7 == 0));
        let object = some("/tutanaklar/03-il/%_");
        assert_eq!(
            count(AuditQuestion { object, ..all.clone() }).await,
            of(|n| n % 4 == 3),
            "% and _ are no wildcards"
        );
        let (since_ms, until_ms) = (Some(1_711_893_600_100), Some(1_711_893_600_200));
        assert_eq!(count(AuditQuestion { since_ms, until_ms, ..all.clone() }).await, 100);
        assert_eq!(count(AuditQuestion { account: some("kimse"), ..all }).await, 0);
    }
}

#[tokio::test]
async fn a_transfer_that_takes_a_while_or_is_large_is_on_record_before_it_ends() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let (audit, writer) =
            tutanak::audit::audit(ledger.clone(), tutanak::clock::Clock::system(), Default::default());
        let writing = tokio::spawn(writer.run());
        let outcomes = async |count: usize| loop {
            let rows = ledger.audit_after(0, 100).await.unwrap();
            if rows.len() >= count {
                break rows.into_iter().map(|row| (row.object, row.outcome)).collect::<Vec<_>>();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        };
        let slot = async |object: &str| audit.slot(crate::house::asks(object)).await.unwrap();
        let mut quick = slot("/quick").await.delivery(10);
        quick.sent(10);
        drop(quick);
        let is = |object: &str, outcome: &str| (object.to_owned(), outcome.to_owned());
        assert_eq!(outcomes(1).await, [is("/quick", "ok")], "{}", engine.name);
        // Nothing of it is taken, and still it is written down; a large one before a byte of it went out.
        let large = slot("/large").await.delivery(8 << 20);
        assert_eq!(outcomes(2).await[1], is("/large", "begun"), "{}", engine.name);
        let slow = slot("/slow").await.delivery(10);
        let listing = slot("/to-the-end").await.delivery_to_the_end();
        let mut begun = outcomes(4).await.split_off(2);
        begun.sort();
        assert_eq!(begun, [is("/slow", "begun"), is("/to-the-end", "begun")], "{}", engine.name);
        drop((large, slow));
        listing.end();
        let mut ended = outcomes(7).await.split_off(4);
        ended.sort();
        assert_eq!(ended, [is("/large", "cut"), is("/slow", "cut"), is("/to-the-end", "ok")], "{}", engine.name);
        drop(audit);
        writing.await.unwrap();
        assert_eq!(ledger.audit_after(0, 100).await.unwrap().len(), 7, "{}: a quick one has one row", engine.name);
    }
}
