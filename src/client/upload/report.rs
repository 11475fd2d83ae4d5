//! The report of a run: each event as it happens, and the sum at the end. Field names are for scripts and do not change.

use serde::Serialize;

use super::clocks::{GateState, ServerClock};
use super::passed::PassedOver;
use crate::domain::Digest;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Who we are to the service.
    Connected {
        /// The board's account.
        board: String,
        /// The election's name.
        election: Option<String>,
        /// Keys that are trusted from now on because the service named them at first contact.
        pinned: Vec<String>,
        /// The service's clock, and how far this machine's is from it.
        clock: Option<ServerClock>,
        /// How the gates stand.
        gates: Vec<GateState>,
    },
    /// Scans wait for room at the service: the board's place has changed. None of them was refused.
    Queued {
        /// The place, from 1: that one's turn is next.
        place: u64,
        /// Boards that wait, with this one.
        of: u64,
    },
    /// A scan was linked, its receipt is on disk, and the file lies where `to` says.
    Received {
        /// The file, below the folder.
        file: String,
        /// Where it lies now.
        to: String,
        /// The scan.
        sha256: Digest,
        /// The entry's position.
        position: u64,
        /// Where the scan lies in the archive.
        path: Option<String>,
        /// Whether the receipt's leaf was found to be that of the very bytes that were sent.
        leaf_checked: bool,
        /// What to do better next time, in Turkish.
        advice: Vec<String>,
    },
    /// A scan was taken in and parked, its receipt is on disk, and the file lies where `to` says.
    Parked {
        /// The file, below the folder.
        file: String,
        /// Where it lies now.
        to: String,
        /// The scan.
        sha256: Digest,
        /// The entry's position.
        position: u64,
        /// Why, as the receipt says it.
        reason: String,
        /// Why, in Turkish.
        tr: String,
    },
    /// Files and folders of systems and programs are passed over. Told once, and again when there are others.
    PassedOver {
        /// Each name, and how often.
        passed: PassedOver,
        /// The same, in Turkish.
        tr: String,
    },
    /// A file is no scan, was not sent, and lies where `to` says.
    Damaged {
        /// The file, below the folder.
        file: String,
        /// Where it lies now.
        to: String,
        /// What is wrong with it, in Turkish.
        tr: String,
    },
    /// Something does not work, and is tried again.
    Waiting {
        /// What does not work.
        why: String,
        /// Seconds until it is tried again.
        seconds: f64,
    },
}

/// The sum of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Files whose scan is linked.
    pub linked: u64,
    /// Files whose scan is parked.
    pub parked: u64,
    /// Files that are no scan.
    pub damaged: u64,
    /// Scans that still lie in the folder.
    pub waiting: u64,
    /// Files in the folder that nobody sends, because they are no PNG by their name.
    pub others: u64,
    /// What systems and programs keep beside the scans: nobody sends that.
    pub passed: PassedOver,
    /// Folders that could not be read.
    pub unread: Vec<String>,
    /// Bytes of the scans that were really sent.
    pub bytes: u64,
    /// Scans that were really sent; the others were known already.
    pub sent: u64,
    /// How long it took.
    pub seconds: f64,
}

impl Summary {
    /// Takes an event in.
    pub fn saw(&mut self, event: &Event) {
        match event {
            Event::Received { .. } => self.linked += 1,
            Event::Parked { .. } => self.parked += 1,
            Event::Damaged { .. } => self.damaged += 1,
            Event::Connected { .. } | Event::Queued { .. } | Event::PassedOver { .. } | Event::Waiting { .. } => {}
        }
    }

    /// Whether everything in the folder was received.
    pub fn complete(&self) -> bool {
        self.waiting == 0 && self.damaged == 0 && self.unread.is_empty()
    }
}
