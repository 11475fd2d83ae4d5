//! The release binary, serving a directory of its own, for the benches that ask it over the network: set up by its own
//! commands, stopped and gone with the value. It must hold nothing that a bench measures.

#![allow(dead_code, reason = "each bench asks for its part")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tutanak::ledger::{DatabaseConfig, Ledger};

/// A directory that `tutanak init` has filled, with ports of this machine: to be given an election and accounts.
pub struct Prepared {
    dir: PathBuf,
    url: String,
}

impl Prepared {
    /// `edits` are replaced in the configuration, each once.
    pub fn new(dir: &Path, edits: &[(&str, &str)]) -> Self {
        let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (https, ftp) = (format!("127.0.0.1:{}", port()), format!("127.0.0.1:{}", port()));
        let prepared = Self { dir: dir.to_owned(), url: format!("https://{https}") };
        let out = Command::new(env!("CARGO_BIN_EXE_tutanak")).arg("init").arg(dir).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let mut text = std::fs::read_to_string(prepared.config()).unwrap();
        let addresses = [("0.0.0.0:8443", https.as_str()), ("0.0.0.0:2121", ftp.as_str())];
        // A bench measures how fast answers come, not how fast they may be asked for.
        let ceilings = [
            ("requests_per_second_per_account = 500", "requests_per_second_per_account = 1000000"),
            ("requests_per_second_per_address = 1000", "requests_per_second_per_address = 1000000"),
        ];
        for (old, new) in addresses.iter().chain(&ceilings).chain(edits) {
            assert!(text.contains(old), "{old} is not in the configuration");
            text = text.replacen(old, new, 1);
        }
        std::fs::write(prepared.config(), text).unwrap();
        prepared
    }

    fn config(&self) -> PathBuf {
        self.dir.join("tutanak.toml")
    }

    /// Brings in the election of `folder`.
    pub fn import(&self, folder: &Path) {
        let out = Command::new(env!("CARGO_BIN_EXE_tutanak"))
            .args(["election", "--config"])
            .arg(self.config())
            .arg("import")
            .arg(folder)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    /// Its database, as long as nobody serves it.
    pub async fn ledger(&self) -> Ledger {
        ledger(&self.dir).await
    }

    /// Starts it, and waits until it answers.
    pub async fn serve(self) -> Service {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_tutanak"));
        let child = serve.args(["serve", "--config"]).arg(self.config()).stderr(Stdio::null()).spawn().unwrap();
        let ca = std::fs::read(self.dir.join("ca.pem")).unwrap();
        let service = Service { child, dir: self.dir, url: self.url, ca };
        while service.client().get(format!("{}/readyz", service.url)).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        service
    }
}

/// It serves until it is dropped.
pub struct Service {
    child: Child,
    dir: PathBuf,
    pub url: String,
    /// What its clients trust, as PEM.
    pub ca: Vec<u8>,
}

impl Service {
    /// A client with a connection of its own.
    pub fn client(&self) -> reqwest::Client {
        let ca = reqwest::Certificate::from_pem(&self.ca).unwrap();
        reqwest::Client::builder().tls_certs_only([ca]).build().unwrap()
    }

    /// Seconds of CPU so far: user and system.
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
    }

    /// The most memory it ever had, in MiB.
    pub fn peak_megabytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
    }

    /// Ends it, and opens what it wrote.
    pub async fn end(self) -> Ledger {
        let dir = self.dir.clone();
        drop(self);
        ledger(&dir).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn ledger(dir: &Path) -> Ledger {
    Ledger::open(&DatabaseConfig::Sqlite { path: dir.join("tutanak.db") }).await.unwrap()
}
