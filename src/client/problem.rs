//! What can be wrong with what a server gives or a copy holds, each in words that anybody understands, Turkish first.
//!
//! These are findings about data, not failures of ours: a finding is reported and never mended silently.

use serde::Serialize;

use crate::domain::Digest;
use crate::domain::words::{shown, shown_short};

/// Something is wrong with the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// The server shows fewer entries than it had signed before.
    RolledBack {
        /// Entries of the newest checkpoint that was seen.
        had: u64,
        /// Entries that are shown now.
        shown: u64,
        /// Where both checkpoints are kept as evidence.
        evidence: String,
    },
    /// Two signed checkpoints contradict each other.
    SplitView {
        /// Entries of the one.
        ours: u64,
        /// Entries of the other.
        theirs: u64,
        /// Where both checkpoints are kept as evidence, if they are.
        evidence: Option<String>,
    },
    /// Another log than the one this copy is of.
    OtherLog {
        /// The log of this copy.
        ours: String,
        /// The log that is shown.
        theirs: String,
    },
    /// A checkpoint that no trusted key has signed, or that is malformed.
    Checkpoint {
        /// What is wrong.
        what: String,
    },
    /// A file of the log is damaged.
    Tile {
        /// Its path.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// An entry is not the one that was signed.
    Entry {
        /// Its position.
        position: u64,
        /// The file that holds it.
        path: String,
    },
    /// The log's files do not lead to the signed root, and none can be blamed alone.
    Root {
        /// Entries of the checkpoint.
        size: u64,
    },
    /// An entry cannot be used.
    Unusable {
        /// Its position.
        position: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A scan is not the one that the log says.
    Scan {
        /// Where it lies.
        path: String,
        /// The entry that brought it.
        position: u64,
        /// The digest that was signed.
        signed: Digest,
        /// What is there.
        found: String,
    },
    /// A scan is not there.
    Missing {
        /// Where it should lie.
        path: String,
        /// The entry that brought it.
        position: u64,
    },
    /// A file that the log does not know.
    Extra {
        /// Where it lies.
        path: String,
    },
    /// Two entries give one path different content.
    PathTwice {
        /// The path.
        path: String,
        /// The later entry.
        position: u64,
    },
    /// A pack is not what its entries make it.
    Pack {
        /// Where it lies.
        path: String,
        /// What is wrong.
        what: String,
    },
    /// A proof proves nothing.
    Proof {
        /// Its path.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// A medium is no sound bag.
    Bag {
        /// The file that says so.
        path: String,
        /// What is wrong, in Turkish and English.
        what: String,
    },
    /// The signature over a medium proves nothing.
    Signature {
        /// Why, in Turkish and English.
        what: String,
    },
    /// A medium's file is not the one that was signed.
    FileChanged {
        /// Its path.
        path: String,
        /// The digest that was signed.
        signed: Digest,
        /// What is there.
        found: String,
    },
    /// A medium's file is not there.
    FileMissing {
        /// Its path.
        path: String,
    },
    /// A file on a medium that was not signed.
    FileExtra {
        /// Its path.
        path: String,
    },
    /// A scan that a medium's list names is on no medium that there is.
    NotDelivered {
        /// Where it should lie.
        path: String,
    },
}

impl Problem {
    /// A stable name, for programs and counts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RolledBack { .. } => "rolled-back",
            Self::SplitView { .. } => "split-view",
            Self::OtherLog { .. } => "other-log",
            Self::Checkpoint { .. } => "checkpoint",
            Self::Tile { .. } => "tile",
            Self::Entry { .. } => "entry",
            Self::Root { .. } => "root",
            Self::Unusable { .. } => "unusable",
            Self::Scan { .. } => "scan",
            Self::Missing { .. } => "missing",
            Self::Extra { .. } => "extra",
            Self::PathTwice { .. } => "path-twice",
            Self::Pack { .. } => "pack",
            Self::Proof { .. } => "proof",
            Self::Bag { .. } => "bag",
            Self::Signature { .. } => "signature",
            Self::FileChanged { .. } => "file-changed",
            Self::FileMissing { .. } => "file-missing",
            Self::FileExtra { .. } => "file-extra",
            Self::NotDelivered { .. } => "not-delivered",
        }
    }

    /// Turkish and English, a line each whatever a server or a medium wrote.
    pub fn words(&self) -> (String, String) {
        let (tr, en) = self.raw_words();
        (shown(&tr).into_owned(), shown(&en).into_owned())
    }

    fn raw_words(&self) -> (String, String) {
        match self {
            Self::RolledBack { had, shown, evidence } => (
                format!(
                    "Sunucu defteri geri aldı: daha önce {had} kayıt imzalamıştı, şimdi {shown} kayıt gösteriyor. Elinizdeki kopya olduğu gibi duruyor; iki imza da {evidence} içinde delil olarak saklandı."
                ),
                format!(
                    "The server rolled its log back: it had signed {had} entries and now shows {shown}. Your copy is untouched; both signatures are kept as evidence in {evidence}."
                ),
            ),
            Self::SplitView { ours, theirs, evidence } => {
                let kept_tr = evidence.as_ref().map_or(String::new(), |at| {
                    format!(" İkisi de {at} içinde saklandı: birlikte, inkâr edilemez bir delildir.")
                });
                let kept_en = evidence.as_ref().map_or(String::new(), |at| {
                    format!(" Both are kept in {at}: together they are proof that cannot be denied.")
                });
                (
                    format!(
                        "ÇELİŞKİ: Sunucu, birbiriyle bağdaşmayan iki ayrı defter imzalamış ({ours} ve {theirs} kayıtlı). Farklı kişilere farklı kayıtlar gösteriliyor ya da geçmiş değiştirilmiş.{kept_tr}"
                    ),
                    format!(
                        "SPLIT VIEW: the server has signed two logs that contradict each other (of {ours} and {theirs} entries). Different people are shown different records, or the past was changed.{kept_en}"
                    ),
                )
            }
            Self::OtherLog { ours, theirs } => (
                format!("Bu kopya {ours} defterine ait, gösterilen ise {theirs} defteri."),
                format!("This copy is of the log {ours}; what is shown is the log {theirs}."),
            ),
            Self::Checkpoint { what } => {
                (format!("Defterin imzası kabul edilmedi: {what}"), format!("The log's checkpoint is refused: {what}"))
            }
            Self::Tile { path, what } => {
                (format!("Defterin {path} dosyası bozuk: {what}"), format!("The log's file {path} is damaged: {what}"))
            }
            Self::Entry { position, path } => (
                format!("{position} numaralı kayıt, imzalanan kayıt değil ({path})."),
                format!("Entry {position} is not the entry that was signed ({path})."),
            ),
            Self::Root { size } => (
                format!("Defter dosyaları, imzalanan {size} kayıtlık köke ulaşmıyor."),
                format!("The log's files do not lead to the signed root over {size} entries."),
            ),
            Self::Unusable { position, what } => (
                format!("{position} numaralı kayıt kullanılamıyor: {what}"),
                format!("Entry {position} cannot be used: {what}"),
            ),
            Self::Scan { path, position, signed, found } => (
                format!("{path} DEĞİŞTİRİLMİŞ: {position} numaralı kayda göre SHA-256 {signed}, bulunan {found}."),
                format!("{path} was CHANGED: entry {position} says SHA-256 {signed}, found {found}."),
            ),
            Self::Missing { path, position } => {
                (format!("{path} EKSİK ({position} numaralı kayıt)."), format!("{path} is MISSING (entry {position})."))
            }
            Self::Extra { path } => (
                format!("{path} FAZLA: defterde böyle bir dosya yok."),
                format!("{path} is EXTRA: the log knows no such file."),
            ),
            Self::PathTwice { path, position } => (
                format!("{position} numaralı kayıt, {path} yoluna ikinci ve farklı bir içerik veriyor."),
                format!("Entry {position} gives the path {path} a second, different content."),
            ),
            Self::Pack { path, what } => {
                (format!("{path} paketi bozuk: {what}"), format!("The pack {path} is damaged: {what}"))
            }
            Self::Proof { path, what } => {
                (format!("{path} kanıtı geçersiz: {what}"), format!("The proof {path} proves nothing: {what}"))
            }
            Self::Bag { path, what } => (
                format!("Teslimatın {path} dosyası uygun değil: {what}"),
                format!("The bag's file {path} is not as it must be: {what}"),
            ),
            Self::Signature { what } => (
                format!("Teslimatın imzası geçersiz: {what}"),
                format!("The signature over the bag proves nothing: {what}"),
            ),
            Self::FileChanged { path, signed, found } => (
                format!("{path} DEĞİŞTİRİLMİŞ: imzalanan SHA-256 {signed}, bulunan {found}."),
                format!("{path} was CHANGED: signed was SHA-256 {signed}, found {found}."),
            ),
            Self::FileMissing { path } => (format!("{path} EKSİK."), format!("{path} is MISSING.")),
            Self::FileExtra { path } => {
                (format!("{path} FAZLA: imzalananlar arasında yok."), format!("{path} is EXTRA: it was not signed."))
            }
            Self::NotDelivered { path } => {
                (format!("{path} listede var, ortamda yok."), format!("{path} is in the list and not on the medium."))
            }
        }
    }
}

/// A server's text, or the name of a file, as it may be shown on a terminal: one short line.
pub fn printable(text: &str) -> String {
    shown_short(text, 300)
}
