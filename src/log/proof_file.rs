//! A proof as a file that needs nobody online: `X.png.tlog-proof` beside `X.png` (C2SP tlog-proof).
//!
//! Its extra data is the entry's line, so that file, entry, leaf, root and signature make one chain.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{Checkpoint, CheckpointError, decimal, hash};
use super::frontier::Hash;
use super::note::{NOTE_BYTES, Note, VerifierKey};
use super::proof::{BadProof, verify_inclusion};
use super::tile::ENTRY_BYTES;

/// Bytes of such a file at most.
pub const PROOF_FILE_BYTES: usize = NOTE_BYTES + 2 * ENTRY_BYTES;

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2⁶⁴ entries is no higher.
const HASHES: usize = 64;

/// A proof file's content. Nothing in it is verified before [`ProofFile::verify`] has said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// The entry's line.
    pub extra: Option<Vec<u8>>,
    /// The entry's position.
    pub index: u64,
    /// The way from the entry to the root.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, as the log gave it.
    pub checkpoint: String,
}

/// Why a proof file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProofFile {
    /// It is not of the format.
    #[error("this is no tlog-proof: {0}")]
    Format(&'static str),
    /// The checkpoint in it is refused.
    #[error("the checkpoint in the proof is refused")]
    Checkpoint(#[from] CheckpointError),
    /// The entry is not in the log of the checkpoint.
    #[error("the entry is not proved to be in the log")]
    Proof(#[from] BadProof),
}

impl ProofFile {
    /// Reads a proof file (tlog-proof, "Format").
    ///
    /// # Errors
    /// [`BadProofFile::Format`] for whatever the format does not allow, and for more than its limits.
    pub fn parse(text: &str) -> Result<Self, BadProofFile> {
        let wrong = BadProofFile::Format;
        if text.len() > PROOF_FILE_BYTES {
            return Err(wrong("it is too long"));
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(wrong("it has no checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(wrong("it does not begin with c2sp.org/tlog-proof@v1"));
        }
        let extra = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            Some(extra) => {
                lines.next();
                Some(STANDARD.decode(extra).map_err(|_| wrong("its extra data is not base64"))?)
            }
            None => None,
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(wrong("it has no index"))?;
        let hashes: Vec<Hash> =
            lines.take(HASHES + 1).map(hash).collect::<Option<_>>().ok_or(wrong("a line is no hash"))?;
        if hashes.len() > HASHES {
            return Err(wrong("it has too many hashes"));
        }
        Note::parse(checkpoint).map_err(CheckpointError::Note)?;
        Ok(Self { extra, index, hashes, checkpoint: checkpoint.to_owned() })
    }

    /// Whether the entry with this leaf hash is in the log that one of `keys` signed (tlog-proof, "Verifying a tlog
    /// proof"). What it gives is the checkpoint, so that the caller can say in which log.
    ///
    /// # Errors
    /// When the checkpoint is refused, or the hashes do not lead to its root.
    pub fn verify(&self, leaf: &Hash, keys: &[VerifierKey]) -> Result<Checkpoint, BadProofFile> {
        let checkpoint = Checkpoint::verified(&self.checkpoint, keys)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for ProofFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::domain::entry::leaf_hash;
    use crate::log::checkpoint::checkpoint;
    use crate::log::proof::{inclusion, root};

    const ORIGIN: &str = "example.org/secim";

    fn file(position: u64, size: u64) -> (ProofFile, Vec<VerifierKey>) {
        let key = SigningKey::from_bytes(&[5; 32]);
        let lines: Vec<String> = (0..size).map(|n| format!("{{\"v\":{n}}}")).collect();
        let leaves: Vec<Hash> = lines.iter().map(|line| leaf_hash(line)).collect();
        let hashes = inclusion(position, size, leaves.as_slice()).unwrap().unwrap();
        let checkpoint = checkpoint(ORIGIN, size, &root(size, leaves.as_slice()).unwrap(), &key);
        let extra = Some(lines[position as usize].clone().into_bytes());
        (ProofFile { extra, index: position, hashes, checkpoint }, vec![VerifierKey::of(ORIGIN, &key)])
    }

    fn verdict(text: &str, keys: &[VerifierKey]) -> Result<u64, BadProofFile> {
        let file = ProofFile::parse(text)?;
        let line = String::from_utf8(file.extra.clone().unwrap_or_default()).map_err(|_| BadProofFile::Format(""))?;
        Ok(file.verify(&leaf_hash(&line), keys)?.size)
    }

    #[test]
    fn a_proof_file_comes_back_and_verifies_and_no_bit_of_it_can_be_flipped() {
        for (position, size) in [(0, 1), (2, 3), (41, 100)] {
            let (file, keys) = file(position, size);
            let text = file.to_string();
            assert_eq!(ProofFile::parse(&text), Ok(file));
            assert_eq!(verdict(&text, &keys), Ok(size));
            for bit in 0..text.len() * 8 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[bit / 8] ^= 1 << (bit % 8);
                if let Ok(flipped) = std::str::from_utf8(&bytes) {
                    assert!(verdict(flipped, &keys).is_err(), "bit {bit}: {flipped}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_of_the_format_is_refused() {
        let (file, _) = file(2, 5);
        let text = file.to_string();
        let hash = STANDARD.encode([0; 32]);
        for wrong in [
            String::new(),
            text.replace("v1", "v2"),
            text.replace("index 2", "index 02"),
            text.replace("index 2", "index +2"),
            text.replace("index 2\n", ""),
            text.replace("extra ", "extra"),
            text.replace("index 2\n", &format!("index 2\n{}", format!("{hash}\n").repeat(64))),
            text.replacen("\n\n", "\n", 1),
            format!("{text}\n"),
            text.replace('\n', "\r\n"),
        ] {
            assert!(ProofFile::parse(&wrong).is_err(), "{wrong}");
        }
        let bare = text.replace(&text[text.find("extra").unwrap()..text.find("index").unwrap()], "");
        assert_eq!(ProofFile::parse(&bare).unwrap().extra, None);
    }
}
