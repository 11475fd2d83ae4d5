//! Box results. Taking them in: read line by line, looked up in the registry, entered in the log; and counted where their boxes
//! stand. Handing them out: rows of figures with the names of their choices, as XML, as CSV, and as the report that NIST SP
//! 1500-100 describes.
//!
//! A line is refused where it is no result, never for its arithmetic. Everything that is handed out is written into a buffer
//! that the caller gives out and empties, row by row, so memory stays flat however many rows there are. It must never hand out
//! an image, and never write a zero where nothing was typed.

mod ballots;
mod book;
pub mod csv;
pub mod document;
pub mod nist;
pub mod reading;
pub mod receipts;
mod rows;
pub mod selection;
pub mod settle;
pub mod sums;
pub mod take_in;
mod text;
pub mod ties;
mod units;
pub mod xlsx;
pub mod xml;

pub use reading::{BoxResults, Cursor, LogNow, Page, ReadError, SelectError, Version};
pub use receipts::{LineReceipt, Status};
pub use rows::{Answer, Row, Unit, Units};
pub use selection::{BadFilter, Filter, Question, Selection};
pub use take_in::{Figures, TakeInError};
