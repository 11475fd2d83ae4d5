//! Many of something: guesses, idle connections, slow ones, headers without end.

use std::time::Duration;

use futures::StreamExt;
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::{insist, line, raw, status};
use crate::ftp::Control;
use crate::house::{House, Plan};
use crate::paper::page;

/// Guesses at a password, some of them side by side.
const GUESSES: usize = 10_000;

#[tokio::test]
async fn ten_thousand_wrong_passwords_are_hardly_looked_at_and_keep_nobody_out() {
    let house = House::open().await;
    let rival = house.client_from([127, 0, 0, 66]);
    let url = house.url("/arsiv/durum.json");
    let guess = async |n: usize| {
        let password = format!("guess-{n}");
        let (asked, lost) = insist(|| rival.get(&url).basic_auth(&house.party.bulk.user, Some(&password))).await;
        let waits = asked.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse::<u32>().ok());
        (asked.status(), waits, lost)
    };
    let answers: Vec<_> = futures::stream::iter(0..GUESSES).map(guess).buffer_unordered(256).collect().await;
    let looked_at = answers.iter().filter(|(status, ..)| *status == StatusCode::UNAUTHORIZED).count();
    assert!((5..100).contains(&looked_at), "{looked_at}");
    for (status, waits, _) in answers.iter().filter(|(status, ..)| *status != StatusCode::UNAUTHORIZED) {
        assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS);
        assert!(waits.is_some_and(|wait| wait >= 1), "a time to come again");
    }
    // The party itself, and over FTP, from another address: at once.
    assert_eq!(house.get("durum.json").await.status(), StatusCode::OK);
    Control::log_in(&house).await;
    // The right password from where it was guessed has to wait as well, or the wait would be none.
    let bulk = &house.party.bulk;
    let there = rival.get(&url).basic_auth(&bulk.user, Some(&bulk.password)).send().await.unwrap();
    assert_eq!(there.status(), StatusCode::TOO_MANY_REQUESTS);
    let rows = house
        .told(GUESSES + 1, |row| row.address == "127.0.0.66" && row.outcome == "refused" && row.act != "connect")
        .await;
    let (times, lost) = (crate::house::times(&rows), answers.iter().map(|(.., lost)| lost).sum::<usize>());
    // A request whose answer was lost may have been asked twice.
    assert!((GUESSES + 1..=GUESSES + 1 + lost).contains(&times), "each is on record, alone or with others: {times}");
    assert!(rows.len() < GUESSES / 2, "{} rows", rows.len());
    assert!(rows.iter().all(|row| !row.object.contains("guess-")), "no password is on record");
}

#[tokio::test]
async fn wrong_passwords_over_ftp_count_with_those_over_https() {
    let house = House::open().await;
    for n in 0..5 {
        let asked = house.client.get(house.url("/arsiv/")).basic_auth("parti", Some(format!("guess-{n}")));
        assert_eq!(asked.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    let mut line = Control::open(house.ftp).await;
    line.say("USER parti").await;
    let answer = line.say(&format!("PASS {}", house.party.bulk.password)).await;
    assert!(answer.starts_with("530"), "{answer}");
    house.audit(1, |row| row.protocol == "ftp" && row.reason == "too-many-tries").await;
}

#[tokio::test]
async fn each_wrong_password_over_ftp_is_on_record_and_few_are_looked_at() {
    let house = House::open().await;
    let guesses = (0..60).map(|n| {
        let house = &house;
        async move {
            let mut line = Control::open(house.ftp).await;
            line.say("USER parti").await;
            let answer = line.say(&format!("PASS guess-{n}")).await;
            assert!(answer.starts_with("530"), "{answer}");
        }
    });
    futures::future::join_all(guesses).await;
    let rows = house.told(60, |row| row.protocol == "ftp" && row.act == "login" && row.outcome == "refused").await;
    let looked_at: usize = rows.iter().map(|row| crate::house::reasons(row, "unknown-credential")).sum();
    let not_now: usize = rows.iter().map(|row| crate::house::reasons(row, "too-many-tries")).sum();
    assert!((5..50).contains(&looked_at), "{looked_at}");
    assert_eq!(looked_at + not_now, 60, "{rows:?}");
}

#[tokio::test]
async fn who_tries_again_and_again_before_the_opening_is_let_in_at_the_opening() {
    let house = House::open().await;
    house.clock.set(crate::house::BEFORE.parse().unwrap());
    let bulk = &house.party.bulk;
    let mut line = Control::open(house.ftp).await;
    for _ in 0..25 {
        line.say(&format!("USER {}", bulk.user)).await;
        let answer = line.say(&format!("PASS {}", bulk.password)).await;
        assert!(answer.starts_with("530") && answer.contains("17:00"), "{answer}");
    }
    house.audit(25, |row| row.protocol == "ftp" && row.principal == "parti" && row.reason == "not-open-yet").await;
    house.clock.set(crate::house::AFTER.parse().unwrap());
    line.say(&format!("USER {}", bulk.user)).await;
    assert!(line.say(&format!("PASS {}", bulk.password)).await.starts_with("230"));
}

#[tokio::test]
async fn wrong_tokens_are_slowed_and_the_right_one_of_a_neighbour_is_not() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    let mut answers = Vec::new();
    for n in 0..60 {
        answers.push(house.put(&format!("guess-{n}"), &"0".repeat(64)).send().await.unwrap().status());
    }
    assert_eq!(answers[0], StatusCode::UNAUTHORIZED);
    assert_eq!(answers[59], StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(house.send(&house.first, &scan).await.status(), StatusCode::CREATED);
    house.audit(1, |row| row.channel == "board" && row.reason.contains("too-many-tries")).await;
}

#[tokio::test]
async fn ten_thousand_idle_connections_leave_everybody_else_their_place() {
    let house = House::open().await;
    for port in [house.https, house.ftp] {
        let mut idle: Vec<TcpStream> = Vec::new();
        for n in 0..10_000 {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(([127, 0, 0, 66], 0).into()).unwrap();
            let stream = socket.connect(port).await.unwrap();
            // What is held open longest fills the places; the rest is let go, so that this process has files left.
            if n < 300 {
                idle.push(stream);
            }
        }
        assert_eq!(house.get("durum.json").await.status(), StatusCode::OK);
        Control::log_in(&house).await;
    }
    for protocol in ["https", "ftp"] {
        let fits = |row: &tutanak::ledger::audit::AuditRow| {
            row.address == "127.0.0.66" && row.reason.contains("too-many-connections") && row.protocol == protocol
        };
        house.audit(1, fits).await;
    }
}

#[tokio::test]
async fn one_party_has_so_many_ftp_sessions_and_no_more() {
    let also = |config: &mut tutanak::config::Config| config.ftp.connections_per_party = 2;
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    let first = Control::log_in(&house).await;
    let _second = Control::log_in(&house).await;
    let bulk = &house.party.bulk;
    let mut third = Control::open(house.ftp).await;
    third.say(&format!("USER {}", bulk.user)).await;
    assert!(third.say(&format!("PASS {}", bulk.password)).await.starts_with("421"));
    house
        .audit(1, |row| row.principal == "parti" && row.protocol == "ftp" && row.reason == "too-many-connections")
        .await;
    drop(first);
    tokio::time::sleep(Duration::from_millis(300)).await;
    Control::log_in(&house).await;
}

#[tokio::test]
async fn one_party_has_so_many_connections_and_no_more_and_another_has_its_own() {
    let house = House::open().await;
    let id = "komsu".parse().unwrap();
    let loopback = ["127.0.0.0/8".parse().unwrap()];
    let gate = tutanak::domain::Gate::PartiesOpen;
    let other = tutanak::people::enrol::party(&house.ledger, &id, "Komşu", &loopback, gate).await.unwrap();
    let mut held = Vec::new();
    let mut answers = Vec::new();
    for n in 0..260_u16 {
        // From many addresses, so that it is not theirs that are counted.
        let client = house.client_from([127, 0, 1, (n / 16) as u8]);
        let (bulk, service) = (&house.party.bulk, &house.party.service.token);
        // Its machines' connections and its web service's are counted together.
        let asked = match n % 4 {
            0 => client.get(house.url("/v1/durum")).bearer_auth(service),
            _ => client.get(house.url("/arsiv/OKU-BENI.txt")).basic_auth(&bulk.user, Some(&bulk.password)),
        };
        answers.push(asked.send().await.unwrap().status());
        held.push(client);
    }
    assert_eq!(answers.iter().filter(|status| **status != StatusCode::TOO_MANY_REQUESTS).count(), 256);
    assert_eq!(answers[259], StatusCode::TOO_MANY_REQUESTS);
    let asked = house.client.get(house.url("/arsiv/OKU-BENI.txt"));
    let asked = asked.basic_auth(&other.bulk.user, Some(&other.bulk.password)).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::OK);
    house.audit(4, |row| row.principal == "parti" && row.reason == "too-many-connections").await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_hardly_anything_is_cut_and_on_record() {
    let house = House::open().await;
    let silent = async {
        let mut stream = TcpStream::connect(house.https).await.unwrap();
        tokio::time::timeout(Duration::from_secs(60), stream.read(&mut [0; 1])).await.expect("it is never cut").ok();
    };
    let drop_by_drop = async {
        let mut line = line(&house, [127, 0, 0, 1]).await;
        line.write_all(b"GET /arsiv/ HTTP/1.1\r\nhost: localhost\r\n").await.unwrap();
        let dripping = async {
            for n in 0..60 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if line.write_all(format!("x-{n}: y\r\n").as_bytes()).await.is_err() || line.flush().await.is_err() {
                    return true;
                }
            }
            false
        };
        assert!(dripping.await, "a header a second is taken for ever");
    };
    let nothing_asked = async {
        let mut line = line(&house, [127, 0, 0, 1]).await;
        tokio::time::timeout(Duration::from_secs(60), line.read(&mut [0; 1])).await.expect("it is never cut").ok();
    };
    let form_drop_by_drop = async {
        let mut line = line(&house, [127, 0, 0, 1]).await;
        line.write_all(b"POST /giris HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9000\r\n\r\n").await.unwrap();
        let dripping = async {
            for _ in 0..60 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if line.write_all(b"a").await.is_err() || line.flush().await.is_err() {
                    return true;
                }
            }
            false
        };
        assert!(dripping.await, "a byte of a form a second is taken for ever");
    };
    tokio::join!(silent, drop_by_drop, nothing_asked, form_drop_by_drop);
    house.audit(1, |row| row.channel == "web" && row.act == "login" && row.reason == "too-slow").await;
    house.audit(1, |row| row.reason == "handshake-too-slow").await;
    house.audit(2, |row| row.reason == "no-request-in-time").await;
}

#[tokio::test]
async fn headers_without_end_are_refused_and_on_record() {
    let house = House::open().await;
    let long = house.archive(reqwest::Method::GET, "durum.json").header("x-long", "y".repeat(20_000));
    assert_eq!(long.send().await.unwrap().status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    let many: String = (0..3000).map(|n| format!("x-{n}: {}\r\n", "y".repeat(40))).collect();
    let answer = raw(&house, "GET", b"/arsiv/durum.json", &many).await;
    assert!(answer.is_empty() || status(&answer) == 431, "{answer}");
    house.audit(2, |row| row.reason == "headers-too-large").await;
    // So many that HTTP/2's library answers them itself: counted, and on record when the connection ends.
    let client = house.client_from([127, 0, 0, 66]);
    let ask = |header: String| {
        let bulk = &house.party.bulk;
        let asked = client.get(house.url("/arsiv/durum.json")).basic_auth(&bulk.user, Some(&bulk.password));
        asked.header("x-long", header).send()
    };
    assert_eq!(ask("y".to_owned()).await.unwrap().status(), StatusCode::OK);
    for _ in 0..3 {
        let answer = ask("y".repeat(100_000)).await;
        assert!(answer.is_err() || answer.unwrap().status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    drop(client);
    let refused = house.audit(1, |row| row.address == "127.0.0.66" && row.reason == "refused-by-http2").await;
    assert_eq!(refused[0].object, "3 requests", "{refused:?}");
}

#[tokio::test]
async fn one_boards_flood_is_told_to_wait_and_the_others_scans_go_in() {
    let also = |config: &mut tutanak::config::Config| {
        config.intake.scan_bytes = 1 << 20;
        config.intake.memory_bytes = 4 << 20;
        config.intake.memory_bytes_per_board = 1 << 20;
        config.intake.wait_seconds = 2;
    };
    let house = House::build(Plan { also: Some(also), ..Plan::default() }).await;
    // A scan that never comes to its end holds the first board's whole share.
    let mut held = line(&house, [127, 0, 0, 1]).await;
    let begun = format!(
        "PUT /v1/scans/{} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n\x01",
        "0".repeat(64),
        house.first,
        1 << 20
    );
    held.write_all(begun.as_bytes()).await.unwrap();
    held.flush().await.unwrap();
    let own = page(&["1090000001"], 1);
    let mut told = house.send(&house.first, &own).await;
    for _ in 0..20 {
        if told.status() == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        told = house.send(&house.first, &own).await; // it came before the one that was begun
    }
    assert_eq!(told.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(told.headers().contains_key("retry-after"));
    assert_eq!(house.send(&house.second, &page(&["1090000101"], 2)).await.status(), StatusCode::CREATED);
    house.audit(1, |row| row.principal == "kadikoy-1" && row.reason == "too-many-uploads").await;
    drop(held);
    let mut again = house.send(&house.first, &own).await.status();
    for _ in 0..20 {
        if again.is_success() {
            break;
        }
        again = house.send(&house.first, &own).await.status();
    }
    assert!(again.is_success(), "{again}");
}
