//! `tutanak upload`: every whole scan of a board's folder is sent, its receipt kept, its file put where people see what
//! became of it.
//!
//! It must never delete or overwrite a file, never call a scan received whose signed receipt is not on disk, and never
//! give up: what fails for now is tried again for ever. Killed at any instant it loses nothing and sends nothing twice:
//!
//! | stopped | what is found at the next start |
//! |---|---|
//! | before the service had it | the file in the folder |
//! | before its receipt was on disk | the file in the folder; the service, asked in bulk, gives the receipt |
//! | before the file was moved | the file in the folder, and its receipt |
//! | while it was moved | the file in the staging folder, from where it goes back into the folder |

pub mod clocks;
mod close;
mod connection;
mod events;
pub mod folder;
mod journal;
mod judging;
mod leaf;
pub mod passed;
mod queue;
mod receipt;
pub mod report;
mod sending;
pub mod server;
mod settle;
pub mod status;
mod still;
mod texts;
mod trusted;
mod whole;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use self::close::{Closed, Closing, NotClosed};
use self::connection::Connection;
use self::events::Events;
use self::folder::Look;
use self::journal::Journal;
use self::passed::PassedOver;
use self::queue::Queue;
use self::receipt::BadReceipt;
use self::report::{Event, Summary};
use self::server::{Failed, Greeting, QueuePosition, Server};
use self::settle::Mover;
use self::still::Stillness;
use self::trusted::NoKey;
use super::disk::{Disk, DiskError};
use super::progress::Progress;
use crate::beneath::Folder;
use crate::cpu::{CpuLane, WorkPanicked};
use crate::domain::Digest;
use crate::log::note::VerifierKey;

/// Files judged, and scans sent, before the folder is looked at again.
const ROUND: usize = 256;
/// Receipts written before the disk is synced, at most.
const TOGETHER: usize = 64;
/// The shortest time between two looks.
const BREATH: Duration = Duration::from_millis(50);
/// After an event, how long more of them are waited for.
const GATHER: Duration = Duration::from_millis(200);
/// How long a watching client waits after trouble that people must end: a full disk, a token that was taken away.
const TROUBLE: Duration = Duration::from_secs(15);

/// How to go about it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long size and time of a file must stand still.
    pub still: Duration,
    /// How long a file that is no whole PNG must hold the same bytes before it is taken for damaged: until then somebody
    /// may still be writing it.
    pub patience: Duration,
    /// How often the folder is looked at where nothing happens.
    pub rescan: Duration,
    /// Scans sent at a time.
    pub parallel: usize,
    /// Go on for ever.
    pub watch: bool,
    /// Keys that sign receipts; none to trust those that the service names at first contact.
    pub keys: Vec<VerifierKey>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            still: Duration::from_secs(5),
            patience: Duration::from_secs(60),
            rescan: Duration::from_secs(10),
            parallel: 4,
            watch: false,
            keys: Vec::new(),
        }
    }
}

/// What ends a run that does not watch.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The service does not let us.
    #[error("the service refuses: {0}")]
    Refused(String),
    /// There is no key to check receipts with.
    #[error(transparent)]
    Key(#[from] NoKey),
    /// The service gives a receipt that no trusted key signed.
    #[error("the receipt of {file} is not to be trusted")]
    Untrusted {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        why: BadReceipt,
    },
    /// The disk fails.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A thread panicked.
    #[error(transparent)]
    Panicked(#[from] WorkPanicked),
}

/// Told each event as it happens.
pub type Tell = Arc<dyn Fn(&Event) + Send + Sync>;

/// A board's client over one folder. While it lives nobody else sends from there.
pub struct Upload {
    plan: Plan,
    server: Server,
    progress: Progress,
    tell: Tell,
    disk: Disk,
    journal: Arc<Mutex<Journal>>,
    cpu: CpuLane,
    connection: Arc<Connection>,
    keys: Arc<[VerifierKey]>,
    /// Our account's name at the service.
    board: Arc<str>,
    look: Look,
    still: Stillness,
    /// Files that were no whole PNG: the bytes, and since when they are those.
    suspects: HashMap<PathBuf, (Digest, Instant)>,
    /// Files that could not be read, or not be put into their place, when that was last tried.
    unreadable: HashSet<PathBuf>,
    queue: Queue,
    /// Where our uploads wait at the service, as it said last.
    queue_position: Option<QueuePosition>,
    summary: Summary,
    /// What was passed over and is told.
    passed: PassedOver,
    began: Instant,
}

impl Upload {
    /// Takes the folder for itself, and gives back what a kill left in the staging folder.
    ///
    /// # Errors
    /// When the folder is not there, another client has it, or the disk fails.
    pub fn open(root: &Path, server: Server, plan: Plan, progress: Progress, tell: Tell) -> Result<Self, UploadError> {
        // It is never made: a folder that is not there is a mistyped name, or a share that is not mounted.
        Disk::at(root)?;
        let (disk, lock) = Disk::lock(root)?;
        let mut mover = Mover::new(disk.folder());
        mover.clear_staging()?;
        mover.sync()?;
        let journal = Arc::new(Mutex::new(Journal::open(disk.folder(), lock)?));
        Ok(Self {
            plan,
            server,
            progress,
            tell,
            disk,
            journal,
            cpu: CpuLane::one_permit_a_core(),
            connection: Arc::new(Connection::default()),
            keys: Arc::new([]),
            board: "".into(),
            look: Look::default(),
            still: Stillness::default(),
            suspects: HashMap::new(),
            unreadable: HashSet::new(),
            queue: Queue::default(),
            queue_position: None,
            summary: Summary::default(),
            passed: PassedOver::default(),
            began: Instant::now(),
        })
    }

    /// Sends until nothing is left, or for ever. It may be dropped at any instant.
    ///
    /// # Errors
    /// What people must put right. A run that watches says it and goes on, once it has been connected.
    pub async fn run(&mut self) -> Result<(), UploadError> {
        let events = self.plan.watch.then(|| Events::of(self.disk.root()));
        loop {
            match self.round().await {
                Ok(_) if !self.plan.watch && self.nothing_is_left() => return Ok(()),
                Ok(true) => {}
                Ok(false) => self.rest(events.as_ref()).await,
                Err(error) if self.plan.watch && !self.keys.is_empty() => {
                    let why = crate::telemetry::Chain(&error).to_string();
                    self.tell(&Event::Waiting { why, seconds: TROUBLE.as_secs_f64() });
                    tokio::time::sleep(TROUBLE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The sum so far.
    pub fn summary(&self) -> Summary {
        let mut summary = self.summary.clone();
        if let Ok(now) = folder::look(self.disk.folder()) {
            (summary.waiting, summary.others, summary.unread) = (now.scans.len() as u64, now.others, now.unread);
            summary.passed = now.passed;
        }
        summary.seconds = self.began.elapsed().as_secs_f64();
        summary
    }

    /// Looks, judges, sends. Gives whether any file went to its place: then there may be more to do at once.
    async fn round(&mut self) -> Result<bool, UploadError> {
        let before = self.through();
        self.look().await?;
        self.judge().await?;
        if (!self.queue.is_empty() || self.plan.watch) && self.connect().await? {
            self.send().await?;
        }
        Ok(self.through() > before)
    }

    /// Files that went to their places.
    fn through(&self) -> u64 {
        self.summary.linked + self.summary.parked + self.summary.damaged
    }

    /// Whether the folder is empty, but for files that cannot be read.
    fn nothing_is_left(&self) -> bool {
        self.look.scans.iter().all(|(file, _)| self.unreadable.contains(file))
    }

    /// Learns who we are and whose receipts to trust, once. Gives whether that is known.
    async fn connect(&mut self) -> Result<bool, UploadError> {
        if !self.keys.is_empty() {
            return Ok(true);
        }
        let began = Instant::now();
        if self.connection.until() > began {
            return Ok(false);
        }
        let greeting = match self.server.greet().await {
            Ok(greeting) => greeting,
            Err(failed) => return self.note(began, failed).map(|()| false),
        };
        match trusted::keys(&self.disk, &self.plan.keys, &greeting.keys) {
            Ok((keys, pinned)) => {
                self.keys = keys.into();
                self.board = greeting.board.as_str().into();
                let Greeting { board, name: election, clock, gates, .. } = greeting;
                self.tell(&Event::Connected { board, election, pinned, clock, gates });
                Ok(true)
            }
            Err(error @ NoKey::NotYet) => {
                self.note(began, Failed::Later { what: error.to_string(), after: None, answered: false })?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn close(&mut self, closings: Vec<Closing>) -> Result<(), UploadError> {
        if closings.is_empty() {
            return Ok(());
        }
        let close = self.on_disk(move |root, journal| close::close(root, journal, closings));
        let (Closed { events, done, changed, failed }, result) = close.await?;
        done.into_iter().for_each(|digest| self.queue.remove(digest));
        for file in changed {
            self.changed(&file);
        }
        for NotClosed { digest, file, why } in failed {
            self.queue.later(digest, connection::pause, Instant::now());
            if self.unreadable.insert(file) {
                self.tell(&Event::Waiting { why, seconds: connection::pause(1).as_secs_f64() });
            }
        }
        for event in &events {
            if let Event::Damaged { file, .. } = event {
                self.suspects.remove(Path::new(file));
            }
            self.summary.saw(event);
            self.tell(event);
        }
        self.say();
        Ok(result?)
    }

    /// A file holds something else than it did. It is judged anew when it has stood still.
    fn changed(&mut self, file: &Path) {
        self.progress.forget(self.queue.forget(file));
        self.suspects.remove(file);
        self.still.disturb(file, Instant::now());
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).doubt(file);
    }

    /// The connection failed, or the service is busy: everybody rests. A refusal is an error.
    fn note(&self, began: Instant, failed: Failed) -> Result<(), UploadError> {
        let (what, after) = match failed {
            Failed::Refused(why) => return Err(UploadError::Refused(why)),
            Failed::NoScan(what) => (what, None),
            Failed::Later { what, after, .. } => (what, after),
        };
        if let Some(pause) = self.connection.failed(began, after) {
            self.tell(&Event::Waiting { why: what, seconds: pause.as_secs_f64() });
        }
        Ok(())
    }

    /// Waits until there may be something to do.
    async fn rest(&self, events: Option<&Events>) {
        let now = Instant::now();
        let connection = self.connection.until();
        let queued = self.queue.next().map(|due| due.max(connection));
        let suspects = self.suspects.values().map(|(_, since)| *since + self.plan.patience).min();
        let greeting = self.keys.is_empty().then_some(connection);
        let soonest = [queued, suspects, greeting, self.still.next(self.plan.still, now)].into_iter().flatten().min();
        let until = soonest.map_or(now + self.plan.rescan, |soonest| soonest.min(now + self.plan.rescan));
        let sleep = tokio::time::sleep_until(until.max(now + BREATH).into());
        match events {
            None => sleep.await,
            Some(events) => tokio::select! {
                () = sleep => {}
                () = events.next() => tokio::time::sleep(GATHER).await,
            },
        }
    }

    /// Works with the folder and the journal, where waiting for the disk holds nobody up.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder, &mut Journal) -> T + Send + 'static,
    ) -> Result<T, WorkPanicked> {
        let (root, journal) = (self.disk.folder().clone(), Arc::clone(&self.journal));
        self.cpu.run(move || work(&root, &mut journal.lock().unwrap_or_else(PoisonError::into_inner))).await
    }

    fn tell(&self, event: &Event) {
        (self.tell)(event);
    }

    fn say(&self) {
        let done = self.through();
        let queued = self.queue_position.map(|QueuePosition { place, .. }| match place {
            0 | 1 => "; sunucuda sıra sizde".to_owned(),
            place => format!("; sunucuda {place}. sıradasınız, önünüzde {} kurul var", place - 1),
        });
        let waiting = self.look.scans.len().max(self.queue.len());
        self.progress.say(format!("{done} tamam, {waiting} bekliyor{}", queued.unwrap_or_default()));
    }
}
