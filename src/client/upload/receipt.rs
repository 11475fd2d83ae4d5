//! Receipts: read, checked against the service's key, and kept on disk letter by letter as they came.
//!
//! Nothing counts as received before this room says so. A receipt on disk is never overwritten by another one.

use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;

use super::folder::RECEIPTS;
use crate::beneath::Folder;
use crate::client::disk::{self, DiskError};
use crate::domain::Digest;
use crate::formats::receipt::{divide, statement};
use crate::log::note::VerifierKey;

/// Bytes of a receipt with its advice at most.
pub const BYTES: usize = 64 << 10;

/// What a receipt says, as far as a client cares.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Receipt {
    /// The scan.
    pub sha256: Digest,
    /// Position of its entry.
    pub position: u64,
    /// The entry's leaf hash, in hexadecimal.
    pub leaf: String,
    /// What became of it.
    pub status: Status,
    /// Which form it is of, once it is linked.
    pub form: Option<Form>,
    /// When it was entered, by the service's clock.
    pub at: Timestamp,
    /// Where it lies, once it is linked.
    pub path: Option<String>,
    /// Why it was parked.
    pub reason: Option<String>,
    /// What to do better next time.
    #[serde(default)]
    pub advice: Vec<Advice>,
    /// Whether the leaf was found to be that of the bytes that were sent.
    #[serde(skip)]
    pub leaf_checked: bool,
}

/// Which sheet a scan shows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Form {
    /// Its karekod.
    pub code: String,
    /// Which page, from 1.
    pub page: Option<u32>,
    /// Which scan of the page, from 1.
    pub revision: Option<u32>,
}

/// What became of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It lies at its path.
    Linked,
    /// It is kept, and people must link it.
    Parked,
}

/// Advice about the scanner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Advice {
    /// What is to be done, in Turkish.
    pub tr: String,
}

/// Why an answer is no receipt of this scan.
#[derive(Debug, thiserror::Error)]
pub enum BadReceipt {
    /// It is none at all: something between us and the service answered.
    #[error("the answer is no receipt")]
    None,
    /// It is another scan's.
    #[error("the receipt is of {0}, which is another scan")]
    Other(Digest),
    /// No trusted key signed it.
    #[error("no trusted key signed the receipt")]
    Signature,
}

/// Reads and checks an answer.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str, digest: Digest, keys: &[VerifierKey]) -> Result<Receipt, BadReceipt> {
    let receipt: Receipt = serde_json::from_str(text).map_err(|_| BadReceipt::None)?;
    if receipt.sha256 != digest {
        return Err(BadReceipt::Other(receipt.sha256));
    }
    let (signed, signature) = divide(text).ok_or(BadReceipt::Signature)?;
    // What is not signed must not say anything else than advice.
    let told: Receipt = serde_json::from_str(&signed).map_err(|_| BadReceipt::Signature)?;
    let same = told == Receipt { advice: told.advice.clone(), ..receipt.clone() };
    let trusted = keys.iter().any(|key| key.signed(&statement(&signed), &signature));
    if same && trusted { Ok(receipt) } else { Err(BadReceipt::Signature) }
}

/// Where a scan's receipt lies, below the folder.
pub fn place(digest: Digest) -> PathBuf {
    Path::new(RECEIPTS).join(format!("{digest}.json"))
}

/// The receipt that is on disk already, if it is sound. One that is not is as good as none: the service gives it again.
pub fn held(root: &Folder, digest: Digest, keys: &[VerifierKey]) -> Option<(String, Receipt)> {
    let text = disk::read(root, &place(digest), BYTES).ok()??;
    let text = String::from_utf8(text.into()).ok()?;
    let receipt = check(&text, digest, keys).ok()?;
    Some((text, receipt))
}

/// Writes a receipt down. It is durable when [`sync`] has returned.
///
/// # Errors
/// When the disk fails.
pub fn keep(root: &Folder, digest: Digest, text: &str) -> Result<(), DiskError> {
    let place = place(digest);
    root.make_dirs(Path::new(RECEIPTS)).map_err(|error| DiskError::at(Path::new(RECEIPTS), error))?;
    match disk::read(root, &place, BYTES) {
        Ok(Some(there)) if there == text.as_bytes() => return Ok(()),
        Ok(Some(there)) => set_aside(root, &place, &there)?,
        Ok(None) | Err(_) => {}
    }
    write(root, &place, text)
}

/// Makes the receipts durable.
///
/// # Errors
/// When the disk fails.
pub fn sync(root: &Folder) -> Result<(), DiskError> {
    disk::sync_dir(root, Path::new(RECEIPTS))
}

/// An earlier receipt of the same scan, such as the one that says it was parked, keeps its own name.
fn set_aside(root: &Folder, place: &Path, there: &[u8]) -> Result<(), DiskError> {
    let position =
        serde_json::from_slice::<Receipt>(there).map_or_else(|_| "bozuk".to_owned(), |old| old.position.to_string());
    let aside = place.with_extension(format!("{position}.json"));
    root.rename(place, &aside).map_err(|error| DiskError::at(&aside, error))
}

fn write(root: &Folder, place: &Path, text: &str) -> Result<(), DiskError> {
    let part = disk::part_of(place);
    let written = (|| {
        let mut file = root.create(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        root.rename(&part, place)
    })();
    written.map_err(|error| {
        let _ = root.remove(&part); // On a full disk the part would be in the way of what is left to do.
        DiskError::at(place, error)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::formats::receipt::spell;
    use ed25519_dalek::{Signer, SigningKey};

    fn signed(key: &SigningKey, body: &str, more: &str) -> String {
        let signature = spell(&key.sign(&statement(&format!("{body}}}"))).to_bytes());
        format!("{body},\"signature\":\"{signature}\"{more}}}")
    }

    fn body(status: &str) -> String {
        let digest = Digest::of(b"scan");
        format!(
            r#"{{"position":7,"leaf":"00","sha256":"{digest}","status":"{status}","form":null,"path":null,"reason":null,"at":"2024-03-31T18:02:11.123Z""#
        )
    }

    #[test]
    fn only_what_a_trusted_key_signed_about_this_scan_is_a_receipt() {
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let keys = [VerifierKey::of("test", &key)];
        let digest = Digest::of(b"scan");
        let good = signed(&key, &body("linked"), "");
        assert_eq!(check(&good, digest, &keys).unwrap().status, Status::Linked);
        let advised = signed(&key, &body("linked"), r#","advice":[{"kind":"faint","tr":"Soluk."}]"#);
        assert_eq!(check(&advised, digest, &keys).unwrap().advice[0].tr, "Soluk.");
        assert!(matches!(check(&good, Digest::of(b"other"), &keys), Err(BadReceipt::Other(_))));
        assert!(matches!(check(&signed(&other, &body("linked"), ""), digest, &keys), Err(BadReceipt::Signature)));
        assert!(matches!(check(&good.replace("linked", "parked"), digest, &keys), Err(BadReceipt::Signature)));
        assert!(matches!(check("<html>", digest, &keys), Err(BadReceipt::None)));
        assert!(matches!(check(&format!("{}}}", body("linked")), digest, &keys), Err(BadReceipt::Signature)));
        for at in 0..good.find(",\"signature").unwrap() {
            let mut changed = good.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert!(check(&changed, digest, &keys).is_err(), "byte {at} was changed and it is believed: {changed}");
        }
        // A field behind the signature must not speak for the receipt.
        let smuggled = signed(&key, &body("linked"), r#","path":"x""#);
        assert!(check(&smuggled, digest, &keys).is_err());
    }

    #[test]
    fn an_earlier_receipt_is_kept_beside_the_newer_one() {
        let dir = tempfile::tempdir().unwrap();
        let (root, digest) = (dir.path(), Digest::of(b"scan"));
        let folder = Folder::open(root).unwrap();
        let (parked, linked) = (format!("{}}}", body("parked")), format!("{}}}", body("linked")));
        for text in [&parked, &parked, &linked] {
            keep(&folder, digest, text).unwrap();
        }
        assert_eq!(fs::read_to_string(root.join(place(digest))).unwrap(), linked);
        assert_eq!(fs::read_to_string(root.join(RECEIPTS).join(format!("{digest}.7.json"))).unwrap(), parked);
        assert_eq!(fs::read_dir(root.join(RECEIPTS)).unwrap().count(), 2);
    }
}
