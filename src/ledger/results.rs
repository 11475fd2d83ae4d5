//! Box results: which version counts, where a box's figures count, the sums over all of them, and reading them page by page.
//!
//! Rows are written by `entries`, in the transaction that enters the lines. It must never answer with a figure that no entry
//! brought, nor leave sums behind the rows they are sums of.

pub mod changes;
pub mod current;
mod decide;
mod filing;
pub(super) mod rows;
pub mod sums;
pub mod totals;
pub mod versions;
pub mod waiting;
mod writing;

pub(super) use decide::{Decisions, Ruling};
pub use filing::{Counting, Filed, Filing, HeldFor, Receipt};
pub(super) use rows::Precedent;
pub(super) use writing::{add_results, move_sums, read_precedents_of_figures};
