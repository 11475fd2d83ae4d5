//! The registry's tables: the election, its places and boxes, and what each karekod names.
//!
//! Rows are only ever added, and nothing here is cached: a box that another process adds is known at the next lookup.
//! It must never decide what a good row is; that is the registry's business.

mod boxes;
mod choices;
mod having;
mod inside;
mod lookup;
mod rows;
mod walk;
mod whereabouts;
mod write;

pub use boxes::BoxAt;
pub use inside::Inside;
pub use rows::{BoxRow, CodeRow, Counts, PlaceRow};
pub use walk::{BadFormCursor, BoardCounts, ExpectedForm, FormCursor, Label, PlaceName};
pub use whereabouts::Whereabouts;
pub use write::{Addition, BATCH, Batch, Contradiction, RowSource, RowSourceError, Table, Tally, WriteError, Written};
