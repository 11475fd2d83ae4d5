//! Who acts, and through which channel. A credential belongs to one channel and is refused on every other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::PlaceId;

/// A way in. Each has its own credential (design: channels and credentials).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A person of a party or of a board, on the web site.
    Web,
    /// A party's program: results only, never images.
    Service,
    /// A party's bulk copy: FTP, FTPS and HTTPS `/arsiv/`. Images only.
    Bulk,
    /// A district board's program that sends scans.
    Board,
    /// A program that gives box results: SEÇSİS's. It sees nothing of what is kept.
    Feed,
    /// An SKGM operator.
    Operator,
    /// An auditor (denetçi).
    Auditor,
    /// A medium (USB) that an operator hands over against a receipt. It has no credential: nobody comes in by it.
    Medium,
}

impl Channel {
    /// The name in the database and in audit rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Service => "service",
            Self::Bulk => "bulk",
            Self::Board => "board",
            Self::Feed => "feed",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
            Self::Medium => "medium",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text cannot name an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account's name is 1 to 48 of a–z, 0–9 and '-', and begins with a letter or digit")]
pub struct BadAccountName;

fn account_name(text: &str) -> Result<String, BadAccountName> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let sound = (1..=48).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-');
    if sound { Ok(text.to_owned()) } else { Err(BadAccountName) }
}

macro_rules! account {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// As it is written in the account list.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadAccountName;
            fn from_str(text: &str) -> Result<Self, BadAccountName> {
                account_name(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadAccountName;
            fn try_from(text: String) -> Result<Self, BadAccountName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

account! {
    /// A party that takes scans away.
    PartyId
}
account! {
    /// A district board that brings scans in.
    BoardId
}

account! {
    /// A program that gives box results.
    FeedId
}

/// A board that sends scans, and where it sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The board's account.
    pub board: BoardId,
    /// Its place in the registry.
    pub place: PlaceId,
}
