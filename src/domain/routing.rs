//! What an upload claims, what the ledger already holds, and what follows: the words in which routing is decided, and the
//! rules.

mod rule;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BoardId, Digest, Form, FormKey, Karekod};
pub use rule::{rule, rule_by_hand};

/// Why a sound scan could not be linked. It is kept and listed all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParkReason {
    /// No karekod was read on the page.
    NoCode,
    /// A karekod was read that the registry does not know.
    UnknownCode,
    /// Karekods of one page name different forms, or one is so like the other that it may be a misread of it. Nobody
    /// guesses between them.
    CodesDisagree,
    /// The form belongs to another board.
    OtherBoard,
    /// The very same bytes are already another form's scan. An alarm: one paper cannot be two forms.
    SameBytesOtherForm,
    /// It has too few pixels to be read, or far fewer than the scan of the same page that is on file: a thumbnail.
    TooSmall,
}

impl ParkReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::NoCode,
        Self::UnknownCode,
        Self::CodesDisagree,
        Self::OtherBoard,
        Self::SameBytesOtherForm,
        Self::TooSmall,
    ];

    /// The name in entries, receipts and the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoCode => "no-code",
            Self::UnknownCode => "unknown-code",
            Self::CodesDisagree => "codes-disagree",
            Self::OtherBoard => "other-board",
            Self::SameBytesOtherForm => "same-bytes-other-form",
            Self::TooSmall => "too-small",
        }
    }

    /// What election users are told.
    pub fn turkish(self) -> &'static str {
        match self {
            Self::NoCode => "Sayfada karekod okunamadı.",
            Self::UnknownCode => "Sayfadaki karekod kayıtlarda yok.",
            Self::CodesDisagree => "Sayfadaki karekodlar birbirini tutmuyor.",
            Self::OtherBoard => "Bu tutanak başka bir kurulun sandığına ait.",
            Self::SameBytesOtherForm => "Aynı görüntü daha önce başka bir tutanak olarak kaydedilmiş.",
            Self::TooSmall => {
                "Görüntü okunamayacak kadar ya da aynı tutanağın kayıtlı taramasından çok daha küçük; bir küçük resim \
                 (önizleme) olabilir."
            }
        }
    }

    /// The reason that `name` spells.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl fmt::Display for ParkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What reading and the registry found out about a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// No karekod was read.
    NoCode,
    /// The codes that were read are unknown.
    Unknown(Vec<Karekod>),
    /// The codes that were read do not name one form.
    Disagree(Vec<Karekod>),
    /// One form, and whether the sending board may send it.
    Form {
        /// The form.
        form: Form,
        /// Whether it is the sender's to send.
        own: bool,
        /// Codes of the page that the registry does not know, and that are no misread of the form's own: an address or a
        /// telephone number that somebody put on the sheet.
        strange: Vec<Karekod>,
    },
}

/// What one upload claims.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The scan.
    pub digest: Digest,
    /// Who sent it.
    pub board: BoardId,
    /// What the page says.
    pub finding: Finding,
    /// The earlier scan that the sender says it replaces.
    pub replaces: Option<Digest>,
    /// The side of a module of the page's karekods, in pixels: what the paper was scanned with. None where nothing tells.
    pub module: Option<f32>,
}

/// An earlier entry with the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its position.
    pub position: u64,
    /// Who sent it.
    pub board: BoardId,
    /// The form it was linked to; none while it is parked.
    pub form: Option<FormKey>,
    /// Why it was parked, if it was.
    pub parked: Option<ParkReason>,
}

/// A scan that the form has already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnFile {
    /// Which page, from 1.
    pub page: u32,
    /// Which scan of the page, from 1.
    pub revision: u32,
    /// The scan.
    pub digest: Digest,
    /// Its pixels; none in an entry that does not say.
    pub pixels: Option<Pixels>,
}

/// The sides of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Pixels {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

impl Pixels {
    /// The longer side: the same however the paper lay on the glass.
    pub fn longer(self) -> u32 {
        self.width.max(self.height)
    }

    /// The shorter side.
    pub fn shorter(self) -> u32 {
        self.width.min(self.height)
    }
}

/// The earlier entries that affect a claim, read under the lock that orders all entries.
#[derive(Clone, Debug, Default)]
pub struct Precedents {
    /// Entries with the same bytes, oldest first.
    pub same_bytes: Vec<Earlier>,
    /// Scans of the form that the claim names.
    pub on_file: Vec<OnFile>,
    /// The pixels of the scan that is claimed.
    pub pixels: Option<Pixels>,
}

/// What becomes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The scan is known: the receipt of that entry is given again and nothing is written.
    Known {
        /// The earlier entry.
        position: u64,
    },
    /// A new entry links it.
    Linked {
        /// Which page, from 1.
        page: u32,
        /// Which scan of the page, from 1.
        revision: u32,
    },
    /// A new entry links what the same board had sent before and we had to park.
    Resolved {
        /// Which page, from 1.
        page: u32,
        /// Which scan of the page, from 1.
        revision: u32,
    },
    /// A new entry parks it.
    Parked(ParkReason),
}
