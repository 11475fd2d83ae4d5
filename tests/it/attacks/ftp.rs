//! What an attacker would try over FTP. Nothing of it works, and each try is a row with the account that made it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::ftp::Control;
use crate::house::{House, Plan, json};
use crate::paper::{large_page, page};

const DIR: &str = "/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah";

#[tokio::test]
async fn a_bounce_opens_no_connection_and_is_on_record() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let victim = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = victim.local_addr().unwrap().port();
    let mut line = Control::log_in(&house).await;
    let (high, low) = (port >> 8, port & 255);
    for command in [format!("PORT 127,0,0,1,{high},{low}"), format!("EPRT |1|127.0.0.1|{port}|")] {
        assert!(line.say(&command).await.starts_with("502"), "{command}");
        assert!(line.say(&format!("RETR {DIR}/1001-cb-sonuc-1.v1.png")).await.starts_with("425"), "{command}");
    }
    assert!(line.say("NOOP").await.starts_with("200"));
    let came = tokio::time::timeout(Duration::from_millis(300), victim.accept()).await;
    assert!(came.is_err(), "somebody was sent to the address of the client's choice");
    house.audit(2, |row| row.reason == "bounce" && row.outcome == "refused" && row.principal == "parti").await;
}

#[tokio::test]
async fn a_stranger_on_a_data_connection_gets_nothing_and_is_on_record() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    house.send(&house.first, &scan).await;
    let mut line = Control::log_in(&house).await;
    let reply = line.say("EPSV").await;
    let port: u16 = reply.split('|').nth(3).unwrap_or_else(|| panic!("{reply}")).parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 77], 0).into()).unwrap();
    let mut stranger = socket.connect(([127, 0, 0, 1], port).into()).await.unwrap();
    let mut own = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    assert!(line.say(&format!("RETR {DIR}/1001-cb-sonuc-1.v1.png")).await.starts_with("150"));
    let mut bytes = Vec::new();
    own.read_to_end(&mut bytes).await.unwrap();
    assert!(line.reply().await.starts_with("226") && bytes == scan, "the client itself gets its file");
    let mut taken = Vec::new();
    let _ = stranger.read_to_end(&mut taken).await;
    assert!(taken.is_empty(), "a stranger got {} bytes", taken.len());
    let rows = house.audit(1, |row| row.reason == "stranger").await;
    let row = &rows[0];
    assert_eq!((row.principal.as_str(), row.object.as_str(), row.outcome.as_str()), ("parti", "127.0.0.77", "refused"));
}

#[tokio::test]
async fn strangers_are_sent_away_and_on_record_before_anything_is_asked_for() {
    let house = House::open().await;
    let mut line = Control::log_in(&house).await;
    let reply = line.say("EPSV").await;
    let port: u16 = reply.split('|').nth(3).unwrap_or_else(|| panic!("{reply}")).parse().unwrap();
    for last in 1..=20 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 7, last], 0).into()).unwrap();
        // Some learn it while they still connect.
        let Ok(mut stranger) = socket.connect(([127, 0, 0, 1], port).into()).await else { continue };
        let ended = tokio::time::timeout(Duration::from_secs(20), stranger.read(&mut [0; 1])).await;
        assert!(!matches!(ended.expect("it is left to wait"), Ok(1..)));
    }
    let mut own = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    assert!(line.say("LIST /").await.starts_with("150"));
    let mut listing = Vec::new();
    own.read_to_end(&mut listing).await.unwrap();
    assert!(line.reply().await.starts_with("226") && !listing.is_empty());
    house.audit(1, |row| row.reason == "stranger" && row.principal == "parti").await;
}

#[tokio::test]
async fn who_must_encrypt_gets_nothing_in_the_clear_and_each_try_is_on_record() {
    let house = House::build(Plan { ftp_tls_required: true, ..Default::default() }).await;
    let mut plain = Control::open(house.ftp).await;
    assert!(plain.say("USER parti").await.starts_with("534"));
    house.audit(1, |row| row.act == "login" && row.reason == "not-encrypted" && row.outcome == "refused").await;

    let mut line = Control::log_in_encrypted(&house).await;
    for command in ["PASV", "EPSV"] {
        assert!(line.say(command).await.starts_with("521"), "{command}");
    }
    line.say("PBSZ 0").await;
    for command in ["PROT C", "CCC"] {
        assert!(line.say(command).await.starts_with("534"), "{command}");
    }
    assert!(line.say("PROT P").await.starts_with("200"));
    assert!(line.say("EPSV").await.starts_with("229"));
    let fits = |row: &tutanak::ledger::audit::AuditRow| {
        row.reason == "not-encrypted"
            && row.act == "data-connection"
            && row.principal == "parti"
            && row.protocol == "ftps"
    };
    house.audit(3, fits).await;
}

#[tokio::test]
async fn who_says_a_letter_a_second_is_cut_before_the_login_and_on_record() {
    let house = House::build(Plan { ftp_idle_seconds: Some(3), ..Default::default() }).await;
    let mut slow = TcpStream::connect(house.ftp).await.unwrap();
    let dripping = async {
        for letter in b"USER ".iter().chain(std::iter::repeat_n(&b'x', 100)) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            if slow.write_all(&[*letter]).await.is_err() {
                return true;
            }
        }
        false
    };
    assert!(dripping.await, "a letter a while is taken for ever");
    house.audit(1, |row| row.act == "disconnect" && row.reason == "idle" && row.principal == "-").await;
}

#[tokio::test]
async fn a_download_that_takes_a_while_is_on_record_when_it_has_begun_and_when_it_is_over() {
    let house = House::open().await;
    let scan = large_page("1090000001");
    let receipt = json(house.send(&house.first, &scan).await).await;
    let object = format!("/{}", receipt["path"].as_str().expect("the page is linked"));
    let mut line = Control::log_in(&house).await;
    let mut data = line.data().await;
    assert!(line.say(&format!("RETR {object}")).await.starts_with("150"));
    let mut bytes = vec![0; 1000];
    data.read_exact(&mut bytes).await.unwrap();
    // More than the connection holds, and read more slowly than a row about the end alone would tell of.
    tokio::time::sleep(Duration::from_millis(1300)).await;
    let mut half = vec![0; scan.len() / 2];
    data.read_exact(&mut half).await.unwrap();
    let of_it = |row: &tutanak::ledger::audit::AuditRow| row.act == "download" && row.object == object;
    let begun = house.audit(1, of_it).await;
    assert_eq!(begun.len(), 1, "{begun:?}");
    assert_eq!((begun[0].outcome.as_str(), begun[0].complete, begun[0].bytes), ("begun", false, 0));
    bytes.append(&mut half);
    data.read_to_end(&mut bytes).await.unwrap();
    assert!(line.reply().await.starts_with("226") && bytes == scan);
    let rows = house.audit(2, of_it).await;
    assert_eq!((rows[1].outcome.as_str(), rows[1].complete, rows[1].bytes), ("ok", true, scan.len() as i64));
}
