//! A line to the database that falls silent: packets are neither refused nor answered. What was on it is done on another,
//! nothing is done twice, and the service stops when it is told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tutanak::domain::Digest;
use tutanak::ledger::audit::{AuditAttempt, AuditRow};
use tutanak::ledger::{DatabaseConfig, Ledger, LedgerError};

use crate::engines::Engine;
use crate::house::{House, Plan, json};
use crate::paper::page;

/// Stands between the service and a server, and can be told to hold what it should bring.
pub struct Relay {
    at: SocketAddr,
    database: Option<DatabaseConfig>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Connections so far.
    opened: AtomicU64,
    /// Connections up to this one bring nothing any more, either way.
    silent: AtomicU64,
    /// Whether a connection that asks for a COMMIT gets no answer any more, though the server does it.
    loses_commits: AtomicBool,
    lost: AtomicU64,
    /// Whether the server seems to answer 503, and closes.
    refuses: AtomicBool,
    /// Requests that begin so are not answered, or with 503.
    held: Mutex<Option<(&'static str, Held)>>,
}

/// What becomes of a request that is held.
#[derive(Clone, Copy)]
pub enum Held {
    Silent,
    Refused,
}

const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

impl Relay {
    /// A line to `http://host:port`.
    pub async fn to(server: &str) -> Self {
        let server = server.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
        Self::between(server, None).await
    }

    /// A line to a PostgreSQL server.
    pub async fn to_database(config: &DatabaseConfig) -> Self {
        let DatabaseConfig::PostgresAt { url, connections } = config else { panic!("{config:?}") };
        let (before, rest) = url.split_once('@').unwrap();
        let (server, after) = rest.split_once('/').unwrap();
        let line = Self::between(server.parse().unwrap(), None).await;
        let url = format!("{before}@{}/{after}", line.at);
        Self { database: Some(DatabaseConfig::PostgresAt { url, connections: *connections }), ..line }
    }

    async fn between(server: SocketAddr, database: Option<DatabaseConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (at, state) = (listener.local_addr().unwrap(), Arc::<State>::default());
        let known = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, server, Arc::clone(&known)));
            }
        });
        Self { at, database, state }
    }

    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// The database at the other end, over this line.
    pub fn database(&self) -> DatabaseConfig {
        self.database.clone().unwrap()
    }

    /// Every connection there is falls silent; new ones work.
    fn fall_silent(&self) {
        self.state.silent.store(self.state.opened.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// New ones as well: they are taken, and nothing comes back.
    pub fn fall_silent_for_everybody(&self) {
        self.state.silent.store(u64::MAX, Ordering::SeqCst);
    }

    /// Everybody is answered 503.
    pub fn refuse(&self) {
        self.state.refuses.store(true, Ordering::SeqCst);
        self.fall_silent();
    }

    /// Requests of this method fail so, and no others; or none.
    pub fn hold(&self, held: Option<(&'static str, Held)>) {
        *self.state.held.lock().unwrap() = held;
    }

    /// New connections work again; what was held stays lost.
    pub fn heal(&self) {
        self.state.refuses.store(false, Ordering::SeqCst);
        self.fall_silent();
    }
}

impl State {
    fn is_silent(&self, number: u64) -> bool {
        number <= self.silent.load(Ordering::SeqCst)
    }
}

async fn relay(mut client: TcpStream, server: SocketAddr, state: Arc<State>) {
    let number = state.opened.fetch_add(1, Ordering::SeqCst) + 1;
    if state.refuses.load(Ordering::SeqCst) {
        let _ = client.read(&mut [0; 4096]).await;
        let _ = client.write_all(UNAVAILABLE.as_bytes()).await;
        return;
    }
    let Ok(upstream) = TcpStream::connect(server).await else { return };
    let (mut asks, gets) = client.into_split();
    let gets = Arc::new(tokio::sync::Mutex::new(gets));
    let answers = Arc::clone(&gets);
    let (mut brings, mut takes) = upstream.into_split();
    let unanswered = Arc::<AtomicBool>::default();
    let (known, loses) = (Arc::clone(&state), Arc::clone(&unanswered));
    let asking = tokio::spawn(async move {
        let mut piece = vec![0; 64 << 10];
        while let Ok(length @ 1..) = asks.read(&mut piece).await {
            if known.is_silent(number) {
                return std::future::pending().await;
            }
            let held = *known.held.lock().unwrap();
            match held.filter(|(method, _)| piece[..length].starts_with(method.as_bytes())) {
                Some((_, Held::Silent)) => return std::future::pending().await,
                Some((_, Held::Refused)) => {
                    let _ = answers.lock().await.write_all(UNAVAILABLE.as_bytes()).await;
                    return;
                }
                None => {}
            }
            let commits = piece[..length].windows(6).any(|word| word == b"COMMIT");
            if commits && known.loses_commits.load(Ordering::SeqCst) {
                loses.store(true, Ordering::SeqCst);
                known.lost.fetch_add(1, Ordering::SeqCst);
            }
            if takes.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    });
    let mut piece = vec![0; 64 << 10];
    while let Ok(length @ 1..) = brings.read(&mut piece).await {
        if state.is_silent(number) || unanswered.load(Ordering::SeqCst) {
            // The server's end stays open, as behind a router that has forgotten the connection.
            return std::future::pending().await;
        }
        if gets.lock().await.write_all(&piece[..length]).await.is_err() {
            break;
        }
    }
    asking.abort();
}

/// Sends a scan until it is taken; gives its position.
async fn taken(house: &House, address: SocketAddr, scan: &[u8]) -> u64 {
    let url = format!("https://{address}/v1/scans/{}", Digest::of(scan));
    let begun = Instant::now();
    loop {
        let put = house.client.put(&url).bearer_auth(&house.first).body(scan.to_vec());
        if let Ok(answer) = put.send().await
            && answer.status().is_success()
        {
            return json(answer).await["position"].as_u64().unwrap();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is taken any more");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// How many entries have this scan.
async fn entries_of(house: &House, scan: &[u8]) -> usize {
    let digest = Digest::of(scan).to_string();
    let lines = house.ledger.lines_from(0, 10_000).await.unwrap();
    lines.iter().filter(|line| line.line.contains(&digest)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_line_to_the_database_falls_silent_both_nodes_go_on_over_new_ones() {
    let Some(engine) = Engine::postgres().await else { return };
    let line = Relay::to_database(&engine.config).await;
    let mut house = House::build(Plan { database: Some(line.database()), ..Plan::default() }).await;
    let other = house.another_node().await;
    let nodes = [house.https, other.https];
    let mut sent = Vec::new();
    for round in 0..3_u32 {
        let scans: Vec<_> = (0..8).map(|n| page(&["1090000001"], 100 * round + n + 1)).collect();
        let sending = scans.iter().zip(nodes.iter().cycle()).map(|(scan, node)| taken(&house, *node, scan));
        let silence = async {
            tokio::time::sleep(Duration::from_millis(30 * u64::from(round))).await;
            line.fall_silent(); // in the middle of whatever they are at
        };
        let (positions, ()) = tokio::join!(futures::future::join_all(sending), silence);
        sent.extend(scans.into_iter().zip(positions));
    }
    for (scan, position) in &sent {
        let line = house.ledger.lines_from(*position, 1).await.unwrap().remove(0).line;
        assert!(line.contains(&Digest::of(scan).to_string()), "entry {position}");
        assert_eq!(entries_of(&house, scan).await, 1, "entry {position}");
    }
    other.stop().await;
    house.stop().await;
    engine.open().await.audit_verify(None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_and_not_done_again() {
    let Some(engine) = Engine::postgres().await else { return };
    let line = Relay::to_database(&engine.config).await;
    let mut house = House::build(Plan { database: Some(line.database()), ..Plan::default() }).await;
    let scan = page(&["1090000001"], 1);
    line.state.loses_commits.store(true, Ordering::SeqCst);
    let heals = async {
        // Long enough for the entry's commit.
        tokio::time::sleep(Duration::from_secs(2)).await;
        line.state.loses_commits.store(false, Ordering::SeqCst);
    };
    let (position, ()) = tokio::join!(taken(&house, house.https, &scan), heals);
    assert!(line.state.lost.load(Ordering::SeqCst) >= 1, "no commit was lost");
    assert_eq!((position, entries_of(&house, &scan).await), (2, 1));
    assert_eq!(taken(&house, house.https, &scan).await, 2);
    house.stop().await;
    let ledger = engine.open().await;
    let size = ledger.audit_verify(None).await.unwrap();
    let rows = ledger.audit_after(0, 10_000).await.unwrap();
    assert_eq!(rows.len() as u64, size);
    let uploads = rows.iter().filter(|row| row.act == "upload" && row.outcome == "ok").count();
    assert_eq!(uploads, 2, "{rows:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_record_whose_commit_was_lost_are_not_added_again() {
    let Some(engine) = Engine::postgres().await else { return };
    let line = Relay::to_database(&engine.config).await;
    let (ledger, other) = (Ledger::open(&line.database()).await.unwrap(), engine.open().await);
    let row = |object: &str| AuditRow {
        at_ms: 1,
        principal: "parti".to_owned(),
        channel: "bulk".to_owned(),
        protocol: "ftp".to_owned(),
        address: "192.0.2.1".to_owned(),
        act: "download".to_owned(),
        object: object.to_owned(),
        start_at: 0,
        bytes: 1,
        complete: true,
        outcome: "ok".to_owned(),
        reason: String::new(),
    };
    let (before, lost, after) = ([row("/1")], [row("/2"), row("/3")], [row("/4"), row("/2")]);
    ledger.audit_add(&before).await.unwrap();
    let mut attempt = AuditAttempt::default();
    line.state.loses_commits.store(true, Ordering::SeqCst);
    let silent = ledger.audit_add_again(&lost, &mut attempt).await;
    assert!(matches!(silent, Err(LedgerError::Silent(_))), "{silent:?}");
    line.state.loses_commits.store(false, Ordering::SeqCst);
    // Another node goes on meanwhile.
    other.audit_add(&after).await.unwrap();
    ledger.audit_add_again(&lost, &mut attempt).await.unwrap();
    let rows: Vec<String> = other.audit_after(0, 100).await.unwrap().into_iter().map(|row| row.object).collect();
    assert_eq!(rows, ["/1", "/2", "/3", "/4", "/2"]);
    assert_eq!(other.audit_verify(None).await.unwrap(), 5);
    // The same rows, brought by somebody else, are others.
    ledger.audit_add(&lost).await.unwrap();
    assert_eq!(other.audit_verify(None).await.unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_stops_while_the_database_says_nothing() {
    let Some(engine) = Engine::postgres().await else { return };
    let line = Relay::to_database(&engine.config).await;
    let mut house = House::build(Plan { database: Some(line.database()), ..Plan::default() }).await;
    taken(&house, house.https, &page(&["1090000001"], 1)).await;
    line.fall_silent_for_everybody();
    let asks = house.client.get(house.url("/arsiv/durum.json")).basic_auth("parti", Some("x")).send();
    let asks = tokio::spawn(tokio::time::timeout(Duration::from_secs(300), asks));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    house.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(85), "it took {:?} to stop", begun.elapsed());
    asks.abort();
}
