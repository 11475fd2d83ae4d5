//! Which files of the folder are ripe to be read, and what they turn out to be: whole, damaged, or still being written.

use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Instant;

use futures::stream::{self, StreamExt};

use super::close::{Closing, Fate};
use super::folder::{self, Mark};
use super::journal::Record;
use super::report::Event;
use super::whole::{self, Judgement};
use super::{ROUND, Upload, UploadError, texts};
use crate::domain::Digest;
use crate::telemetry::Chain;

impl Upload {
    /// Looks at the folder, and forgets what was known of files that changed.
    pub(super) async fn look(&mut self) -> Result<(), UploadError> {
        let root = self.disk.folder().clone();
        self.look = self.cpu.run(move || folder::look(&root)).await??;
        for file in self.still.saw(&self.look.scans, Instant::now()) {
            self.suspects.remove(&file);
            self.unreadable.remove(&file);
            self.progress.forget(self.queue.forget(&file));
        }
        if self.look.passed.has_more_than(&self.passed) {
            self.passed = self.look.passed.clone();
            self.tell(&Event::PassedOver { tr: self.passed.turkish(), passed: self.passed.clone() });
        }
        self.say();
        Ok(())
    }

    /// Reads files that stood still for long enough, and queues the whole ones.
    pub(super) async fn judge(&mut self) -> Result<(), UploadError> {
        let now = Instant::now();
        let mut ready = Vec::new();
        let mut held = Vec::new();
        {
            let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
            for (file, mark) in &self.look.scans {
                if self.queue.holds(file) {
                    continue;
                }
                if let Some(digest) = journal.held(file, *mark) {
                    held.push((file.clone(), digest, mark.size));
                } else if self.is_ripe(file, now) && ready.len() < ROUND {
                    ready.push(file.clone());
                }
            }
        }
        for (file, digest, size) in held {
            self.enqueue(file, digest, size);
        }
        let judged = stream::iter(ready).map(|file| {
            let (cpu, root, path) = (self.cpu.clone(), self.disk.folder().clone(), file.clone());
            async move { (file, cpu.run(move || whole::judge(&root, &path)).await) }
        });
        let judged: Vec<_> = judged.buffer_unordered(self.plan.parallel.max(1)).collect().await;
        let (mut records, mut whole, mut damaged) = (Vec::new(), Vec::new(), Vec::new());
        for (file, judgement) in judged {
            let judgement = match judgement? {
                Ok(judgement) => judgement,
                Err(error) => {
                    // One file that cannot be read must not keep the others waiting.
                    self.still.disturb(&file, Instant::now());
                    let (why, seconds) = (Chain(&error).to_string(), self.plan.still.as_secs_f64());
                    if self.unreadable.insert(file) {
                        self.tell(&Event::Waiting { why, seconds });
                    }
                    continue;
                }
            };
            self.unreadable.remove(&file);
            match judgement {
                (Judgement::Whole(digest), Some(mark)) => {
                    self.suspects.remove(&file);
                    if let Some(file) = file.to_str().map(str::to_owned) {
                        let Mark { size, modified_ns } = mark;
                        records.push(Record::Whole { file, size, modified_ns, sha256: digest });
                    }
                    whole.push((file, digest, mark.size));
                }
                (Judgement::Unsound { digest, why }, _) => match self.suspects.get(&file) {
                    Some((before, since)) if *before == digest && since.elapsed() >= self.plan.patience => {
                        let fate = Fate::Damaged(texts::unsound(&why));
                        damaged.push(Closing { digest, files: vec![file], fate });
                    }
                    Some((before, _)) if *before == digest => {}
                    _ => {
                        self.suspects.insert(file, (digest, Instant::now()));
                    }
                },
                (Judgement::Moving | Judgement::Whole(_), _) => self.still.disturb(&file, Instant::now()),
            }
        }
        self.on_disk(move |_, journal| journal.add(&records)).await??;
        for (file, digest, size) in whole {
            self.enqueue(file, digest, size);
        }
        self.close(damaged).await
    }

    /// Whether a file has stood still for long enough to be read, or to be read again.
    fn is_ripe(&self, file: &Path, now: Instant) -> bool {
        match self.suspects.get(file) {
            Some((_, since)) => now >= *since + self.plan.patience,
            None => self.still.since(file).is_some_and(|since| now >= since + self.plan.still),
        }
    }

    fn enqueue(&mut self, file: PathBuf, digest: Digest, size: u64) {
        if self.queue.add(file, digest, size, Instant::now()) {
            self.progress.expect(size);
        }
    }
}
