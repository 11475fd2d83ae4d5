//! Bytes: whole, from the middle, torn, stalled and abandoned; and the count of what was sent.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};
use tutanak_ftp::{Cut, Settings};

use crate::house::{House, settings};
use crate::made_shelf::{Delivered, ENDLESS, SCAN, TORN_AT, TORN_SIZE, scan};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_whole_by_epsv_and_by_pasv() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for command in ["EPSV", "EPSV 1", "PASV"] {
        let mut data = client.passive(command).await;
        client.say_expect("RETR /il/34/a.png", 150).await;
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes).await.unwrap();
        client.expect(226).await;
        assert_eq!(bytes, scan());
    }
    let diary = house.diary.lock().unwrap();
    let (path, sent) = ("/il/34/a.png".to_owned(), SCAN as u64);
    let whole = Delivered { path, offset: 0, sent, complete: true, over: true, cause: None };
    assert_eq!(diary.delivered, vec![whole; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_goes_on_from_any_byte_exactly() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for offset in [1, 39_999, 40_000, SCAN - 1, SCAN] {
        client.say_expect(&format!("REST {offset}"), 350).await;
        let (bytes, reply) = client.fetch("RETR /il/34/a.png").await;
        assert_eq!((reply.code, &bytes[..]), (226, &scan()[offset..]), "from {offset}");
    }
    assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offset_past_the_end_is_refused() {
    let house = House::open().await;
    let mut client = house.reader().await;
    client.say_expect(&format!("REST {}", SCAN + 1), 350).await;
    assert_eq!(client.fetch("RETR /il/34/a.png").await.1.code, 550);
    client.say_expect("REST 5", 350).await;
    assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan()[5..]);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "an offset outlives a failure and a listing")]
async fn an_offset_holds_for_the_next_command_alone() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for between in ["RETR /nothing", "NLST /il", "RETR a\u{1}b"] {
        client.say_expect("REST 100000", 350).await;
        client.fetch(between).await;
        assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan(), "{between}");
    }
    for between in ["NOOP", "SIZE /il/34/a.png", "FOO", "ABOR", "TYPE I"] {
        let mut data = client.passive("EPSV").await;
        client.say_expect("REST 100000", 350).await;
        client.say(between).await;
        client.say_expect("RETR /il/34/a.png", 150).await;
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes).await.unwrap();
        client.expect(226).await;
        assert_eq!(bytes, scan(), "{between}");
    }
}

/// RFC 959 §4.1.3 wants `RETR` immediately behind `REST`; RFC 3659 §5.3 lets a server do as it likes with any other order.
/// Clients differ: some open the data connection first, some in between, and it belongs to the transfer.
#[tokio::test(flavor = "multi_thread")]
async fn opening_the_data_connection_leaves_an_offset_as_it_is_whichever_comes_first() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for opening in ["EPSV", "PASV"] {
        for offset_first in [true, false] {
            if offset_first {
                client.say_expect("REST 100000", 350).await;
            }
            let mut data = client.passive(opening).await;
            if !offset_first {
                client.say_expect("REST 100000", 350).await;
            }
            client.say_expect("RETR /il/34/a.png", 150).await;
            let mut bytes = Vec::new();
            data.read_to_end(&mut bytes).await.unwrap();
            client.expect(226).await;
            assert_eq!(bytes, scan()[100_000..], "{opening}, the offset first: {offset_first}");
            assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan(), "it is used up");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "150 comes before the file is looked up")]
async fn nothing_is_announced_before_it_is_found() {
    let house = House::open().await;
    let mut client = house.reader().await;
    for (command, code) in [("RETR /nothing", 550), ("RETR /il", 550), ("RETR /busy.bin", 450), ("LIST /nothing", 550)]
    {
        let _data = client.passive("EPSV").await;
        client.say_expect(command, code).await;
    }
    client.say_expect("RETR /il/34/a.png", 425).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "commands wait for the end of the transfer")]
async fn status_is_told_and_goodbye_waits_while_something_is_sent() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let mut data = client.begin("RETR /endless.bin").await;
    data.read_exact(&mut [0; 1000]).await.unwrap();
    assert!(client.say_expect("STAT", 211).await.contains("Something is being sent"));
    client.send("PWD\r\nQUIT").await;
    let mut total = 1000;
    let mut piece = vec![0; 1 << 20];
    while let Ok(read @ 1..) = data.read(&mut piece).await {
        total += read as u64;
    }
    assert_eq!(total, ENDLESS);
    client.expect(226).await;
    client.expect(221).await;
    assert!(client.is_cut().await);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "nothing is answered")]
async fn who_does_not_come_to_the_data_connection_hears_of_it() {
    let data_within = Duration::from_millis(300);
    let house = House::with(Settings { data_within, ..settings() }).await;
    let mut client = house.reader().await;
    client.say_expect("EPSV", 229).await;
    client.say_expect("RETR /il/34/a.png", 150).await;
    client.expect(425).await;
    house.eventually("the delivery is over", |d| d.delivered[0].cause == Some(Cut::NoConnection)).await;
    assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_file_goes_on_at_every_tenth_byte() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let whole = scan();
    for offset in (0..1000).step_by(10).chain((SCAN - 1000..SCAN).step_by(10)) {
        client.say_expect("TYPE I", 200).await;
        let mut data = client.passive("EPSV").await;
        client.say_expect(&format!("REST {offset}"), 350).await;
        client.say_expect("RETR /il/34/a.png", 150).await;
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes).await.unwrap();
        client.expect(226).await;
        assert_eq!(bytes, whole[offset..], "from {offset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_never_looks_like_a_whole_file() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let (bytes, reply) = client.fetch("RETR /torn.bin").await;
    assert!(bytes.len() <= TORN_AT && reply.code == 451, "{}", reply.text);
    house.eventually("the delivery is over", |d| d.delivered[0].over).await;
    let delivered = house.diary.lock().unwrap().delivered[0].clone();
    assert!(!delivered.complete && delivered.sent == TORN_AT as u64 && delivered.sent < TORN_SIZE);
    assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_falls_silent_is_an_error_too() {
    let stall = Duration::from_millis(300);
    let house = House::with(Settings { stall, ..settings() }).await;
    let mut client = house.reader().await;
    let (bytes, reply) = client.fetch("RETR /silent.bin").await;
    assert!(bytes.len() <= SCAN && reply.code == 451);
    assert!(!house.diary.lock().unwrap().delivered[0].complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_an_incomplete_delivery() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let mut data = client.begin("RETR /endless.bin").await;
    data.read_exact(&mut [0; 100_000]).await.unwrap();
    drop(data);
    client.expect(426).await;
    let cut = |d: &Delivered| d.over && !d.complete && d.sent >= 100_000 && d.sent < ENDLESS;
    assert!(cut(&house.diary.lock().unwrap().delivered[0]));
    assert_eq!(client.fetch("RETR /il/34/a.png").await.0, scan());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_control_line_is_gone_gets_no_more_data() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let mut data = client.begin("RETR /endless.bin").await;
    data.read_exact(&mut [0; 100_000]).await.unwrap();
    drop(client);
    house.eventually("the reader left", |d| d.left.len() == 1).await;
    let delivered = house.diary.lock().unwrap().delivered[0].clone();
    assert!(delivered.over && !delivered.complete, "left before the delivery was over");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_away_is_noticed_even_while_a_command_waits_for_the_transfer() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let mut data = client.begin("RETR /endless.bin").await;
    client.send("ABOR").await;
    sleep(Duration::from_millis(200)).await;
    drop(client);
    let mut piece = [0; 1 << 16];
    while let Ok(1..) = data.read(&mut piece).await {
        sleep(Duration::from_millis(2)).await;
    }
    house.eventually("the reader left", |d| d.left.len() == 1).await;
    let delivered = house.diary.lock().unwrap().delivered[0].clone();
    assert!(delivered.over && !delivered.complete && delivered.sent < ENDLESS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_is_cut_off() {
    let stall = Duration::from_millis(500);
    let house = House::with(Settings { stall, ..settings() }).await;
    let mut client = house.reader().await;
    let began = Instant::now();
    let _data = client.begin("RETR /endless.bin").await;
    client.expect(426).await;
    assert!(began.elapsed() >= stall && began.elapsed() < stall * 20);
    let delivered = house.diary.lock().unwrap().delivered[0].clone();
    assert!(delivered.over && !delivered.complete && delivered.sent < ENDLESS);
    client.say_expect("NOOP", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(feature = "libunftp", ignore = "what came of the listing ends like a whole one")]
async fn a_client_that_does_not_read_a_listing_is_cut_off() {
    let stall = Duration::from_millis(500);
    let house = House::with(Settings { stall, ..settings() }).await;
    let mut client = house.reader().await;
    let mut data = client.begin("MLSD /many").await;
    sleep(stall * 8).await;
    // The connection was broken off: what came does not look like the whole.
    let mut bytes = Vec::new();
    assert!(data.read_to_end(&mut bytes).await.is_err(), "{} bytes came", bytes.len());
    // libunftp says 450.
    assert!(matches!(client.reply().await.unwrap().code, 426 | 450));
    client.say_expect("NOOP", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_files_do_not_wait_for_acknowledgements() {
    let house = House::open().await;
    let mut client = house.reader().await;
    let mut quickest = Duration::MAX;
    for _ in 0..50 {
        let began = Instant::now();
        client.fetch("RETR /il/34/a.png").await;
        quickest = quickest.min(began.elapsed());
    }
    // With Nagle's algorithm on, each takes 40 ms and more, on the quickest machine; a busy one has one quick moment.
    assert!(quickest < Duration::from_millis(30), "{quickest:?}");
}
