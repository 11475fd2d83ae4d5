//! `tutanak board bind`, `unbind` and `certificates`: which client certificate a board must show beside its token.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::consent::given;
use super::on_record::about;
use crate::access::consent::Effect;
use crate::clock::Clock;
use crate::domain::{BoardId, Digest};
use crate::ledger::certificates::BoundCertificate;
use crate::ledger::{Ledger, LedgerError};
use crate::tls::{self, Validity};

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
    fn read(&self) -> anyhow::Result<(BoardId, Digest, Option<Validity>)> {
        let board: BoardId = self.id.parse()?;
        about(board.as_str());
        let (digest, valid) = match (&self.certificate, &self.fingerprint) {
            (Some(file), _) => tls::fingerprint(file)?,
            (None, Some(text)) => (text.replace(':', "").to_ascii_lowercase().parse()?, None),
            (None, None) => bail!("name the certificate, or its fingerprint"),
        };
        Ok((board, digest, valid))
    }
}

/// From now on the board must show this certificate, or another one bound to it.
pub async fn bind(bound: &Bound, ledger: &Ledger) -> anyhow::Result<()> {
    let (board, certificate, valid) = bound.read()?;
    let now = Clock::system().now();
    if let Some((_, ended)) = valid.filter(|(_, until)| *until < now) {
        bail!("this certificate ended on {ended}: with it {board} could not send");
    }
    if !ledger.bind_certificate(&board, &certificate, now).await? {
        bail!("there is no board called {board}");
    }
    crate::out!("{board} must show {certificate}, or another certificate that is bound to it");
    if let Some((_, ends)) = valid {
        ledger.certificate_ends(board.as_str(), &certificate, ends).await?;
        let bound = BoundCertificate { board: board.to_string(), digest: certificate, ends: Some(ends) };
        crate::terminal::print(format_args!("{}", Ending::of(&bound, now).warning().unwrap_or_default()));
    }
    Ok(())
}

/// How long before its end a certificate is warned of.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A certificate and how long it is still good for.
#[derive(Debug, Serialize)]
pub struct Ending {
    sha256: Digest,
    /// None where only the fingerprint was bound, and it was not shown yet.
    ends: Option<Timestamp>,
    #[serde(skip)]
    left: Option<SignedDuration>,
}

impl Ending {
    /// As of now.
    pub fn of(bound: &BoundCertificate, now: Timestamp) -> Self {
        let left = bound.ends.map(|ends| ends.duration_since(now));
        Self { sha256: bound.digest, ends: bound.ends, left }
    }

    /// A line about one that has ended or soon will; none for one that is good for long.
    pub fn warning(&self) -> Option<String> {
        let (ends, left) = self.ends.zip(self.left)?;
        let short = &self.sha256.to_string()[..16];
        match left {
            left if left.is_negative() => {
                Some(format!("    WARNING: certificate {short}… ended on {ends}: it is refused\n"))
            }
            left if left < SOON => {
                let days = left.as_hours() / 24;
                Some(format!("    WARNING: certificate {short}… ends in {days} days, on {ends}\n"))
            }
            _ => None,
        }
    }
}

/// All that is to be said of boards' certificates at `now`: those that have ended, and those that soon will.
///
/// # Errors
/// The ledger could not be asked.
pub async fn warnings(ledger: &Ledger, now: Timestamp) -> Result<Vec<String>, LedgerError> {
    let bound = ledger.certificates(None).await?;
    let warning = |bound: &BoundCertificate| {
        let warning = Ending::of(bound, now).warning()?;
        Some(format!("{}: {}", bound.board, warning.trim()))
    };
    Ok(bound.iter().filter_map(warning).collect())
}

/// The certificate opens nothing any more.
pub async fn unbind(bound: &Bound, ledger: &Ledger) -> anyhow::Result<()> {
    let (board, certificate, _) = bound.read()?;
    // Without the last one the token alone is enough.
    let others = ledger.certificates(Some(board.as_str())).await?.iter().any(|bound| bound.digest != certificate);
    given(ledger, Effect::opens(!others)).await?;
    if !ledger.unbind_certificate(&board, &certificate).await? {
        bail!("{certificate} was not bound to {board}");
    }
    match ledger.certificates(Some(board.as_str())).await?.len() {
        0 => crate::out!("{board} needs no certificate any more: its token is enough"),
        left => crate::out!("{board} has {left} certificates left"),
    }
    Ok(())
}

/// Prints the certificates that are bound to a board, one a line, and until when each is valid.
pub async fn list(id: &str, ledger: &Ledger) -> anyhow::Result<()> {
    let board: BoardId = id.parse()?;
    for bound in ledger.certificates(Some(board.as_str())).await? {
        let ends = bound.ends.map_or_else(|| "end not known yet".to_owned(), |ends| format!("valid until {ends}"));
        crate::out!("{}  {ends}", bound.digest);
    }
    Ok(())
}
