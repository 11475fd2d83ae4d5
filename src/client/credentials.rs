//! Who asks: from the environment or a prompt. Never from an argument, which every user of the machine can list.

use std::fmt;
use std::io::{IsTerminal, Write, stderr, stdin};

/// A bulk account of a party.
#[derive(Clone)]
pub struct Credentials {
    /// Its name.
    pub user: String,
    /// Its secret.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.user)
    }
}

/// The token of a board.
#[derive(Clone)]
pub struct Token(pub String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// `TUTANAK_TOKEN`; asked for where it is not set.
    ///
    /// # Errors
    /// When it is not set and nobody can be asked.
    pub fn find() -> Result<Self, NoCredentials> {
        match std::env::var("TUTANAK_TOKEN").ok().filter(|value| !value.is_empty()) {
            Some(token) => Ok(Self(token)),
            None if stdin().is_terminal() && stderr().is_terminal() => {
                Ok(Self(rpassword::prompt_password("Kurul anahtarı / Token: ")?.trim().to_owned()))
            }
            None => Err(NoCredentials::NoToken),
        }
    }
}

/// There is nobody to ask, or the terminal failed.
#[derive(Debug, thiserror::Error)]
pub enum NoCredentials {
    /// Neither the environment nor a terminal.
    #[error("TUTANAK_USER and TUTANAK_PASSWORD are not set, and there is no terminal to ask at")]
    NobodyToAsk,
    /// The same for a board's token.
    #[error("TUTANAK_TOKEN is not set, and there is no terminal to ask at")]
    NoToken,
    /// The terminal failed.
    #[error("the terminal cannot be read")]
    Terminal(#[from] std::io::Error),
}

impl Credentials {
    /// `TUTANAK_USER` and `TUTANAK_PASSWORD`; what is missing is asked for.
    ///
    /// # Errors
    /// When something is missing and nobody can be asked.
    pub fn find() -> Result<Self, NoCredentials> {
        let of = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let ask = stdin().is_terminal() && stderr().is_terminal();
        let user = match of("TUTANAK_USER") {
            Some(user) => user,
            None if ask => {
                crate::terminal::warn(format_args!("Kullanıcı / User: "));
                stderr().flush()?;
                let mut line = String::new();
                stdin().read_line(&mut line)?;
                line.trim().to_owned()
            }
            None => return Err(NoCredentials::NobodyToAsk),
        };
        let password = match of("TUTANAK_PASSWORD") {
            Some(password) => password,
            None if ask => rpassword::prompt_password("Parola / Password: ")?,
            None => return Err(NoCredentials::NobodyToAsk),
        };
        Ok(Self { user, password })
    }
}
