//! A second factor, set up: by who knows the password, has the factor that is there, where one is, and has the new one.
//!
//! It must never be enough to be in a session: who stole one would else put an app of their own in the place of the person's.

use jiff::Timestamp;

use super::codes::{self, Seen};
use super::passwords::{PasswordError, Passwords};
use super::totp;
use crate::ledger::people::FactorChange;
use crate::ledger::sessions::NewSession;
use crate::ledger::{Ledger, LedgerError};

/// What somebody shows who sets a second factor up.
#[derive(Clone, Copy)]
pub struct FactorProof<'a> {
    /// The present password.
    pub password: &'a str,
    /// The code of the factor that is there; empty where there is none.
    pub present_code: &'a str,
    /// The new secret, base 32.
    pub secret: &'a str,
    /// The code that the new secret gives: the app has it.
    pub code: &'a str,
}

/// It was not set up; what was there holds on.
#[derive(Debug, thiserror::Error)]
pub enum FactorError {
    /// The present password is not right, or is still the one that was given out.
    #[error("the present password is not right, or is still the one that was given out")]
    WrongPassword,
    /// The code of the factor that is there is not right, or was used before.
    #[error("the code of the second factor that is there is not right, or was used before")]
    WrongPresentCode,
    /// The new secret does not give this code.
    #[error("the code is not the one that the new secret gives now")]
    WrongCode,
    /// Too many wrong tries.
    #[error("too many wrong tries; the next one is looked at in {retry_after} seconds")]
    NotNow {
        /// Seconds after which a try is looked at again.
        retry_after: u32,
    },
    /// The password could not be compared.
    #[error("the password could not be compared")]
    Password(#[from] PasswordError),
    /// The database did not answer.
    #[error("the second factor could not be written")]
    Ledger(#[from] LedgerError),
}

impl FactorError {
    /// The name in audit rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::WrongPassword => "wrong-password",
            Self::WrongPresentCode | Self::WrongCode => "wrong-code",
            Self::NotNow { .. } => "too-many-tries",
            Self::Password(_) | Self::Ledger(_) => "failed",
        }
    }
}

/// Sets a person's second factor up. Every session of the person ends, but the one that is given begins.
///
/// # Errors
/// See [`FactorError`].
pub async fn set(
    ledger: &Ledger,
    passwords: &Passwords,
    login: &str,
    shown: FactorProof<'_>,
    now: Timestamp,
    session: Option<&NewSession>,
) -> Result<(), FactorError> {
    let known = ledger.person_login(login).await?;
    let stored = known.as_ref().map(|known| known.password.clone());
    let right = passwords.matches(stored, shown.password).await?;
    // A slip's finder must not bind an app to the account.
    let known = known.filter(|known| right && known.active && !known.must_change).ok_or(FactorError::WrongPassword)?;
    let mut proved = None;
    let before = match &known.totp {
        None => None,
        Some(secret) => {
            let (tried, step) = match codes::look(ledger, login, secret, shown.present_code, now).await? {
                Seen::Right(tried, step) => (tried, step),
                Seen::Wrong => return Err(FactorError::WrongPresentCode),
                Seen::NotNow(wait) => {
                    return Err(FactorError::NotNow {
                        retry_after: u32::try_from(wait.as_secs()).unwrap_or(u32::MAX) + 1,
                    });
                }
            };
            proved = Some(tried);
            Some((secret.as_str(), step))
        }
    };
    let Some(step) = totp::step(shown.secret, shown.code, now) else {
        // Whoever mistypes the new app's code had the present one.
        if let Some(proved) = proved {
            proved.right().await;
        }
        return Err(FactorError::WrongCode);
    };
    let (password, after) = (known.password.as_str(), (shown.secret, step));
    let change = FactorChange { person: login, password, before, after, session };
    match (ledger.person_change_factor(&change).await?, proved) {
        (true, proved) => {
            if let Some(proved) = proved {
                proved.right().await;
            }
            Ok(())
        }
        // The code was used before; or password and factor are others by now, which is told alike.
        (false, proved) => {
            if let Some(proved) = proved {
                proved.wrong().await;
            }
            Err(FactorError::WrongPresentCode)
        }
    }
}
