//! A checkpoint: size and root of the log as a signed note (C2SP tlog-checkpoint and signed-note, Ed25519).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use sha2::{Digest as _, Sha256};

use super::frontier::Hash;

/// The signed-note algorithm byte of Ed25519.
const ED25519: u8 = 0x01;

/// The checkpoint of `size` entries with `root`. The same input always gives the same text, so any node may sign.
pub fn checkpoint(origin: &str, size: u64, root: &Hash, key: &SigningKey) -> String {
    let body = format!("{origin}\n{size}\n{}\n", STANDARD.encode(root));
    let signature = key.sign(body.as_bytes());
    let signed = [key_id(origin, key).as_slice(), &signature.to_bytes()].concat();
    format!("{body}\n\u{2014} {origin} {}\n", STANDARD.encode(signed))
}

/// The key as the text that a verifier is given: `name+id+key`.
pub fn verifier_key(origin: &str, key: &SigningKey) -> String {
    let public = [&[ED25519], key.verifying_key().as_bytes().as_slice()].concat();
    format!("{origin}+{}+{}", hex::encode(key_id(origin, key)), STANDARD.encode(public))
}

fn key_id(name: &str, key: &SigningKey) -> [u8; 4] {
    let hash =
        Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.verifying_key()).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, Verifier};

    use super::*;

    #[test]
    fn a_checkpoint_is_a_note_that_its_key_verifies() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let note = checkpoint("example.org/secim", 3, &[9; 32], &key);
        let (body, signatures) = note.split_once("\n\n").unwrap();
        assert_eq!(body, format!("example.org/secim\n3\n{}", STANDARD.encode([9; 32])));
        let line = signatures.strip_prefix("\u{2014} example.org/secim ").unwrap().trim_end();
        let signed = STANDARD.decode(line).unwrap();
        let (id, signature) = signed.split_at(4);
        let signature = Signature::from_slice(signature).unwrap();
        key.verifying_key().verify(format!("{body}\n").as_bytes(), &signature).unwrap();
        let vkey = verifier_key("example.org/secim", &key);
        assert_eq!(vkey.split('+').nth(1).unwrap(), hex::encode(id));
    }
}
