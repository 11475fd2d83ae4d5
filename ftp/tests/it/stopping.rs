//! The stop: idle sessions at once, transfers after their grace, and nobody is forgotten.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tutanak_ftp::Settings;

use crate::house::{House, settings};
use crate::made_shelf::ENDLESS;

#[tokio::test(flavor = "multi_thread")]
async fn idle_sessions_are_closed_and_nobody_new_gets_in() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let address = house.address;
    let diary = house.diary.clone();
    let asked = Instant::now();
    house.closed().await;
    assert!(asked.elapsed() < Duration::from_secs(1));
    client.expect(421).await;
    assert!(client.is_cut().await);
    assert!(TcpStream::connect(address).await.is_err());
    assert_eq!(diary.lock().unwrap().left.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_transfer_may_end_and_no_other_may_begin() {
    let house = House::with(Settings { grace: Duration::from_secs(30), ..settings() }).await;
    let mut client = house.reader().await;
    let mut other = house.reader().await;
    let mut data = client.begin("RETR /endless.bin").await;
    data.read_exact(&mut [0; 1000]).await.unwrap();
    let pending = other.passive("EPSV").await;
    house.signal_stop();
    let mut total = 1000;
    let mut piece = vec![0; 1 << 20];
    loop {
        match data.read(&mut piece).await.unwrap() {
            0 => break,
            read => total += read as u64,
        }
    }
    assert_eq!(total, ENDLESS);
    client.expect(226).await;
    client.expect(421).await;
    drop(pending);
    assert!(other.is_cut().await);
    let diary = house.diary.clone();
    house.closed().await;
    assert!(diary.lock().unwrap().delivered[0].complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_takes_too_long_is_cut() {
    let house = House::with(Settings { grace: Duration::from_millis(300), ..settings() }).await;
    let mut client = house.reader().await;
    let mut data = client.begin("RETR /endless.bin").await;
    data.read_exact(&mut [0; 1000]).await.unwrap();
    let diary = house.diary.clone();
    let asked = Instant::now();
    house.closed().await;
    assert!(asked.elapsed() < Duration::from_secs(8));
    let diary = diary.lock().unwrap();
    assert!(diary.delivered[0].over && !diary.delivered[0].complete && diary.left.len() == 1);
}
