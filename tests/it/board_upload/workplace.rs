//! A clerk's workplace: a scanner folder, a client over it, and what the ledger says about what came of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tutanak::client::credentials::Token;
use tutanak::client::progress::Progress;
use tutanak::client::upload::report::{Event, Summary};
use tutanak::client::upload::server::{Server, Tls};
use tutanak::client::upload::{Plan, Upload, UploadError};
use tutanak::domain::{Digest, Entry};

use crate::house::House;

/// The same manners as the default, with less waiting.
pub fn plan() -> Plan {
    let ms = Duration::from_millis;
    Plan { still: ms(120), patience: ms(500), rescan: ms(100), ..Plan::default() }
}

pub struct Workplace {
    pub dir: TempDir,
    pub told: Arc<Mutex<Vec<Event>>>,
}

impl Workplace {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), told: Arc::default() }
    }

    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// The scanner puts a file down.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Digest {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        Digest::of(bytes)
    }

    /// A client of the first board over this folder.
    pub fn client(&self, house: &House, address: &str, plan: Plan) -> Result<Upload, UploadError> {
        let ca = std::fs::read(house.dir.path().join("ca.pem")).unwrap();
        let server = Server::open(address, Tls { ca: Some(&ca), identity: None }, Token(house.first.clone())).unwrap();
        let told = Arc::clone(&self.told);
        let tell = Arc::new(move |event: &Event| told.lock().unwrap().push(event.clone()));
        Upload::open(self.root(), server, plan, Progress::new(false), tell)
    }

    /// One run to its end.
    pub async fn run(&self, house: &House, address: &str) -> Summary {
        let mut client = self.client(house, address, plan()).unwrap();
        tokio::time::timeout(Duration::from_secs(60), client.run()).await.expect("it does not end").unwrap();
        client.summary()
    }

    /// A client that watches, until `done` holds; gives its summary.
    pub async fn watch(&self, house: &House, address: &str, done: impl AsyncFn() -> bool) -> Summary {
        // On a busy machine a slow writer is slower still.
        let plan = Plan { watch: true, patience: Duration::from_secs(4), ..plan() };
        let mut client = self.client(house, address, plan).unwrap();
        let until = async {
            while !done().await {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        let within = tokio::time::timeout(Duration::from_secs(60), until);
        tokio::select! {
            ended = client.run() => panic!("it does not watch any more: {ended:?}"),
            done = within => done.unwrap_or_else(|_| panic!("it was not done in time: {:#?}", self.told.lock().unwrap())),
        }
        client.summary()
    }

    /// Names below one of the result folders, in order.
    pub fn names(&self, dir: &str) -> Vec<String> {
        let root = self.root().join(dir);
        let mut names = files(&root);
        names.sort();
        names.into_iter().map(|path| path.strip_prefix(&root).unwrap().display().to_string()).collect()
    }

    /// Scans that were told to be received and linked.
    pub fn linked(&self) -> usize {
        self.told.lock().unwrap().iter().filter(|event| matches!(event, Event::Received { .. })).count()
    }

    pub fn receipt(&self, digest: Digest) -> Option<serde_json::Value> {
        let text = std::fs::read_to_string(self.root().join(format!("makbuzlar/{digest}.json"))).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// Digests of all PNGs that lie anywhere in the folder, with the directory at the top that they lie in.
    pub fn whereabouts(&self) -> Vec<(String, Digest)> {
        let pngs = files(self.root()).into_iter().filter(|path| path.extension().is_some_and(|end| end == "png"));
        pngs.map(|path| {
            let below = path.strip_prefix(self.root()).unwrap();
            let top = if below.components().count() > 1 { below.iter().next().unwrap() } else { "".as_ref() };
            (top.to_str().unwrap().to_owned(), Digest::of(&std::fs::read(&path).unwrap()))
        })
        .collect()
    }
}

pub fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return vec![] };
    let entries = entries.map(Result::unwrap);
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}

/// How often each scan was entered.
pub async fn entered(house: &House) -> HashMap<Digest, u32> {
    let mut entered = HashMap::new();
    for line in house.ledger.lines_from(0, 100_000).await.unwrap() {
        let entry: Entry = serde_json::from_str(&line.line).unwrap();
        if let Some(digest) = entry.sha256 {
            *entered.entry(digest).or_default() += 1;
        }
    }
    entered
}

/// How many bodies of scans the service was sent.
pub async fn sent(house: &House) -> usize {
    tokio::time::sleep(Duration::from_millis(200)).await; // the record's rows are written in groups
    let rows = house.ledger.audit_after(0, 100_000).await.unwrap();
    rows.iter().filter(|row| row.act == "upload" && row.outcome == "ok").count()
}
