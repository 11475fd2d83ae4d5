//! A checkpoint: size and root of the log as a signed note (C2SP tlog-checkpoint and signed-note, Ed25519).
//!
//! Made without chance or time: any node may sign, and all sign the same text. Read as what a stranger sent.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;

use super::frontier::Hash;
use super::note::{Note, NoteError, VerifierKey};

/// What a checkpoint says (tlog-checkpoint, "Note text").
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: `host/election`.
    pub origin: String,
    /// How many entries it covers.
    pub size: u64,
    /// The root of the tree over all of them.
    pub root: Hash,
}

/// Why a checkpoint is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note's text is no checkpoint.
    #[error("this is no checkpoint: {0}")]
    Format(&'static str),
    /// It was signed by a trusted key, for another log.
    #[error("the checkpoint of {origin} is not signed by a key of that name")]
    OtherLog {
        /// Which log it is of.
        origin: String,
    },
}

/// The checkpoint of `size` entries with `root`. The same input always gives the same text, so any node may sign.
pub fn checkpoint(origin: &str, size: u64, root: &Hash, key: &SigningKey) -> String {
    checkpoint_by(origin, size, root, &[key])
}

/// [`checkpoint`] with a signature of each of `keys`, as the old and the new one give while keys change.
pub fn checkpoint_by(origin: &str, size: u64, root: &Hash, keys: &[&SigningKey]) -> String {
    let text = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root));
    Note::sign(text, origin, keys).to_string()
}

/// The key as the text that a verifier is given: `name+id+key`.
pub fn verifier_key(origin: &str, key: &SigningKey) -> String {
    VerifierKey::of(origin, key).to_string()
}

impl Checkpoint {
    /// Reads a signed checkpoint that at least one of `keys` has signed in the log's own name.
    ///
    /// # Errors
    /// When the note is malformed, signed by nobody known or falsely, or is not about the log that its signer stands for.
    pub fn verified(note: &str, keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note = Note::parse(note)?;
        let signed = note.verify(keys)?;
        let checkpoint = Self::from_text(note.text())?;
        // A witness's key may sign as well, but vouches for no log of its own.
        if !signed.iter().any(|key| key.name() == checkpoint.origin) {
            return Err(CheckpointError::OtherLog { origin: checkpoint.origin });
        }
        Ok(checkpoint)
    }

    /// Reads what a signed checkpoint claims, without asking who signed it.
    ///
    /// # Errors
    /// When it is no note, or its text no checkpoint.
    pub fn unverified(note: &str) -> Result<Self, CheckpointError> {
        Self::from_text(Note::parse(note)?.text())
    }

    /// Reads a note's text. Extension lines are allowed and not kept.
    fn from_text(text: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::Format;
        let text = text.strip_suffix('\n').ok_or(wrong("its last line is not ended"))?;
        let mut lines = text.split('\n');
        let origin = lines.next().filter(|line| !line.is_empty()).ok_or(wrong("it names no log"))?;
        let size = lines.next().and_then(decimal).ok_or(wrong("it has no size"))?;
        let root = lines.next().and_then(hash).ok_or(wrong("it has no root hash"))?;
        if lines.any(str::is_empty) {
            return Err(wrong("an extension line is empty"));
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({}, {} entries, {})", self.origin, self.size, hex::encode(self.root))
    }
}

/// A decimal number in its one spelling: digits, and no zero before them.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && (text == "0" || !text.starts_with('0')) { text.parse().ok() } else { None }
}

/// A hash in base64.
pub(super) fn hash(line: &str) -> Option<Hash> {
    STANDARD.decode(line).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "example.org/secim";

    #[test]
    fn a_checkpoint_is_a_note_that_its_key_verifies() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let note = checkpoint(ORIGIN, 3, &[9; 32], &key);
        assert!(
            note.starts_with(&format!("{ORIGIN}\n3\n{}\n\n\u{2014} {ORIGIN} ", STANDARD.encode([9; 32]))),
            "{note}"
        );
        let trusted = [verifier_key(ORIGIN, &key).parse().unwrap()];
        let expected = Checkpoint { origin: ORIGIN.into(), size: 3, root: [9; 32] };
        assert_eq!(Checkpoint::verified(&note, &trusted), Ok(expected.clone()));
        assert_eq!(Checkpoint::unverified(&note), Ok(expected));
        for bit in 0..note.len() * 8 {
            let mut bytes = note.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(flipped) = std::str::from_utf8(&bytes) {
                assert!(Checkpoint::verified(flipped, &trusted).is_err(), "bit {bit}: {flipped}");
            }
        }
    }

    #[test]
    fn while_keys_change_who_trusts_either_is_served() {
        let (old, new) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let note = checkpoint_by(ORIGIN, 0, &[0; 32], &[&old, &new]);
        for key in [&old, &new] {
            assert_eq!(Checkpoint::verified(&note, &[VerifierKey::of(ORIGIN, key)]).unwrap().size, 0);
        }
    }

    #[test]
    fn a_key_speaks_only_for_its_own_log() {
        let (key, witness) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let text = format!("{ORIGIN}\n1\n{}\n", STANDARD.encode([0; 32]));
        let note = Note::sign(text, "witness.example", &[&witness]).to_string();
        let trusted = [VerifierKey::of(ORIGIN, &key), VerifierKey::of("witness.example", &witness)];
        assert_eq!(Checkpoint::verified(&note, &trusted), Err(CheckpointError::OtherLog { origin: ORIGIN.into() }));
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let key = SigningKey::from_bytes(&[1; 32]);
        let root = STANDARD.encode([0; 32]);
        for text in [
            "a/b\n".to_owned(),
            "a/b\n1\n".to_owned(),
            format!("\n1\n{root}\n"),
            format!("a/b\n01\n{root}\n"),
            format!("a/b\n+1\n{root}\n"),
            format!("a/b\n18446744073709551616\n{root}\n"),
            format!("a/b\n1\n{}\n", &root[1..]),
            format!("a/b\n1\n{root}\n\nmore\n"),
        ] {
            let note = Note::sign(text.clone(), "a/b", &[&key]).to_string();
            assert!(Checkpoint::verified(&note, &[VerifierKey::of("a/b", &key)]).is_err(), "{text:?}");
        }
        let extended = Note::sign(format!("a/b\n1\n{root}\nmore\n"), "a/b", &[&key]).to_string();
        assert_eq!(Checkpoint::verified(&extended, &[VerifierKey::of("a/b", &key)]).unwrap().size, 1);
    }
}
