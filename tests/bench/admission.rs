//! An election night in time-lapse: a thousand boards send along a curve of arrivals, at the real peak and at ten times it,
//! to the real service. Prints how long a scan waits for its receipt, what was refused and queued, whether small boards were
//! held up by large ones, and the service's memory; judges only that nothing is lost.
//!
//! `cargo bench --bench admission -- CURVE.csv [BOARDS] [SECONDS OF TEN MINUTES] [KILOBYTES OF A SCAN]`
//!
//! The curve has a line `local time,count` for each ten minutes. Without one there is nothing to do. Each board sends a form
//! drawn as an office scans it, black and white at 300 dpi, with its own karekod. What that lacks of the weight of a real scan
//! (150 kB, if nothing else is said) stands in a text chunk, which also makes every scan another.

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

mod service;
mod sheet;
mod town;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc};
use tutanak::domain::Digest;
use tutanak::drawing::{Colour, ScanStyle};
use tutanak::people::enrol;

use service::{Prepared, Service};
use town::{Dice, another};

/// Images a second at the busiest moment of a real night (domain: volume).
const PEAK: f64 = 130.0;
/// Uploads of one board at a time, as `tutanak upload` has them.
const PARALLEL: usize = 4;
/// How long a board waits before it asks where it stands, and until it asks again, as `tutanak upload` does.
const ASKS: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(8));
/// Of the curve, what is played: the busiest hours.
const STEPS: usize = 42;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let Some(curve) = arguments.next() else {
        return println!("SKIPPED: no curve of arrivals was named");
    };
    let Some(counts) = read(Path::new(&curve)) else {
        return println!("SKIPPED: {curve} is not there, or no curve of arrivals");
    };
    let boards = arguments.next().map_or(1000, |boards| boards.parse().unwrap());
    let step = Duration::from_secs_f64(arguments.next().map_or(0.5, |seconds| seconds.parse().unwrap()));
    let weight = arguments.next().map_or(150, |kilobytes| kilobytes.parse().unwrap()) * 1000;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    eprintln!("drawing a form for each of {boards} boards …");
    let pages = runtime.block_on(draw(boards));
    let drawn = pages.iter().map(|page| page.len()).sum::<usize>() / boards.max(1);
    println!("scans of {} kB, {} kB of them pixels", weight.max(drawn) / 1000, drawn / 1000);
    for factor in [1.0, 10.0] {
        runtime.block_on(night(&counts, &pages, weight, step, factor));
    }
}

/// The steps around the busiest one, as shares of it. Rows out of order are none of that night's.
fn read(path: &Path) -> Option<Vec<f64>> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut rows: Vec<(&str, f64)> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .filter_map(|(at, n)| Some((at, n.parse().ok()?)))
        .collect();
    let busiest = rows.iter().max_by(|one, two| one.1.total_cmp(&two.1))?.to_owned();
    let year = busiest.0.split('-').next()?;
    rows.retain(|(at, _)| at.starts_with(year));
    let at = rows.iter().position(|row| *row == busiest)?;
    let from = at.saturating_sub(STEPS / 2);
    Some(rows[from..].iter().take(STEPS).map(|(_, count)| count / busiest.1).collect())
}

/// One receipt: which board's, and how long it took from the scanner to it.
struct Received {
    board: usize,
    waited: Duration,
}

#[derive(Default)]
struct Answers {
    received: Mutex<Vec<Received>>,
    over_capacity: AtomicU64,
    too_many: AtomicU64,
    others: AtomicU64,
    /// Questions where a board stands, asked while it waited.
    asked: AtomicU64,
    last_place: AtomicU64,
}

async fn night(counts: &[f64], pages: &[Arc<[u8]>], weight: usize, step: Duration, factor: f64) {
    let (dir, boards) = (tempfile::tempdir().unwrap(), pages.len());
    let (service, tokens) = serve(dir.path(), boards).await;
    let answers = Arc::new(Answers::default());
    let mut senders = Vec::new();
    let mut running = Vec::new();
    for (n, (token, page)) in tokens.into_iter().zip(pages).enumerate() {
        let (send, scans) = mpsc::unbounded_channel();
        senders.push(send);
        let page = Arc::clone(page);
        let board = Board { n, token, url: service.url.clone(), client: service.client(), page, weight };
        running.push(tokio::spawn(board.run(scans, Arc::clone(&answers))));
    }
    // Large boards and small ones: the first has some thirty times the scans of the last.
    let weights: Vec<f64> = (0..boards).map(|n| 1.0 / (n as f64 + 30.0)).collect();
    let all: f64 = weights.iter().sum();
    let (mut dice, mut sent, mut owed) = (Dice(1), 0_u64, 0.0);
    let cpu = service.cpu();
    let began = Instant::now();
    let moments = 20;
    for (n, share) in counts.iter().enumerate() {
        for moment in 0..moments {
            owed += share * PEAK * factor * step.as_secs_f64() / f64::from(moments);
            while owed >= 1.0 {
                owed -= 1.0;
                let mut at = dice.next() * all;
                let board = weights.iter().position(|weight| {
                    at -= weight;
                    at <= 0.0
                });
                sent += 1;
                senders[board.unwrap_or(0)].send((Instant::now(), sent)).unwrap();
            }
            let due = step.mul_f64(n as f64 + f64::from(moment + 1) / f64::from(moments));
            tokio::time::sleep_until((began + due).into()).await;
        }
    }
    let played = began.elapsed();
    drop(senders);
    let patience = Duration::from_secs(240);
    let ended = tokio::time::timeout(patience, futures::future::join_all(running)).await.is_ok();
    let took = began.elapsed();
    let received = std::mem::take(&mut *answers.received.lock().unwrap());
    let waits = |fits: &dyn Fn(usize) -> bool| {
        let mut waits: Vec<Duration> = received.iter().filter(|one| fits(one.board)).map(|one| one.waited).collect();
        waits.sort_unstable();
        let at = |share: f64| waits.get(((waits.len() as f64 * share) as usize).min(waits.len().max(1) - 1)).copied();
        let shown = |wait: Option<Duration>| wait.map_or("-".to_owned(), |wait| format!("{:.2} s", wait.as_secs_f64()));
        format!("p50 {:>8}   p99 {:>8}   longest {:>8}", shown(at(0.5)), shown(at(0.99)), shown(at(1.0)))
    };
    println!(
        "\n{factor:>2} x the real peak: {sent} scans of {boards} boards in {:.0} s, at most {:.0} a second",
        played.as_secs_f64(),
        PEAK * factor
    );
    println!("  scanner to receipt, all boards          {}", waits(&|_| true));
    println!("  the tenth of the boards with the most   {}", waits(&|n| n < boards / 10));
    println!("  the half of the boards with the fewest  {}", waits(&|n| n >= boards / 2));
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "  answers to wait for others (503) {}, for their own (429) {}, anything else {}; asked for their place {} times, \
         farthest place answers {}",
        count(&answers.over_capacity),
        count(&answers.too_many),
        count(&answers.others),
        count(&answers.asked),
        count(&answers.last_place)
    );
    println!(
        "  {} receipts after {:.0} s ({:.0} a second); server CPU {:.1} ms a scan, peak memory {} MB",
        received.len(),
        took.as_secs_f64(),
        received.len() as f64 / took.as_secs_f64(),
        (service.cpu() - cpu) * 1000.0 / received.len().max(1) as f64,
        service.peak_megabytes(),
    );
    assert!(!ended || received.len() as u64 == sent, "a scan has no receipt");
    let head = service.end().await.head().await.unwrap();
    assert!(head.linked >= received.len() as u64, "a receipt without an entry");
}

/// A board with its scanner.
struct Board {
    n: usize,
    token: String,
    url: String,
    client: reqwest::Client,
    page: Arc<[u8]>,
    /// Bytes of each of its scans.
    weight: usize,
}

impl Board {
    async fn run(self, mut scans: mpsc::UnboundedReceiver<(Instant, u64)>, answers: Arc<Answers>) {
        let (board, lines) = (Arc::new(self), Arc::new(Semaphore::new(PARALLEL)));
        let mut sending = tokio::task::JoinSet::new();
        let answered = Arc::new(Mutex::new(Instant::now()));
        let asking =
            tokio::spawn(Arc::clone(&board).ask(Arc::clone(&answered), Arc::clone(&lines), Arc::clone(&answers)));
        while let Some((arrived, number)) = scans.recv().await {
            let line = Arc::clone(&lines).acquire_owned().await.unwrap();
            let (board, answers, answered) = (Arc::clone(&board), Arc::clone(&answers), Arc::clone(&answered));
            sending.spawn(async move {
                board.send(number, &answers).await;
                *answered.lock().unwrap() = Instant::now();
                drop(line);
                answers.received.lock().unwrap().push(Received { board: board.n, waited: arrived.elapsed() });
            });
        }
        while sending.join_next().await.is_some() {}
        asking.abort();
    }

    /// While its uploads wait it asks where it stands, as seldom as `tutanak upload` does.
    async fn ask(self: Arc<Self>, answered: Arc<Mutex<Instant>>, lines: Arc<Semaphore>, answers: Arc<Answers>) {
        let mut pause = ASKS.0;
        loop {
            tokio::time::sleep(pause).await;
            pause = ASKS.0;
            let silent = answered.lock().unwrap().elapsed() >= ASKS.0;
            if !silent || lines.available_permits() == PARALLEL {
                continue;
            }
            pause = ASKS.1;
            let get = self.client.get(format!("{}/v1/board/queue", self.url)).bearer_auth(&self.token);
            let Ok(answer) = get.timeout(Duration::from_secs(60)).send().await else { continue };
            let turn: serde_json::Value =
                serde_json::from_str(&answer.text().await.unwrap_or_default()).unwrap_or_default();
            answers.asked.fetch_add(1, Ordering::Relaxed);
            answers.last_place.fetch_max(turn["queue"]["place"].as_u64().unwrap_or(0), Ordering::Relaxed);
        }
    }

    async fn send(&self, number: u64, answers: &Answers) {
        let scan = another(&self.page, number, self.weight);
        let url = format!("{}/v1/scans/{}", self.url, Digest::of(&scan));
        for tries in 0.. {
            let put = self.client.put(&url).bearer_auth(&self.token).body(scan.clone());
            let answer = put.timeout(Duration::from_secs(60)).send().await;
            let wait = match answer {
                Ok(answer) if answer.status().is_success() => return,
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    let after = answer.headers().get("retry-after").and_then(|after| after.to_str().ok()?.parse().ok());
                    let counter = match status {
                        503 => &answers.over_capacity,
                        429 => &answers.too_many,
                        _ => &answers.others,
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                    let problem: serde_json::Value =
                        serde_json::from_str(&answer.text().await.unwrap_or_default()).unwrap_or_default();
                    answers.last_place.fetch_max(problem["place"].as_u64().unwrap_or(0), Ordering::Relaxed);
                    after.unwrap_or(1.0)
                }
                Err(_) => {
                    answers.others.fetch_add(1, Ordering::Relaxed);
                    f64::min(8.0, 0.5 * 2_f64.powi(tries))
                }
            };
            let jitter = (number.wrapping_mul(2_654_435_761) % 1000) as f64 / 2000.0;
            tokio::time::sleep(Duration::from_secs_f64(wait * (0.75 + jitter))).await;
        }
    }
}

/// The form of each board's box.
async fn draw(boards: usize) -> Vec<Arc<[u8]>> {
    let style = ScanStyle::clean(300, Colour::OneBit);
    let pages = (0..boards).map(|n| {
        let style = style.clone();
        tokio::task::spawn_blocking(move || sheet::drawn(&format!("109{n:07}"), &style, n as u64).into())
    });
    futures::future::try_join_all(pages).await.unwrap()
}

/// A service with so many boards, and their tokens.
async fn serve(dir: &Path, boards: usize) -> (Service, Vec<String>) {
    // All boards come from this machine.
    let prepared = Prepared::new(dir, &[("connections_per_address = 256", "connections_per_address = 4096")]);
    town::write_election(&dir.join("election"), boards);
    prepared.import(&dir.join("election"));
    let ledger = prepared.ledger().await;
    let mut tokens = Vec::new();
    for n in 0..boards {
        let (id, place) = (format!("kurul-{n}").parse().unwrap(), format!("k{n}").parse().unwrap());
        tokens.push(enrol::board(&ledger, &id, "Kurul", &place, &[]).await.unwrap().token);
    }
    ledger.close().await;
    (prepared.serve().await, tokens)
}
