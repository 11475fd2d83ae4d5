//! `tutanak` takes in the scanned records of an election night, keeps them, and hands them out, provably whole.

pub mod cli;
pub mod domain;
pub mod ledger;
pub mod registry;
