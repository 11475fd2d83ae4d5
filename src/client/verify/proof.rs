//! One scan against its `.tlog-proof`: file, entry, leaf, root and signature make one chain.

use std::path::Path;

use super::{CannotVerify, Verdict, files};
use crate::client::disk;
use crate::client::problem::Problem;
use crate::client::told::Told;
use crate::log::frontier::leaf;
use crate::log::note::VerifierKey;
use crate::log::proof_file::{PROOF_FILE_BYTES, ProofFile};

/// Checks that the file `scan` is in the log that one of `keys` signed, by the proof at `proof`.
///
/// # Errors
/// When a file cannot be read. What is wrong with it is in the verdict.
pub fn verify_scan(scan: &Path, proof: &Path, keys: &[VerifierKey]) -> Result<Verdict, CannotVerify> {
    let unreadable = |path: &Path, why: &dyn std::fmt::Display| CannotVerify::Unreadable {
        path: path.display().to_string(),
        why: why.to_string(),
    };
    let file = std::fs::File::open(scan).map_err(|error| unreadable(scan, &error))?;
    let (digest, bytes) = files::digest(file).map_err(|error| unreadable(scan, &error))?;
    let text = disk::read(proof, PROOF_FILE_BYTES)?.ok_or_else(|| unreadable(proof, &"no such file"))?;
    let mut verdict = Verdict { scans: 1, bytes, ..Verdict::default() };
    let path = proof.display().to_string();
    let wrong = |what: String| Problem::Proof { path: path.clone(), what };
    let file = match ProofFile::parse(&String::from_utf8_lossy(&text)) {
        Ok(file) => file,
        Err(error) => {
            verdict.problems.push(wrong(error.to_string()));
            return Ok(verdict);
        }
    };
    let line = file.extra.clone().unwrap_or_default();
    let told = std::str::from_utf8(&line).ok().and_then(|line| Told::parse(line).ok());
    match told.and_then(|told| told.sha256) {
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
    Ok(verdict)
}
