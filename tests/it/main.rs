//! Every integration test, in one binary: `mod` lines and nothing else.

#![allow(clippy::unwrap_used, reason = "a test says what must hold by unwrapping")]

mod archive;
mod attacks;
mod audit;
mod board_upload;
mod board_web;
mod broken;
mod crash;
mod disks;
mod edges;
mod engines;
mod explain;
mod ftp;
mod ftp_rights;
mod gates;
mod house;
mod layers;
mod ledger;
mod lists;
mod log;
mod machine;
mod medium;
mod mirror;
mod nodes;
mod packs;
mod pages;
mod paper;
mod people;
mod people_form;
mod people_web;
mod reach;
mod readiness;
mod reading;
mod rebuild;
mod receipt;
mod registry;
mod samples;
mod scanner;
mod sealing;
mod silence;
mod stock;
mod syslog;
mod upload;
mod vault;
mod words;
