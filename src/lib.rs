//! `tutanak` takes in the scanned records (tutanak) of an election night, keeps them, and hands them out, provably whole.
//!
//! This page is the map. Every room says in its first lines what it is for and what it must never do.
//!
//! # The way of a scan
//!
//! ```text
//!  a board                                                                a party
//!     │ PUT /v1/scans/{sha256}                                               ▲  GET /arsiv/…   RETR …
//!     ▼                                                                      │
//!  web::api ────▶ intake::accept                                    web::archive, shelf
//!                  │ permit    memory is promised before a byte is read      │ access: may they, now, from there?
//!                  │ receive   hashed on the way, torn bodies are errors     │ audit: a slot for the row, or nothing
//!                  │ inspect   every chunk, every checksum, every pixel      │
//!                  │ reading   the karekods, on the CPU lane                 │
//!                  │ registry  what the codes name, and whose it is        tree ── one name space for both
//!                  │ keep ───▶ vault   durable under its digest ◀── bytes ───┤
//!                  │ record ─▶ ledger  one short transaction ────── paths ───┘
//!                  ▼
//!               receipt, signed
//! ```
//!
//! # Rooms, from the bottom to the top
//!
//! * [`domain`]: the words of the trade as types, and the one spelling of every public path. [`clock`], [`cpu`], [`cache`],
//!   [`meters`] (what is counted for operators), [`probe`], [`shares`], [`space`], [`beneath`] (files in folders that others prepared), [`terminal`] (what commands print),
//!   [`html`] (the escaper of pages) and [`telemetry`] are the tools of all others.
//! * [`vault`]: objects by their content. [`reading`]: pixels and karekods. [`drawing`]: forms and scans for rehearsals.
//!   [`log`]: the arithmetic of the transparency log. [`formats`]: what the service and its clients must spell alike: packs,
//!   bags on media, signatures, receipts. [`tls`]: certificates. [`paper`]: sheets that are printed.
//! * [`ledger`]: the database: entries and the rows that follow from them, the registry's tables, accounts, people, audit rows,
//!   media. The only SQL.
//! * [`registry`]: the election: its import, and what a code names.
//! * [`access`]: who may what, when, from where. [`audit`]: the record of it. [`admission`]: both at once, the one way in.
//! * [`pictures`]: parts of scans for people's screens, drawn when they are asked for.
//! * [`archive`]: what packs and lists hold, computed rather than stored. [`publication`]: the log's copy in the vault, and a
//!   database made from it again.
//! * [`results`]: box results: taking them in, and as XML, as CSV, as reports.
//! * [`intake`]: taking in. [`tree`]: handing out: every path of `/arsiv/` and FTP, with a table of who makes which.
//!   [`export`]: a medium for an independent candidate. [`people`]: who is defined: enrolment, the request form, slips.
//! * [`operation`]: whether the node can serve, and the look at every stored scan, at a set pace.
//! * [`web`]: HTTPS. [`shelf`]: the tree as the FTP crate (`tutanak-ftp`) sees it. [`config`]: the file.
//!   [`rehearsal`]: the registry's forms as they would be printed. [`client`]: what boards and parties run: upload,
//!   mirror and verify.
//! * [`app`]: builds, runs and stops everything. [`cli`]: the commands.
//!
//! Nobody looks up: a test reads the paths in every file and says so. [`client`] needs nothing of the service: it stands on
//! `domain`, `log`, `formats`, the check of a PNG's frame in `reading`, and the tools.
//!
//! # Invariants, each with a test that tries to break it
//!
//! 1. *A row never points at an object that is not durable.* [`ledger::append::Submission`] is made from a
//!    [`vault::Kept`], and only [`vault::Vault::keep`] makes one.
//! 2. *A receipt means durable.* kill -9 at any instant leaves at worst an object without an entry; the retry links it.
//! 3. *Positions have no holes and are seen in order* by every reader on every node: the head row is locked before
//!    anything is read, and moved last.
//! 4. *No path changes its content. No entry changes or goes away.* A better scan is the next revision, beside the old.
//! 5. *No bytes, names or counts leave without a yes from `access` and a row in `audit`.* Who serves holds an
//!    [`audit::RecordSlot`], and a slot always becomes a row.
//! 6. *FTP cannot write.* The trait `tutanak_ftp::Shelf` has no such method.
//! 7. *Memory is bounded by configuration, whatever is sent.* Uploads take permits; pixels are counted before they are
//!    decoded; work that burns a core runs on the CPU lane, one permit a core.
//! 8. *Only `vault` spells object keys, only `ledger` SQL, only [`domain::naming`] public paths.*
//! 9. *The original bytes of a scan are never re-encoded.*
//! 10. *What is handed out as complete has the digest of its entry, on every channel.* `vault` compares every scan before its
//!     last byte is given; rot ends the transfer as an error, raises an alarm and is healed from another copy.

// What is printed goes through `terminal`: `out!` and `note!`.
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

pub mod access;
pub mod admission;
pub mod app;
pub mod archive;
pub mod audit;
pub mod beneath;
pub mod cache;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod cpu;
pub mod domain;
pub mod export;
pub mod formats;
pub mod html;
pub mod intake;
pub mod ledger;
pub mod log;
pub mod meters;
pub mod operation;
pub mod paper;
pub mod people;
pub mod pictures;
pub mod probe;
pub mod publication;
pub mod registry;
pub mod rehearsal;
pub mod results;
pub mod shares;
pub mod shelf;
pub mod space;
pub mod telemetry;
pub mod terminal;
pub mod tls;
pub mod tree;
pub mod vault;
pub mod web;

// Crates of their own, so that the rooms with hot loops are optimised in every build, and compiled again only when they
// change.
pub use tutanak_drawing as drawing;
pub use tutanak_reading as reading;
