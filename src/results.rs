//! Box results as they are handed out: rows of figures with the names of their choices, as XML, as CSV, and as the report that
//! NIST SP 1500-100 describes.
//!
//! Everything here writes into a buffer that the caller gives out and empties, row by row, so memory stays flat however many
//! rows there are. It must never hand out an image, and never write a zero where nothing was typed.

pub mod csv;
pub mod nist;
mod rows;
mod text;
pub mod xml;

pub use rows::{Answer, Row, Unit, Units};
