//! Where a board's uploads wait among those of other boards, as its machine and its people are told.

use serde::Serialize;

use super::Services;
use crate::domain::BoardId;
use crate::intake::QueuePosition;

/// A board's queue position.
#[derive(Debug, Serialize)]
pub(super) struct Queued {
    #[serde(flatten)]
    position: QueuePosition,
    /// The same, in Turkish.
    pub tr: String,
}

impl Queued {
    /// Where this board's uploads wait. None while none of them waits.
    pub fn of(services: &Services, board: &BoardId) -> Option<Self> {
        services.intake.waits(board).map(|position| Self { position, tr: position.turkish() })
    }
}
