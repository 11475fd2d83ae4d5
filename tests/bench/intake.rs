//! Scans a second taken in by the real service on the embedded default, beside the floor of the same machine: hash,
//! inflate and a synced write of the same files in a plain loop. Prints ratios; judges nothing.
//!
//! `cargo bench --bench intake [-- SCANS UPLOADERS]`

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

mod service;
mod sheet;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt;
use tutanak::domain::{Digest, Level};
use tutanak::drawing::ScanStyle;
use tutanak::ledger::Ledger;
use tutanak::people::enrol;
use tutanak::reading::{self, Limits, Page};

use service::{Prepared, Service};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (scans, uploaders) = (numbers.next().unwrap_or(300), numbers.next().unwrap_or(8));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(scans, uploaders));
}

async fn run(count: usize, uploaders: usize) {
    let dir = tempfile::tempdir().unwrap();
    let sender = Sender::start(dir.path()).await;
    let service = &sender.service;
    eprintln!("drawing {count} scans …");
    let scans: Vec<Vec<u8>> = draw(count, &sender.code).await;
    let megabytes = scans.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    println!("{count} scans of {:.0} kB on average, {uploaders} uploaders", megabytes * 1000.0 / count as f64);

    // Interleaved, so that a busy moment of the machine strikes both.
    let mut floor = Duration::MAX;
    let mut reading = Duration::MAX;
    for _ in 0..2 {
        floor = floor.min(plain_loop(dir.path(), &scans));
        reading = reading.min(reading_alone(&scans));
    }
    let before = service.cpu();
    let began = Instant::now();
    let sends = scans.iter().enumerate().map(|(n, scan)| sender.send(n, scan));
    let linked = futures::stream::iter(sends)
        .buffer_unordered(uploaders)
        .filter(|linked| std::future::ready(*linked))
        .count()
        .await;
    let took = began.elapsed();
    let cpu = service.cpu() - before;
    let rate = |time: Duration| count as f64 / time.as_secs_f64();
    println!("floor (hash, inflate, synced write; one thread)   {:>7.0} scans/s", rate(floor));
    println!("reading karekods alone (with inflate; one thread) {:>7.0} scans/s", rate(reading));
    println!(
        "taken in over HTTPS, receipt durable              {:>7.0} scans/s   {:.2} of the floor",
        rate(took),
        floor.as_secs_f64() / took.as_secs_f64()
    );
    println!(
        "server CPU {:.1} ms a scan, peak memory {} MB, {linked} of {count} linked",
        cpu * 1000.0 / count as f64,
        service.peak_megabytes()
    );
    assert!(linked * 10 >= count * 8, "most drawn scans must be linked, or the bench measures something else");
}

/// What nobody can be faster than with one thread: every byte hashed, every pixel inflated, every file synced.
fn plain_loop(dir: &Path, scans: &[Vec<u8>]) -> Duration {
    let target = dir.join("floor");
    std::fs::create_dir_all(&target).unwrap();
    let began = Instant::now();
    for scan in scans {
        let digest = Digest::of(scan);
        let mut decoder = png::Decoder::new(std::io::Cursor::new(scan));
        decoder.set_ignore_text_chunk(true);
        let mut reader = decoder.read_info().unwrap();
        while reader.next_row().unwrap().is_some() {}
        let mut file = File::create(target.join(digest.to_string())).unwrap();
        file.write_all(scan).unwrap();
        file.sync_all().unwrap();
    }
    let took = began.elapsed();
    std::fs::remove_dir_all(target).unwrap();
    took
}

fn reading_alone(scans: &[Vec<u8>]) -> Duration {
    let began = Instant::now();
    for scan in scans {
        std::hint::black_box(reading::read(&Page::from_png(scan, Limits::default()).unwrap()));
    }
    began.elapsed()
}

/// Realistic scans of one box's result form; each seed is another sheet.
async fn draw(count: usize, code: &str) -> Vec<Vec<u8>> {
    let pages = (0..count as u64).map(|seed| {
        let code = code.to_owned();
        tokio::task::spawn_blocking(move || sheet::drawn(&code, &ScanStyle::realistic(seed), seed))
    });
    futures::future::try_join_all(pages).await.unwrap()
}

/// Boards that send by turns: one alone may not have all cores.
const BOARDS: usize = 4;

/// A service with the sample election and boards of one place: what they send with, and a code of their forms.
struct Sender {
    service: Service,
    client: reqwest::Client,
    tokens: Vec<String>,
    code: String,
}

impl Sender {
    async fn start(dir: &Path) -> Self {
        let prepared = Prepared::new(&dir.join("service"), &[]);
        prepared.import(Path::new(&format!("{SAMPLES}/election")));
        let ledger = prepared.ledger().await;
        let (place, code) = some_box(&ledger).await;
        let mut tokens = Vec::new();
        for n in 0..BOARDS {
            let (id, place) = (format!("kurul-{n}").parse().unwrap(), place.parse().unwrap());
            tokens.push(enrol::board(&ledger, &id, "Kurul", &place, &[]).await.unwrap().token);
        }
        ledger.close().await;
        let service = prepared.serve().await;
        Self { client: service.client(), service, tokens, code }
    }

    async fn send(&self, n: usize, scan: &[u8]) -> bool {
        let put = self.client.put(format!("{}/v1/scans/{}", self.service.url, Digest::of(scan)));
        let answer = put.bearer_auth(&self.tokens[n % BOARDS]).body(scan.to_vec()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.text().await.unwrap().contains("\"linked\"")
    }
}

/// A box's form of the sample election and the board that sends it.
async fn some_box(ledger: &Ledger) -> (String, String) {
    let election = ledger.election().await.unwrap().unwrap().election;
    let (forms, _) = ledger.forms_after(&election, Default::default(), 1).await.unwrap();
    let of_a_box = forms.iter().find(|one| one.places.iter().any(|place| place.level == Level::Kurul)).unwrap();
    let board = of_a_box.form.nearest_board.as_ref().unwrap().to_string();
    (board, of_a_box.form.code.to_string())
}
