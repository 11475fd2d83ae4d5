//! Long files of the machine, which the kernel sends by itself where nothing is encrypted: the same bytes, the same replies
//! and the same record as of all others.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tutanak_ftp::{Cut, Settings, Terms};

use crate::house::{House, settings};
use crate::made_shelf::{ENDLESS, LONG, MadeShelf, long};
use crate::tls::identities;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_arrives_whole_and_from_any_byte_in_the_clear_and_encrypted() {
    let (server, client) = identities();
    let house = House::with(Settings { tls: Some(server), ..settings() }).await;
    for encrypted in [false, true] {
        let mut reader = house.visitor().await;
        if encrypted {
            reader.encrypt(client.clone()).await;
        }
        reader.log_in().await;
        if encrypted {
            reader.protect().await;
        }
        for offset in [0, 1, 300_001, LONG - 1, LONG] {
            reader.say_expect(&format!("REST {offset}"), 350).await;
            let (bytes, reply) = reader.fetch("RETR /long.bin").await;
            assert_eq!(reply.code, 226, "from {offset}");
            assert!(bytes == long()[offset..], "from {offset}, encrypted: {encrypted}");
            let last = house.diary.lock().unwrap().delivered.last().unwrap().clone();
            assert_eq!((last.sent, last.complete), ((LONG - offset) as u64, true));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_keeps_the_pace_of_its_party() {
    let shelf =
        MadeShelf { terms: Terms { bytes_per_second: Some(50 << 20), ..Terms::default() }, ..MadeShelf::default() };
    let house = House::over(shelf, settings()).await;
    let (bytes, reply) = house.reader().await.fetch("RETR /long.bin").await;
    assert!(reply.code == 226 && bytes == long());
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "parties are not known to it")]
async fn what_is_short_of_a_file_keeps_it_too() {
    let shelf =
        MadeShelf { terms: Terms { bytes_per_second: Some(100_000), ..Terms::default() }, ..MadeShelf::default() };
    let house = House::over(shelf, settings()).await;
    let mut reader = house.reader().await;
    let began = Instant::now();
    let offset = LONG - 291_000;
    reader.say_expect(&format!("REST {offset}"), 350).await;
    let (bytes, reply) = reader.fetch("RETR /long.bin").await;
    assert!(reply.code == 226 && bytes == long()[offset..]);
    // The first second's worth comes at once.
    assert!(began.elapsed() >= Duration::from_millis(1500), "{:?}", began.elapsed());
    let last = house.diary.lock().unwrap().delivered.last().unwrap().clone();
    assert_eq!((last.sent, last.complete), (291_000, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_file_that_became_shorter_is_told_from_a_whole_one() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let mut data = client.begin("RETR /shrunk.bin").await;
    let mut bytes = Vec::new();
    let end = data.read_to_end(&mut bytes).await;
    client.expect(451).await;
    if cfg!(not(feature = "libunftp")) {
        assert!(end.is_err(), "it looks like an end to whoever does not read the reply");
    }
    let delivered = house.diary.lock().unwrap().delivered[0].clone();
    assert!(delivered.over && !delivered.complete && delivered.sent <= LONG as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_while_it_was_sent_is_told_from_a_sound_one() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for (offset, left) in [(0, LONG), (LONG - 40_000, 40_000)] {
        if offset > 0 {
            client.say_expect(&format!("REST {offset}"), 350).await;
        }
        let mut data = client.begin("RETR /changing.bin").await;
        let mut bytes = Vec::new();
        let end = data.read_to_end(&mut bytes).await;
        client.expect(451).await;
        if cfg!(not(feature = "libunftp")) && offset == 0 {
            assert!(end.is_err(), "it looks like an end to whoever does not read the reply");
        }
        let delivered = house.diary.lock().unwrap().delivered.last().unwrap().clone();
        assert!(delivered.over && !delivered.complete && delivered.sent <= left as u64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_should_be_is_not_begun() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let reply = client.refused("RETR /damaged.bin").await;
    assert_eq!(reply.code, 451, "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "ABOR waits for the end of the transfer")]
async fn a_long_file_can_be_broken_off_and_who_does_not_read_is_cut_off() {
    let stall = std::time::Duration::from_secs(1);
    let house = House::with(Settings { stall, ..settings() }).await;
    let mut client = house.reader().await;
    let mut data = client.begin("RETR /sparse.bin").await;
    data.read_exact(&mut vec![0; 5 << 20]).await.unwrap();
    client.send("ABOR").await;
    client.expect(426).await;
    client.expect(226).await;
    drop(data);
    let _unread = client.begin("RETR /sparse.bin").await;
    client.expect(426).await;
    let delivered = house.diary.lock().unwrap().delivered.clone();
    let causes: Vec<_> = delivered.iter().map(|one| one.cause).collect();
    assert_eq!(causes, [Some(Cut::Aborted), Some(Cut::Stalled)]);
    // Of what was never read, nothing may have been counted as sent.
    assert!(delivered[0].sent > 0 && delivered.iter().all(|one| one.sent < ENDLESS), "{delivered:?}");
    assert!(client.fetch("RETR /long.bin").await.0 == long());
}
