//! What an act is done to.

use crate::domain::PlaceId;

/// What the act is done to, as far as the decision depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object<'a> {
    /// All there is, or what is in no place of its own: the root, a pack, the log. Acts that may be about any account
    /// (`Act::Administer`, `Act::ReadRecord`) are asked for with this.
    Everything,
    /// What lies in one seçim çevresi.
    In(&'a PlaceId),
    /// What belongs to one account and is nobody else's: its password, its record, its uploads.
    Of(&'a str),
}
