//! What this folder's client did, written down as it does it: which files were whole, and what became of each.
//!
//! One line a record, behind its checksum; lines are only added and are durable when [`Journal::add`] returns. A kill
//! tears the last line at worst, and a torn line is passed over. It decides nothing that would be lost with it: whether a
//! scan was received stands in its receipt, and what waits is what lies in the folder. It saves reading files again, and
//! waiting for them to stand still again, and it tells people later where each file went.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::Mark;
use crate::beneath::Folder;
use crate::client::disk::{self, DiskError, Lock, PRIVATE};
use crate::domain::Digest;

/// Its name among the client's own files.
const NAME: &str = "upload.log";
/// It is written anew when it is longer than this and mostly about files that are gone.
const COMPACT: u64 = 4 << 20;
/// Bytes that are read back at most: what follows is ignored, and nothing is lost with it.
const READ: u64 = 256 << 20;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub enum Record {
    /// A file was whole.
    Whole {
        /// Its path below the folder.
        file: String,
        /// Size in bytes.
        size: u64,
        /// When it was written, as the file system says.
        modified_ns: i64,
        /// What it holds.
        sha256: Digest,
    },
    /// A file went to its place.
    Settled {
        /// Its path below the folder, as it was.
        file: String,
        /// Where it lies now.
        to: String,
        /// What it holds.
        sha256: Digest,
        /// The position on its receipt; none for a file that is no scan.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        position: Option<u64>,
    },
    /// So many lines about files that had gone to their places were left out when the journal was written anew.
    Compacted {
        /// How many in all.
        settled: u64,
    },
}

/// What the lines come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Files that were whole and have not gone to their place.
    whole: HashMap<String, (Mark, Digest)>,
    /// Files that went to their place.
    pub settled: u64,
}

impl Replayed {
    fn take(&mut self, record: Record) {
        match record {
            Record::Whole { file, size, modified_ns, sha256 } => {
                self.whole.insert(file, (Mark { size, modified_ns }, sha256));
            }
            Record::Settled { file, .. } => {
                self.whole.remove(&file);
                self.settled += 1;
            }
            Record::Compacted { settled } => self.settled += settled,
        }
    }

    /// Replays lines. Those that are torn or damaged are passed over.
    pub fn replay(bytes: &[u8]) -> Self {
        let mut replayed = Self::default();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if let Some(record) = line.strip_suffix(b"\n").and_then(parse) {
                replayed.take(record);
            }
        }
        replayed
    }
}

/// A line with its line break.
fn line(record: &Record) -> String {
    let json = serde_json::to_string(record).expect("a record has only text keys and plain values");
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
}

fn parse(line: &[u8]) -> Option<Record> {
    let (sum, rest) = line.split_at_checked(8)?;
    let json = rest.strip_prefix(b" ")?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    (crc32fast::hash(json) == sum).then(|| serde_json::from_slice(json).ok())?
}

/// The journal of one folder. It keeps the folder's lock: whoever still writes, however little is left of the client, is
/// the only one.
#[derive(Debug)]
pub struct Journal {
    _lock: Lock,
    folder: Folder,
    path: PathBuf,
    file: File,
    /// Where the last whole line ends.
    end: u64,
    replayed: Replayed,
}

impl Journal {
    /// Opens the journal, and writes it anew where most of it is about files that are gone.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn open(folder: &Folder, lock: Lock) -> Result<Self, DiskError> {
        let path = Path::new(PRIVATE).join(NAME);
        let failed = |error| DiskError::at(&path, error);
        let mut file = folder.own(&path).map_err(failed)?;
        let mut bytes = Vec::new();
        (&mut file).take(READ).read_to_end(&mut bytes).map_err(failed)?;
        let replayed = Replayed::replay(&bytes);
        // What follows the last line break was torn; the next line must not be glued to it.
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
        let mut journal = Self { _lock: lock, folder: folder.clone(), path, file, end, replayed };
        if end > COMPACT && end > 2 * 300 * journal.replayed.whole.len() as u64 {
            journal.compact()?;
        }
        Ok(journal)
    }

    /// What its lines came to so far.
    #[cfg(test)]
    fn replayed(&self) -> &Replayed {
        &self.replayed
    }

    /// What a file held when it was last read, if it has not been touched since.
    pub fn held(&self, file: &Path, mark: Mark) -> Option<Digest> {
        let (then, digest) = self.replayed.whole.get(file.to_str()?)?;
        (*then == mark).then_some(*digest)
    }

    /// What a file held is known to be no longer so, though it looks the same.
    pub fn doubt(&mut self, file: &Path) {
        if let Some(file) = file.to_str() {
            self.replayed.whole.remove(file);
        }
    }

    /// Adds lines; they are durable when this returns.
    ///
    /// # Errors
    /// When the disk fails. The journal then is as it was, and the next call may succeed.
    pub fn add(&mut self, records: &[Record]) -> Result<(), DiskError> {
        if records.is_empty() {
            return Ok(());
        }
        let text: String = records.iter().map(line).collect();
        let written = (|| {
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(text.as_bytes())?;
            self.file.set_len(self.end + text.len() as u64)?; // A longer tail was torn, or failed.
            self.file.sync_data()
        })();
        written.map_err(|error| DiskError::at(&self.path, error))?;
        self.end += text.len() as u64;
        records.iter().for_each(|record| self.replayed.take(record.clone()));
        Ok(())
    }

    /// Writes only what still matters into a new file, which takes the old one's place at once.
    fn compact(&mut self) -> Result<(), DiskError> {
        let Replayed { whole, settled } = &self.replayed;
        let mut text = line(&Record::Compacted { settled: *settled });
        for (file, (Mark { size, modified_ns }, sha256)) in whole {
            let (file, size, modified_ns, sha256) = (file.clone(), *size, *modified_ns, *sha256);
            text += &line(&Record::Whole { file, size, modified_ns, sha256 });
        }
        disk::write(&self.folder, &self.path, text.as_bytes())?;
        self.file = self.folder.own(&self.path).map_err(|error| DiskError::at(&self.path, error))?;
        self.end = text.len() as u64;
        Ok(())
    }
}

/// How many files went to their places so far, for who looks without holding the lock.
pub fn settled(folder: &Folder) -> u64 {
    let mut bytes = Vec::new();
    let file = folder.file(&Path::new(PRIVATE).join(NAME));
    let read = file.and_then(|file| file.take(READ).read_to_end(&mut bytes));
    read.map_or(0, |_| Replayed::replay(&bytes).settled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record() -> impl Strategy<Value = Record> {
        let file =
            proptest::sample::select(vec!["a.png", "ığdır 1.png", "gün/a.png", "\n\"\\.png"]).prop_map(String::from);
        let sha256 = any::<u8>().prop_map(|seed| Digest::of(&[seed]));
        prop_oneof![
            (file.clone(), any::<u64>(), any::<i64>(), sha256.clone())
                .prop_map(|(file, size, modified_ns, sha256)| { Record::Whole { file, size, modified_ns, sha256 } }),
            (file, sha256, proptest::option::of(any::<u64>())).prop_map(|(file, sha256, position)| {
                Record::Settled { to: format!("gonderildi/{file}"), file, sha256, position }
            }),
            (0..9_u64).prop_map(|settled| Record::Compacted { settled }),
        ]
    }

    fn opened(root: &Path) -> Journal {
        let (disk, lock) = disk::Disk::lock(root).unwrap();
        Journal::open(disk.folder(), lock).unwrap()
    }

    fn replayed(records: &[Record]) -> Replayed {
        let mut replayed = Replayed::default();
        records.iter().for_each(|record| replayed.take(record.clone()));
        replayed
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Cut at every byte: what is replayed is exactly the records that were whole by then. Opened there and written
        /// on, the journal has those and the new one, and nothing else.
        #[test]
        fn a_journal_cut_anywhere_is_the_records_before_the_cut(records in proptest::collection::vec(record(), 0..6)) {
            let lines: Vec<String> = records.iter().map(line).collect();
            let bytes = lines.concat().into_bytes();
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join(PRIVATE)).unwrap();
            let path = dir.path().join(PRIVATE).join(NAME);
            let new = Record::Compacted { settled: 1000 };
            for cut in 0..=bytes.len() {
                let mut whole = 0;
                let mut end = 0;
                while whole < lines.len() && end + lines[whole].len() <= cut {
                    end += lines[whole].len();
                    whole += 1;
                }
                prop_assert_eq!(Replayed::replay(&bytes[..cut]), replayed(&records[..whole]));
                if cut % 7 == 0 {
                    std::fs::write(&path, &bytes[..cut]).unwrap();
                    opened(dir.path()).add(std::slice::from_ref(&new)).unwrap();
                    let expected = replayed(&[&records[..whole], std::slice::from_ref(&new)].concat());
                    let again = opened(dir.path());
                    prop_assert_eq!(again.replayed(), &expected);
                }
            }
        }

        /// A flipped bit costs its own line, or the two that a lost line break glues together.
        #[test]
        fn a_damaged_line_is_passed_over(records in proptest::collection::vec(record(), 1..5), at in any::<usize>(), bit in 0..8_u8) {
            let mut bytes: Vec<u8> = records.iter().map(line).collect::<String>().into_bytes();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let read = bytes.split_inclusive(|byte| *byte == b'\n').filter_map(|line| parse(line.strip_suffix(b"\n")?)).collect::<Vec<_>>();
            prop_assert!(read.len() + 2 >= records.len());
            prop_assert!(read.iter().all(|record| records.contains(record)));
        }
    }

    #[test]
    fn a_long_journal_is_written_anew_with_what_still_matters() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(PRIVATE)).unwrap();
        let mut journal = opened(dir.path());
        let whole = |n: u32| Record::Whole {
            file: format!("{n}.png"),
            size: 1,
            modified_ns: 2,
            sha256: Digest::of(&n.to_le_bytes()),
        };
        let settled = |n: u32| {
            let to = format!("gonderildi/{}{n}.png", "x".repeat(200));
            Record::Settled { file: format!("{n}.png"), to, sha256: Digest::of(&n.to_le_bytes()), position: Some(1) }
        };
        let records: Vec<Record> = (0..10_000).flat_map(|n| [whole(n), settled(n)]).chain([whole(10_000)]).collect();
        journal.add(&records).unwrap();
        let long = std::fs::metadata(dir.path().join(&journal.path)).unwrap().len();
        let before = journal.replayed().clone();
        drop(journal);
        let mut journal = opened(dir.path());
        let short = std::fs::metadata(dir.path().join(&journal.path)).unwrap().len();
        assert!(long > COMPACT && short < 1000, "{long} {short}");
        assert_eq!(journal.replayed(), &before);
        journal.add(&[settled(10_000)]).unwrap();
        drop(journal);
        assert_eq!(settled_of(dir.path()), (10_001, 0));
    }

    fn settled_of(root: &Path) -> (u64, usize) {
        let journal = opened(root);
        (journal.replayed().settled, journal.replayed().whole.len())
    }
}
