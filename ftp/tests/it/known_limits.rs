//! What libunftp 0.24 does wrong and cannot be mended from outside, as `README.md` lists it.
//!
//! A test that fails here is good news: an entry of that list can go.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::{sleep, timeout};
use tutanak_ftp::Settings;

use crate::house::{House, settings};
use crate::made_shelf::{SCAN, scan};
use crate::tls::identities;

#[tokio::test(flavor = "multi_thread")]
async fn epsv_without_prot_p_sends_files_in_the_clear_even_if_encryption_is_required() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), tls_required: true, ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.log_in().await;
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0, scan());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_not_understood_ends_the_connection() {
    let house = House::open().await;
    for command in ["OPTS MLST type;size;modify;", "OPTS Utf8 On", "MODE Z", "REST -1", "AUTH GSSAPI"] {
        let mut reader = house.reader().await;
        reader.say_expect(command, 501).await;
        assert!(reader.is_cut().await, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_that_is_followed_by_a_listing_truncates_the_next_file() {
    let house = House::open().await;
    let mut reader = house.reader().await;
    reader.say_expect("REST 50000", 350).await;
    reader.fetch_text("NLST /il").await;
    assert_eq!(reader.fetch("RETR /il/34/a.png").await.0.len(), SCAN - 50_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn abor_waits_for_the_end_of_the_transfer() {
    let house = House::open().await;
    let mut reader = house.reader().await;
    let mut data = reader.begin("RETR /endless.bin").await;
    data.read_exact(&mut [0; 1000]).await.unwrap();
    reader.send("ABOR").await;
    sleep(Duration::from_millis(300)).await;
    assert!(!house.diary.lock().unwrap().delivered[0].over);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_connection_that_fails_its_handshake_leaves_the_client_without_an_answer() {
    let (server, client) = identities();
    let login_within = Duration::from_millis(200);
    let silence = Duration::from_secs(2);
    let house = House::with(Settings { tls: Some(server), login_within, silence, ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.log_in().await;
    reader.say_expect("PROT P", 200).await;
    let data = reader.passive("EPSV").await;
    reader.say_expect("RETR /il/34/a.png", 150).await;
    drop(data);
    // Neither 425 nor 426; but our own clock ends the session in the end.
    assert!(reader.is_cut().await);
    assert!(house.diary.lock().unwrap().delivered.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_wait_for_answers_blocks_itself_until_it_goes() {
    let house = House::open().await;
    let mut reader = house.reader().await;
    reader.send(&["SIZE /il/34/a.png\r\nCWD /il"; 500].join("\r\n")).await;
    let mut answers = 0;
    while let Ok(Some(_)) = timeout(Duration::from_secs(1), reader.reply()).await {
        answers += 1;
    }
    assert!(answers < 1000, "every command was answered");
    assert!(house.diary.lock().unwrap().left.is_empty());
    drop(reader);
    house.eventually("the seat is free again", |d| d.left.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pasv_on_an_ipv6_connection_ends_it() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else { return };
    let house = House::on(listener, Default::default(), settings());
    let mut reader = house.reader().await;
    reader.send("PASV").await;
    assert!(reader.is_cut().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_a_directory_is_nought() {
    let house = House::open().await;
    let mut reader = house.reader().await;
    assert_eq!(reader.say_expect("SIZE /il", 213).await, "213 0");
}
