//! `tutanak board bind`, `unbind` and `certificates`: which client certificate a board must show beside its token.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use crate::clock::Clock;
use crate::domain::{BoardId, Digest};
use crate::ledger::Ledger;
use crate::tls;

/// A board and a certificate.
#[derive(Debug, Args)]
pub struct Bound {
    /// The board.
    id: String,
    /// The certificate, PEM. Only its public part is needed.
    #[arg(long, value_name = "FILE", required_unless_present = "fingerprint")]
    certificate: Option<PathBuf>,
    /// Its SHA-256 instead of the file: 64 hexadecimal digits, with or without colons, as `openssl x509 -fingerprint
    /// -sha256` prints it.
    #[arg(long, value_name = "HEX", conflicts_with = "certificate")]
    fingerprint: Option<String>,
}

impl Bound {
    fn read(&self) -> anyhow::Result<(BoardId, Digest)> {
        let digest = match (&self.certificate, &self.fingerprint) {
            (Some(file), _) => tls::fingerprint(file)?,
            (None, Some(text)) => text.replace(':', "").to_ascii_lowercase().parse()?,
            (None, None) => bail!("name the certificate, or its fingerprint"),
        };
        Ok((self.id.parse()?, digest))
    }
}

/// From now on the board must show this certificate, or another one bound to it.
pub async fn bind(bound: &Bound, ledger: &Ledger) -> anyhow::Result<()> {
    let (board, certificate) = bound.read()?;
    if !ledger.bind_certificate(&board, &certificate, Clock::system().now()).await? {
        bail!("there is no board called {board}");
    }
    println!("{board} must show {certificate}, or another certificate that is bound to it");
    Ok(())
}

/// The certificate opens nothing any more.
pub async fn unbind(bound: &Bound, ledger: &Ledger) -> anyhow::Result<()> {
    let (board, certificate) = bound.read()?;
    if !ledger.unbind_certificate(&board, &certificate).await? {
        bail!("{certificate} was not bound to {board}");
    }
    match ledger.certificates_of(board.as_str()).await?.len() {
        0 => println!("{board} needs no certificate any more: its token is enough"),
        left => println!("{board} has {left} certificates left"),
    }
    Ok(())
}

/// Prints the certificates that are bound to a board, one a line.
pub async fn list(id: &str, ledger: &Ledger) -> anyhow::Result<()> {
    let board: BoardId = id.parse()?;
    for certificate in ledger.certificates_of(board.as_str()).await? {
        println!("{certificate}");
    }
    Ok(())
}
