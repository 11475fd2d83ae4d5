//! A signed note (C2SP signed-note): a text, and lines that say who signed it.
//!
//! Notes come from outside: whatever is not exactly of the format is refused, and nothing is read past a limit. Only
//! Ed25519 is spoken; signatures of other kinds are those of unknown keys, which the format says to pass over.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The signature type of Ed25519 (signed-note, "Signature types").
const ED25519: u8 = 0x01;
/// Bytes of a note at most. Sixteen post-quantum signatures, which the format makes us accept, are 100,000.
pub const NOTE_BYTES: usize = 128 * 1024;
/// Signature lines at most.
const SIGNATURES: usize = 64;
/// Bytes of a verifier key's text at most.
const VKEY_BYTES: usize = 1024;

/// A text and its signatures, none of them verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: [u8; 4],
    signature: Vec<u8>,
}

/// A key that a verifier trusts, as the text `name+id+key` (signed-note, "Verifier keys").
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// Why a note is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not of the format.
    #[error("this is no signed note: {0}")]
    Format(&'static str),
    /// None of its signatures is of a key that is trusted.
    #[error("the note is signed by no key that is trusted here")]
    NoKnownKey,
    /// A trusted key is said to have signed it, and has not.
    #[error("the signature of {name} does not fit the note")]
    WrongSignature {
        /// The key's name.
        name: String,
    },
}

/// The text is no verifier key that can be used here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no verifier key of the form name+id+key with an Ed25519 key")]
pub struct BadVerifierKey;

impl Note {
    /// Reads a note. Nothing in it is verified yet.
    ///
    /// # Errors
    /// [`NoteError::Format`] for whatever signed-note, "Format" does not allow.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let wrong = |what| Err(NoteError::Format(what));
        if note.len() > NOTE_BYTES {
            return wrong("it is too long");
        }
        if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
            return wrong("it has control characters");
        }
        // The last empty line parts text and signatures; the text keeps its final newline.
        let Some(at) = note.rfind("\n\n") else { return wrong("no empty line parts text and signatures") };
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        if text == "\n" {
            return wrong("it has no text");
        }
        let Some(lines) = lines.strip_suffix('\n') else { return wrong("it ends without a signature line") };
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() == SIGNATURES {
                return wrong("it has too many signatures");
            }
            let Some(signature) = NoteSignature::parse(line) else { return wrong("a signature line is malformed") };
            signatures.push(signature);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The text, with its final newline. To be believed only after [`Note::verify`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Name and id of each key that is said to have signed.
    pub fn signers(&self) -> impl Iterator<Item = (&str, [u8; 4])> {
        self.signatures.iter().map(|signature| (signature.name.as_str(), signature.id))
    }

    /// Which of `keys` have signed: at least one. Signatures of other keys are passed over.
    ///
    /// # Errors
    /// [`NoteError::NoKnownKey`], or [`NoteError::WrongSignature`] when one line of a trusted key does not verify: such
    /// a note is refused whole, as signed-note, "Signatures" advises.
    pub fn verify<'k>(&self, keys: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut signed = Vec::new();
        for line in &self.signatures {
            for key in keys.iter().filter(|key| key.name == line.name && key.id() == line.id) {
                let fits = Signature::from_slice(&line.signature)
                    .and_then(|signature| key.key.verify_strict(self.text.as_bytes(), &signature));
                if fits.is_err() {
                    return Err(NoteError::WrongSignature { name: line.name.clone() });
                }
                if !signed.contains(&key) {
                    signed.push(key);
                }
            }
        }
        if signed.is_empty() { Err(NoteError::NoKnownKey) } else { Ok(signed) }
    }

    /// `text`, which must end in a newline and hold no other control character, signed in `name` by each of `keys`.
    pub fn sign(text: String, name: &str, keys: &[&SigningKey]) -> Self {
        let line = |key: &&SigningKey| NoteSignature {
            name: name.to_owned(),
            id: key_id(name, &key.verifying_key()),
            signature: key.sign(text.as_bytes()).to_bytes().to_vec(),
        };
        let signatures = keys.iter().map(line).collect();
        Self { text, signatures }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for NoteSignature { name, id, signature } in &self.signatures {
            writeln!(f, "\u{2014} {name} {}", STANDARD.encode([id.as_slice(), signature].concat()))?;
        }
        Ok(())
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, signed) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let signed = STANDARD.decode(signed).ok()?;
        let (id, signature) = signed.split_first_chunk::<4>()?;
        let sound = is_name(name) && !signature.is_empty();
        sound.then(|| Self { name: name.to_owned(), id: *id, signature: signature.to_vec() })
    }
}

impl VerifierKey {
    /// Whether this key made `signature` over `message`.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(message, &signature).is_ok())
    }

    /// The key of `name` that verifies what `key` signs.
    pub fn of(name: &str, key: &SigningKey) -> Self {
        Self { name: name.to_owned(), key: key.verifying_key() }
    }

    /// Whose key it is said to be.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key itself.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Its id: the first bytes of a hash over name and key.
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, &self.key)
    }
}

impl FromStr for VerifierKey {
    type Err = BadVerifierKey;

    fn from_str(text: &str) -> Result<Self, BadVerifierKey> {
        let parts = || {
            // A name has no plus, but base64 may: the first two part the text.
            let (name, rest) = text.split_once('+')?;
            let (id, key) = rest.split_once('+')?;
            let key = STANDARD.decode(key).ok()?;
            let (kind, key) = key.split_first()?;
            let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
            let parsed = Self { name: name.to_owned(), key };
            (is_name(name) && *kind == ED25519 && hex::encode(parsed.id()) == id).then_some(parsed)
        };
        if text.len() > VKEY_BYTES { Err(BadVerifierKey) } else { parts().ok_or(BadVerifierKey) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let public = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(public))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// Not empty, and neither white space nor a plus in it.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|letter: char| letter.is_whitespace() || letter == '+')
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes()).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    fn verdict(note: &str, keys: &[VerifierKey]) -> Result<usize, NoteError> {
        Note::parse(note)?.verify(keys).map(|signed| signed.len())
    }

    #[test]
    fn the_example_of_the_specification_verifies_and_prints_as_it_came() {
        let keys = [KEY.parse().unwrap()];
        assert_eq!(verdict(NOTE, &keys), Ok(1));
        assert_eq!(Note::parse(NOTE).unwrap().to_string(), NOTE);
        assert_eq!(keys[0].to_string(), KEY);
        assert_eq!(verdict(NOTE, &[]), Err(NoteError::NoKnownKey));
    }

    #[test]
    fn no_bit_of_a_note_or_of_its_key_can_be_flipped() {
        let keys = [KEY.parse::<VerifierKey>().unwrap()];
        for bit in 0..NOTE.len() * 8 {
            let mut bytes = NOTE.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(note) = std::str::from_utf8(&bytes) {
                assert!(verdict(note, &keys).is_err(), "bit {bit}: {note}");
            }
        }
        for bit in 0..KEY.len() * 8 {
            let mut bytes = KEY.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(text) = std::str::from_utf8(&bytes) else { continue };
            assert!(text.parse::<VerifierKey>().is_err(), "bit {bit}: {text}");
        }
    }

    #[test]
    fn unknown_signatures_are_passed_over_and_a_wrong_one_of_a_known_key_is_not() {
        let (old, new, stranger) =
            (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]), SigningKey::from_bytes(&[3; 32]));
        let note = Note::sign("text\n\nmore\n".to_owned(), "a/b", &[&stranger, &old, &new]).to_string();
        let keys = [VerifierKey::of("a/b", &old), VerifierKey::of("a/b", &new)];
        assert_eq!(verdict(&note, &keys), Ok(2));
        assert_eq!(verdict(&note, &keys[..1]), Ok(1));
        assert_eq!(verdict(&note, &[VerifierKey::of("a/c", &old)]), Err(NoteError::NoKnownKey));
        assert_eq!(Note::parse(&note).unwrap().text(), "text\n\nmore\n");
        let other = Note::sign("other\n".to_owned(), "a/b", &[&new]).to_string();
        let forged = note.lines().take(5).map(|line| format!("{line}\n")).collect::<String>()
            + &other.lines().skip(2).map(|line| format!("{line}\n")).collect::<String>();
        assert_eq!(verdict(&forged, &keys), Err(NoteError::WrongSignature { name: "a/b".into() }));
    }

    #[test]
    fn what_is_not_of_the_format_is_refused() {
        let line = NOTE.lines().nth(2).unwrap();
        for wrong in [
            "",
            "\n",
            "\n\n",
            "text\n",
            "text\n\n",
            &NOTE[..NOTE.len() - 1],
            &format!("{NOTE}\n"),
            &format!("\n\n{line}\n"),
            &format!("text\r\n\n{line}\n"),
            &format!("text\n\n{line}\nmore\n"),
            &format!("text\n\n{}\n", line.replace('\u{2014}', "-")),
            "text\n\n\u{2014} a b AAAAAAAA\n",
            "text\n\n\u{2014} a AAAAAA==\n",
            &format!("text\n\n{}", "\u{2014} a AAAAAAAA\n".repeat(65)),
            &format!("{}\n\n{line}\n", "x".repeat(NOTE_BYTES)),
        ] {
            assert!(matches!(Note::parse(wrong), Err(NoteError::Format(_))), "{wrong:?}");
        }
    }
}
