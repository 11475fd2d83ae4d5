//! The signature over a bag: an SSH signature (OpenSSH PROTOCOL.sshsig), which `ssh-keygen -Y verify` checks on any
//! Windows, macOS or Linux without our program.
//!
//! The key is the log's. The format names what was signed for, so that no signature of a bag can pass for anything else
//! that the key signs, nor the other way round.

use std::io::{self, Read};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256, Sha512};

/// What the signature is for.
pub const NAMESPACE: &str = "tutanak-medium";
/// Bytes of a signature's text at most.
pub const SIGNATURE_BYTES: usize = 4096;

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const KIND: &[u8] = b"ssh-ed25519";
const HASH: &[u8] = b"sha512";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Letters of a line of armour, as OpenSSH writes them.
const LINE: usize = 70;

/// Why a signature proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// It is not of the format, or not for a medium.
    #[error("this is no SSH signature of a medium")]
    Format,
    /// It is of a key that is not trusted here.
    #[error("it was signed by another key")]
    OtherKey,
    /// It does not fit the file.
    #[error("the signature does not fit the file")]
    Wrong,
}

/// The hash of a file that is signed.
pub type FileHash = [u8; 64];

/// Hashes a file, piece by piece.
pub fn hash(mut file: impl Read) -> io::Result<FileHash> {
    let mut hasher = Sha512::new();
    let mut piece = vec![0; 256 << 10];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(&piece[..read]),
        }
    }
}

/// Signs a file by its hash.
pub fn sign(key: &SigningKey, file: &FileHash) -> String {
    let signature = key.sign(&signed_bytes(file)).to_bytes();
    let mut blob = MAGIC.to_vec();
    blob.extend_from_slice(&VERSION.to_be_bytes());
    for part in [&public_blob(&key.verifying_key()), NAMESPACE.as_bytes(), b"", HASH, &pair(KIND, &signature)] {
        string(&mut blob, part);
    }
    let text = STANDARD.encode(blob);
    let mut armour = format!("{BEGIN}\n");
    for line in text.as_bytes().chunks(LINE) {
        armour.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        armour.push('\n');
    }
    armour + END + "\n"
}

/// Whether one of `keys` signed the file with this hash.
///
/// # Errors
/// When none did. What is not exactly of the format is refused, and nothing is read past its end.
pub fn verify(signature: &str, file: &FileHash, keys: &[VerifyingKey]) -> Result<(), BadSignature> {
    let parsed = parse(signature).ok_or(BadSignature::Format)?;
    let key = keys.iter().find(|key| key.as_bytes() == &parsed.key).ok_or(BadSignature::OtherKey)?;
    let signature = Signature::from_bytes(&parsed.signature);
    key.verify_strict(&signed_bytes(file), &signature).map_err(|_| BadSignature::Wrong)
}

/// The line by which `ssh-keygen -Y verify` trusts the key: who, for what, which key.
pub fn allowed_signer(origin: &str, key: &VerifyingKey) -> String {
    format!("{origin} namespaces=\"{NAMESPACE}\" ssh-ed25519 {}\n", STANDARD.encode(public_blob(key)))
}

/// The key's fingerprint as `ssh-keygen -l` shows it.
pub fn fingerprint(key: &VerifyingKey) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(public_blob(key))))
}

struct Parsed {
    key: [u8; 32],
    signature: [u8; 64],
}

fn parse(text: &str) -> Option<Parsed> {
    if text.len() > SIGNATURE_BYTES {
        return None;
    }
    let text = text.replace('\r', "");
    let inner = text.trim_end().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let blob = STANDARD.decode(inner.replace('\n', "")).ok()?;
    let rest = blob.strip_prefix(MAGIC)?.strip_prefix(&VERSION.to_be_bytes())?;
    let (public, rest) = take(rest)?;
    let (namespace, rest) = take(rest)?;
    let (reserved, rest) = take(rest)?;
    let (hash, rest) = take(rest)?;
    let (signature, rest) = take(rest)?;
    let sound = namespace == NAMESPACE.as_bytes() && reserved.is_empty() && hash == HASH && rest.is_empty();
    let key = of_kind(public)?.try_into().ok()?;
    let signature = of_kind(signature)?.try_into().ok()?;
    sound.then_some(Parsed { key, signature })
}

/// What is signed: the file's hash, and what it is for.
fn signed_bytes(file: &FileHash) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for part in [NAMESPACE.as_bytes(), b"", HASH, file] {
        string(&mut bytes, part);
    }
    bytes
}

fn public_blob(key: &VerifyingKey) -> Vec<u8> {
    pair(KIND, key.as_bytes())
}

fn pair(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    string(&mut out, one);
    string(&mut out, other);
    out
}

/// A string of the SSH protocol (RFC 4251 §5): its length in four bytes before it.
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

fn of_kind(blob: &[u8]) -> Option<&[u8]> {
    let (kind, rest) = take(blob)?;
    let (value, rest) = take(rest)?;
    (kind == KIND && rest.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bit_of_file_or_signature_can_be_flipped() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let (file, keys) = (hash(b"digest  path\n".as_slice()).unwrap(), [key.verifying_key()]);
        let text = sign(&key, &file);
        assert_eq!(verify(&text, &file, &keys), Ok(()));
        assert_eq!(verify(&text.replace('\n', "\r\n"), &file, &keys), Ok(()), "as Windows may have saved it");
        assert_eq!(verify(&text, &file, &[]), Err(BadSignature::OtherKey));
        for bit in 0..file.len() * 8 {
            let mut flipped = file;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&text, &flipped, &keys), Err(BadSignature::Wrong), "bit {bit}");
        }
        for bit in 0..text.trim_end().len() * 8 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Ok(flipped) = std::str::from_utf8(&bytes) {
                assert!(verify(flipped, &file, &keys).is_err(), "bit {bit}: {flipped}");
            }
        }
    }

    #[test]
    fn whatever_else_the_key_signs_is_no_signature_of_a_medium() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let file = [7; 64];
        let text = sign(&key, &file);
        let inner = text.replace('\n', "").replace(BEGIN, "").replace(END, "");
        let mut blob = STANDARD.decode(inner).unwrap();
        let at = blob.windows(6).position(|part| part == b"medium").unwrap();
        blob[at..at + 6].copy_from_slice(b"papers");
        let other = format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(blob));
        assert_ne!(other, text);
        assert!(verify(&other, &file, &[key.verifying_key()]).is_err());
        for wrong in ["", BEGIN, &format!("{BEGIN}\n{END}\n"), &text[1..], &"x".repeat(5000)] {
            assert_eq!(verify(wrong, &file, &[key.verifying_key()]), Err(BadSignature::Format), "{wrong}");
        }
    }

    #[test]
    fn the_fingerprint_is_that_of_openssh() {
        // `ssh-keygen -l` of the public key of RFC 8032's first test vector.
        let secret = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let key = SigningKey::from_bytes(&secret.try_into().unwrap());
        let line = allowed_signer("host/secim", &key.verifying_key());
        assert!(
            line.starts_with("host/secim namespaces=\"tutanak-medium\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"),
            "{line}"
        );
        assert_eq!(fingerprint(&key.verifying_key()), "SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8");
    }
}
