//! The pure half of a group commit: which entries a group of submissions becomes, given what stands.
//!
//! It must never ask the database; `batch` tells it what is there and writes what it decides.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::append::{Recorded, Submission};
use super::{LedgerError, batch};
use crate::domain::entry::leaf_hash;
use crate::domain::routing::{Earlier, Finding, OnFile, ParkReason, Ruling, Standing};
use crate::domain::{Digest, Entry, EntryKind, FormKey, naming};
use crate::log::frontier::Frontier;

/// The head row.
#[derive(Debug)]
pub(super) struct Head {
    pub size: u64,
    pub at_ms: i64,
    pub frontier: Vec<u8>,
    pub linked: i64,
    pub parked: i64,
    pub resolved: i64,
}

/// An entry to be written.
#[derive(Debug)]
pub(super) struct NewEntry {
    pub position: u64,
    pub entry: Entry,
    pub form: Option<FormKey>,
    pub parked: Option<ParkReason>,
    pub line: String,
    pub leaf: [u8; 32],
}

/// A directory or scan to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewNode {
    pub parent: String,
    pub name: String,
    pub position: u64,
    pub at_ms: i64,
    /// Digest and bytes of a scan; none for a directory.
    pub scan: Option<(Digest, u64)>,
}

/// What a submission came to.
#[derive(Debug)]
pub(super) enum Outcome {
    New(Box<Recorded>),
    Known(u64),
}

/// All outcomes, once the rows are written.
#[derive(Debug)]
pub(super) struct Decided {
    pub outcomes: Vec<Outcome>,
    pub size: Option<u64>,
}

/// A group being decided.
#[derive(Debug)]
pub(super) struct Plan {
    head: Head,
    frontier: Frontier,
    same_bytes: HashMap<Digest, Vec<Earlier>>,
    on_file: HashMap<FormKey, Vec<OnFile>>,
    outcomes: Vec<Outcome>,
    pub(super) rows: Vec<NewEntry>,
}

/// The form that a submission names, if the registry knew one.
pub(super) fn named_form(submission: &Submission) -> Option<FormKey> {
    match &submission.claim.finding {
        Finding::Form { form, .. } => Some(form.key()),
        _ => None,
    }
}

impl Plan {
    pub fn new(head: Head) -> Result<Self, LedgerError> {
        let frontier = batch::frontier(head.size, &head.frontier)?;
        Ok(Self {
            head,
            frontier,
            same_bytes: HashMap::new(),
            on_file: HashMap::new(),
            outcomes: Vec::new(),
            rows: Vec::new(),
        })
    }

    /// Told of an entry with bytes that the group brings again.
    pub fn saw_bytes(
        &mut self,
        digest: &[u8],
        position: i64,
        board: Option<String>,
        form: Option<String>,
        parked: Option<String>,
    ) -> Result<(), LedgerError> {
        let corrupt = |what: &str| LedgerError::Corrupt(format!("{what} of entry {position}"));
        let digest = Digest::from_bytes(digest).map_err(|_| corrupt("digest"))?;
        let board = board.unwrap_or_default().parse().map_err(|_| corrupt("board"))?;
        let parked = match parked {
            Some(name) => Some(ParkReason::from_name(&name).ok_or_else(|| corrupt("reason"))?),
            None => None,
        };
        let earlier = Earlier { position: position as u64, board, form: form.map(FormKey::from_stored), parked };
        self.same_bytes.entry(digest).or_default().push(earlier);
        Ok(())
    }

    /// Told of a scan of a form that the group names.
    pub fn saw_page(&mut self, form: String, page: i64, revision: i64, digest: &[u8]) -> Result<(), LedgerError> {
        let corrupt = || LedgerError::Corrupt(format!("page of {form}"));
        let digest = Digest::from_bytes(digest).map_err(|_| corrupt())?;
        let page = u32::try_from(page).map_err(|_| corrupt())?;
        let revision = u32::try_from(revision).map_err(|_| corrupt())?;
        self.on_file.entry(FormKey::from_stored(form)).or_default().push(OnFile { page, revision, digest });
        Ok(())
    }

    /// Decides one submission with everything before it, in the database and in the group.
    pub fn take(&mut self, submission: &Submission, now: Timestamp) {
        let claim = &submission.claim;
        let form = named_form(submission);
        let standing = Standing {
            same_bytes: self.same_bytes.get(&claim.digest).cloned().unwrap_or_default(),
            on_file: form.as_ref().and_then(|key| self.on_file.get(key)).cloned().unwrap_or_default(),
        };
        match (submission.rule)(claim, &standing) {
            Ruling::Known { position } => self.known(position),
            Ruling::Linked { page, revision } => self.link(submission, now, EntryKind::Linked, page, revision),
            Ruling::Resolved { page, revision } => self.link(submission, now, EntryKind::Resolved, page, revision),
            Ruling::Parked(reason) => self.park(submission, now, reason),
        }
    }

    fn known(&mut self, position: u64) {
        // The earlier one may be an entry of this very group, not yet in the database.
        let outcome = self.rows.iter().find(|new| new.position == position).map_or(Outcome::Known(position), |new| {
            Outcome::New(Box::new(Recorded { position, entry: new.entry.clone(), leaf: new.leaf, fresh: false }))
        });
        self.outcomes.push(outcome);
    }

    fn link(&mut self, submission: &Submission, now: Timestamp, kind: EntryKind, page: u32, revision: u32) {
        let Finding::Form { form, .. } = &submission.claim.finding else {
            // A rule that links what names no form is a fault in the rule; the scan is parked rather than lost.
            return self.park(submission, now, ParkReason::NoCode);
        };
        let key = form.key();
        let mut entry = self.entry(submission, now, kind);
        entry.form = Some(form.code.clone());
        entry.path = Some(naming::scan_path(&key, page, revision));
        entry.page = Some(page);
        entry.revision = Some(revision);
        let digest = submission.claim.digest;
        self.on_file.entry(key.clone()).or_default().push(OnFile { page, revision, digest });
        self.push(submission, entry, Some(key), None);
    }

    fn park(&mut self, submission: &Submission, now: Timestamp, reason: ParkReason) {
        let mut entry = self.entry(submission, now, EntryKind::Parked);
        entry.reason = Some(reason.name().to_owned());
        entry.codes = match &submission.claim.finding {
            Finding::NoCode => Vec::new(),
            Finding::Unknown(codes) | Finding::Disagree(codes) => codes.clone(),
            Finding::Form { form, .. } => vec![form.code.clone()],
        };
        self.push(submission, entry, None, Some(reason));
    }

    fn entry(&self, submission: &Submission, now: Timestamp, kind: EntryKind) -> Entry {
        let at_ms = now.as_millisecond().max(self.head.at_ms); // time never goes back, whatever a node's clock says
        let facts = submission.facts;
        Entry {
            v: 1,
            at: Timestamp::from_millisecond(at_ms).unwrap_or(now),
            kind,
            sha256: Some(facts.digest),
            crc32: Some(facts.crc32),
            size: Some(facts.size),
            width: Some(facts.width),
            height: Some(facts.height),
            form: None,
            path: None,
            page: None,
            revision: None,
            board: Some(submission.claim.board.clone()),
            replaces: submission.claim.replaces,
            codes: Vec::new(),
            reason: None,
            note: submission.note.clone(),
        }
    }

    fn push(&mut self, submission: &Submission, entry: Entry, form: Option<FormKey>, parked: Option<ParkReason>) {
        let position = self.frontier.size();
        let line = entry.line();
        let leaf = leaf_hash(&line);
        self.frontier.push(leaf);
        self.head.at_ms = entry.at.as_millisecond();
        match entry.kind {
            EntryKind::Linked => self.head.linked += 1,
            EntryKind::Parked => self.head.parked += 1,
            EntryKind::Resolved => self.head.resolved += 1,
            EntryKind::Withdrawn | EntryKind::Gate => {}
        }
        let earlier = Earlier { position, board: submission.claim.board.clone(), form: form.clone(), parked };
        self.same_bytes.entry(submission.claim.digest).or_default().push(earlier);
        self.outcomes.push(Outcome::New(Box::new(Recorded { position, entry: entry.clone(), leaf, fresh: true })));
        self.rows.push(NewEntry { position, entry, form, parked, line, leaf });
    }

    /// The head row as it must stand after the group.
    pub fn head(&self) -> Head {
        Head { size: self.frontier.size(), frontier: self.frontier.to_stored(), ..self.head }
    }

    /// Everything the group adds to the tree, each once.
    pub fn nodes(&self) -> Vec<NewNode> {
        let mut seen = HashSet::new();
        let paths = self.rows.iter().filter_map(|new| Some((new, new.entry.path.as_deref()?, new.entry.sha256?)));
        let all = paths.flat_map(|(new, path, digest)| {
            let scan = (digest, new.entry.size.unwrap_or(0));
            NewNode::along(path, new.position, new.entry.at.as_millisecond(), scan)
        });
        all.filter(|node| seen.insert((node.parent.clone(), node.name.clone()))).collect()
    }

    /// The outcomes, one for each submission taken.
    pub fn finish(self) -> Decided {
        let size = (!self.rows.is_empty()).then(|| self.frontier.size());
        Decided { outcomes: self.outcomes, size }
    }
}
