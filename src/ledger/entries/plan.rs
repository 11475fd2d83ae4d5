//! The pure half of a group commit: which entries a group of submissions becomes, given the earlier entries.
//!
//! It must never ask the database; `batch` tells it what is there and writes what it decides.

use std::collections::HashMap;

use jiff::Timestamp;

use super::bind::Unsaid;
use super::rows::{Edge, Head, NewEntry, NewRoot};
use super::submission::{Hand, Recorded, Submission};
use crate::domain::routing::{self, Earlier, Finding, OnFile, ParkReason, Pixels, Precedents, Ruling};
use crate::domain::{Digest, Entry, EntryKind, FormKey, naming};
use crate::ledger::LedgerError;
use crate::ledger::results::{self, Decisions, Filing, Receipt};

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
    /// One for each result line, in their order.
    pub receipts: Vec<Receipt>,
    pub size: Option<u64>,
}

/// A group being decided.
#[derive(Debug)]
pub(super) struct Plan {
    edge: Edge,
    same_bytes: HashMap<Digest, Vec<Earlier>>,
    on_file: HashMap<FormKey, Vec<OnFile>>,
    outcomes: Vec<Outcome>,
    receipts: Vec<Receipt>,
    /// What the group's result lines come to.
    pub(super) results: Decisions,
    pub(super) rows: Vec<NewEntry>,
    /// Trees of 256, 256², … leaves that the group completes.
    pub(super) roots: Vec<NewRoot>,
}

/// The form that a submission names, if the registry knew one.
pub(super) fn named_form(submission: &Submission) -> Option<FormKey> {
    match &submission.claim.finding {
        Finding::Form { form, .. } => Some(form.key()),
        _ => None,
    }
}

fn pixels(submission: &Submission) -> Pixels {
    Pixels { width: submission.facts.width, height: submission.facts.height }
}

impl Plan {
    pub fn new(head: Head) -> Result<Self, LedgerError> {
        Ok(Self {
            edge: Edge::at(head)?,
            same_bytes: HashMap::new(),
            on_file: HashMap::new(),
            outcomes: Vec::new(),
            receipts: Vec::new(),
            results: Decisions::default(),
            rows: Vec::new(),
            roots: Vec::new(),
        })
    }

    /// Whether nothing was ever entered.
    pub fn is_first(&self) -> bool {
        self.edge.size() == 0
    }

    /// Adds an earlier entry with bytes that the group brings again.
    pub fn saw_bytes(
        &mut self,
        digest: &[u8],
        position: i64,
        kind: &str,
        board: Option<String>,
        form: Option<String>,
        parked: Option<String>,
    ) -> Result<(), LedgerError> {
        let corrupt = |what: &str| LedgerError::Corrupt(format!("{what} of entry {position}"));
        let digest = Digest::from_bytes(digest).map_err(|_| corrupt("digest"))?;
        if kind == EntryKind::Withdrawn.name() {
            // Whatever linked these bytes before counts no longer; that they were parked once is true for ever.
            self.same_bytes.entry(digest).or_default().retain(|earlier| earlier.form.is_none());
            return Ok(());
        }
        let board = board.unwrap_or_default().parse().map_err(|_| corrupt("board"))?;
        let parked = match parked {
            Some(name) => Some(ParkReason::from_name(&name).ok_or_else(|| corrupt("reason"))?),
            None => None,
        };
        let earlier = Earlier { position: position as u64, board, form: form.map(FormKey::from_stored), parked };
        self.same_bytes.entry(digest).or_default().push(earlier);
        Ok(())
    }

    /// Adds a scan of a form that the group names.
    pub fn saw_page(
        &mut self,
        form: String,
        page: i64,
        revision: i64,
        digest: &[u8],
        line: &str,
    ) -> Result<(), LedgerError> {
        let corrupt = || LedgerError::Corrupt(format!("page of {form}"));
        let digest = Digest::from_bytes(digest).map_err(|_| corrupt())?;
        let page = u32::try_from(page).map_err(|_| corrupt())?;
        let revision = u32::try_from(revision).map_err(|_| corrupt())?;
        // Of entries that say so.
        let pixels = serde_json::from_str(line).ok();
        self.on_file.entry(FormKey::from_stored(form)).or_default().push(OnFile { page, revision, digest, pixels });
        Ok(())
    }

    /// Decides one submission with everything before it, in the database and in the group.
    pub fn take(&mut self, submission: &Submission, now: Timestamp) {
        let claim = &submission.claim;
        let form = named_form(submission);
        let precedents = Precedents {
            same_bytes: self.same_bytes.get(&claim.digest).cloned().unwrap_or_default(),
            on_file: form.as_ref().and_then(|key| self.on_file.get(key)).cloned().unwrap_or_default(),
            pixels: Some(pixels(submission)),
        };
        let ruling = match submission.hand {
            None => routing::rule(claim, &precedents),
            Some(_) => routing::rule_by_hand(claim, &precedents),
        };
        match ruling {
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
        if let Some(Hand { reason, by }) = submission.hand.clone() {
            (entry.reason, entry.by) = (Some(reason), by);
        }
        let digest = submission.claim.digest;
        self.on_file.entry(key.clone()).or_default().push(OnFile {
            page,
            revision,
            digest,
            pixels: Some(pixels(submission)),
        });
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
        let facts = submission.facts;
        Entry {
            sha256: Some(facts.digest),
            crc32: Some(facts.crc32),
            size: Some(facts.size),
            width: Some(facts.width),
            height: Some(facts.height),
            board: Some(submission.claim.board.clone()),
            replaces: submission.claim.replaces,
            note: submission.note.clone(),
            ..Entry::bare(self.not_before_the_last(now), kind)
        }
    }

    /// Time never goes back, whatever a node's clock says.
    fn not_before_the_last(&self, now: Timestamp) -> Timestamp {
        Timestamp::from_millisecond(now.as_millisecond().max(self.edge.at_ms())).unwrap_or(now)
    }

    /// Takes back a link that stands: the entry says which one, why and by whom. The scan and its path stay.
    pub fn withdraw(&mut self, link: &Entry, reason: String, by: Vec<String>, now: Timestamp) {
        let at = self.not_before_the_last(now);
        let entry = Entry { at, kind: EntryKind::Withdrawn, reason: Some(reason), note: None, by, ..link.clone() };
        self.add(entry, None, None);
    }

    /// Says which election this is, and who signs, where the log does not say so yet.
    pub fn bind(&mut self, unsaid: Unsaid, now: Timestamp) {
        if let Some((election, registry)) = unsaid.election {
            let mut entry = Entry::bare(self.not_before_the_last(now), EntryKind::Election);
            (entry.election, entry.registry) = (Some(election), Some(registry));
            self.add(entry, None, None);
        }
        for key in unsaid.keys {
            let mut entry = Entry::bare(self.not_before_the_last(now), EntryKind::Key);
            entry.key = Some(key);
            self.add(entry, None, None);
        }
    }

    /// Decides one result line with everything before it.
    pub fn file(&mut self, filing: &Filing, now: Timestamp) -> Result<(), LedgerError> {
        let receipt = match self.results.rule(filing) {
            results::Ruling::Before(receipt) => receipt,
            results::Ruling::Enter { kind, filed, held } => {
                let (position, at) = (self.edge.size(), self.not_before_the_last(now));
                let reason = match held {
                    Some(held) => Some(held.name().to_owned()),
                    None => filing.why(),
                };
                let entry = Entry {
                    sha256: Some(filing.digest),
                    size: Some(filing.line.len() as u64),
                    form: filing.form.clone(),
                    revision: Some(filing.result().version),
                    reason,
                    ..Entry::bare(at, kind)
                };
                let at = entry.at;
                let leaf = self.add(entry, None, None);
                self.results.enter(filing, held, (position, leaf, at))?;
                Receipt { filed, position, leaf, at, fresh: true }
            }
        };
        self.receipts.push(receipt);
        Ok(())
    }

    fn push(&mut self, submission: &Submission, entry: Entry, form: Option<FormKey>, parked: Option<ParkReason>) {
        let position = self.edge.size();
        let earlier = Earlier { position, board: submission.claim.board.clone(), form: form.clone(), parked };
        self.same_bytes.entry(submission.claim.digest).or_default().push(earlier);
        let leaf = self.add(entry.clone(), form, parked);
        self.outcomes.push(Outcome::New(Box::new(Recorded { position, entry, leaf, fresh: true })));
    }

    fn add(&mut self, entry: Entry, form: Option<FormKey>, parked: Option<ParkReason>) -> [u8; 32] {
        let row = NewEntry::new(self.edge.size(), entry, form, parked);
        let leaf = row.leaf;
        self.edge.add(&row, &mut self.roots);
        self.rows.push(row);
        leaf
    }

    /// The head row as it must stand after the group.
    pub fn head(&self) -> Head {
        self.edge.head()
    }

    /// The outcomes, one for each submission taken.
    pub fn finish(self) -> Decided {
        let size = (!self.rows.is_empty()).then(|| self.edge.size());
        Decided { outcomes: self.outcomes, receipts: self.receipts, size }
    }
}
