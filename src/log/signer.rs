//! Who signs the log: one key, or two while one takes over from the other.

use std::fmt;

use ed25519_dalek::SigningKey;

use super::checkpoint::{Checkpoint, checkpoint_by, verifier_key};
use super::frontier::Hash;
use super::note::VerifierKey;

/// Signs the log's checkpoints with every key that is in force: one, or two while one takes over from the other.
#[derive(Clone)]
pub struct LogSigner {
    host: String,
    keys: Vec<SigningKey>,
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogSigner").field("host", &self.host).finish_non_exhaustive()
    }
}

impl LogSigner {
    /// A signer for the logs of `host`. The first key is the one in force, the others are on their way out.
    pub fn new(host: &str, keys: Vec<SigningKey>) -> Self {
        Self { host: host.to_owned(), keys }
    }

    /// The log's origin, which is also the name of its keys: host and election.
    pub fn origin(&self, election: &str) -> String {
        format!("{}/{election}", self.host)
    }

    /// Whether `origin` is that of a log of this host.
    pub fn is_of(&self, origin: &str) -> bool {
        origin.strip_prefix(&self.host).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The checkpoint with the signature of each key.
    pub fn checkpoint(&self, election: &str, size: u64, root: &Hash) -> String {
        let keys: Vec<&SigningKey> = self.keys.iter().collect();
        checkpoint_by(&self.origin(election), size, root, &keys)
    }

    /// The name of the audit record's log, in the place of an election's.
    pub fn audit(election: &str) -> String {
        format!("{election}/denetim")
    }

    /// What a checkpoint says that one of these keys signed for a log of this host; none for any other text.
    pub fn signed(&self, note: &str) -> Option<Checkpoint> {
        let election =
            Checkpoint::unverified(note).ok()?.origin.strip_prefix(&self.host)?.strip_prefix('/')?.to_owned();
        let origin = self.origin(&election);
        let keys: Vec<VerifierKey> = self.keys.iter().map(|key| VerifierKey::of(&origin, key)).collect();
        Checkpoint::verified(note, &keys).ok()
    }

    /// Every key as a verifier is given it.
    pub fn verifier_keys(&self, election: &str) -> Vec<String> {
        let origin = self.origin(election);
        self.keys.iter().map(|key| verifier_key(&origin, key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_one_key_takes_over_from_another_both_sign() {
        let [old, new, other] = [7, 8, 9].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let both = LogSigner::new("example.org", vec![new.clone(), old.clone()]);
        let note = both.checkpoint("secim", 3, &[9; 32]);
        for key in [&old, &new] {
            let alone = LogSigner::new("example.org", vec![key.clone()]);
            let signature = alone.checkpoint("secim", 3, &[9; 32]);
            assert!(note.contains(signature.lines().last().unwrap()));
            let said = alone.signed(&note).unwrap();
            assert_eq!((said.size, said.root), (3, [9; 32]));
        }
        assert_eq!(LogSigner::new("example.org", vec![other]).signed(&note), None);
        assert_eq!(both.signed(&note.replacen("\n3\n", "\n4\n", 1)), None, "another size under the same signatures");
        assert_eq!(LogSigner::new("example.net", vec![new]).signed(&note), None);
    }
}
