//! `tutanak` takes in the scanned records of an election night, keeps them, and hands them out, provably whole.

pub mod access;
pub mod app;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod cpu;
pub mod domain;
pub mod drawing;
pub mod intake;
pub mod ledger;
pub mod log;
pub mod reading;
pub mod registry;
pub mod rehearsal;
pub mod shelf;
pub mod telemetry;
pub mod tls;
pub mod tree;
pub mod vault;
pub mod web;
