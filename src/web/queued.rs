//! Where a board's uploads wait among those of other boards, as its machine and its people are told.

use serde::Serialize;

use super::Services;
use crate::domain::BoardId;
use crate::intake::Place;

/// A place among the boards that wait.
#[derive(Debug, Serialize)]
pub(super) struct Queued {
    #[serde(flatten)]
    place: Place,
    /// The same, in Turkish.
    pub tr: String,
}

impl Queued {
    /// Where this board's uploads wait. None while none of them waits.
    pub fn of(services: &Services, board: &BoardId) -> Option<Self> {
        services.intake.waits(board).map(|place| Self { place, tr: place.turkish() })
    }
}
