//! Imports the whole country as it was in 2014 and 2023, and says how long it took and how much memory it had.
//!
//! `cargo bench --bench registry`. The public files are looked for in `../shared/data` beside the project, or where
//! TUTANAK_DATA says; without them nothing is measured. PostgreSQL is measured where TUTANAK_TEST_POSTGRES names a server.
//! The figure for memory is the process's peak, and each import runs in a process of its own, so that it is the import's.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use sqlx::{Connection, Executor, PgConnection};
use tutanak::domain::Karekod;
use tutanak::ledger::{DatabaseConfig, Ledger};
use tutanak::registry;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    if let (Some(dir), Some(engine)) = (arguments.next(), arguments.next()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        return runtime.block_on(measure(Path::new(&dir), &engine));
    }
    let data = std::env::var_os("TUTANAK_DATA").map(PathBuf::from);
    let data = data.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    for (kind, file) in [("yerel2014", "yerel2014.csv.zip"), ("karekod2023", "sandik_karekod_2023.csv.gz")] {
        let source = data.join(file);
        if !source.exists() {
            println!("SKIPPED: {} is not there", source.display());
            continue;
        }
        let dir = tempfile::tempdir()?;
        let convert = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--release", "--example", "convert", "--", kind])
            .args([&source, dir.path()])
            .status()?;
        if !convert.success() {
            return Err(format!("{kind} could not be converted").into());
        }
        for engine in ["sqlite", "postgres"] {
            if engine == "postgres" && std::env::var_os("TUTANAK_TEST_POSTGRES").is_none() {
                println!("SKIPPED: TUTANAK_TEST_POSTGRES is not set");
                continue;
            }
            Command::new(std::env::current_exe()?).arg(dir.path()).arg(engine).status()?;
        }
    }
    Ok(())
}

async fn measure(dir: &Path, engine: &str) -> Result<(), Failure> {
    let place = tempfile::tempdir()?;
    let config = match engine {
        "sqlite" => DatabaseConfig::Sqlite { path: place.path().join("ledger.db") },
        _ => DatabaseConfig::PostgresAt { url: fresh_database().await?, connections: 4 },
    };
    let ledger = Ledger::open(&config).await?;
    let name = std::fs::read_to_string(dir.join("election.toml"))?;
    let name = name.lines().next().unwrap_or_default().to_owned();
    let started = Instant::now();
    let first = registry::import(&ledger, dir, &mut |_| {}).await?;
    let seconds = started.elapsed().as_secs_f64();
    let rows = first.places.added + first.boxes.added + first.codes.added;
    println!(
        "{engine:8} {name}: {rows} rows in {seconds:.2} s, {:.0} rows/s, peak {} MB",
        rows as f64 / seconds,
        peak_megabytes()
    );
    let started = Instant::now();
    let second = registry::import(&ledger, dir, &mut |_| {}).await?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{engine:8} {name}: the same again in {seconds:.2} s, changed {}, peak {} MB",
        second.changed(),
        peak_megabytes()
    );
    lookups(&ledger, dir, engine).await
}

/// How long one scan's lookup takes, one after another.
async fn lookups(ledger: &Ledger, dir: &Path, engine: &str) -> Result<(), Failure> {
    let listed = std::fs::read_to_string(dir.join("codes.csv")).ok();
    let codes: Vec<Karekod> = match listed {
        Some(text) => text.lines().skip(1).filter_map(|line| line.split(',').next()?.parse().ok()).collect(),
        None => (1..=171_384).filter_map(|id| format!("102{id:07}").parse().ok()).collect(),
    };
    let some: Vec<&Karekod> = codes.iter().step_by(codes.len() / 5_000 + 1).collect();
    let mut found = 0;
    let started = Instant::now();
    for code in &some {
        found += usize::from(ledger.form_by_code(code).await?.is_some());
    }
    let each = started.elapsed().as_secs_f64() * 1e6 / some.len() as f64;
    println!("{engine:8} form_by_code: {each:.0} µs each, {found} of {} known", some.len());
    Ok(())
}

async fn fresh_database() -> Result<String, Failure> {
    let server = std::env::var("TUTANAK_TEST_POSTGRES")?;
    let name = format!("bench_registry_{}", std::process::id());
    let mut connection = PgConnection::connect(&server).await?;
    connection.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"))).await?;
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    let (host, _) = server.rsplit_once('/').ok_or("a postgres:// address ends with a database")?;
    Ok(format!("{host}/{name}"))
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
