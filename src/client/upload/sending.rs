//! Asking what the service has, sending the rest in parallel, and what comes of each.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};

use super::close::{Closing, Fate};
use super::connection::{self, Connection};
use super::receipt::{self, BadReceipt, Receipt, Status};
use super::report::Event;
use super::server::{self, Failed, QueuePosition, Server};
use super::{ROUND, TOGETHER, Upload, UploadError, leaf, whole};
use crate::beneath::Folder;
use crate::client::progress::Progress;
use crate::domain::Digest;
use crate::log::note::VerifierKey;

/// How long no answer comes before it is asked where our uploads wait, and how long until it is asked again: all boards
/// that wait ask.
const PLACE_FIRST: Duration = Duration::from_secs(4);
const PLACE_AGAIN: Duration = Duration::from_secs(8);

/// What came of sending one scan.
enum Sent {
    /// Its receipt, as it came and as it reads.
    Receipt(Digest, u64, String, Receipt),
    /// The service says that it is none.
    NoScan(Digest, String),
    /// The file holds something else by now.
    Changed(PathBuf),
    /// It failed: the attempt began then.
    Failed(Digest, Instant, Failed),
    /// What came is no receipt that may be trusted.
    Untrusted(PathBuf, BadReceipt),
    /// The connection had failed before it was its turn.
    Skipped,
}

/// One scan on its way.
struct Job {
    file: PathBuf,
    root: Folder,
    digest: Digest,
    server: Server,
    connection: Arc<Connection>,
    keys: Arc<[VerifierKey]>,
    board: Arc<str>,
    progress: Progress,
}

impl Job {
    async fn run(self) -> Sent {
        let Self { file, root, digest, server, connection, keys, board, progress } = self;
        let began = Instant::now();
        if connection.until() > began {
            return Sent::Skipped;
        }
        // What is sent is what is hashed now, whatever the file was when it was judged.
        let path = file.clone();
        let read = tokio::task::spawn_blocking(move || -> Option<Bytes> {
            let (bytes, _) = whole::read(&root, &path).ok()??;
            (Digest::of(&bytes) == digest).then_some(bytes)
        });
        let Ok(Some(bytes)) = read.await else { return Sent::Changed(file) };
        let size = bytes.len() as u64;
        let text = match server.put(digest, bytes.clone(), &progress).await {
            Ok(text) => text,
            Err(Failed::NoScan(why)) => return Sent::NoScan(digest, why),
            Err(failed) => return Sent::Failed(digest, began, failed),
        };
        match receipt::check(&text, digest, &keys) {
            Ok(mut receipt) => {
                connection.works();
                receipt.leaf_checked = leaf::is_of(&receipt, &bytes, &board);
                Sent::Receipt(digest, size, text, receipt)
            }
            Err(why @ BadReceipt::Signature) => Sent::Untrusted(file, why),
            Err(why) => {
                progress.back(size);
                Sent::Failed(digest, began, Failed::Later { what: why.to_string(), after: None, answered: false })
            }
        }
    }
}

/// Where our uploads stand among those that wait, asked again and again, at first after a while. A connection that does not
/// answer says nothing.
fn queue_positions(server: Server) -> impl Stream<Item = Option<QueuePosition>> {
    stream::unfold((server, PLACE_FIRST), |(server, pause)| async move {
        tokio::time::sleep(pause).await;
        let position = server.queue_position().await.ok().flatten();
        Some((position, (server, PLACE_AGAIN)))
    })
}

impl Upload {
    /// Asks what the service knows, and sends the rest.
    pub(super) async fn send(&mut self) -> Result<(), UploadError> {
        let due = self.queue.due(ROUND, Instant::now());
        if due.is_empty() || self.connection.until() > Instant::now() {
            return Ok(());
        }
        let known = self.known(due.clone()).await?;
        let Some(known) = known else { return Ok(()) };
        let unsent: Vec<Digest> = due.into_iter().filter(|digest| !known.contains_key(digest)).collect();
        let closings = known.into_iter().filter_map(|(digest, (text, receipt))| {
            let item = self.queue.get(digest)?;
            self.progress.came(item.size);
            Some(Closing { digest, files: item.files.clone(), fate: Fate::Received(text, receipt) })
        });
        let closings: Vec<Closing> = closings.collect();
        self.close(closings).await?;
        let jobs = unsent.into_iter().filter_map(|digest| {
            let file = self.queue.get(digest)?.files.first()?.clone();
            Some(Job {
                root: self.disk.folder().clone(),
                file,
                digest,
                server: self.server.clone(),
                connection: Arc::clone(&self.connection),
                keys: Arc::clone(&self.keys),
                board: Arc::clone(&self.board),
                progress: self.progress.clone(),
            })
        });
        let jobs: Vec<Job> = jobs.collect();
        let sends = stream::iter(jobs).map(Job::run).buffer_unordered(self.plan.parallel.max(1));
        let mut sent = sends.ready_chunks(TOGETHER);
        loop {
            // Anew after each answer: while receipts come, nobody asks.
            let asking = queue_positions(self.server.clone());
            tokio::pin!(asking);
            let some = loop {
                tokio::select! {
                    some = sent.next() => break some,
                    Some(position) = asking.next() => self.waits_at(position),
                }
            };
            self.waits_at(None);
            match some {
                Some(some) => self.take(some).await?,
                None => return Ok(()),
            }
        }
    }

    /// The service said where our uploads wait.
    fn waits_at(&mut self, position: Option<QueuePosition>) {
        if position == self.queue_position {
            return;
        }
        self.queue_position = position;
        if let Some(QueuePosition { place, of }) = position {
            self.tell(&Event::Queued { place, of });
        }
        self.say();
    }

    /// The receipts that are on disk already, or that the service gives without being sent the scan; `None` when it cannot
    /// be asked. A parked scan whose receipt is on disk was put back by somebody: it is sent again, its code may be known
    /// by now.
    async fn known(&mut self, due: Vec<Digest>) -> Result<Option<HashMap<Digest, (String, Receipt)>>, UploadError> {
        let keys = Arc::clone(&self.keys);
        let on_disk = due.clone();
        let held = self.on_disk(move |root, _| {
            let held = on_disk.into_iter().filter_map(|digest| Some((digest, receipt::held(root, digest, &keys)?)));
            held.collect::<HashMap<_, _>>()
        });
        let held = held.await?;
        let asked: Vec<Digest> = due.into_iter().filter(|digest| !held.contains_key(digest)).collect();
        let mut known: HashMap<_, _> =
            held.into_iter().filter(|(_, (_, told))| told.status == Status::Linked).collect();
        let began = Instant::now();
        for asked in asked.chunks(server::QUESTION) {
            let lines = match self.server.known(asked).await {
                Ok(lines) => lines,
                Err(failed) => return self.note(began, failed).map(|()| None),
            };
            if !lines.is_empty() {
                self.connection.works();
            }
            for text in lines {
                // What cannot be trusted here is sent, and judged by what comes of that.
                let told = serde_json::from_str::<Receipt>(&text).ok().filter(|told| asked.contains(&told.sha256));
                let checked =
                    told.and_then(|told| Some((told.sha256, receipt::check(&text, told.sha256, &self.keys).ok()?)));
                known.extend(checked.map(|(digest, receipt)| (digest, (text, receipt))));
            }
        }
        Ok(Some(known))
    }

    /// Takes in what came of some scans.
    async fn take(&mut self, sent: Vec<Sent>) -> Result<(), UploadError> {
        let (mut closings, mut error) = (Vec::new(), None);
        let now = Instant::now();
        for sent in sent {
            let closing = match sent {
                Sent::Receipt(digest, size, text, receipt) => {
                    self.summary.sent += 1;
                    self.summary.bytes += size;
                    Some((digest, Fate::Received(text, receipt)))
                }
                Sent::NoScan(digest, why) => Some((digest, Fate::Damaged(why))),
                Sent::Changed(file) => {
                    self.changed(&file);
                    None
                }
                Sent::Failed(digest, began, failed) => {
                    let answered = matches!(failed, Failed::Later { answered: true, .. });
                    self.queue.later(
                        digest,
                        |attempts| if answered { connection::pause(attempts) } else { Duration::ZERO },
                        now,
                    );
                    if !answered {
                        error = error.or(self.note(began, failed).err());
                    }
                    None
                }
                Sent::Untrusted(file, why) => {
                    let file = file.display().to_string();
                    error.get_or_insert(UploadError::Untrusted { file, why });
                    None
                }
                Sent::Skipped => None,
            };
            closings.extend(closing.and_then(|(digest, fate)| {
                Some(Closing { digest, files: self.queue.get(digest)?.files.clone(), fate })
            }));
        }
        self.close(closings).await?;
        error.map_or(Ok(()), Err)
    }
}
