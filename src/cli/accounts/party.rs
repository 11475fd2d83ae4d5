//! `tutanak party`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::shared::{self, AccountCommand, Replacement};
use super::{Books, Json, about, print_secrets};
use crate::access::consent::Effect;
use crate::cli::consent::given;
use crate::cli::party_ftp::{self, PartyFtp};
use crate::domain::{Channel, Gate, PartyId};
use crate::people::enrol;

/// Commands about parties.
#[derive(Debug, Subcommand)]
pub enum PartyCommand {
    /// Adds a party and prints its secrets. They are shown this once.
    ///
    /// It gets a bulk user (FTP, FTPS, HTTPS /arsiv/), its one web service token, and its first web user, the
    /// representative. Further web users come from the request form: `tutanak user import`.
    Add {
        /// Short name, which is also the FTP user name: a–z, 0–9 and '-'.
        id: String,
        /// Name as people know it.
        #[arg(long)]
        name: String,
        /// An address or CIDR range that the party reported; may be given several times. Nobody gets in from elsewhere.
        #[arg(long = "from", value_name = "ADDRESS", required = true)]
        from: Vec<String>,
        /// The party takes no part in this election: it may see scans only once the broadcast ban is lifted.
        #[arg(long)]
        takes_no_part: bool,
        /// Also write the first web user's slip, as text and PDF, into this directory.
        #[arg(long, value_name = "DIR")]
        slips: Option<PathBuf>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Puts a new secret in force; the one before works on for a while.
    NewSecret {
        /// Which one.
        #[arg(long)]
        channel: PartyChannel,
        /// Whose, and how long the old one still works.
        #[command(flatten)]
        what: Replacement,
    },
    /// Says whether a party's FTP must be encrypted.
    Ftp(PartyFtp),
    /// What is done to accounts of every kind.
    #[command(flatten)]
    Account(AccountCommand),
}

/// Channels of a party's machines.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PartyChannel {
    /// FTP, FTPS and HTTPS /arsiv/.
    Bulk,
    /// The web service.
    Service,
}

impl From<PartyChannel> for Channel {
    fn from(channel: PartyChannel) -> Self {
        match channel {
            PartyChannel::Bulk => Self::Bulk,
            PartyChannel::Service => Self::Service,
        }
    }
}

impl PartyCommand {
    /// What it does to who gets in; of how FTP may come it depends on how it may come before.
    fn effect(&self) -> Effect {
        match self {
            Self::Add { .. } | Self::NewSecret { .. } => Effect::Opens,
            Self::Ftp(_) => Effect::Nothing,
            Self::Account(command) => command.effect(),
        }
    }
}

pub(super) async fn run(command: PartyCommand, books: &Books) -> anyhow::Result<()> {
    given(&books.ledger, command.effect()).await?;
    match command {
        PartyCommand::Add { id, name, from, takes_no_part, slips, json } => {
            let id: PartyId = id.parse()?;
            about(id.as_str());
            let from = books.reported(&from)?;
            let opens_with = if takes_no_part { Gate::BanLifted } else { Gate::PartiesOpen };
            let secrets = enrol::party(&books.ledger, &id, &name, &from, opens_with).await?;
            print_secrets(books, &name, &secrets, json, slips.as_deref())
        }
        PartyCommand::NewSecret { channel, what } => shared::new_secret(books, "party", channel.into(), what).await,
        PartyCommand::Ftp(ftp) => party_ftp::run(ftp, &books.ledger).await,
        PartyCommand::Account(command) => shared::run(&["party"], command, books).await,
    }
}
