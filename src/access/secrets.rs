//! Secrets: made, stored and compared. A secret is printed once and never readable again.
//!
//! Machine-made secrets have 160 bits, so a fast hash is enough; what a person chooses goes through Argon2id.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

/// Bytes of a machine-made secret: 160 bits.
const SECRET_BYTES: usize = 20;
/// Letters and digits that nobody mistakes for one another on paper.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567892";
/// OWASP's first choice: 19 MiB, two passes, one lane.
const ARGON2: (u32, u32, u32) = (19_456, 2, 1);

/// The machine has no randomness to give.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The operating system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// Argon2 refused.
    #[error("the password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

/// A new machine-made secret, as text that can be typed from paper.
pub fn generate() -> Result<String, SecretError> {
    let mut raw = [0; SECRET_BYTES * 8 / 5];
    getrandom::fill(&mut raw).map_err(|_| SecretError::Random)?;
    Ok(raw.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
}

/// What is stored of a machine-made secret.
pub fn fast_hash(secret: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(secret)))
}

/// What is stored of a person's password. Burns a core for some 20 ms and needs 19 MiB.
pub fn slow_hash(password: &str) -> Result<String, SecretError> {
    let mut raw = [0; 16];
    getrandom::fill(&mut raw).map_err(|_| SecretError::Random)?;
    let salt = SaltString::encode_b64(&raw).map_err(SecretError::Hash)?;
    let hash = argon2()?.hash_password(password.as_bytes(), &salt).map_err(SecretError::Hash)?;
    Ok(hash.to_string())
}

/// Whether `secret` is the one that was stored. `None` stands for an unknown login and takes as long as a known one.
pub fn matches(stored: Option<&str>, secret: &str) -> bool {
    match stored {
        Some(stored) if stored.starts_with("$argon2") => {
            let Ok(hash) = PasswordHash::new(stored) else { return false };
            argon2().is_ok_and(|argon2| argon2.verify_password(secret.as_bytes(), &hash).is_ok())
        }
        stored => {
            let given = fast_hash(secret);
            let expected = stored.unwrap_or("sha256:0000000000000000000000000000000000000000000000000000000000000000");
            bool::from(given.as_bytes().ct_eq(expected.as_bytes())) && stored.is_some()
        }
    }
}

/// How a token is found: the first 16 hexadecimal digits of its hash. The rest is what it is compared by.
pub fn token_login(token: &str) -> String {
    hex::encode(&Sha256::digest(token)[..8])
}

fn argon2() -> Result<Argon2<'static>, SecretError> {
    let (memory, passes, lanes) = ARGON2;
    let params = Params::new(memory, passes, lanes, None).map_err(|error| SecretError::Hash(error.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_secret_matches() {
        let secret = generate().unwrap();
        assert_eq!(secret.len(), 32);
        assert_ne!(secret, generate().unwrap());
        let stored = fast_hash(&secret);
        assert!(matches(Some(&stored), &secret));
        assert!(!matches(Some(&stored), &secret[1..]));
        assert!(!matches(None, &secret));
        assert!(!matches(Some("sha256:"), ""));
        let slow = slow_hash("bir kış gecesi eğer bir yolcu").unwrap();
        assert!(slow.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(matches(Some(&slow), "bir kış gecesi eğer bir yolcu"));
        assert!(!matches(Some(&slow), "bir yaz gecesi eğer bir yolcu"));
    }
}
