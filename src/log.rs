//! The transparency log over the ledger: what lets anybody check that nothing was lost or swapped. Nothing but C2SP.
//!
//! Pure: hashes, texts and signatures go in and come out. It must never know where they are stored.

pub mod checkpoint;
pub mod frontier;
pub mod note;
pub mod proof;
pub mod proof_file;
pub mod signer;
pub mod tile;
