//! How many, how long, and what happens to the one too many.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tutanak_ftp::{FtpError, Settings, run};

use crate::client::Client;
use crate::house::{House, settings};
use crate::made_shelf::MadeShelf;

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_gets_421_and_a_freed_seat_is_used_again() {
    for (max_connections, max_per_address) in [(2, 9), (9, 2)] {
        let house = House::with(Settings { max_connections, max_per_address, ..settings() }).await;
        let first = house.reader().await;
        let _second = house.reader().await;
        let mut third = Client::connect(house.address).await;
        third.expect(421).await;
        assert!(third.is_cut().await);
        drop(first);
        house.eventually("the first left", |d| d.left.len() == 1).await;
        sleep(Duration::from_millis(50)).await;
        house.reader().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_idle_connections_stay_cheap_and_are_closed_in_time() {
    let idle = Duration::from_secs(4);
    let house = House::with(Settings { idle, max_per_address: 300, ..settings() }).await;
    let before = resident_kib();
    let mut idlers = Vec::new();
    for _ in 0..200 {
        idlers.push(house.reader().await);
    }
    let each = (resident_kib().saturating_sub(before)) / 200;
    assert!(each < 200, "{each} KiB for each idle connection, both ends in this process");
    let asked = Instant::now();
    house.reader().await.say_expect("SIZE /il/34/a.png", 213).await;
    assert!(asked.elapsed() < Duration::from_secs(1));
    for idler in &mut idlers {
        // libunftp's choice; 421 would be the usual one.
        idler.expect(221).await;
        assert!(idler.is_cut().await);
    }
    house.eventually("everybody left", |d| d.left.len() == 201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn noop_alone_does_not_keep_a_session_for_ever() {
    let login_within = Duration::from_millis(100);
    let silence = Duration::from_millis(900);
    let house = House::with(Settings { login_within, silence, ..settings() }).await;
    let mut client = house.reader().await;
    let mut busy = house.reader().await;
    for _ in 0..5 {
        sleep(Duration::from_millis(100)).await;
        busy.say_expect("SIZE /il/34/a.png", 213).await;
        client.say_expect("NOOP", 200).await;
    }
    for _ in 0..10 {
        sleep(Duration::from_millis(100)).await;
        busy.say_expect("SIZE /il/34/a.png", 213).await;
    }
    client.expect(421).await;
    assert!(client.is_cut().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cannot_collect_passive_ports() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for _ in 0..8 {
        client.say_expect("EPSV", 229).await;
    }
    client.say_expect("EPSV", 425).await;
    house.reader().await.fetch_text("NLST /il").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_work_are_refused_before_the_first_connection() {
    let wrong = [
        Settings { passive_ports: 0..=10, ..settings() },
        Settings { advertised: Some("::1".parse().unwrap()), ..settings() },
        Settings { tls_required: true, ..settings() },
        Settings { greeting: "a\r\nb".to_owned(), ..settings() },
        Settings { max_connections: 0, ..settings() },
    ];
    for settings in wrong {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let said = format!("{settings:?}");
        let ran = run(listener, MadeShelf::default().into(), settings, Default::default()).await;
        assert!(matches!(ran, Err(FtpError::Settings(_))), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_works_with_epsv() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let house = House::on(listener, MadeShelf::default(), settings());
    let mut client = house.reader().await;
    assert_eq!(client.fetch("RETR /il/34/a.png").await.1.code, 226);
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
