//! What a person chooses: whether it will do, and hashing it, in a lane of its own so that a crowd at the door neither
//! burns the threads that move bytes nor takes the scans' place on the cores.

mod policy;

use std::sync::{Arc, LazyLock};

use tokio::sync::Semaphore;

pub use policy::{BadPassword, LEAST, MOST, accept};

use super::secrets::{self, SecretError};
use crate::cpu::{CpuLane, WorkPanicked};

/// Logins that may wait for the lane. At 20 ms each on one core the last one waits five seconds.
const WAITING: usize = 256;
/// Longest text that is looked at, in bytes: [`MOST`] letters of four bytes.
const BYTES: usize = 512;

/// Compared with when nobody has the login: a stranger must not learn from the time it takes which logins exist.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let unknown = secrets::generate().ok()?;
    secrets::slow_hash(&unknown).ok()
});

/// A password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait.
    #[error("too many people log in at once")]
    Busy,
    /// The machine has no randomness, or Argon2 refused.
    #[error("the password could not be hashed")]
    Secret(#[from] SecretError),
    /// The work panicked.
    #[error("the password could not be hashed")]
    Panicked(#[from] WorkPanicked),
}

/// The lane of Argon2id (19 MiB, two passes). Clones share it.
#[derive(Clone, Debug)]
pub struct Passwords {
    lane: CpuLane,
    waiting: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new()
    }
}

impl Passwords {
    /// A lane with one permit for every two cores, at least one: that many times 19 MiB.
    pub fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { lane: CpuLane::with_permits(cores.div_ceil(2)), waiting: Arc::new(Semaphore::new(WAITING)) }
    }

    /// What is stored of a password that [`accept`] accepted, or of a slip's.
    ///
    /// # Errors
    /// Too many wait, or the machine failed.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let _place = self.waiting.try_acquire().map_err(|_| PasswordError::Busy)?;
        Ok(self.lane.run(move || secrets::slow_hash(&password)).await??)
    }

    /// The same for many at once, when an operator waits: no limit but the lane's permits.
    ///
    /// # Errors
    /// The machine failed.
    pub async fn hash_all(&self, passwords: Vec<String>) -> Result<Vec<String>, PasswordError> {
        let one = |password: String| async move { Ok(self.lane.run(move || secrets::slow_hash(&password)).await??) };
        futures::future::try_join_all(passwords.into_iter().map(one)).await
    }

    /// Whether somebody typed what is stored. `None` stands for a login that nobody has, and takes as long.
    ///
    /// # Errors
    /// Too many wait, or the machine failed.
    pub async fn matches(&self, stored: Option<String>, typed: &str) -> Result<bool, PasswordError> {
        let _place = self.waiting.try_acquire().map_err(|_| PasswordError::Busy)?;
        // No stored password is longer; the answer takes as long as any other.
        let typed = if typed.len() <= BYTES { policy::normalised(typed) } else { String::new() };
        let known = stored.is_some();
        let work = move || {
            let stored = stored.or_else(|| NOBODY.clone());
            secrets::matches(stored.as_deref(), &typed)
        };
        Ok(self.lane.run(work).await? && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_the_same_however_its_letters_are_put_together() {
        let passwords = Passwords::new();
        let stored = passwords.hash("çığır açan şoför".into()).await.unwrap();
        assert!(passwords.matches(Some(stored.clone()), "çığır açan şoför").await.unwrap());
        assert!(passwords.matches(Some(stored.clone()), "c\u{327}ığır ac\u{327}an s\u{327}ofo\u{308}r").await.unwrap());
        assert!(!passwords.matches(Some(stored.clone()), "cigir acan sofor").await.unwrap());
        assert!(!passwords.matches(None, "çığır açan şoför").await.unwrap());
        assert!(!passwords.matches(Some(stored), &"ç".repeat(1000)).await.unwrap());
    }

    #[tokio::test]
    async fn a_login_that_nobody_has_costs_an_argon2_run_too() {
        // Compared by what is done, not by the clock: the stand-in is a hash of the same kind and cost.
        let stand_in = NOBODY.as_deref().unwrap();
        let real = secrets::slow_hash("x").unwrap();
        assert_eq!(stand_in.split('$').take(4).collect::<Vec<_>>(), real.split('$').take(4).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn more_than_the_lane_takes_are_told_to_come_again() {
        let passwords = Passwords { lane: CpuLane::with_permits(1), waiting: Arc::new(Semaphore::new(2)) };
        let tries = (0..5).map(|_| passwords.matches(None, "x"));
        let ended = futures::future::join_all(tries).await;
        let busy = ended.iter().filter(|ended| matches!(ended, Err(PasswordError::Busy))).count();
        assert_eq!(busy, 3);
    }
}
