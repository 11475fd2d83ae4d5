//! One scan against its proof: file, entry, leaf, root and signature make one chain. The proof lies beside it as
//! `.tlog-proof`, or is computed from the copy in which the scan lies.

use std::path::Path;

use super::{CannotVerify, Verdict};
use crate::beneath;
use crate::client::disk::{self, Disk};
use crate::client::fetch::SCAN_BYTES;
use crate::client::log_entry::LogEntry;
use crate::client::problem::Problem;
use crate::client::round::{Bundle, Copy};
use crate::client::state::{self, tile_path};
use crate::domain::Digest;
use crate::log::frontier::leaf;
use crate::log::note::VerifierKey;
use crate::log::proof::inclusion;
use crate::log::proof_file::{PROOF_FILE_BYTES, ProofFile};
use crate::log::tile::{BUNDLE_BYTES, bundles};

/// Checks that the file `scan` is in the log that one of `keys` signed, by the proof at `proof`.
///
/// # Errors
/// When a file cannot be read. What is wrong with it is in the verdict.
pub fn verify_scan(scan: &Path, proof: &Path, keys: &[VerifierKey]) -> Result<Verdict, CannotVerify> {
    let (digest, bytes) = hashed(scan)?;
    let text = disk::read_named(proof, PROOF_FILE_BYTES)?.ok_or_else(|| unreadable(proof, &"no such file"))?;
    let path = proof.display().to_string();
    match ProofFile::parse(&String::from_utf8_lossy(&text)) {
        Ok(file) => Ok(held_against(scan, digest, bytes, &path, &file, keys)),
        Err(error) => {
            let problems = vec![Problem::Proof { path, what: error.to_string() }];
            Ok(Verdict { scans: 1, bytes, problems, ..Verdict::default() })
        }
    }
}

/// Checks that the file `scan`, which lies in a copy at `path`, is in the log that one of `keys` signed, by the copy's own
/// log.
///
/// # Errors
/// When a file cannot be read, or the copy's log knows no such path. What is wrong with it is in the verdict.
pub fn verify_scan_of_copy(
    scan: &Path,
    disk: &Disk,
    path: &str,
    keys: &[VerifierKey],
) -> Result<Verdict, CannotVerify> {
    let (digest, bytes) = hashed(scan)?;
    let missing = |why: &dyn std::fmt::Display| unreadable(disk.root(), why);
    let note = state::checkpoint_note(disk)?.ok_or_else(|| missing(&"burada bir kopya yok / there is no copy here"))?;
    let size = state::believed(&note).map_err(|error| missing(&error))?.size;
    let Some((index, line)) = entry(disk, path, size)? else {
        let problems = vec![Problem::Extra { path: path.to_owned() }];
        return Ok(Verdict { scans: 1, bytes, problems, ..Verdict::default() });
    };
    let hashes = inclusion(index, size, &Copy { disk, size }).map_err(|error| missing(&error))?;
    let hashes = hashes.ok_or_else(|| missing(&"the copy's log is shorter than its checkpoint"))?;
    let file = ProofFile { extra: Some(line.into_bytes()), index, hashes, checkpoint: note };
    Ok(held_against(scan, digest, bytes, &state::log_path(""), &file, keys))
}

/// The newest entry of a copy's log that brings a scan to this path. Reads the log through.
fn entry(disk: &Disk, path: &str, size: u64) -> Result<Option<(u64, String)>, CannotVerify> {
    let mut found = None;
    for tile in bundles(0..size) {
        let Some(bytes) = disk.read(&tile_path(tile), BUNDLE_BYTES)? else { continue };
        let Ok(bundle) = Bundle::parse(tile, bytes) else { continue };
        for (position, line) in (tile.first()..).zip(bundle.lines()) {
            // Most lines are not looked at closer.
            let names = |entry: LogEntry| entry.path.as_deref() == Some(path) && entry.sha256.is_some();
            if line.contains(path) && LogEntry::parse(line).is_ok_and(names) {
                found = Some((position, line.to_owned()));
            }
        }
    }
    Ok(found)
}

fn hashed(scan: &Path) -> Result<(Digest, u64), CannotVerify> {
    let bytes = beneath::read_named(scan, SCAN_BYTES).map_err(|error| unreadable(scan, &error))?;
    Ok((Digest::of(&bytes), bytes.len() as u64))
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> CannotVerify {
    CannotVerify::Unreadable { path: path.display().to_string(), why: why.to_string() }
}

fn held_against(
    scan: &Path,
    digest: Digest,
    bytes: u64,
    proof: &str,
    file: &ProofFile,
    keys: &[VerifierKey],
) -> Verdict {
    let mut verdict = Verdict { scans: 1, bytes, ..Verdict::default() };
    let wrong = |what: String| Problem::Proof { path: proof.to_owned(), what };
    let line = file.extra.clone().unwrap_or_default();
    let entry = std::str::from_utf8(&line).ok().and_then(|line| LogEntry::parse(line).ok());
    match entry.and_then(|entry| entry.sha256) {
        None => verdict.problems.push(wrong("it does not carry the scan's entry".to_owned())),
        Some(signed) if signed != digest => verdict.problems.push(Problem::Scan {
            path: scan.display().to_string(),
            position: file.index,
            signed,
            found: digest.to_string(),
        }),
        Some(_) => {}
    }
    match file.verify(&leaf(&line), keys) {
        Ok(checkpoint) => {
            (verdict.origin, verdict.size, verdict.root) =
                (checkpoint.origin, checkpoint.size, hex::encode(checkpoint.root));
        }
        Err(error) => verdict.problems.push(wrong(crate::telemetry::Chain(&error).to_string())),
    }
    verdict
}
