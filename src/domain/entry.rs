//! One entry of the ledger: one line of JSON whose bytes are the log's leaf. They never change once written.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{BoardId, Digest, Gate, Karekod};

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// A scan came in and belongs to a form.
    Linked,
    /// A scan came in and could not be linked; it is kept, with the reason.
    Parked,
    /// A parked scan was linked later: its code became known, or people say which form it shows (`by` and `reason`).
    Resolved,
    /// A scan counts no longer as what it was linked to, with the reason; bytes and path stay. It takes back every link of
    /// these bytes that was entered before; those that come later count.
    Withdrawn,
    /// A gate opened or closed.
    Gate,
    /// Which election this log is of, and the digest of its registry. The first entry, and again whenever boxes are added.
    Election,
    /// A key that signs this log's checkpoints and receipts from here on.
    Key,
    /// A version of a box's result came in: `sha256` and `size` are those of its line, `revision` is its version.
    Result,
    /// The same, by which the result is taken back.
    Voided,
    /// A result line came in and is not in force, with the reason in `reason`: its box is not known yet, or another line of
    /// the same version came before. It is kept; a later `result` or `voided` with the same `sha256` puts it in force.
    Held,
}

impl EntryKind {
    /// The name in the database, equal to the one in the line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Parked => "parked",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
            Self::Gate => "gate",
            Self::Election => "election",
            Self::Key => "key",
            Self::Result => "result",
            Self::Voided => "voided",
            Self::Held => "held",
        }
    }

    /// Whether it is about a result line, rather than a scan or the log itself.
    pub fn is_of_figures(self) -> bool {
        matches!(self, Self::Result | Self::Voided | Self::Held)
    }
}

/// An entry's fields in the order of its line. The order is part of the format: the leaf hash covers these bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Version of this format.
    pub v: u8,
    /// When it was committed, UTC, to the millisecond.
    pub at: Timestamp,
    /// What it says.
    pub kind: EntryKind,
    /// The scan, or the result line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<Digest>,
    /// CRC-32 of the scan's bytes (IEEE, as in ZIP), so that archives can be computed without reading it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub crc32: Option<u32>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    /// Width in pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width: Option<u32>,
    /// Height in pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height: Option<u32>,
    /// The code of the form it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub form: Option<Karekod>,
    /// Where it lies in the tree. A parked scan has no path: it may be a page that no party has a right to see.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Which page of the form, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub page: Option<u32>,
    /// Which scan of that page, from 1; of a result, its version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u32>,
    /// Who sent it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub board: Option<BoardId>,
    /// The earlier scan that the sender said it replaces.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<Digest>,
    /// The karekods that were read, where they made no link.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub codes: Vec<Karekod>,
    /// Why it was parked, resolved by hand or withdrawn; why a result changed or is held; why a gate was opened or closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What the sender said about it, such as why it replaces another.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// The election's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub election: Option<String>,
    /// Covers all of the registry that was imported so far; `tutanak election show` prints it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub registry: Option<Digest>,
    /// A signing key as a verifier is given it: `name+id+key` (C2SP signed-note).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
    /// Which gate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub gate: Option<Gate>,
    /// Whether it is open from here on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub open: Option<bool>,
    /// Who did it, by their logins: the operators who opened or closed a gate, the people of a board who linked by hand or
    /// took that back; `reason` says why.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub by: Vec<String>,
}

impl Entry {
    /// An entry of `kind` that says nothing else yet.
    pub fn bare(at: Timestamp, kind: EntryKind) -> Self {
        Self {
            v: 1,
            at,
            kind,
            sha256: None,
            crc32: None,
            size: None,
            width: None,
            height: None,
            form: None,
            path: None,
            page: None,
            revision: None,
            board: None,
            replaces: None,
            codes: Vec::new(),
            reason: None,
            note: None,
            election: None,
            registry: None,
            key: None,
            gate: None,
            open: None,
            by: Vec::new(),
        }
    }

    /// The entry's line, without a line break. These bytes are the leaf.
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("an entry has only text keys and plain values")
    }
}

/// RFC 6962 §2.1: the hash of a leaf, over a zero byte and the entry's line.
pub fn leaf_hash(line: &str) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(line.as_bytes()).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_the_same_line_after_a_round_trip() {
        let entry = Entry {
            sha256: Some(Digest::of(b"scan")),
            crc32: Some(7),
            size: Some(4),
            width: Some(1654),
            height: Some(2339),
            form: Some("1093717526".parse().unwrap()),
            path: Some("tutanaklar/x-1.v1.png".into()),
            page: Some(1),
            revision: Some(1),
            board: Some("kadikoy-1".parse().unwrap()),
            ..Entry::bare("2024-03-31T18:02:11.123Z".parse().unwrap(), EntryKind::Linked)
        };
        let line = entry.line();
        assert_eq!(
            line,
            format!(
                r#"{{"v":1,"at":"2024-03-31T18:02:11.123Z","kind":"linked","sha256":"{}","crc32":7,"size":4,"width":1654,"height":2339,"form":"1093717526","path":"tutanaklar/x-1.v1.png","page":1,"revision":1,"board":"kadikoy-1"}}"#,
                Digest::of(b"scan")
            )
        );
        let again: Entry = serde_json::from_str(&line).unwrap();
        assert_eq!(again, entry);
        assert_eq!(again.line(), line);
    }

    #[test]
    fn the_leaf_hash_is_rfc_6962s() {
        // The empty leaf's hash as in the test vectors of Certificate Transparency.
        let expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex::encode(leaf_hash("")), expected);
    }
}
