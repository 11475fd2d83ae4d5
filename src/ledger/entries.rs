//! Entries: how they are decided and written, the sequence as it is read, and what follows from it: the tree's rows, the
//! hashes of the log, the look at every stored scan.
//!
//! It must never change an entry, nor let one be seen before those that stand before it.

pub mod append;
mod batch;
pub mod below;
pub mod bind;
pub mod board;
pub mod brake;
pub mod filled;
pub mod gates;
pub mod hand_links;
mod known;
mod line;
mod links;
pub mod nodes;
pub mod packs;
mod plan;
mod replay;
mod rows;
pub mod scrub;
mod sequence;
mod settle;
pub mod sheets;
mod submission;
pub mod tiles;

pub use line::{Line, parse};
pub(super) use links::stands;
pub(super) use rows::stored_frontier;
pub use sequence::HeadNow;
