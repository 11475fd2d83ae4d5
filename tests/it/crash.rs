//! kill -9 at any instant, and a disk that fills up: what a receipt was given for is there, the rest simply goes again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use jiff::Timestamp;
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tutanak::domain::Digest;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::tls;
use tutanak::vault::{Vault, VaultConfig};

use crate::house::{client, json, write_election};
use crate::paper::{large_page, page};

/// The real binary, serving a directory.
pub struct Service {
    pub dir: PathBuf,
    pub child: Child,
    pub url: String,
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tutanak"))
}

/// Sets up a service with the house's election and one board; gives the board's token.
pub fn set_up(dir: &Path) -> String {
    let config = dir.join("tutanak.toml");
    run(binary().arg("init").arg(dir));
    let text = std::fs::read_to_string(&config).unwrap();
    let ports = (free_port(), free_port());
    let text = text
        .replace("0.0.0.0:8443", &format!("127.0.0.1:{}", ports.0))
        .replace("0.0.0.0:2121", &format!("127.0.0.1:{}", ports.1));
    std::fs::write(&config, text).unwrap();
    write_election(&dir.join("election"));
    run(binary().args(["election", "--config"]).arg(&config).arg("import").arg(dir.join("election")));
    let board = ["add", "kadikoy-1", "--name", "Kurul", "--place", "34-k-1", "--json"];
    let out = run(binary().args(["board", "--config"]).arg(&config).args(board));
    let token: serde_json::Value = serde_json::from_str(&out).unwrap();
    token["token"].as_str().unwrap().to_owned()
}

fn run(command: &mut Command) -> String {
    let out = command.output().unwrap();
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// Adds an account at the machine; gives what is printed of it.
pub fn account(dir: &Path, kind: &str, arguments: &[&str]) -> serde_json::Value {
    let out = run(binary().args([kind, "--config"]).arg(dir.join("tutanak.toml")).args(arguments));
    serde_json::from_str(&out).unwrap()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Service {
    pub async fn start(dir: &Path) -> Self {
        let config = std::fs::read_to_string(dir.join("tutanak.toml")).unwrap();
        let port = config.split("127.0.0.1:").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("log")).unwrap();
        let mut serve = binary();
        serve.args(["serve", "--config"]).arg(dir.join("tutanak.toml")).stdout(Stdio::null()).stderr(log);
        let mut service =
            Self { dir: dir.to_owned(), child: serve.spawn().unwrap(), url: format!("https://127.0.0.1:{port}") };
        let client = service.client();
        let began = Instant::now();
        while !client
            .get(format!("{}/readyz", service.url))
            .send()
            .await
            .is_ok_and(|ready| ready.status() == StatusCode::OK)
        {
            assert!(began.elapsed() < Duration::from_secs(30), "the service does not come up");
            assert!(service.child.try_wait().unwrap().is_none(), "the service ended: see {}/log", dir.display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        service
    }

    pub fn client(&self) -> reqwest::Client {
        client(&std::fs::read(self.dir.join("ca.pem")).unwrap())
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap(); // SIGKILL
        self.child.wait().unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn put(client: &reqwest::Client, url: &str, token: &str, scan: &[u8]) -> Option<(StatusCode, serde_json::Value)> {
    let put = client.put(format!("{url}/v1/scans/{}", Digest::of(scan))).bearer_auth(token).body(scan.to_vec());
    let answer = put.send().await.ok()?;
    let status = answer.status();
    let text = answer.text().await.ok()?;
    Some((status, serde_json::from_str(&text).ok()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_at_any_instant_loses_nothing_that_was_receipted() {
    let dir = tempfile::tempdir().unwrap();
    let token = set_up(dir.path());
    let mut receipts: Vec<(Vec<u8>, serde_json::Value)> = Vec::new();
    let mut seed = 0;
    for round in 0..12_u64 {
        let mut service = Service::start(dir.path()).await;
        // What was promised in the rounds before is still so, to the letter.
        for (scan, receipt) in &receipts {
            let (status, again) = put(&service.client(), &service.url, &token, scan).await.unwrap();
            assert_eq!((status, &again), (StatusCode::OK, receipt));
        }
        // Four boards' worth of uploads are under way when the process is killed, each round a little later.
        let scans: Vec<Vec<u8>> = (0..40).map(|n| page(&["1090000001"], seed + n)).collect();
        seed += 40;
        let (client, url) = (service.client(), service.url.clone());
        let token_now = token.clone();
        let sending = tokio::spawn(async move {
            let sends = scans.into_iter().map(|scan| {
                let (client, url, token) = (client.clone(), url.clone(), token_now.clone());
                async move {
                    let answer = put(&client, &url, &token, &scan).await;
                    (scan, answer)
                }
            });
            use futures::StreamExt;
            futures::stream::iter(sends).buffer_unordered(4).collect::<Vec<_>>().await
        });
        tokio::time::sleep(Duration::from_millis(15 + round * 35)).await;
        service.kill();
        for (scan, answer) in sending.await.unwrap() {
            if let Some((StatusCode::CREATED, receipt)) = answer {
                receipts.push((scan, receipt));
            }
        }
    }
    assert!(
        receipts.len() > 12,
        "only {} receipts were given: the test kills too early to mean anything",
        receipts.len()
    );
    // Every entry points at an object with the right bytes; every receipt is an entry.
    let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.path().join("tutanak.db") }).await.unwrap();
    let vault = Vault::open(&VaultConfig::local(dir.path().join("vault"))).await.unwrap();
    let lines = ledger.lines_from(0, 100_000).await.unwrap();
    assert_eq!(lines.len() as u64, ledger.head().await.unwrap().size, "positions without holes");
    let mut entered = std::collections::HashSet::new();
    for line in &lines {
        let entry: tutanak::domain::Entry = serde_json::from_str(&line.line).unwrap();
        // The first ones bind the log to its election and bring no scan.
        let (Some(digest), Some(size)) = (entry.sha256, entry.size) else { continue };
        assert!(entered.insert(digest), "{digest} was entered twice");
        assert_eq!(vault.size(digest).await.unwrap(), size);
        let object = dir.path().join("vault/b").join(&digest.to_string()[..2]).join(digest.to_string());
        assert_eq!(Digest::of(&std::fs::read(object).unwrap()), digest);
    }
    for (_, receipt) in &receipts {
        let line = &lines[receipt["position"].as_u64().unwrap() as usize].line;
        assert!(line.contains(receipt["sha256"].as_str().unwrap()));
    }
}

/// Asks for a file, takes the first bytes of the answer and then nothing more.
async fn begin(service: &Service, basic: &str, path: &str, also: &str) -> TlsStream<TcpStream> {
    let at = service.url.trim_start_matches("https://");
    let stream = TcpStream::connect(at).await.unwrap();
    let trusting = tls::trusting(&service.dir.join("ca.pem")).unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(trusting).connect(name, stream).await.unwrap();
    let head = format!("GET /arsiv/{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {basic}\r\n{also}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    stream.read_exact(&mut [0; 64]).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_in_the_middle_of_downloads_leaves_on_record_who_had_begun_what() {
    let dir = tempfile::tempdir().unwrap();
    let token = set_up(dir.path());
    let config = dir.path().join("tutanak.toml");
    let add = ["add", "isik", "--name", "Işık", "--from", "127.0.0.0/8", "--json"];
    let party: serde_json::Value =
        serde_json::from_str(&run(binary().args(["party", "--config"]).arg(&config).args(add))).unwrap();
    let password = party["bulk"]["password"].as_str().unwrap();
    run(binary().args(["party", "--config"]).arg(&config).args(["ftp", "isik", "--allow-plain"]));
    let mut service = Service::start(dir.path()).await;
    let (status, receipt) = put(&service.client(), &service.url, &token, &large_page("1090000001")).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{receipt}");
    let path = receipt["path"].as_str().unwrap();
    let before = Timestamp::now();
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("isik:{password}"));
    let whole = begin(&service, &basic, path, "").await;
    let part = begin(&service, &basic, path, "range: bytes=7000000-\r\n").await;
    let text = std::fs::read_to_string(&config).unwrap();
    let port = text.split("127.0.0.1:").nth(2).unwrap().split('"').next().unwrap();
    let mut ftp = suppaftp::tokio::AsyncFtpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    ftp.login("isik", password).await.unwrap();
    ftp.transfer_type(suppaftp::types::FileType::Binary).await.unwrap();
    let retrieved = ftp.retr_as_stream(format!("/{path}")).await.unwrap();
    // A second until a transfer is written down, and some for a machine at work.
    tokio::time::sleep(Duration::from_secs(3)).await;
    service.kill();
    drop((whole, part, retrieved));
    let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.path().join("tutanak.db") }).await.unwrap();
    let rows = ledger.audit_after(0, 1000).await.unwrap();
    let downloads: Vec<_> = rows.iter().filter(|row| row.act == "download").collect();
    let begun: Vec<_> =
        downloads.iter().map(|row| (row.protocol.as_str(), row.outcome.as_str(), row.start_at)).collect();
    for expected in [("https", "begun", 0), ("https", "begun", 7_000_000), ("ftp", "begun", 0)] {
        assert!(begun.contains(&expected), "{expected:?} is not among {begun:?}");
    }
    for row in downloads {
        assert_eq!((row.principal.as_str(), row.address.as_str()), ("isik", "127.0.0.1"), "who: {row:?}");
        assert_eq!(row.object, format!("/{path}"), "what");
        let at = Timestamp::from_millisecond(row.at_ms).unwrap();
        assert!(before.as_millisecond() <= row.at_ms && at <= Timestamp::now(), "when: {row:?}");
    }
    ledger.audit_verify(None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_without_an_entry_is_linked_by_the_retry() {
    // What a kill between keeping and recording leaves, made by hand so that it is hit every time.
    let dir = tempfile::tempdir().unwrap();
    let token = set_up(dir.path());
    let scan = page(&["1090000002"], 1);
    let digest = Digest::of(&scan).to_string();
    let shard = dir.path().join("vault/b").join(&digest[..2]);
    std::fs::create_dir_all(&shard).unwrap();
    std::fs::write(shard.join(&digest), &scan).unwrap();
    let service = Service::start(dir.path()).await;
    let (status, receipt) = put(&service.client(), &service.url, &token, &scan).await.unwrap();
    assert_eq!((status, receipt["status"].as_str()), (StatusCode::CREATED, Some("linked")));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_the_service_with_success() {
    let dir = tempfile::tempdir().unwrap();
    set_up(dir.path());
    let mut service = Service::start(dir.path()).await;
    run(Command::new("kill").arg(service.child.id().to_string()));
    let began = Instant::now();
    loop {
        if let Some(status) = service.child.try_wait().unwrap() {
            break assert!(status.success(), "{status}");
        }
        assert!(began.elapsed() < Duration::from_secs(30), "it does not stop");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A small file system of its own, so that it can be filled. Needs the right to mount; elsewhere the test says so.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(at: &Path) -> Option<Self> {
        Self::of(at, "2m")
    }

    /// One of another size.
    pub fn of(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={size}");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        if mount.is_ok_and(|out| out.status.success()) {
            return Some(Self(at.to_owned()));
        }
        assert!(std::env::var("TUTANAK_TEST_REQUIRE_PEERS").is_err(), "cannot mount a small disk, and it was promised");
        eprintln!("SKIPPED: no right to mount a small disk");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_clearly_and_heals_when_there_is_room_again() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("small");
    let Some(_disk) = SmallDisk::mount(&disk) else { return };
    let plan = crate::house::Plan {
        vault: Some(VaultConfig::local(disk.join("vault"))),
        also: Some(|config| config.space.reserve_bytes = 0),
        ..Default::default()
    };
    let house = crate::house::House::build(plan).await;
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![0; 64 << 10]).unwrap();
    let mut grown = std::fs::OpenOptions::new().append(true).open(&ballast).unwrap();
    while std::io::Write::write_all(&mut grown, &[0; 4096]).is_ok() {}
    let scan = page(&["1090000001"], 1);
    let refused = house.send(&house.first, &scan).await;
    assert_eq!(refused.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert!(refused.headers().contains_key("retry-after"));
    assert_eq!(json(refused).await["type"], "urn:tutanak:problem:no-room");
    assert_eq!(house.entered().await, 0, "no entry points at what is not there");
    drop(grown);
    std::fs::remove_file(&ballast).unwrap();
    let taken = house.send(&house.first, &scan).await;
    assert_eq!(taken.status(), StatusCode::CREATED);
    let path = json(taken).await["path"].as_str().unwrap().to_owned();
    assert_eq!(house.get(&path).await.bytes().await.unwrap(), scan);
}
