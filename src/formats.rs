//! The formats that the service and its clients share: packs, bags on media, their signatures and names, receipts.
//!
//! Pure text and arithmetic: no database, no network, no file. A party's program is built on this room and needs nothing
//! of the service; `naming` in `domain` spells the paths, and `log` the formats of the transparency log.

pub mod bag;
pub mod pack;
pub mod portable;
pub mod receipt;
pub mod result_bundle;
pub mod sealed;
pub mod sign;
pub mod zip;
