//! The archive room: virtual files whose every byte follows from ledger rows: packs, lists, sums, Metalink.
//!
//! It must never buffer a whole file of scans, nor store anything twice: lengths, tags and byte ranges are computed.

pub mod pack;
pub mod zip;
