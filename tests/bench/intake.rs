//! Scans a second taken in by the real service on the embedded default, beside the floor of the same machine: hash,
//! inflate and a synced write of the same files in a plain loop. Prints ratios; judges nothing.
//!
//! `cargo bench --bench intake [-- SCANS UPLOADERS]`

#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

mod sheet;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures::StreamExt;
use tutanak::domain::{Digest, Level};
use tutanak::drawing::ScanStyle;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::reading::{self, Limits, Page};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (scans, uploaders) = (numbers.next().unwrap_or(300), numbers.next().unwrap_or(8));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(scans, uploaders));
}

async fn run(count: usize, uploaders: usize) {
    let dir = tempfile::tempdir().unwrap();
    let service = Service::start(dir.path()).await;
    eprintln!("drawing {count} scans …");
    let scans: Vec<Vec<u8>> = draw(count, &service.code).await;
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
    let sends = scans.iter().map(|scan| service.send(scan));
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

/// The release binary, serving a directory of its own.
struct Service {
    child: Child,
    url: String,
    token: String,
    code: String,
    client: reqwest::Client,
}

impl Service {
    async fn start(dir: &Path) -> Self {
        let dir = dir.join("service");
        let config = dir.join("tutanak.toml");
        let tutanak = || Command::new(env!("CARGO_BIN_EXE_tutanak"));
        let run = |command: &mut Command| {
            let out = command.output().unwrap();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            out.stdout
        };
        run(tutanak().arg("init").arg(&dir));
        let ports: Vec<u16> =
            (0..2).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()).collect();
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text.replace("0.0.0.0:8443", &format!("127.0.0.1:{}", ports[0]));
        std::fs::write(&config, text.replace("0.0.0.0:2121", &format!("127.0.0.1:{}", ports[1]))).unwrap();
        run(tutanak().args(["election", "--config"]).arg(&config).arg("import").arg(format!("{SAMPLES}/election")));
        let (place, code) = some_box(&dir).await;
        let out = run(tutanak()
            .args(["board", "--config"])
            .arg(&config)
            .args(["add", "kurul", "--name", "Kurul", "--place", &place, "--json"]));
        let token: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let child = tutanak().args(["serve", "--config"]).arg(&config).stderr(Stdio::null()).spawn().unwrap();
        let ca = reqwest::Certificate::from_pem(&std::fs::read(dir.join("ca.pem")).unwrap()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
        let url = format!("https://127.0.0.1:{}", ports[0]);
        while client.get(format!("{url}/readyz")).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { child, url, token: token["token"].as_str().unwrap().to_owned(), code, client }
    }

    async fn send(&self, scan: &[u8]) -> bool {
        let put = self.client.put(format!("{}/v1/scans/{}", self.url, Digest::of(scan))).bearer_auth(&self.token);
        let answer = put.body(scan.to_vec()).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.text().await.unwrap().contains("\"linked\"")
    }

    /// Seconds of CPU so far: user and system.
    fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        ticks / 100.0
    }

    fn peak_megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A box's form of the sample election and the board that sends it.
async fn some_box(dir: &Path) -> (String, String) {
    let ledger = Ledger::open(&DatabaseConfig::Sqlite { path: dir.join("tutanak.db") }).await.unwrap();
    let election = ledger.election().await.unwrap().unwrap().election;
    let (forms, _) = ledger.forms_after(&election, Default::default(), 1).await.unwrap();
    let of_a_box = forms.iter().find(|one| one.places.iter().any(|place| place.level == Level::Kurul)).unwrap();
    let board = of_a_box.form.nearest_board.as_ref().unwrap().to_string();
    (board, of_a_box.form.code.to_string())
}
