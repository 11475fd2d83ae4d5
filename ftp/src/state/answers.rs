//! What is told: features, status, sizes, times, facts and sums.

use std::time::SystemTime;

use super::{Session, Who};
use crate::calendar::Moment;
use crate::command::{Algorithm, Format};
use crate::entry::{Entry, EntryKind};
use crate::listing::{Listing, fact_line, hex, long_line};
use crate::reply::Reply;
use crate::shelf::{ShelfError, Sums};

/// Most lines of a directory that `STAT` tells on the control connection.
const MOST_LINES: usize = 1000;

/// What is asked about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Make it the working directory.
    Enter,
    /// How many bytes.
    Size,
    /// When it was made.
    Modified,
    /// Its facts.
    Facts,
    /// A line as `LIST` has it, or those of a directory.
    Status,
}

/// What is sent on a data connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// A file, from a byte on.
    File {
        /// Its path.
        path: String,
        /// The first byte.
        offset: u64,
    },
    /// A directory; a file is listed as itself, but not by `MLSD`.
    Listing {
        /// Its path.
        path: String,
        /// The format of the listing.
        format: Format,
        /// Only names that look so.
        pattern: Option<String>,
        /// What stands before each name of `NLST`.
        prefix: String,
    },
}

/// The name of a digest in `HASH` (draft-bryan-ftpext-hash §3).
pub(super) fn hash_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Sha256 => "SHA-256",
        Algorithm::Crc32 => "CRC32",
    }
}

impl Session {
    pub(super) fn features(&self) -> Reply {
        let star = |algorithm| if self.algorithm == algorithm { "*" } else { "" };
        let hash = format!("HASH SHA-256{};CRC32{}", star(Algorithm::Sha256), star(Algorithm::Crc32));
        let tls: &[&str] = if self.policy.tls { &["AUTH TLS", "PBSZ", "PROT"] } else { &[] };
        let facts = self.facts.feature();
        let rest = ["EPSV", &hash, "MDTM", &facts, "REST STREAM", "SIZE", "TVFS", "UTF8", "XCRC", "XSHA256"];
        let lines = tls.iter().chain(&rest).map(|line| (*line).to_owned()).collect();
        Reply::block(211, "Features", lines, "End")
    }

    pub(super) fn help(&self) -> Reply {
        let lines = [
            "USER PASS ACCT QUIT AUTH PBSZ PROT CCC FEAT OPTS CLNT HELP SYST NOOP STAT",
            "CWD CDUP PWD LIST NLST MLSD MLST SIZE MDTM HASH XSHA256 XCRC",
            "EPSV PASV TYPE MODE STRU REST RETR ABOR ALLO SITE",
            "Nothing can be written here.",
        ];
        Reply::block(214, "These are known", lines.map(str::to_owned).to_vec(), "End")
    }

    pub(super) fn working_directory(&self) -> Reply {
        // RFC 959 appendix II: a quotation mark in a name is doubled.
        Reply::new(257, format!("\"{}\" is the working directory", self.cwd.replace('"', "\"\"")))
    }

    pub(super) fn status(&self) -> Reply {
        let line = |on: bool, yes: &str, no: &str| (if on { yes } else { no }).to_owned();
        let lines = vec![
            line(self.encrypted, "Commands are encrypted", "Commands are not encrypted"),
            line(self.private, "Data connections are encrypted", "Data connections are not encrypted"),
            line(self.who == Who::Reader, "Logged in", "Not logged in"),
            line(self.transferring, "Something is being sent", "Nothing is being sent"),
        ];
        Reply::block(211, "Status", lines, "End")
    }

    /// The answer to a question about one path.
    pub fn looked_up(&mut self, path: &str, question: Question, found: Result<&Entry, &ShelfError>) -> Reply {
        let entry = match found {
            Ok(entry) => entry,
            Err(error) => return self.refused(error),
        };
        match (question, entry.kind) {
            (Question::Enter, EntryKind::Directory) => {
                path.clone_into(&mut self.cwd);
                Reply::new(250, "Entered")
            }
            (Question::Enter, EntryKind::File { .. }) => Reply::new(550, "That is no directory"),
            (Question::Size, EntryKind::File { size }) => Reply::new(213, size.to_string()),
            (Question::Size, EntryKind::Directory) => Reply::new(550, "A directory has no size"),
            (Question::Modified, _) => match entry.modified {
                Some(modified) => Reply::new(213, Moment::from(modified).compact()),
                None => Reply::new(550, "No time is known of it"),
            },
            (Question::Facts, _) => Reply::block(250, "Facts", vec![fact_line(entry, self.facts, path)], "End"),
            (Question::Status, _) => {
                let line = long_line(entry, SystemTime::now(), &entry.name);
                Reply::block(213, "Status", vec![line], "End")
            }
        }
    }

    /// The answer to `STAT` of a directory.
    pub fn listed(&self, listing: &Listing) -> Reply {
        let entries = listing.entries();
        if entries.len() > MOST_LINES {
            return Reply::new(504, "That is too much for this connection: use LIST");
        }
        let now = SystemTime::now();
        let lines = entries.iter().map(|entry| long_line(entry, now, &entry.name)).collect();
        Reply::block(213, "Status", lines, "End")
    }

    /// The answer about a sum.
    pub fn summed(&self, algorithm: Algorithm, said: Option<&str>, sums: Result<&Sums, &ShelfError>) -> Reply {
        let sums = match sums {
            Ok(sums) => sums,
            Err(error) => return self.refused(error),
        };
        let sum = match algorithm {
            Algorithm::Sha256 => sums.sha256.map(|digest| hex(&digest)),
            Algorithm::Crc32 => sums.crc32.map(|crc| format!("{crc:08X}")),
        };
        match (sum, said) {
            (None, _) => Reply::new(550, "That sum is not known of this file"),
            (Some(sum), None) => Reply::new(250, sum),
            (Some(sum), Some(said)) => {
                Reply::new(213, format!("{} 0-{} {sum} {said}", hash_name(algorithm), sums.size))
            }
        }
    }
}
