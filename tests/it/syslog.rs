//! The record is sent on to a collector that takes syslog over TLS, every row once or, after a break, twice; never none.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tutanak::app::collector;
use tutanak::audit::syslog::Shipper;
use tutanak::clock::Clock;
use tutanak::config::SyslogConfig;
use tutanak::ledger::Ledger;
use tutanak::ledger::audit::AuditRow;
use tutanak::tls::{self, Clients};

use crate::engines::Engine;

/// The fields of one message, by name.
type Fields = Vec<(String, String)>;

/// A collector that takes what RFC 5424 and RFC 5425 allow and fails on all else.
struct Collector {
    port: u16,
    got: Arc<Mutex<Vec<Fields>>>,
    running: JoinHandle<()>,
}

impl Collector {
    async fn open(dir: &std::path::Path, port: u16) -> Self {
        let (certificate, key) = (dir.join("log.pem"), dir.join("log.key"));
        if !certificate.exists() {
            let made = tls::own(&["127.0.0.1".to_owned()], jiff::Timestamp::now()).unwrap();
            std::fs::write(dir.join("log-ca.pem"), made.ca).unwrap();
            std::fs::write(&certificate, made.certificate).unwrap();
            std::fs::write(&key, made.key).unwrap();
        }
        let shown = tls::ServerCertificate::open(&certificate, &key).unwrap();
        let acceptor = TlsAcceptor::from(shown.server(&[], Clients::AreNotAsked).unwrap());
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let got = Arc::<Mutex<Vec<_>>>::default();
        let taken = Arc::clone(&got);
        let running = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                take(&acceptor, stream, &taken).await;
            }
        });
        Self { port, got, running }
    }

    /// Ids of the rows that came, in their order, once there are so many.
    async fn ids(&self, count: usize) -> Vec<i64> {
        for _ in 0..600 {
            let ids: Vec<i64> =
                self.got.lock().unwrap().iter().map(|fields| value(fields, "id").parse().unwrap()).collect();
            if ids.len() >= count {
                return ids;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} rows were expected, and {} came", self.got.lock().unwrap().len());
    }
}

fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    &fields.iter().find(|(field, _)| field == name).unwrap_or_else(|| panic!("{name} is missing in {fields:?}")).1
}

/// Takes frame after frame until the connection ends.
async fn take(acceptor: &TlsAcceptor, stream: TcpStream, got: &Mutex<Vec<Fields>>) {
    let mut stream = BufReader::new(acceptor.accept(stream).await.unwrap());
    loop {
        let mut length = Vec::new();
        if stream.read_until(b' ', &mut length).await.unwrap_or(0) == 0 {
            return;
        }
        let length = std::str::from_utf8(&length).unwrap().strip_suffix(' ').expect("a length and a space");
        assert!(!length.starts_with('0'), "RFC 5425 §4.3.1: the first digit is no zero");
        let mut message = vec![0; length.parse().unwrap()];
        if stream.read_exact(&mut message).await.is_err() {
            return;
        }
        got.lock().unwrap().push(parsed(std::str::from_utf8(&message).unwrap()));
    }
}

/// A message as the grammar of RFC 5424 §6 has it: header, one element of structured data, no free text.
fn parsed(message: &str) -> Fields {
    let (header, data) = message.split_once('[').unwrap();
    let header: Vec<&str> = header.split(' ').collect();
    let [priority, at, host, program, process, kind, ""] = header[..] else { panic!("{message}") };
    assert!(["<108>1", "<110>1"].contains(&priority), "{priority}");
    assert!(at.ends_with('Z') && at.parse::<jiff::Timestamp>().is_ok() && at.len() == 24, "{at}");
    assert_eq!((host, program, process), ("tutanak.example.org", "tutanak", "-"));
    assert!((1..=32).contains(&kind.len()) && kind.bytes().all(|byte| byte.is_ascii_graphic()), "{kind}");
    let data = data.strip_prefix("tutanak@32473").unwrap();
    let (mut fields, mut letters) = (Vec::new(), data.chars());
    loop {
        match letters.next() {
            Some(']') => break,
            Some(' ') => {}
            other => panic!("{other:?} in {message}"),
        }
        let name: String = letters.by_ref().take_while(|letter| *letter != '=').collect();
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
        assert_eq!(letters.next(), Some('"'));
        let mut value = String::new();
        loop {
            match letters.next().unwrap() {
                '"' => break,
                '\\' => match letters.next().unwrap() {
                    letter @ ('"' | '\\' | ']') => value.push(letter),
                    other => panic!("\\{other} in {message}"),
                },
                ']' => panic!("a bare ] in {message}"),
                letter => value.push(letter),
            }
        }
        fields.push((name, value));
    }
    assert_eq!(letters.next(), None, "free text in {message}");
    fields
}

fn row(n: i64) -> AuditRow {
    AuditRow {
        at_ms: 1_711_893_600_000 + n,
        principal: "parti".into(),
        channel: "bulk".into(),
        protocol: "ftps".into(),
        address: "192.0.2.1".into(),
        act: "download".into(),
        object: format!("/tutanaklar/a]b\"c\\d {n}\nİstanbul"),
        start_at: 0,
        bytes: n,
        complete: true,
        outcome: if n % 2 == 0 { "ok" } else { "cut" }.into(),
        reason: String::new(),
    }
}

async fn add(ledger: &Ledger, rows: std::ops::Range<i64>) {
    ledger.audit_add(&rows.map(row).collect::<Vec<_>>()).await.unwrap();
}

#[tokio::test]
async fn every_row_reaches_the_collector_also_when_it_dies_in_between() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        let dir = tempfile::tempdir().unwrap();
        let first = Collector::open(dir.path(), 0).await;
        let config = SyslogConfig { host: "127.0.0.1".into(), port: first.port, ca: dir.path().join("log-ca.pem") };
        let shipper = Shipper::new(ledger.clone(), Clock::system(), "tutanak.example.org", collector(&config).unwrap());
        let stop = tokio_util::sync::CancellationToken::new();
        let shipping = tokio::spawn(shipper.run(stop.clone()));
        add(&ledger, 0..1200).await;
        let ids = first.ids(1200).await;
        assert!(ids.is_sorted(), "{}", engine.name);
        {
            let got = first.got.lock().unwrap();
            let fields = &got[7];
            assert_eq!(value(fields, "object"), "/tutanaklar/a]b\"c\\d 7\u{fffd}İstanbul");
            assert_eq!((value(fields, "bytes"), value(fields, "outcome")), ("7", "cut"));
        }
        let port = first.port;
        first.running.abort();
        let _ = first.running.await;
        add(&ledger, 1200..1300).await; // nobody takes these now, and nobody who adds them waits for that
        let second = Collector::open(dir.path(), port).await;
        for _ in 0..600 {
            if second.got.lock().unwrap().iter().any(|fields| value(fields, "bytes") == "1299") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stop.cancel();
        shipping.await.unwrap();
        let mut all: Vec<i64> = ids;
        all.extend(second.ids(100).await);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1300, "{}: none is missing", engine.name);
    }
}

#[tokio::test]
async fn one_node_at_a_time_sends_and_another_takes_over() {
    for engine in Engine::all().await {
        let ledger = engine.open().await;
        assert_eq!(ledger.audit_shipping_claim(1000, 2000).await.unwrap(), Some(0), "{}", engine.name);
        assert_eq!(ledger.audit_shipping_claim(1500, 2500).await.unwrap(), None, "somebody has it");
        ledger.audit_shipped(17, 3000).await.unwrap();
        assert_eq!(ledger.audit_shipping_claim(2999, 4000).await.unwrap(), None, "and renewed it");
        assert_eq!(ledger.audit_shipping_claim(3000, 4000).await.unwrap(), Some(17), "who has it is gone");
        ledger.audit_shipped(5, 4000).await.unwrap();
        ledger.audit_shipping_release().await.unwrap();
        assert_eq!(ledger.audit_shipping_claim(0, 1).await.unwrap(), Some(17), "it never goes back");
    }
}

/// rsyslog, as Debian has it, taking syslog over TLS.
struct Rsyslog {
    program: std::process::Child,
    dir: tempfile::TempDir,
}

impl Rsyslog {
    /// None, with a word, when it is not installed.
    async fn open() -> Option<(Self, u16)> {
        let program = ["/usr/sbin/rsyslogd", "/sbin/rsyslogd"].into_iter().find(|path| std::fs::exists(path).unwrap());
        if program.is_none() {
            assert!(
                std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(),
                "rsyslog is not installed, and it was promised"
            );
            eprintln!("SKIPPED: rsyslog is not installed");
        }
        let dir = tempfile::tempdir().unwrap();
        let made = tls::own(&["127.0.0.1".to_owned()], jiff::Timestamp::now()).unwrap();
        for (name, text) in [("ca.pem", made.ca), ("log.pem", made.certificate), ("log.key", made.key)] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let config = r#"
global(workDirectory="DIR" defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="DIR/ca.pem"
       defaultNetstreamDriverCertFile="DIR/log.pem" defaultNetstreamDriverKeyFile="DIR/log.key" maxMessageSize="64k")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
input(type="imtcp" port="0" address="127.0.0.1" listenPortFileName="DIR/port")
template(name="row" type="string"
         string="<%pri%>1 %timestamp:::date-rfc3339% %hostname% %app-name% - %msgid% %structured-data%\n")
action(type="omfile" file="DIR/rows" template="row")
"#;
        std::fs::write(dir.path().join("conf"), config.replace("DIR", &dir.path().display().to_string())).unwrap();
        let program = std::process::Command::new(program?)
            .args(["-n", "-f"])
            .arg(dir.path().join("conf"))
            .arg("-i")
            .arg(dir.path().join("pid"))
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let running = Self { program, dir };
        for _ in 0..200 {
            let port = std::fs::read_to_string(running.dir.path().join("port")).ok();
            if let Some(port) = port.and_then(|port| port.trim().parse().ok()) {
                return Some((running, port));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("rsyslog does not listen");
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[tokio::test]
async fn rsyslog_takes_every_row_as_it_is() {
    let Some((rsyslog, port)) = Rsyslog::open().await else { return };
    let engine = Engine::sqlite();
    let ledger = engine.open().await;
    let config = SyslogConfig { host: "127.0.0.1".into(), port, ca: rsyslog.dir.path().join("ca.pem") };
    let shipper = Shipper::new(ledger.clone(), Clock::system(), "tutanak.example.org", collector(&config).unwrap());
    let stop = tokio_util::sync::CancellationToken::new();
    let shipping = tokio::spawn(shipper.run(stop.clone()));
    add(&ledger, 0..700).await;
    let mut text = String::new();
    for _ in 0..600 {
        text = std::fs::read_to_string(rsyslog.dir.path().join("rows")).unwrap_or_default();
        if text.lines().count() >= 700 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    shipping.await.unwrap();
    let rows: Vec<Fields> = text.lines().map(parsed).collect();
    assert_eq!(rows.len(), 700);
    for (n, fields) in rows.iter().enumerate() {
        assert_eq!(value(fields, "bytes"), n.to_string());
        assert_eq!(value(fields, "object"), format!("/tutanaklar/a]b\"c\\d {n}\u{fffd}İstanbul"));
    }
}
