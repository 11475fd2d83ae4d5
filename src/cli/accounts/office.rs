//! `tutanak operator` and `tutanak auditor`: accounts of one person each.

use std::path::PathBuf;

use clap::Subcommand;

use super::shared::{self, AccountCommand};
use super::user::{self, print_slip};
use super::{Books, Json, about};
use crate::access::consent::Effect;
use crate::access::own_password::slip_until;
use crate::cli::consent::given;
use crate::clock::Clock;
use crate::domain::PartyId;
use crate::people::enrol;
use crate::people::slip::Slip;

/// Accounts of one person each.
#[derive(Debug, Subcommand)]
pub enum OfficeCommand {
    /// Adds one and prints the first password. It is shown this once, holds 72 hours, and must be changed before anything
    /// else: on the site, or with `change-password`.
    Add {
        /// Short name, which is also the user name: a–z, 0–9 and '-'.
        id: String,
        /// Name as people know it.
        #[arg(long)]
        name: String,
        /// Also write the slip, as text and PDF, into this directory.
        #[arg(long, value_name = "DIR")]
        slips: Option<PathBuf>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Gives a new first password; the present one is refused from now on, and sessions end.
    NewSlip {
        /// The user name.
        id: String,
        /// Also write the slip, as text and PDF, into this directory.
        #[arg(long, value_name = "DIR")]
        slips: Option<PathBuf>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Replaces the password by one of your own: asks for both, or reads TUTANAK_PASSWORD and TUTANAK_NEW_PASSWORD.
    ChangePassword {
        /// The user name.
        id: String,
    },
    /// Sets the second factor up, which operators cannot be without. Shows a secret for an authenticator app and asks for
    /// the password and for the app's code; the site does the same at `/dogrulama`.
    ///
    /// A script chooses the secret, 20 random bytes as base 32, and gives it as TUTANAK_TOTP_SECRET, with TUTANAK_PASSWORD
    /// and TUTANAK_CODE.
    SetTotp {
        /// The user name.
        id: String,
    },
    /// Removes a lost second factor. The next login sets a new one up.
    RemoveTotp {
        /// The user name.
        id: String,
    },
    /// What is done to accounts of every kind.
    #[command(flatten)]
    Account(AccountCommand),
}

impl OfficeCommand {
    /// What it does to who gets in.
    fn effect(&self) -> Effect {
        match self {
            Self::Add { .. } | Self::NewSlip { .. } | Self::RemoveTotp { .. } => Effect::Opens,
            // People change what is their own, with their own password.
            Self::ChangePassword { .. } | Self::SetTotp { .. } => Effect::Nothing,
            Self::Account(command) => command.effect(),
        }
    }
}

pub(super) async fn run(kind: &'static str, command: OfficeCommand, books: &Books) -> anyhow::Result<()> {
    given(&books.ledger, command.effect()).await?;
    match command {
        OfficeCommand::Add { id, name, slips, json } => {
            let id: PartyId = id.parse()?; // the same spelling as every account's
            about(id.as_str());
            let login = match kind {
                "auditor" => enrol::auditor(&books.ledger, id.as_str(), &name).await?,
                _ => enrol::operator(&books.ledger, id.as_str(), &name).await?,
            };
            let until = slip_until(Clock::system().now());
            let slip = Slip {
                account: "YSK".to_owned(),
                name,
                login: login.user.clone(),
                password: login.password.clone(),
                until,
            };
            if let Some(dir) = &slips {
                super::write_slips(dir, std::slice::from_ref(&slip), &books.site)?;
            }
            json.print(&login, || slip.text(&books.site))
        }
        OfficeCommand::NewSlip { id, slips, json } => print_slip(books, &id, slips.as_deref(), json).await,
        OfficeCommand::ChangePassword { id } => user::change_password(books, &id).await,
        OfficeCommand::SetTotp { id } => user::set_totp(books, &id).await,
        OfficeCommand::RemoveTotp { id } => user::remove_totp(books, &id).await,
        OfficeCommand::Account(command) => shared::run(&[kind], command, books).await,
    }
}
