//! Whoever loses a right loses it at once, whatever is going on.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use tutanak_ftp::{Cut, Leaving, Terms};

use crate::house::{House, settings};
use crate::made_shelf::MadeShelf;
use crate::tls::identities;

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_ends_cuts_transfers_and_idle_sessions_within_a_second() {
    let shelf = MadeShelf::default();
    let revoked = shelf.revoked.clone();
    let house = House::over(shelf, settings()).await;
    let (mut idle, mut busy) = (house.reader().await, house.reader().await);
    let mut data = busy.begin("RETR /endless.bin").await;
    data.read_exact(&mut [0; 1000]).await.unwrap();
    revoked.store(true, Ordering::Relaxed);
    let asked = Instant::now();
    assert_eq!(idle.expect(421).await, "421 Erisim sona erdi");
    busy.expect(426).await;
    busy.expect(421).await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(idle.is_cut().await && busy.is_cut().await);
    house.eventually("both left", |d| d.left.len() == 2).await;
    let diary = house.diary.lock().unwrap();
    assert_eq!(diary.delivered[0].cause, Some(Cut::Revoked));
    assert_eq!(diary.reasons, [Leaving::Revoked; 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_party_may_be_held_to_encryption() {
    let (server, client) = identities();
    let terms = Terms { require_tls: true, ..Terms::default() };
    let shelf = MadeShelf { terms, ..MadeShelf::default() };
    let house = House::over(shelf, tutanak_ftp::Settings { tls: Some(server), ..settings() }).await;
    let mut reader = house.visitor().await;
    reader.encrypt(client).await;
    reader.log_in().await;
    reader.say_expect("EPSV", 521).await;
    reader.say_expect("PASV", 521).await;
    reader.protect().await;
    assert_eq!(reader.fetch("NLST /il").await.1.code, 226);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_why_a_session_ended() {
    let house = House::open().await;
    let mut polite = house.reader().await;
    polite.say_expect("QUIT", 221).await;
    house.eventually("one left", |d| d.left.len() == 1).await;
    drop(house.reader().await);
    house.eventually("two left", |d| d.left.len() == 2).await;
    assert_eq!(house.diary.lock().unwrap().reasons, [Leaving::Quit, Leaving::Gone]);
}
