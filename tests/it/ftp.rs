//! The tree over FTP and FTPS: the same paths and bytes as over HTTPS, the same rules, the same record.

use std::net::SocketAddr;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tutanak::client::ftp;

use crate::house::{AFTER, BEFORE, House, json};
use crate::paper::{large_page, page};

const DIR: &str = "/tutanaklar/34-istanbul/kadikoy-1/caferaga-mah";

/// A control connection with no ideas of its own: what a test says is what goes over the wire.
pub struct Control {
    control: BufReader<Box<dyn Wire>>,
    server: SocketAddr,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

impl Control {
    pub async fn open(server: SocketAddr) -> Self {
        let stream: Box<dyn Wire> = Box::new(TcpStream::connect(server).await.unwrap());
        let mut line = Self { control: BufReader::new(stream), server };
        line.reply().await;
        line
    }

    /// What is said to somebody who connects.
    pub async fn knock(server: SocketAddr) -> String {
        let stream: Box<dyn Wire> = Box::new(TcpStream::connect(server).await.unwrap());
        let mut line = Self { control: BufReader::new(stream), server };
        line.reply().await
    }

    pub async fn log_in(house: &House) -> Self {
        let mut line = Self::open(house.ftp).await;
        line.identify(house).await;
        line
    }

    /// With TLS for commands, and none yet for data.
    pub async fn log_in_encrypted(house: &House) -> Self {
        let mut line = Self::open_encrypted(house, [127, 0, 0, 1]).await;
        line.identify(house).await;
        line
    }

    /// From one of this machine's addresses, with TLS and before the login: in the clear only those are asked for a password
    /// who may send one so.
    pub async fn open_encrypted(house: &House, from: [u8; 4]) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let stream: Box<dyn Wire> = Box::new(socket.connect(house.ftp).await.unwrap());
        let mut line = Self { control: BufReader::new(stream), server: house.ftp };
        line.reply().await;
        assert!(line.say("AUTH TLS").await.starts_with("234"));
        let connector = TlsConnector::from(ftp::tls(Some(&house.ca())).unwrap());
        let name = ServerName::try_from("localhost").unwrap();
        let encrypted: Box<dyn Wire> = Box::new(connector.connect(name, line.control.into_inner()).await.unwrap());
        Self { control: BufReader::new(encrypted), server: line.server }
    }

    async fn identify(&mut self, house: &House) {
        self.say(&format!("USER {}", house.party.bulk.user)).await;
        let welcome = self.say(&format!("PASS {}", house.party.bulk.password)).await;
        assert!(welcome.starts_with("230"), "{welcome}");
    }

    /// The next reply, all lines of it.
    pub async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            let read = self.control.read_line(&mut line);
            let read = tokio::time::timeout(Duration::from_secs(20), read).await.expect("no reply").unwrap_or(0);
            reply.push_str(&line);
            let last = line.len() >= 4 && line.as_bytes()[3] == b' ' && line[..3].bytes().all(|b| b.is_ascii_digit());
            if last || read == 0 {
                return reply;
            }
        }
    }

    pub async fn say(&mut self, command: &str) -> String {
        self.say_bytes(command.as_bytes()).await
    }

    /// What is no text, too.
    pub async fn say_bytes(&mut self, command: &[u8]) -> String {
        let line = self.control.get_mut();
        line.write_all(&[command, b"\r\n"].concat()).await.unwrap();
        line.flush().await.unwrap(); // TLS takes a line before it is sent.
        self.reply().await
    }

    pub async fn data(&mut self) -> TcpStream {
        let reply = self.say("EPSV").await;
        let port = reply.split('|').nth(3).unwrap_or_else(|| panic!("{reply}")).parse().unwrap();
        TcpStream::connect((self.server.ip(), port)).await.unwrap()
    }

    /// What `command` sends over a data connection, and the last reply.
    pub async fn fetch(&mut self, command: &str) -> (Vec<u8>, String) {
        let mut data = self.data().await;
        let first = self.say(command).await;
        if !first.starts_with('1') {
            return (Vec::new(), first);
        }
        let mut bytes = Vec::new();
        // What breaks off is reset, so that nobody takes it for whole; the reply says the same.
        let cut = data.read_to_end(&mut bytes).await.is_err();
        let end = self.reply().await;
        assert!(!cut || !end.starts_with('2'), "cut, and called whole: {end}");
        (bytes, end)
    }
}

#[tokio::test]
async fn the_same_bytes_come_over_ftp_whole_and_in_parts() {
    let house = House::open().await;
    let scan = page(&["1090000001"], 1);
    house.send(&house.first, &scan).await;
    let mut line = Control::log_in(&house).await;
    let file = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    let (bytes, end) = line.fetch(&format!("RETR {file}")).await;
    assert!(bytes == scan && end.starts_with("226"), "{end}");
    assert_eq!(line.say(&format!("SIZE {file}")).await.trim(), format!("213 {}", scan.len()));
    assert_eq!(line.say(&format!("MDTM {file}")).await.trim(), "213 20240331140001");
    assert!(line.say("REST 100").await.starts_with("350"));
    assert_eq!(line.fetch(&format!("RETR {file}")).await.0, &scan[100..]);
    let (listing, _) = line.fetch(&format!("MLSD {DIR}")).await;
    let listing = String::from_utf8(listing).unwrap().to_lowercase();
    assert!(listing.contains(" 1001-cb-sonuc-1.v1.png\r\n") && listing.contains(" sha256sums\r\n"), "{listing}");
    assert!(listing.contains(&format!("size={};", scan.len())), "{listing}");
    for path in ["/OKU-BENI.txt", "/durum.json", &format!("{DIR}/SHA256SUMS")] {
        let over_https = house.get(&path[1..]).await.bytes().await.unwrap();
        assert_eq!(line.fetch(&format!("RETR {path}")).await.0, over_https, "{path}");
    }
    line.say("QUIT").await;
    let rows = house.audit(1, |row| row.protocol == "ftp" && row.act == "download" && row.start_at == 100).await;
    assert_eq!((rows[0].bytes, rows[0].complete), (scan.len() as i64 - 100, true));
    house.audit(1, |row| row.protocol == "ftp" && row.act == "list" && row.object == DIR).await;
    house
        .audit(1, |row| row.protocol == "ftp" && row.act == "login" && row.outcome == "ok" && row.principal == "parti")
        .await;
}

#[tokio::test]
async fn nobody_logs_in_with_a_wrong_credential_or_before_17_00() {
    let house = House::open().await;
    let try_in = async |user: &str, password: &str| {
        let mut line = Control::open_encrypted(&house, [127, 0, 0, 1]).await;
        line.say(&format!("USER {user}")).await;
        let answer = line.say(&format!("PASS {password}")).await;
        let listing = line.say("MLSD /").await;
        assert!(answer.starts_with("230") || !listing.starts_with('1'), "listed without a login: {listing}");
        answer
    };
    let (bulk, web) = (&house.party.bulk, &house.party.web);
    assert!(try_in(&bulk.user, "wrong").await.starts_with("530"));
    assert!(try_in(&web.user, &web.password).await.starts_with("530"), "a web user has no FTP");
    assert!(try_in("anonymous", "x@example.org").await.starts_with("530"));
    house.clock.set(BEFORE.parse().unwrap());
    assert!(try_in(&bulk.user, &bulk.password).await.starts_with("530"));
    house.audit(1, |row| row.protocol == "ftps" && row.reason == "not-open-yet").await;
    house.audit(3, |row| row.protocol == "ftps" && row.reason == "unknown-credential").await;
    house.clock.set(AFTER.parse().unwrap());
    assert!(try_in(&bulk.user, &bulk.password).await.starts_with("230"));
}

#[tokio::test]
async fn a_session_that_was_open_loses_its_right_with_the_gate() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let mut line = Control::log_in(&house).await;
    house.clock.set(BEFORE.parse().unwrap());
    // Whatever it does: the session is told why, and is over.
    let farewell = line.reply().await;
    assert!(farewell.starts_with("421 Henuz erisime acilmadi"), "{farewell}");
    house.audit(1, |row| row.protocol == "ftp" && row.act == "logout" && row.reason == "revoked").await;
}

#[tokio::test]
async fn strangers_are_turned_away_before_they_are_greeted() {
    let house = House::open().await;
    let pool = house.sqlite().await;
    sqlx::query("UPDATE account SET addresses = '192.0.2.0/24' WHERE kind = 'party'").execute(&pool).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await; // what the door knows is at most a second old
    assert!(Control::knock(house.ftp).await.starts_with("421"));
    house.audit(1, |row| row.act == "connect" && row.reason == "address-not-allowed").await;
}

#[tokio::test]
async fn nothing_can_be_written_and_nothing_lies_outside() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let mut line = Control::log_in(&house).await;
    let file = format!("{DIR}/1001-cb-sonuc-1.v1.png");
    for command in ["DELE durum.json", "MKD x", "RMD tutanaklar", "SITE CHMOD 777 durum.json"] {
        let answer = line.say(command).await;
        assert!(answer.starts_with('5'), "{command}: {answer}");
    }
    for command in ["STOR x.png", "APPE x.png", "STOU", "RNFR durum.json", "RNTO other.json"] {
        let (_, answer) = line.fetch(command).await;
        assert!(answer.starts_with('5'), "{command}: {answer}");
    }
    for path in ["/../../etc/passwd", "/tutanaklar/../../etc/passwd", "/vault", "/tutanak.db"] {
        let (bytes, answer) = line.fetch(&format!("RETR {path}")).await;
        assert!(bytes.is_empty() && answer.starts_with('5'), "{path}: {answer}");
    }
    assert!(!line.fetch(&format!("RETR {file}")).await.0.is_empty(), "the session goes on");
    assert_eq!(house.entered().await, 1);
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_is_on_record_as_cut() {
    let house = House::open().await;
    let scan = large_page("1090000001");
    let receipt = crate::house::json(house.send(&house.first, &scan).await).await;
    let path = receipt["path"].as_str().expect("the page is linked").to_owned();
    let mut line = Control::log_in(&house).await;
    let mut data = line.data().await;
    line.say(&format!("RETR /{path}")).await;
    let mut some = [0; 1000];
    data.read_exact(&mut some).await.unwrap();
    drop(data);
    drop(line);
    house.audit(1, |row| row.act == "download" && row.outcome == "begun").await;
    let rows = house.audit(1, |row| row.act == "download" && row.outcome == "cut").await;
    assert_eq!((rows[0].outcome.as_str(), rows[0].object.as_str()), ("cut", format!("/{path}").as_str()));
    assert!(rows[0].reason.ends_with(" ms"), "{}", rows[0].reason);
    assert!(rows[0].bytes < scan.len() as i64, "{rows:?}");
}

#[tokio::test]
async fn two_hundred_idle_connections_do_not_keep_a_party_out() {
    let house = House::build(crate::house::Plan { ftp_idle_seconds: Some(2), ..Default::default() }).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(Control::open(house.ftp).await);
    }
    // Each has a moment before it makes room for another of its own address.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Control::log_in(&house).await;
    // And they do not stay for ever.
    let mut one = idle.pop().unwrap();
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(40), one.control.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "an idle connection is never closed");
}

#[tokio::test]
async fn directories_that_have_no_time_show_none() {
    let house = House::open().await;
    house.send(&house.first, &page(&["1090000001"], 1)).await;
    let mut line = Control::log_in(&house).await;
    for path in ["/", "/defter", "/defter/tile", "/paketler", "/listeler", "/tutanaklar"] {
        let list = String::from_utf8(line.fetch(&format!("LIST {path}")).await.0).unwrap();
        assert!(!list.contains("1970"), "{list}");
        let facts = String::from_utf8(line.fetch(&format!("MLSD {path}")).await.0).unwrap();
        assert!(!facts.contains("modify=1970"), "{facts}");
        let html = house.get(format!("{}/", path.trim_matches('/')).trim_start_matches('/')).await;
        let html = html.text().await.unwrap();
        assert!(html.contains("<pre>") && !html.contains("1970"), "{html}");
    }
    let root = String::from_utf8(line.fetch("MLSD /").await.0).unwrap();
    assert!(root.contains("type=dir;perm=el; defter\r\n"), "{root}");
    assert!(line.say("MDTM /defter").await.starts_with("550"));
    assert!(!line.say("MLST /defter").await.contains("modify="));
    let directory = format!("MDTM {DIR}");
    assert_eq!(line.say(&directory).await.trim(), "213 20240331140001", "a directory of scans has a time");
    assert!(line.fetch("MLSD /OKU-BENI.txt").await.1.starts_with("501"));
    let asked = house.archive(reqwest::Method::GET, "").header("accept", "application/json");
    let listed = json(asked.send().await.unwrap()).await;
    let defter = listed.as_array().unwrap().iter().find(|line| line["name"] == "defter").unwrap();
    assert!(defter.get("modified").is_none(), "{defter}");
}
