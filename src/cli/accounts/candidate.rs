//! `tutanak candidate`.

use std::path::PathBuf;

use clap::Subcommand;

use super::party::PartyChannel;
use super::shared::{self, AccountCommand, Replacement};
use super::{Books, Json, about, print_secrets};
use crate::access::consent::Effect;
use crate::cli::consent::given;
use crate::domain::{PartyId, PlaceId};
use crate::people::enrol;

/// Commands about candidates.
#[derive(Debug, Subcommand)]
pub enum CandidateCommand {
    /// Adds a candidate for Cumhurbaşkanı, who gets what a party gets, and prints the secrets. They are shown this once.
    AddPresidential {
        /// Short name, which is also the FTP user name: a–z, 0–9 and '-'.
        id: String,
        /// Name as people know it.
        #[arg(long)]
        name: String,
        /// An address or CIDR range that was reported; may be given several times. Nobody gets in from elsewhere.
        #[arg(long = "from", value_name = "ADDRESS", required = true)]
        from: Vec<String>,
        /// Also write the first web user's slip, as text and PDF, into this directory.
        #[arg(long, value_name = "DIR")]
        slips: Option<PathBuf>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Adds an independent candidate of a seçim çevresi. There is no way in on line for them: a medium is written on
    /// request.
    AddIndependent {
        /// Short name: a–z, 0–9 and '-'.
        id: String,
        /// Name as people know it.
        #[arg(long)]
        name: String,
        /// The registry's id of the seçim çevresi.
        #[arg(long)]
        place: PlaceId,
    },
    /// Puts a new secret of a candidate for Cumhurbaşkanı in force; the one before works on for a while.
    NewSecret {
        /// Which one.
        #[arg(long)]
        channel: PartyChannel,
        /// Whose, and how long the old one still works.
        #[command(flatten)]
        what: Replacement,
    },
    /// What is done to accounts of every kind.
    #[command(flatten)]
    Account(AccountCommand),
}

impl CandidateCommand {
    /// What it does to who gets in.
    fn effect(&self) -> Effect {
        match self {
            Self::AddPresidential { .. } | Self::AddIndependent { .. } | Self::NewSecret { .. } => Effect::Opens,
            Self::Account(command) => command.effect(),
        }
    }
}

pub(super) async fn run(command: CandidateCommand, books: &Books) -> anyhow::Result<()> {
    given(&books.ledger, command.effect()).await?;
    match command {
        CandidateCommand::AddPresidential { id, name, from, slips, json } => {
            let id: PartyId = id.parse()?;
            about(id.as_str());
            let from = books.reported(&from)?;
            let secrets = enrol::candidate(&books.ledger, &id, &name, &from).await?;
            print_secrets(books, &name, &secrets, json, slips.as_deref())
        }
        CandidateCommand::AddIndependent { id, name, place } => {
            let id: PartyId = id.parse()?;
            about(id.as_str());
            enrol::independent(&books.ledger, &id, &name, &place).await?;
            crate::out!("{id} is an independent candidate of {place}");
            Ok(())
        }
        CandidateCommand::NewSecret { channel, what } => {
            shared::new_secret(books, "candidate", channel.into(), what).await
        }
        CandidateCommand::Account(command) => shared::run(&["candidate", "independent"], command, books).await,
    }
}
