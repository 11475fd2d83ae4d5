//! What others notice of a flood. A party asks for the archive and a board sends scans, at an easy pace; beside them, by
//! turns, nobody, a party that fetches as fast as it can, a board that sends as fast as it can, and a rival that guesses
//! the party's password. Prints how long the quiet ones waited with each flood and without any, and the ratios.
//!
//! `cargo bench --bench flood [-- SECONDS]`
//!
//! The floods are programs of their own at the lowest priority, so that they take the service's time and not the
//! machine's: on a night they come over a network.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

mod service;
mod sheet;
mod town;

use std::fmt::Write;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tutanak::domain::{Digest, Gate};
use tutanak::drawing::{Colour, ScanStyle};
use tutanak::people::enrol;

use service::{Prepared, Service};
use town::another;

/// A scan's bytes: about what a real one has.
const WEIGHT: usize = 150_000;
/// Requests of a flood at a time: more than one account may have.
const AT_ONCE: usize = 192;
/// Scans that are there to be fetched.
const STOCK: u64 = 200;
/// Each flood comes so often, with quiet between.
const ROUNDS: usize = 3;
/// How often the party asks, and for the board four times as long.
const PACE: Duration = Duration::from_millis(25);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flood {
    Nobody,
    Fetching,
    Sending,
    Guessing,
}

impl Flood {
    const ALL: [Self; 4] = [Self::Nobody, Self::Fetching, Self::Sending, Self::Guessing];

    fn said(self) -> &'static str {
        match self {
            Self::Nobody => "nobody else",
            Self::Fetching => "a party fetches",
            Self::Sending => "a board sends",
            Self::Guessing => "a rival guesses",
        }
    }
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Ok(which) = std::env::var("FLOOD") {
        return runtime.block_on(flood(&which));
    }
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5);
    runtime.block_on(compare(Duration::from_secs(seconds)));
}

/// Whom a flood comes from, and what it needs to know.
struct Quarrel {
    service: Service,
    quiet_board: String,
    loud_board: String,
    quiet_party: (String, String),
    loud_party: (String, String),
    paths: Vec<String>,
}

async fn compare(span: Duration) {
    let dir = tempfile::tempdir().unwrap();
    let quarrel = quarrel(dir.path()).await;
    let mut waits = [const { (Vec::new(), Vec::new()) }; 4];
    let mut answered = [0_u64; 4];
    let mut number = STOCK;
    for _ in 0..ROUNDS {
        for (n, flood) in Flood::ALL.into_iter().enumerate() {
            let running = quarrel.start(flood);
            tokio::time::sleep(Duration::from_millis(500)).await;
            let (asked, sent) = tokio::join!(quarrel.ask(span), quarrel.send(span, &mut number));
            waits[n].0.extend(asked);
            waits[n].1.extend(sent);
            answered[n] += running.map_or(0, Running::end);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
    println!("{:<18} {:>28} {:>28} {:>12}", "beside", "a party's question, ms", "a board's scan, ms", "flood's");
    println!("{:<18} {:>28} {:>28} {:>12}", "", "p50 / p99 / longest", "p50 / p99 / longest", "answers/s");
    let rest = (marks(&mut waits[0].0), marks(&mut waits[0].1));
    for (n, flood) in Flood::ALL.into_iter().enumerate() {
        let (asked, sent) = (marks(&mut waits[n].0), marks(&mut waits[n].1));
        let rate = answered[n] as f64 / (span.as_secs_f64() + 0.5) / ROUNDS as f64;
        println!("{:<18} {:>28} {:>28} {rate:>12.0}", flood.said(), told(asked), told(sent));
        if flood != Flood::Nobody {
            println!("{:<18} {:>28} {:>28}", "", ratio(asked, rest.0), ratio(sent, rest.1));
        }
    }
    println!("peak memory of the service: {} MB", quarrel.service.peak_megabytes());
}

/// Milliseconds: the median, of a hundred the longest, and the longest.
fn marks(waits: &mut [Duration]) -> [f64; 3] {
    waits.sort_unstable();
    [0.5, 0.99, 1.0].map(|share| {
        let at = ((waits.len() as f64 * share) as usize).min(waits.len() - 1);
        waits[at].as_secs_f64() * 1000.0
    })
}

fn told(marks: [f64; 3]) -> String {
    format!("{:.1} / {:.1} / {:.1}", marks[0], marks[1], marks[2])
}

fn ratio(marks: [f64; 3], rest: [f64; 3]) -> String {
    let mut text = String::new();
    for (n, (mark, rest)) in marks.into_iter().zip(rest).enumerate() {
        let _ = write!(text, "{}x {:.1}", if n == 0 { "" } else { "  " }, mark / rest);
    }
    text
}

async fn quarrel(dir: &std::path::Path) -> Quarrel {
    // All of them come from this machine.
    let prepared = Prepared::new(dir, &[("connections_per_address = 256", "connections_per_address = 4096")]);
    town::write_election(&dir.join("election"), 2);
    prepared.import(&dir.join("election"));
    let ledger = prepared.ledger().await;
    let mut tokens = Vec::new();
    for n in 0..2 {
        let (id, place) = (format!("kurul-{n}").parse().unwrap(), format!("k{n}").parse().unwrap());
        tokens.push(enrol::board(&ledger, &id, "Kurul", &place, &[]).await.unwrap().token);
    }
    let mut parties = Vec::new();
    for id in ["sakin", "aceleci"] {
        let loopback = ["127.0.0.0/8".parse().unwrap()];
        let party = enrol::party(&ledger, &id.parse().unwrap(), id, &loopback, Gate::PartiesOpen).await.unwrap();
        parties.push((party.bulk.user, party.bulk.password));
    }
    ledger.close().await;
    let service = prepared.serve().await;
    let (client, sheet, mut paths) = (service.client(), page(0), Vec::new());
    for number in 0..STOCK {
        let answer = put(&client, &service.url, &tokens[0], another(&sheet, number, WEIGHT)).await.unwrap();
        let receipt: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        paths.push(receipt["path"].as_str().expect("a sheet was not linked").to_owned());
    }
    let loud_board = tokens.pop().unwrap();
    let loud_party = parties.pop().unwrap();
    Quarrel {
        service,
        quiet_board: tokens.pop().unwrap(),
        loud_board,
        quiet_party: parties.pop().unwrap(),
        loud_party,
        paths,
    }
}

/// The form of board `n`'s box, as an office scans it.
fn page(n: usize) -> Vec<u8> {
    sheet::drawn(&format!("109{n:07}"), &ScanStyle::clean(300, Colour::OneBit), n as u64)
}

async fn put(client: &reqwest::Client, url: &str, token: &str, scan: Vec<u8>) -> reqwest::Result<reqwest::Response> {
    let url = format!("{url}/v1/scans/{}", Digest::of(&scan));
    client.put(url).bearer_auth(token).body(scan).send().await
}

async fn get(client: &reqwest::Client, url: &str, account: &(String, String)) -> reqwest::Result<reqwest::StatusCode> {
    let answer = client.get(url).basic_auth(&account.0, Some(&account.1)).send().await?;
    let status = answer.status();
    answer.bytes().await?;
    Ok(status)
}

impl Quarrel {
    /// The quiet party's questions, by turns for what is new and for a scan: how long each waited for its last byte.
    async fn ask(&self, span: Duration) -> Vec<Duration> {
        let (client, began) = (self.service.client(), Instant::now());
        let mut waits = Vec::new();
        while began.elapsed() < span {
            let path = if waits.len() % 2 == 0 { "durum.json" } else { &self.paths[waits.len() % self.paths.len()] };
            let asked = Instant::now();
            let status = get(&client, &format!("{}/arsiv/{path}", self.service.url), &self.quiet_party).await.unwrap();
            assert!(status.is_success(), "{status}");
            waits.push(asked.elapsed());
            tokio::time::sleep(PACE).await;
        }
        waits
    }

    /// The quiet board's scans: how long each waited for its receipt.
    async fn send(&self, span: Duration, number: &mut u64) -> Vec<Duration> {
        let (client, began, page) = (self.service.client(), Instant::now(), page(0));
        let mut waits = Vec::new();
        while began.elapsed() < span {
            *number += 1;
            let scan = another(&page, *number, WEIGHT);
            let sent = Instant::now();
            let answer = put(&client, &self.service.url, &self.quiet_board, scan).await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
            waits.push(sent.elapsed());
            tokio::time::sleep(PACE * 4).await;
        }
        waits
    }

    fn start(&self, flood: Flood) -> Option<Running> {
        let (which, user, secret) = match flood {
            Flood::Nobody => return None,
            Flood::Fetching => ("fetching", self.loud_party.0.as_str(), self.loud_party.1.as_str()),
            Flood::Sending => ("sending", "", self.loud_board.as_str()),
            Flood::Guessing => ("guessing", self.quiet_party.0.as_str(), ""),
        };
        let ca = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(ca.path(), &self.service.ca).unwrap();
        let child = Command::new("nice")
            .args(["-n", "19"])
            .arg(std::env::current_exe().unwrap())
            .env("FLOOD", which)
            .env("FLOOD_URL", &self.service.url)
            .env("FLOOD_CA", ca.path())
            .env("FLOOD_USER", user)
            .env("FLOOD_SECRET", secret)
            .env("FLOOD_PATHS", self.paths.join("\n"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        Some(Running { child, _ca: ca })
    }
}

/// A flood in a program of its own. It goes on until its input ends, and says how many answers it got.
struct Running {
    child: Child,
    _ca: tempfile::NamedTempFile,
}

impl Running {
    fn end(mut self) -> u64 {
        drop(self.child.stdin.take());
        let out = self.child.wait_with_output().unwrap();
        String::from_utf8_lossy(&out.stdout).trim().parse().unwrap()
    }
}

async fn flood(which: &str) {
    let said = |name: &str| std::env::var(name).unwrap();
    let (url, secret) = (said("FLOOD_URL"), said("FLOOD_SECRET"));
    let ca = reqwest::Certificate::from_pem(&std::fs::read(said("FLOOD_CA")).unwrap()).unwrap();
    let account = (said("FLOOD_USER"), secret.clone());
    let paths: Vec<String> = said("FLOOD_PATHS").lines().map(|path| format!("{url}/arsiv/{path}")).collect();
    let (answers, page) = (AtomicU64::new(0), page(1));
    let one = async |n: usize| {
        // A connection for each: so is a flood. A rival has an address of its own, which is slowed as such.
        let mut builder = reqwest::Client::builder().tls_certs_only([ca.clone()]);
        if which == "guessing" {
            builder = builder.local_address(std::net::IpAddr::from([127, 0, 0, 66]));
        }
        let client = builder.build().unwrap();
        for turn in 0.. {
            let number = (turn * AT_ONCE + n) as u64;
            let answered = match which {
                "fetching" => get(&client, &paths[number as usize % paths.len()], &account).await.is_ok(),
                "sending" => {
                    let sent = put(&client, &url, &secret, another(&page, number, WEIGHT)).await;
                    match sent {
                        Ok(answer) => answer.bytes().await.is_ok(),
                        Err(_) => false,
                    }
                }
                _ => {
                    let guess = (account.0.clone(), format!("guess-{number}"));
                    get(&client, &format!("{url}/arsiv/durum.json"), &guess).await.is_ok()
                }
            };
            answers.fetch_add(u64::from(answered), Ordering::Relaxed);
            if !answered {
                tokio::time::sleep(Duration::from_millis(20)).await; // a refused connection is no reason to spin
            }
        }
    };
    let all = futures::future::join_all((0..AT_ONCE).map(one));
    let ended = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin()));
    tokio::select! {
        _ = all => {}
        _ = ended => {}
    }
    println!("{}", answers.load(Ordering::Relaxed));
}
