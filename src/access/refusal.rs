//! Why not: a name for the record, a sentence for the people. And what a look-up comes to that ends without somebody.

use std::fmt;

use jiff::Timestamp;

use super::passwords::PasswordError;
use crate::ledger::LedgerError;
use crate::telemetry::Chain;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such credential on this channel. It does not say which half was wrong.
    Unknown,
    /// Too many wrong tries from this address; nothing was looked at.
    TooManyTries {
        /// Seconds after which a try is looked at again.
        retry_after: u32,
    },
    /// Too many wrong codes for this account, wherever they came from; nothing was looked at.
    TooManyCodes {
        /// Seconds after which a code is looked at again.
        retry_after: u32,
    },
    /// The second factor's code is wrong, too old, or was used before.
    WrongCode,
    /// An operator who has not set a second factor up.
    NoSecondFactor,
    /// The account is not in use.
    Inactive,
    /// Not from this address.
    Elsewhere,
    /// The channel is not made for that.
    WrongChannel,
    /// The board's client certificate is missing, or is another's.
    WrongCertificate,
    /// The board's client certificate is not valid yet, or not any more.
    OutdatedCertificate {
        /// From when and until when it is valid.
        valid: (Timestamp, Timestamp),
    },
    /// The password that was given out has to be replaced first.
    MustChangePassword,
    /// It lies outside what the account may see.
    OutOfScope,
    /// Not yet.
    NotYet {
        /// When it opens; none where no clock opens it, or while no election is loaded.
        opens_at: Option<Timestamp>,
        /// That time as people read it.
        shown: String,
    },
}

impl Refusal {
    /// Seconds after which it may be another answer; none where waiting changes nothing.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyTries { retry_after } | Self::TooManyCodes { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// The name in audit rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-credential",
            Self::TooManyTries { .. } => "too-many-tries",
            Self::TooManyCodes { .. } => "too-many-codes",
            Self::WrongCode => "wrong-code",
            Self::NoSecondFactor => "no-second-factor",
            Self::Inactive => "inactive-account",
            Self::Elsewhere => "address-not-allowed",
            Self::WrongChannel => "wrong-channel",
            Self::WrongCertificate => "wrong-certificate",
            Self::OutdatedCertificate { .. } => "outdated-certificate",
            Self::MustChangePassword => "must-change-password",
            Self::OutOfScope => "out-of-scope",
            Self::NotYet { .. } => "not-open-yet",
        }
    }
}

impl fmt::Display for Refusal {
    /// The sentence that election users read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("Kullanıcı adı veya parola geçerli değil."),
            Self::TooManyTries { retry_after } => {
                write!(f, "Bu adresten çok sayıda hatalı deneme yapıldı; {retry_after} saniye sonra yeniden deneyin.")
            }
            Self::TooManyCodes { retry_after } => write!(
                f,
                "Bu hesap için çok sayıda hatalı doğrulama kodu girildi; {retry_after} saniye sonra yeniden deneyin."
            ),
            Self::WrongCode => f.write_str("Doğrulama kodu yanlış ya da daha önce kullanılmış."),
            Self::NoSecondFactor => f.write_str("Önce doğrulama kodu (ikinci adım) kurulmalıdır."),
            Self::Inactive => f.write_str("Bu hesap pasif."),
            Self::Elsewhere => f.write_str("Bu IP adresinden erişim tanımlı değil."),
            Self::WrongChannel => f.write_str("Bu kimlik bilgisi bu iş için geçerli değil."),
            Self::WrongCertificate => f.write_str("Bu kurul için tanımlı istemci sertifikası gereklidir."),
            Self::OutdatedCertificate { valid: (from, until) } => {
                write!(f, "İstemci sertifikasının süresi geçerli değil: {} – {} (UTC).", day(*from), day(*until))
            }
            Self::MustChangePassword => f.write_str("Önce verilen parola değiştirilmelidir."),
            Self::OutOfScope => f.write_str("Bu, hesabın yetki alanının dışındadır."),
            Self::NotYet { shown, .. } => write!(f, "Henüz erişime açılmadı; açılış: {shown}."),
        }
    }
}

fn day(at: Timestamp) -> impl fmt::Display {
    at.strftime("%d.%m.%Y %H:%M").to_string()
}

/// Somebody was not let in, or we could not find out.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Not let in.
    #[error("{0}")]
    Refused(Refusal),
    /// The database did not answer.
    #[error("accounts could not be read")]
    Ledger(#[from] LedgerError),
}

/// A person was not let in, or we could not find out.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Not let in.
    #[error("{0}")]
    Refused(Refusal),
    /// The password could not be compared: too many wait, or the machine failed.
    #[error("a password could not be compared")]
    Password(#[from] PasswordError),
    /// The database did not answer.
    #[error("accounts could not be read")]
    Ledger(#[from] LedgerError),
}

impl From<DoorError> for LoginError {
    fn from(error: DoorError) -> Self {
        match error {
            DoorError::Refused(refusal) => Self::Refused(refusal),
            DoorError::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl From<LoginError> for DoorError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Refused(refusal) => Self::Refused(refusal),
            LoginError::Ledger(error) => Self::Ledger(error),
            // Too many at once, which is told as too many tries are: come again.
            LoginError::Password(error) => {
                tracing::warn!(error = %Chain(&error), "Could not compare a password");
                Self::Refused(Refusal::TooManyTries { retry_after: 5 })
            }
        }
    }
}
