//! Secrets of second factors are sealed before they are written, with a key that lies in a file beside the one that signs:
//! whoever gets hold of the database, or a copy of it, cannot compute anybody's codes.
//!
//! `seal:1:` and base 64 of nonce and ciphertext (XChaCha20-Poly1305); the login is sealed in, so that no row can be moved to
//! somebody else. A secret that is not sealed yet is read as it is: a node that has no key may have written it.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};

use crate::ledger::db::{in_tx, on_db};
use crate::ledger::{Ledger, LedgerError};

const SEALED: &str = "seal:1:";
const NONCE: usize = 24;

const KEY_NAME: &str = "SELECT key_name FROM seal WHERE one = 1";
const SET_KEY_NAME: &str = "INSERT INTO seal (one, key_name) VALUES (1, $1) ON CONFLICT (one) DO NOTHING";
const FACTORS: &str = "SELECT id, totp FROM person WHERE totp IS NOT NULL AND totp NOT LIKE 'seal:1:%' ORDER BY id";
const SEAL: &str = "UPDATE person SET totp = $1 WHERE id = $2 AND totp = $3";

/// Says, for good, that two operators had a second factor; if they have.
pub(in crate::ledger) const RULE_OF_TWO: &str = "INSERT INTO rule_of_two (one) SELECT 1 WHERE \
    (SELECT COUNT(*) FROM person p JOIN account a ON a.id = p.account WHERE a.kind = 'operator' AND p.totp IS NOT NULL) >= 2 \
    ON CONFLICT (one) DO NOTHING";

const SEALED_OF: &str = "SELECT id FROM person WHERE totp LIKE 'seal:1:%' ORDER BY id";
const END_SESSIONS: &str = "DELETE FROM session WHERE person IN (SELECT id FROM person WHERE totp LIKE 'seal:1:%')";
const REMOVE: &str = "UPDATE person SET totp = NULL, totp_step = 0 WHERE totp LIKE 'seal:1:%'";
const FORGET_KEY_NAME: &str = "DELETE FROM seal";

/// A key that seals. Clones share it.
#[derive(Clone)]
pub struct Seal {
    cipher: Arc<XChaCha20Poly1305>,
    name: String,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The file holds something else.
    #[error("a line of 64 hexadecimal digits is expected")]
    NotAKey,
    /// The machine has no randomness to give.
    #[error("there is no randomness")]
    Random,
}

impl Seal {
    /// A new key, as its file holds it.
    ///
    /// # Errors
    /// The machine has no randomness to give.
    pub fn generate() -> Result<String, SealError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|_| SealError::Random)?;
        Ok(format!("{}\n", hex::encode(key)))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// It is none.
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let mut key = [0; 32];
        hex::decode_to_slice(text.trim(), &mut key).map_err(|_| SealError::NotAKey)?;
        let named = Sha256::new().chain_update(b"tutanak seal key name\0").chain_update(key).finalize();
        let name = hex::encode(&named[..8]);
        Ok(Self { cipher: Arc::new(XChaCha20Poly1305::new(&key.into())), name })
    }

    /// The key's name, from which it cannot be computed.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn seal(&self, login: &str, secret: &str) -> Result<String, LedgerError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| LedgerError::Sealed("there is no randomness to seal it with"))?;
        let payload = Payload { msg: secret.as_bytes(), aad: login.as_bytes() };
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.map_err(|_| LedgerError::Sealed("it could not be sealed"))?;
        Ok(format!("{SEALED}{}", BASE64_STANDARD.encode([&nonce[..], &sealed].concat())))
    }

    fn open(&self, login: &str, sealed: &str) -> Result<String, LedgerError> {
        let broken = LedgerError::Sealed("the key does not open it");
        let bytes = BASE64_STANDARD.decode(sealed).ok().filter(|bytes| bytes.len() > NONCE);
        let Some(bytes) = bytes else { return Err(broken) };
        let (nonce, text) = bytes.split_at(NONCE);
        let payload = Payload { msg: text, aad: login.as_bytes() };
        let Ok(secret) = self.cipher.decrypt(XNonce::from_slice(nonce), payload) else { return Err(broken) };
        String::from_utf8(secret).map_err(|_| LedgerError::Sealed("it is no text"))
    }
}

/// What is wrong with the key of a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongSeal {
    /// Secrets in the database are sealed with another.
    #[error(
        "the secrets in the database are sealed with the key {theirs}, and this is {ours}: every node needs the same"
    )]
    Other {
        /// The name of the one that sealed.
        theirs: String,
        /// The name of this one.
        ours: String,
    },
}

impl Ledger {
    /// The name of the key that seals; none before the first node began to seal.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn seal_name(&self) -> Result<Option<String>, LedgerError> {
        Ok(on_db!(&*self.db, |pool| sqlx::query_scalar(KEY_NAME).fetch_optional(pool).await?))
    }

    /// From now on secrets are sealed and opened with this key, here and in every clone.
    pub fn use_seal(&self, seal: Seal) {
        // Whoever came first has read the same file.
        let _ = self.seal.set(seal);
    }

    /// Uses the key, and seals what was written before there was one. Gives how many secrets that were.
    ///
    /// # Errors
    /// The database did not answer; or, inside, the key is not the one of the other nodes.
    pub async fn begin_sealing(&self, seal: Seal) -> Result<Result<usize, WrongSeal>, LedgerError> {
        let ours = seal.name.clone();
        let sealed = in_tx!(&*self.db, |tx, Engine| {
            sqlx::query(SET_KEY_NAME).bind(&ours).execute(&mut *tx).await?;
            let theirs: String = sqlx::query_scalar(KEY_NAME).fetch_one(&mut *tx).await?;
            if theirs != ours {
                return Ok(Err(WrongSeal::Other { theirs, ours: ours.clone() }));
            }
            let plain: Vec<(String, String)> = sqlx::query_as(FACTORS).fetch_all(&mut *tx).await?;
            for (login, secret) in &plain {
                let sealed = seal.seal(login, secret)?;
                sqlx::query(SEAL).bind(sealed).bind(login).bind(secret).execute(&mut *tx).await?;
            }
            Ok(plain.len())
        });
        if sealed.is_ok() {
            self.use_seal(seal);
        }
        Ok(sealed)
    }

    /// The key is lost: removes what it sealed, ends the sessions of whose second factors those were, and lets the next start
    /// make another key. Two operators who had a second factor are still needed for whatever took two. Gives their logins.
    ///
    /// # Errors
    /// The database did not answer; nothing was removed.
    pub async fn forget_seal(&self) -> Result<Vec<String>, LedgerError> {
        Ok(in_tx!(&*self.db, |tx, Engine| {
            let whose: Vec<String> = sqlx::query_scalar(SEALED_OF).fetch_all(&mut *tx).await?;
            for statement in [RULE_OF_TWO, END_SESSIONS, REMOVE, FORGET_KEY_NAME] {
                sqlx::query(statement).execute(&mut *tx).await?;
            }
            whose
        }))
    }

    /// A secret as it is written.
    pub(super) fn sealed(&self, login: &str, secret: &str) -> Result<String, LedgerError> {
        match self.seal.get() {
            Some(seal) => seal.seal(login, secret),
            None => Ok(secret.to_owned()),
        }
    }

    /// A secret as it is used.
    pub(super) fn opened(&self, login: &str, stored: &str) -> Result<String, LedgerError> {
        match (stored.strip_prefix(SEALED), self.seal.get()) {
            (None, _) => Ok(stored.to_owned()),
            (Some(sealed), Some(seal)) => seal.open(login, sealed),
            (Some(_), None) => Err(LedgerError::Sealed("there is no key to open it with")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_key_for_the_same_person_alone() {
        let key = || Seal::from_text(&Seal::generate().unwrap()).unwrap();
        let (seal, other) = (key(), key());
        let (first, second) = (seal.seal("skgm-1", "GEZDG").unwrap(), seal.seal("skgm-1", "GEZDG").unwrap());
        assert!(first != second && !first.contains("GEZDG"));
        let inside = |sealed: &str| sealed.strip_prefix(SEALED).unwrap().to_owned();
        assert_eq!(seal.open("skgm-1", &inside(&first)).unwrap(), "GEZDG");
        assert!(seal.open("skgm-2", &inside(&first)).is_err() && other.open("skgm-1", &inside(&first)).is_err());
        assert!(seal.open("skgm-1", &inside(&first)[4..]).is_err() && seal.open("skgm-1", "").is_err());
        assert!(seal.name() != other.name() && Seal::from_text("x").is_err());
    }
}
