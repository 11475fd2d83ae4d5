//! A medium (USB) that was handed to a candidate: whether it is whole, unaltered, and under the log that everybody sees.
//!
//! From the top: the log's key signed the tag manifest, that covers the manifest and every page, the manifest covers every
//! scan and list, and each scan's proof leads to the signed checkpoint. Nothing on the medium is believed before that.

mod bag;
mod scan;

use std::path::Path;

use super::{CannotVerify, View, compare_with_copy};
use crate::beneath::{Folder, Kind};
use crate::client::disk::{self, Disk, DiskError};
use crate::client::problem::Problem;
use crate::client::round::Copy;
use crate::client::trust;
use crate::domain::naming;
use crate::formats::bag::{DECLARATION, INFO, Info, MANIFEST, PAYLOAD, SIGNATURE, TAGS};
use crate::formats::sealed::{ENDING, SUMS};
use crate::formats::sign::{self, BadSignature, SIGNATURE_BYTES};
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{NOTE_BYTES, VerifierKey};
use crate::log::proof;
use bag::Manifest;

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default)]
pub struct MediumVerdict {
    /// What the medium says of itself; none where that cannot be read.
    pub info: Option<Info>,
    /// What its checkpoint says, where a trusted key signed it.
    pub checkpoint: Option<Checkpoint>,
    /// The fingerprint of the key that signed the bag, as its receipt shows it.
    pub fingerprint: String,
    /// Files that were hashed.
    pub files: u64,
    /// Scans among them, each with its proof.
    pub scans: u64,
    /// Bytes that were hashed.
    pub bytes: u64,
    /// Scans that lie on other media of the same request.
    pub elsewhere: u64,
    /// Whether the keys came from the medium itself, so that they prove nothing about who signed.
    pub own_keys: bool,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Whether a bag lies in this directory, whole or half.
pub fn is_medium(root: &Path) -> bool {
    let Ok(folder) = Folder::open(root) else { return false };
    let there = |name: &str| folder.look(Path::new(name)).is_ok_and(|found| found.is_some());
    let names = [DECLARATION, MANIFEST, TAGS, SIGNATURE, INFO];
    names.iter().any(|name| there(name) || there(&format!("{name}.part"))) || (there(PAYLOAD) && !there(naming::LOG))
}

/// Whether an encrypted bag lies in this directory.
pub fn is_sealed(root: &Path) -> bool {
    let Ok(folder) = Folder::open(root) else { return false };
    let Ok(mut names) = folder.list(Path::new("")) else { return false };
    folder.has(Kind::File, Path::new(SUMS))
        && names.any(|entry| entry.is_ok_and(|(name, _)| name.as_encoded_bytes().ends_with(ENDING.as_bytes())))
}

/// Checks a medium. `keys` are trusted; none takes those that lie on it. Burns every core until it is done.
///
/// # Errors
/// When the medium cannot be read. What is wrong with it is in the verdict.
pub fn verify_medium(root: &Path, keys: &[VerifierKey]) -> Result<MediumVerdict, CannotVerify> {
    let root = &Folder::open(root).map_err(|error| DiskError::at(root, error))?;
    let mut verdict = MediumVerdict::default();
    let keys = match keys {
        [] => {
            verdict.own_keys = true;
            own_keys(root, &mut verdict)
        }
        keys => keys.to_vec(),
    };
    signature(root, &keys, &mut verdict);
    declaration(root, &mut verdict);
    let note =
        disk::read(root, Path::new(&log_path(naming::CHECKPOINT)), NOTE_BYTES).ok().flatten().unwrap_or_default();
    let note = String::from_utf8_lossy(&note).into_owned();
    match Checkpoint::verified(&note, &keys) {
        Ok(checkpoint) => verdict.checkpoint = Some(checkpoint),
        Err(error) => verdict.problems.push(Problem::Checkpoint { what: error.to_string() }),
    }
    let signed = verdict.checkpoint.clone();
    let scans = scan::Scans { root, note: &note, checkpoint: signed.as_ref() };
    let payload = Manifest::check(root, MANIFEST, &scans, &mut verdict)?;
    let tags = Manifest::check(root, TAGS, &scans, &mut verdict)?;
    bag::walk(root, &payload, &tags, &mut verdict);
    about(&payload, &mut verdict);
    bag::listed(root, &payload, &mut verdict);
    tiles(root, &mut verdict);
    Ok(verdict)
}

/// Compares the medium's checkpoint with another that a trusted key signed. The medium must itself be right.
///
/// # Errors
/// When the medium's tiles cannot be read.
pub(super) fn compare(root: &Path, ours: &Checkpoint, theirs: &Checkpoint) -> Result<View, CannotVerify> {
    compare_with_copy(&Disk::at(&root.join(PAYLOAD))?, ours, theirs)
}

impl MediumVerdict {
    /// How the medium's log stands to another checkpoint; none where the medium's own is not signed.
    ///
    /// # Errors
    /// When the medium's tiles cannot be read.
    pub fn view(&self, root: &Path, theirs: &Checkpoint) -> Result<Option<View>, CannotVerify> {
        self.checkpoint.as_ref().map(|ours| compare(root, ours, theirs)).transpose()
    }
}

/// Checks the files of an encrypted medium by the sums beside them. Gives how many there are, and what is wrong.
///
/// # Errors
/// When the sums cannot be read.
pub fn verify_sealed(root: &Path) -> Result<MediumVerdict, CannotVerify> {
    let root = &Folder::open(root).map_err(|error| DiskError::at(root, error))?;
    let mut verdict = MediumVerdict { own_keys: true, ..MediumVerdict::default() };
    let scans = scan::Scans { root, note: "", checkpoint: None };
    Manifest::check(root, SUMS, &scans, &mut verdict)?;
    Ok(verdict)
}

/// The keys that lie on the medium; none, with a word, where it was not finished.
fn own_keys(root: &Folder, verdict: &mut MediumVerdict) -> Vec<VerifierKey> {
    let path = log_path(naming::KEYS);
    let text = disk::read(root, Path::new(&path), trust::KEYS_BYTES).ok().flatten().unwrap_or_default();
    let keys = trust::parse_keys(&String::from_utf8_lossy(&text)).unwrap_or_default();
    if keys.is_empty() {
        verdict.problems.push(Problem::Bag { path, what: "imza anahtarı yok / it holds no key".to_owned() });
    }
    keys
}

fn signature(root: &Folder, keys: &[VerifierKey], verdict: &mut MediumVerdict) {
    let raw: Vec<_> = keys.iter().map(|key| *key.key()).collect();
    let mut checked = || -> Result<(), String> {
        let missing = || "yok; ortamın yazılması bitmemiş / it is not there: the medium was not finished".to_owned();
        let text = disk::read(root, Path::new(SIGNATURE), SIGNATURE_BYTES).map_err(|error| error.to_string())?;
        let text = text.ok_or_else(missing)?;
        let hash = root.file(Path::new(TAGS)).and_then(bag::bounded).and_then(sign::hash).map_err(|_| missing())?;
        let text = String::from_utf8_lossy(&text);
        let signer = raw.iter().find(|key| sign::verify(&text, &hash, &[**key]) != Err(BadSignature::OtherKey));
        let signer = signer.ok_or("başka bir anahtarla atılmış / it is of another key")?;
        verdict.fingerprint = sign::fingerprint(signer);
        sign::verify(&text, &hash, &[*signer]).map_err(|error| match error {
            BadSignature::Format => "imza biçiminde değil / it is no such signature".to_owned(),
            _ => format!("{TAGS} imzalanan dosya değil / {TAGS} is not the file that was signed"),
        })
    };
    if let Err(what) = checked() {
        verdict.problems.push(Problem::Signature { what });
    }
}

fn declaration(root: &Folder, verdict: &mut MediumVerdict) {
    let read = |name: &str| disk::read(root, Path::new(name), 1 << 20).ok().flatten();
    let declared = read(DECLARATION).is_some_and(|text| text.starts_with(b"BagIt-Version: 1.0"));
    if !declared {
        let what = "BagIt 1.0 bildirimi yok / it declares no BagIt 1.0".to_owned();
        verdict.problems.push(Problem::Bag { path: DECLARATION.to_owned(), what });
    }
    verdict.info = read(INFO).and_then(|text| Info::parse(&String::from_utf8_lossy(&text)));
    if verdict.info.is_none() {
        let what = "eksik ya da okunamıyor / missing or unreadable".to_owned();
        verdict.problems.push(Problem::Bag { path: INFO.to_owned(), what });
    }
}

/// What the medium says of itself must be what is there.
fn about(payload: &Manifest, verdict: &mut MediumVerdict) {
    let Some(info) = verdict.info.clone() else { return };
    let mut wrong = |what: String| verdict.problems.push(Problem::Bag { path: INFO.to_owned(), what });
    if info.oxum.1 != payload.names.len() as u64 || (payload.whole && info.oxum.0 != payload.bytes) {
        let (bytes, files) = (payload.bytes, payload.names.len());
        wrong(format!("Payload-Oxum {}.{}, bulunan / found {bytes}.{files}", info.oxum.0, info.oxum.1));
    }
    if info.scans != payload.scans {
        wrong(format!("Tutanak-Scans {}, bulunan / found {}", info.scans, payload.scans));
    }
    if let Some(checkpoint) = &verdict.checkpoint {
        let same = info.size == checkpoint.size
            && info.root == hex::encode(checkpoint.root)
            && info.origin == checkpoint.origin;
        if !same {
            verdict.problems.push(Problem::Bag {
                path: INFO.to_owned(),
                what: "defter/checkpoint ile çelişiyor / it contradicts defter/checkpoint".to_owned(),
            });
        }
    }
}

/// The tiles must lead to the signed root, or no other checkpoint can be held against it.
fn tiles(root: &Folder, verdict: &mut MediumVerdict) {
    let Some(checkpoint) = &verdict.checkpoint else { return };
    let Ok(disk) = root.inside(Path::new(PAYLOAD)).map(Disk::of) else { return };
    let computed = proof::root(checkpoint.size, &Copy { disk: &disk, size: checkpoint.size });
    match computed {
        Ok(root) if root == checkpoint.root => {}
        Ok(_) => verdict.problems.push(Problem::Root { size: checkpoint.size }),
        Err(error) => {
            let path = log_path(naming::TILES);
            verdict.problems.push(Problem::Tile { path, what: error.to_string() });
        }
    }
}

fn log_path(name: &str) -> String {
    format!("{PAYLOAD}/{}/{name}", naming::LOG)
}
