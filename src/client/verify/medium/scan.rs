//! A scan on a medium, by the proof beside it.

use std::path::Path;

use crate::beneath::Folder;
use crate::client::disk;
use crate::client::log_entry::LogEntry;
use crate::client::problem::Problem;
use crate::domain::{Digest, naming};
use crate::formats::bag::PAYLOAD;
use crate::formats::portable;
use crate::log::checkpoint::Checkpoint;
use crate::log::frontier::leaf;
use crate::log::proof::verify_inclusion;
use crate::log::proof_file::{PROOF_FILE_BYTES, ProofFile};

/// What the scans of a medium are held against.
pub(super) struct Scans<'a> {
    pub root: &'a Folder,
    /// The medium's checkpoint as its signed note.
    pub note: &'a str,
    /// The same, where a trusted key signed it.
    pub checkpoint: Option<&'a Checkpoint>,
}

/// The path in the tree of a scan at `path` in the bag; none for what is no scan.
pub(super) fn tree_path(path: &str) -> Option<String> {
    let tree = portable::tree_path(path.strip_prefix(PAYLOAD)?.strip_prefix('/')?);
    naming::is_scan_path(&tree).then_some(tree)
}

impl Scans<'_> {
    /// Whether the proof beside a scan shows that the log has these bytes at this path.
    pub fn check(&self, path: &str, tree: &str, digest: &Digest) -> Option<Problem> {
        let proof = format!("{path}{}", naming::PROOF);
        let wrong = |what: String| Some(Problem::Proof { path: proof.clone(), what });
        let text = match disk::read(self.root, Path::new(&proof), PROOF_FILE_BYTES) {
            Ok(Some(text)) => text,
            Ok(None) => return wrong("yok / it is not there".to_owned()),
            Err(error) => return wrong(error.to_string()),
        };
        let file = match ProofFile::parse(&String::from_utf8_lossy(&text)) {
            Ok(file) => file,
            Err(error) => return wrong(error.to_string()),
        };
        let line = file.extra.unwrap_or_default();
        let entry = std::str::from_utf8(&line).ok().and_then(|line| LogEntry::parse(line).ok());
        let Some(entry) = entry else { return wrong("it does not carry the scan's entry".to_owned()) };
        if entry.sha256 != Some(*digest) || entry.path.as_deref() != Some(tree) {
            return wrong("başka bir görüntünün kaydı / it is the entry of another scan".to_owned());
        }
        if file.checkpoint != self.note {
            return wrong("ortamın kayıt özeti değil / it is under another checkpoint than the medium's".to_owned());
        }
        let Checkpoint { size, root, .. } = self.checkpoint?; // where there is none, that was named already
        match verify_inclusion(&leaf(&line), file.index, *size, &file.hashes, root) {
            Ok(()) => None,
            Err(error) => wrong(error.to_string()),
        }
    }
}
