//! The answer to a result line: what became of it, and at which position of the log it stands.

use serde::Serialize;

use crate::ledger::results::{Filed, Receipt};

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was entered and counts.
    Created,
    /// The same line was entered before.
    Known,
    /// It was entered; a higher version counts already.
    Late,
    /// Another line of this version was entered before: this one is kept, and does not count.
    Conflict,
    /// The registry does not know the box: the line is kept, and counts once it does.
    Parked,
    /// It was not entered.
    Refused,
}

impl Status {
    /// The name in receipts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Known => "known",
            Self::Late => "late",
            Self::Conflict => "conflict",
            Self::Parked => "parked",
            Self::Refused => "refused",
        }
    }
}

/// A receipt. The field order is part of the format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineReceipt {
    /// What became of the line.
    pub status: Status,
    /// Position of its entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// That entry's leaf hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf: Option<String>,
    /// What is wrong with it, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

const CONFLICT: &str = "bu sürüm daha önce başka sayılarla geldi; bu satır saklandı ama geçerli değil. Hangisinin doğru olduğu \
                        daha yüksek sürüm numaralı bir satırla bildirilmeli";
const PARKED: &str = "sandık kayıtlarda yok; satır saklandı, sandık eklendiğinde geçerli olacak";

impl LineReceipt {
    /// Of a line that is refused.
    pub fn refused(problem: impl ToString) -> Self {
        Self { status: Status::Refused, position: None, leaf: None, problem: Some(problem.to_string()) }
    }

    /// Of a line that the ledger was given; none where it must be looked at again.
    pub(super) fn of(receipt: &Receipt) -> Option<Self> {
        let (status, problem) = match receipt.filed {
            Filed::Created => (Status::Created, None),
            Filed::Known => (Status::Known, None),
            Filed::Late => (Status::Late, None),
            Filed::Conflict => (Status::Conflict, Some(CONFLICT.to_owned())),
            Filed::Parked => (Status::Parked, Some(PARKED.to_owned())),
            Filed::LookAgain => return None,
        };
        Some(Self { status, position: Some(receipt.position), leaf: Some(hex::encode(receipt.leaf)), problem })
    }
}
