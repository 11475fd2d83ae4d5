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
        // libunftp says 221.
        assert!(matches!(idler.reply().await.unwrap().code, 421 | 221));
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
#[cfg_attr(feature = "libunftp", ignore = "old ports stay open; eight are allowed")]
async fn a_session_has_one_passive_port_and_the_older_goes() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let mut first = client.passive("EPSV").await;
    let _second = client.passive("EPSV").await;
    assert_eq!(tokio::io::AsyncReadExt::read(&mut first, &mut [0]).await.map_or(0, |read| read), 0);
    client.say_expect("NLST /il", 150).await;
    client.expect(226).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "a line has no limit")]
async fn a_line_without_an_end_takes_no_memory_and_ends_the_session() {
    let house = House::open().await;
    let mut client = house.visitor().await;
    client.send(&"A".repeat(5000)).await;
    client.expect(500).await;
    client.say_expect("NOOP", 200).await;
    client.send_raw(&vec![b'A'; 200_000]).await;
    assert!(client.is_cut().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_answers_is_cut_off() {
    let stall = Duration::from_millis(500);
    let house = House::with(Settings { stall, ..settings() }).await;
    let client = house.reader().await;
    let flood = async move {
        let mut client = client;
        let help = "HELP\r\n".repeat(10_000);
        for _ in 0..40 {
            client.send_raw(help.as_bytes()).await;
        }
    };
    let sent = tokio::spawn(flood);
    house.eventually("the client was cut off", |d| d.left.len() == 1).await;
    let _ = sent.await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "parties are not known to it")]
async fn sessions_of_a_party_are_counted_together() {
    let terms = tutanak_ftp::Terms { party: "a".to_owned(), connections: Some(2), ..Default::default() };
    let house = House::over(MadeShelf { terms, ..MadeShelf::default() }, settings()).await;
    let first = house.reader().await;
    let _second = house.reader().await;
    let mut third = house.visitor().await;
    third.say_expect("USER party", 331).await;
    third.say_expect("PASS right", 421).await;
    assert!(third.is_cut().await);
    drop(first);
    house.eventually("two left", |d| d.left.len() == 2).await;
    house.reader().await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "parties are not known to it")]
async fn sessions_of_a_party_share_their_pace() {
    let terms = tutanak_ftp::Terms { bytes_per_second: Some(100_000), ..Default::default() };
    let house = House::over(MadeShelf { terms, ..MadeShelf::default() }, settings()).await;
    let (mut one, mut other) = (house.reader().await, house.reader().await);
    let began = Instant::now();
    let (first, second) = tokio::join!(one.fetch("RETR /il/34/a.png"), other.fetch("RETR /il/34/a.png"));
    assert_eq!((first.1.code, second.1.code), (226, 226));
    // 291 kB, of which the first second's worth comes at once.
    assert!(began.elapsed() >= Duration::from_millis(1500), "{:?}", began.elapsed());
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
        let ran = run(vec![listener.into()], MadeShelf::default().into(), settings, Default::default()).await;
        assert!(matches!(ran, Err(FtpError::Settings(_))), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_works_with_epsv() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let house = House::on(listener, MadeShelf::default(), settings());
    let mut client = house.reader().await;
    if cfg!(not(feature = "libunftp")) {
        client.say_expect("PASV", 425).await;
        client.say_expect("EPSV 1", 522).await;
    }
    assert_eq!(client.fetch("RETR /il/34/a.png").await.1.code, 226);
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
