//! The transparency log over the ledger: what lets anybody check that nothing was lost or swapped. Nothing but C2SP.

pub mod checkpoint;
