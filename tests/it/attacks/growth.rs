//! How much of a record somebody can write: strangers, and accounts that ask without end. Every access is on record, and the
//! record does not grow with them.

use futures::StreamExt;
use reqwest::StatusCode;
use tutanak::config::Config;
use tutanak::domain::Gate;
use tutanak::ledger::DatabaseConfig;
use tutanak::people::enrol;

use super::insist;
use crate::engines::Engine;
use crate::ftp::Control;
use crate::house::{House, Plan, reasons, times};

/// Requests of strangers.
const REQUESTS: usize = 20_000;

/// One window for the whole test: what is counted in it is written when the house stops.
fn one_window(config: &mut Config) {
    config.audit.strangers.seconds = 3600;
    config.https.requests_per_second_per_address = 100_000;
}

/// Bytes of a database of SQLite on the disk.
fn on_disk(database: &DatabaseConfig) -> Option<u64> {
    let DatabaseConfig::Sqlite { path } = database else { return None };
    let file = |suffix: &str| std::fs::metadata(format!("{}{suffix}", path.display())).map_or(0, |file| file.len());
    Some(file("") + file("-wal"))
}

#[tokio::test]
async fn twenty_thousand_requests_of_strangers_are_all_counted_and_hardly_any_is_a_row() {
    for engine in Engine::all().await {
        let plan = Plan { database: Some(engine.config.clone()), also: Some(one_window), ..Plan::default() };
        let mut house = House::build(plan).await;
        let before = on_disk(&house.database);
        let stranger = house.client_from([127, 0, 0, 66]);
        let ask = async |n: usize| {
            let (url, secret) = (house.url(&format!("/{n}{}", "x".repeat(300))), format!("guess-{n}"));
            let asked = match n % 4 {
                0 => stranger.put(house.url(&format!("/v1/scans/{}", "0".repeat(64)))).bearer_auth(secret),
                1 => stranger.get(house.url("/hesap")),
                _ => stranger.get(url),
            };
            asked.send().await.unwrap().status()
        };
        let answers: Vec<_> = futures::stream::iter(0..REQUESTS).map(ask).buffer_unordered(64).collect().await;
        assert!(answers.iter().all(|status| status.is_client_error() || status.is_redirection()), "{}", engine.name);
        // Nobody else notices, and what accounts do is written row by row.
        for _ in 0..50 {
            assert_eq!(house.get("OKU-BENI.txt").await.status(), StatusCode::OK);
        }
        house.stop().await;
        let rows = house.ledger_rows().await;
        let of_strangers: Vec<_> = rows.iter().filter(|row| row.address == "127.0.0.66").cloned().collect();
        assert_eq!(times(&of_strangers), REQUESTS, "{}: each is on record", engine.name);
        assert!(of_strangers.len() <= 30 + 4, "{}: {} rows", engine.name, of_strangers.len());
        let missing: usize = of_strangers.iter().map(|row| reasons(row, "not-found")).sum();
        assert_eq!(missing, REQUESTS / 2, "{}: and why", engine.name);
        assert_eq!(rows.iter().filter(|row| row.principal == "parti" && row.act == "download").count(), 50);
        if let (Some(before), Some(after)) = (before, on_disk(&house.database)) {
            let grown = after.saturating_sub(before);
            println!("{REQUESTS} requests of strangers: {} rows, {grown} bytes", of_strangers.len());
            assert!(grown < 1 << 20, "{grown} bytes");
        }
        tutanak::ledger::Ledger::open(&house.database).await.unwrap().audit_verify(None).await.unwrap();
    }
}

#[tokio::test]
async fn strangers_over_ftp_are_counted_as_well() {
    let also = |config: &mut Config| {
        one_window(config);
        config.audit.strangers.rows_per_address = 10;
    };
    let mut house = House::build(Plan { also: Some(also), party_from: Some("127.0.0.1/32"), ..Plan::default() }).await;
    for _ in 0..100 {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 66], 0).into()).unwrap();
        let mut stream = socket.connect(house.ftp).await.unwrap();
        let mut told = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut told).await.unwrap();
        assert!(told.starts_with("421") || told.starts_with("530"), "{told}");
    }
    Control::log_in(&house).await;
    house.stop().await;
    let rows = house.ledger_rows().await;
    let refused: Vec<_> =
        rows.into_iter().filter(|row| row.address == "127.0.0.66" && row.outcome == "refused").collect();
    assert_eq!(times(&refused), 100);
    assert!(refused.len() <= 11, "{} rows", refused.len());
}

#[tokio::test]
async fn who_asks_without_end_is_paced_then_told_when_to_come_again_and_others_are_not() {
    let also = |config: &mut Config| {
        one_window(config);
        config.https.requests_per_second_per_account = 20;
    };
    let mut house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let id = "komsu".parse().unwrap();
    let loopback = ["127.0.0.0/8".parse().unwrap()];
    let other = enrol::party(&house.ledger, &id, "Komşu", &loopback, Gate::PartiesOpen).await.unwrap();
    let ask = async |_| {
        let answer = house.get("OKU-BENI.txt").await;
        let again = answer.headers().get("retry-after").and_then(|again| again.to_str().ok()?.parse::<u32>().ok());
        (answer.status(), again)
    };
    // File after file, as a mirror goes: it is slowed down, and nothing of it is refused.
    for n in 0..430 {
        assert_eq!(ask(n).await.0, StatusCode::OK, "request {n}");
    }
    let answers: Vec<_> = futures::stream::iter(0..1500).map(ask).buffer_unordered(512).collect().await;
    let (served, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(status, _)| status.is_success());
    assert!(refused.len() > 1000, "{} of 1500 were refused", refused.len());
    for (status, again) in &refused {
        assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
        assert!(again.is_some_and(|again| again >= 1), "a time to come again");
    }
    let asked =
        house.client.get(house.url("/arsiv/durum.json")).basic_auth(&other.bulk.user, Some(&other.bulk.password));
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::OK);
    house.stop().await;
    let rows: Vec<_> = house.ledger_rows().await.into_iter().filter(|row| row.principal == "parti").collect();
    let told: usize = rows.iter().map(|row| reasons(row, "too-many-requests")).sum();
    assert_eq!(told, refused.len(), "each refusal is on record");
    assert_eq!(rows.iter().filter(|row| row.act == "download").count(), 430 + served.len());
    assert!(rows.iter().filter(|row| row.outcome == "refused").count() <= 31);
}

#[tokio::test]
async fn an_address_has_a_ceiling_of_its_own_whoever_asks_there() {
    let also = |config: &mut Config| {
        one_window(config);
        config.https.requests_per_second_per_address = 20;
    };
    let mut house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let stranger = house.client_from([127, 0, 0, 66]);
    let ask = async |n| insist(|| stranger.get(house.url(&format!("/yok/{n}")))).await.0.status();
    let answers: Vec<_> = futures::stream::iter(0..1000).map(ask).buffer_unordered(256).collect().await;
    let refused = answers.iter().filter(|status| **status == StatusCode::TOO_MANY_REQUESTS).count();
    assert!(refused > 300, "{refused}");
    assert_eq!(house.get("OKU-BENI.txt").await.status(), StatusCode::OK, "another address");
    house.stop().await;
    let rows = house.ledger_rows().await.into_iter();
    let rows: Vec<_> = rows.filter(|row| row.address == "127.0.0.66" && row.act == "request").collect();
    assert_eq!(times(&rows), 1000);
    assert_eq!(rows.iter().map(|row| reasons(row, "too-many-requests")).sum::<usize>(), refused);
}
