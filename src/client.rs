//! What parties run: a copy of everything that is handed out, kept up to date (`mirror`), and the check of it (`verify`).
//! What boards run: every scan of a folder sent, and its receipt kept (`upload`).
//!
//! The server may be hostile, or somebody in between: nothing it sends is believed before it is under a root that a
//! trusted key signed, nothing is written where it did not belong, and nothing that was once right is overwritten. This
//! room must never need the server's database.

pub mod credentials;
pub mod disk;
pub mod fetch;
pub mod ftp;
pub mod ftp_check;
pub mod https;
pub mod log_entry;
pub mod metered;
pub mod mirror;
pub mod order;
pub mod pace;
pub mod problem;
pub mod progress;
pub mod ranges;
pub mod remote;
pub mod retry;
pub mod round;
pub mod state;
pub mod transport;
pub mod trust;
pub mod upload;
pub mod verify;

#[cfg(test)]
mod tests;
