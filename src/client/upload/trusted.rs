//! Whose signature makes a receipt: keys given by the operator, or those that the service named at first contact, over a
//! connection whose certificate was checked.

use crate::client::disk::{Disk, DiskError};
use crate::client::problem::printable;
use crate::client::trust;
use crate::log::note::VerifierKey;

/// Why there is no key to trust.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The folder's own notes cannot be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The service names no key, because no election is loaded.
    #[error("no election is loaded at the service yet")]
    NotYet,
    /// The service names something that is no key.
    #[error("the service names a key that is none: {0}")]
    Unreadable(String),
    /// The service signs with other keys than it did.
    #[error(
        "the service signs with other keys than it did at first contact; if that is right, give the new one with --key"
    )]
    Others,
}

/// The keys to trust, and those of them that are trusted only because the service names them now.
///
/// A pinned key that the service still names vouches for what it names beside it: that is how keys change.
///
/// # Errors
/// When there is none.
pub fn keys(disk: &Disk, given: &[VerifierKey], named: &[String]) -> Result<(Vec<VerifierKey>, Vec<String>), NoKey> {
    if !given.is_empty() {
        trust::pin(disk, given)?;
        return Ok((given.to_vec(), Vec::new()));
    }
    let parsed = named.iter().map(|key| key.parse().map_err(|_| NoKey::Unreadable(printable(key))));
    let named: Vec<VerifierKey> = parsed.collect::<Result<_, _>>()?;
    let mut keys = trust::pinned(disk)?;
    let first = keys.is_empty();
    match (first, named.is_empty()) {
        (true, true) => return Err(NoKey::NotYet),
        (false, _) if !named.iter().any(|key| keys.contains(key)) => return Err(NoKey::Others),
        _ => {}
    }
    let new: Vec<VerifierKey> = named.into_iter().filter(|key| !keys.contains(key)).collect();
    let told = new.iter().map(ToString::to_string).collect();
    if !new.is_empty() {
        keys.extend(new);
        trust::pin(disk, &keys)?;
    }
    Ok((keys, told))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    #[test]
    fn keys_are_pinned_at_first_contact_and_only_a_pinned_one_vouches_for_another() {
        let dir = tempfile::tempdir().unwrap();
        let (disk, _lock) = Disk::lock(dir.path()).unwrap();
        let [a, b, c] = [1, 2, 3].map(|seed| VerifierKey::of("test", &SigningKey::from_bytes(&[seed; 32])));
        let named = |keys: &[&VerifierKey]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(matches!(keys(&disk, &[], &[]), Err(NoKey::NotYet)));
        assert!(matches!(keys(&disk, &[], &["x".into()]), Err(NoKey::Unreadable(_))));
        assert_eq!(keys(&disk, &[], &named(&[&a])).unwrap(), (vec![a.clone()], named(&[&a])));
        assert_eq!(keys(&disk, &[], &named(&[&a])).unwrap().1, Vec::<String>::new());
        assert!(matches!(keys(&disk, &[], &named(&[&b])), Err(NoKey::Others)));
        assert_eq!(keys(&disk, &[], &named(&[&b, &a])).unwrap().1, named(&[&b]));
        assert_eq!(keys(&disk, &[], &named(&[&b])).unwrap().0, [a, b]);
        assert_eq!(keys(&disk, std::slice::from_ref(&c), &[]).unwrap().0, std::slice::from_ref(&c));
        assert_eq!(keys(&disk, &[], &named(&[&c])).unwrap().0, [c]);
    }
}
