//! The words of the trade as types: what a scan, a form, a place and a digest *are*.
//!
//! Everything here is pure. It must never do I/O, speak SQL or HTTP, or read a clock.

pub mod act;
pub mod alliance;
pub mod ballot_box;
pub mod choice;
pub mod digest;
pub mod directory;
pub mod election;
pub mod entry;
pub mod figures;
pub mod form;
pub mod gate;
pub mod karekod;
pub mod naming;
pub mod origin;
pub mod person;
pub mod place;
pub mod principal;
pub mod race;
pub mod result;
pub mod routing;
pub mod scan;
mod stem;
pub mod turkish;
pub mod words;

pub use act::Act;
pub use ballot_box::{BoxId, RaceSet};
pub use choice::{Choice, ChoiceKind};
pub use digest::Digest;
pub use election::Election;
pub use entry::{Entry, EntryKind};
pub use figures::{Check, Figures};
pub use form::{Form, FormKey, FormKind, MergeScope};
pub use gate::Gate;
pub use karekod::Karekod;
pub use origin::Origin;
pub use place::{BoxKind, Level, PlaceId};
pub use principal::{BoardId, Channel, FeedId, PartyId, Sender};
pub use race::Race;
pub use result::{BadResult, BoxResult, ChangeReason};
pub use scan::{Scan, ScanFacts};
pub use words::Words;
