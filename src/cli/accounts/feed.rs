//! `tutanak feed`.

use anyhow::ensure;
use clap::Subcommand;

use super::shared::{self, AccountCommand, Replacement};
use super::{Books, Json, about, ranges};
use crate::access::consent::Effect;
use crate::cli::certificates::{self, Bound};
use crate::cli::consent::given;
use crate::domain::{Channel, FeedId};
use crate::people::enrol;

/// Programs that give box results.
#[derive(Debug, Subcommand)]
pub enum FeedCommand {
    /// Adds a program that gives box results, and prints its token. It is shown this once.
    ///
    /// It sends to /v1/figures, and sees nothing of what is kept.
    Add {
        /// Short name: a–z, 0–9 and '-'.
        id: String,
        /// Name as people know it.
        #[arg(long)]
        name: String,
        /// An address or CIDR range that it comes from; may be given several times. From elsewhere it does not get in.
        #[arg(long = "from", value_name = "ADDRESS", required = true)]
        from: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Binds a client certificate: the program must show it, or another one that is bound to it, beside its token.
    ///
    /// The configuration must say `client_certificates = true` under `[https]`.
    Bind(Bound),
    /// Takes a certificate away from a program.
    Unbind(Bound),
    /// Prints the SHA-256 of the certificates that are bound to a program, and until when each is valid.
    Certificates {
        /// The program.
        id: String,
    },
    /// Puts a new token in force; the one before works on for a while.
    NewSecret(Replacement),
    /// What is done to accounts of every kind.
    #[command(flatten)]
    Account(AccountCommand),
}

impl FeedCommand {
    /// What it does to who gets in; of taking a certificate away it depends on whether it is the last one.
    fn effect(&self) -> Effect {
        match self {
            Self::Add { .. } | Self::Bind(_) | Self::NewSecret(_) => Effect::Opens,
            Self::Certificates { .. } | Self::Unbind(_) => Effect::Nothing,
            Self::Account(command) => command.effect(),
        }
    }
}

pub(super) async fn run(command: FeedCommand, books: &Books) -> anyhow::Result<()> {
    given(&books.ledger, command.effect()).await?;
    match command {
        FeedCommand::Add { id, name, from, json } => {
            let id: FeedId = id.parse()?;
            about(id.as_str());
            let from = ranges(&from)?;
            ensure!(!from.is_empty(), "name the address that it comes from: --from ADDRESS");
            let token = enrol::feed(&books.ledger, &id, &name, &from).await?;
            json.print(&token, || format!("{id}: token {}\nIt is shown this once.", token.token))
        }
        FeedCommand::Bind(bound) => certificates::bind(&bound, &books.ledger).await,
        FeedCommand::Unbind(bound) => certificates::unbind(&bound, &books.ledger).await,
        FeedCommand::Certificates { id } => certificates::list(&id, &books.ledger).await,
        FeedCommand::NewSecret(what) => shared::new_secret(books, "feed", Channel::Feed, what).await,
        FeedCommand::Account(command) => shared::run(&["feed"], command, books).await,
    }
}
