//! The receipt: what a board holds in its hand. Signed, so that one which no later log covers is proof of a loss.

pub mod sheet;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{Digest, Karekod};
use crate::formats::receipt::{spell, statement};
use crate::ledger::append::Recorded;

/// An answer to an upload. The field order is part of the format: the signature covers the JSON of all but itself.
#[derive(Clone, Debug, Serialize)]
pub struct Receipt {
    position: u64,
    leaf: String,
    sha256: Option<Digest>,
    status: &'static str,
    form: Option<FormOnReceipt>,
    path: Option<String>,
    reason: Option<String>,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct FormOnReceipt {
    code: Karekod,
    page: Option<u32>,
    revision: Option<u32>,
}

impl Receipt {
    /// The scan.
    pub fn digest(&self) -> Option<Digest> {
        self.sha256
    }

    /// The form's code, once it is linked.
    pub fn code(&self) -> Option<&Karekod> {
        self.form.as_ref().map(|form| &form.code)
    }

    /// Which scan of its page it is, once it is linked.
    pub fn revision(&self) -> Option<u32> {
        self.form.as_ref()?.revision
    }

    /// Why it was parked, or linked by hand.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// `linked` or `parked`.
    pub fn status(&self) -> &'static str {
        self.status
    }

    /// Position of the entry.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The scan's path below the tree's root, once it is linked.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }
}

/// The key that signs receipts.
#[derive(Debug)]
pub struct ReceiptSigner {
    key: SigningKey,
}

/// A key could not be made.
#[derive(Debug, thiserror::Error)]
#[error("a signing key could not be made: {0}")]
pub struct KeyError(String);

impl ReceiptSigner {
    /// A signer with a key of its own.
    pub fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// A new key as PEM: the private half for this service, the public half for everybody.
    pub fn generate() -> Result<(String, String), KeyError> {
        let failed = KeyError;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| failed(error.to_string()))?;
        let key = SigningKey::from_bytes(&seed);
        let private = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| failed(error.to_string()))?;
        let public =
            key.verifying_key().to_public_key_pem(LineEnding::LF).map_err(|error| failed(error.to_string()))?;
        Ok((private.to_string(), public))
    }

    /// The receipt of an entry. Ed25519 signs the same bytes always the same way, so a repeated upload gets the very
    /// same receipt.
    pub fn sign(&self, recorded: &Recorded) -> Receipt {
        let entry = &recorded.entry;
        let mut receipt = Receipt {
            position: recorded.position,
            leaf: hex::encode(recorded.leaf),
            sha256: entry.sha256,
            status: if entry.path.is_some() { "linked" } else { "parked" },
            form: entry.form.clone().map(|code| FormOnReceipt { code, page: entry.page, revision: entry.revision }),
            path: entry.path.clone(),
            reason: entry.reason.clone(),
            at: entry.at,
            signature: None,
        };
        let signature = self.key.sign(&signed_bytes(&receipt));
        receipt.signature = Some(spell(&signature.to_bytes()));
        receipt
    }
}

fn signed_bytes(receipt: &Receipt) -> Vec<u8> {
    let json = serde_json::to_string(receipt).expect("a receipt has only text keys and plain values");
    statement(&json)
}
