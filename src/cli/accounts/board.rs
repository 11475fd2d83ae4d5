//! `tutanak board`.

use anyhow::Context;
use clap::Subcommand;

use super::shared::{self, AccountCommand, Replacement};
use super::{Books, Json, about, ranges};
use crate::access::consent::Effect;
use crate::cli::certificates::{self, Bound};
use crate::cli::consent::given;
use crate::clock::Clock;
use crate::domain::{BoardId, Channel, PlaceId, Sender};
use crate::intake::quota::{Quota, Quotas};
use crate::people::enrol;

/// Commands about boards.
#[derive(Debug, Subcommand)]
pub enum BoardCommand {
    /// Adds a board and prints its token. It is shown this once.
    Add {
        /// Short name: a–z, 0–9 and '-'.
        id: String,
        /// Name as people know it.
        #[arg(long)]
        name: String,
        /// The registry's id of the place where the board sits.
        #[arg(long)]
        place: PlaceId,
        /// An address or CIDR range to which the token is bound; may be given several times. None: any address.
        #[arg(long = "from", value_name = "ADDRESS")]
        from: Vec<String>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Binds a client certificate: the board must show it, or another one that is bound to it, beside its token.
    ///
    /// The configuration must say `client_certificates = true` under `[https]`.
    Bind(Bound),
    /// Takes a certificate away from a board.
    Unbind(Bound),
    /// Prints the SHA-256 of the certificates that are bound to a board, and until when each is valid.
    Certificates {
        /// The board.
        id: String,
    },
    /// Shows how much a board has brought and may bring, and gives it more: so many times the usual.
    ///
    /// The usual follows from the forms that the board is to send, as `[intake.quota]` says.
    Quota {
        /// The board.
        id: String,
        /// How many times the usual; 1 is the usual again.
        #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=1000))]
        times: Option<u32>,
    },
    /// Puts a new token in force; the one before works on for a while.
    NewSecret(Replacement),
    /// What is done to accounts of every kind.
    #[command(flatten)]
    Account(AccountCommand),
}

impl BoardCommand {
    /// What it does to who gets in; of taking a certificate away it depends on whether it is the last one.
    fn effect(&self) -> Effect {
        match self {
            Self::Add { .. } | Self::Bind(_) | Self::NewSecret(_) => Effect::Opens,
            // More room lets nobody in.
            Self::Certificates { .. } | Self::Quota { .. } | Self::Unbind(_) => Effect::Nothing,
            Self::Account(command) => command.effect(),
        }
    }
}

pub(super) async fn run(command: BoardCommand, books: &Books) -> anyhow::Result<()> {
    given(&books.ledger, command.effect()).await?;
    match command {
        BoardCommand::Add { id, name, place, from, json } => {
            let id: BoardId = id.parse()?;
            about(id.as_str());
            let from = ranges(&from)?;
            let token = enrol::board(&books.ledger, &id, &name, &place, &from).await?;
            json.print(&token, || format!("{id}: token {}\nIt is shown this once.", token.token))
        }
        BoardCommand::Bind(bound) => certificates::bind(&bound, &books.ledger).await,
        BoardCommand::Unbind(bound) => certificates::unbind(&bound, &books.ledger).await,
        BoardCommand::Certificates { id } => certificates::list(&id, &books.ledger).await,
        BoardCommand::Quota { id, times } => quota(books, &id, times).await,
        BoardCommand::NewSecret(what) => shared::new_secret(books, "board", Channel::Board, what).await,
        BoardCommand::Account(command) => shared::run(&["board"], command, books).await,
    }
}

async fn quota(books: &Books, id: &str, times: Option<u32>) -> anyhow::Result<()> {
    let board: BoardId = id.parse()?;
    let place = books.ledger.board_place(&board).await?.with_context(|| format!("there is no board called {id}"))?;
    about(id);
    if let Some(times) = times {
        anyhow::ensure!(books.ledger.set_quota_factor(&board, times).await?, "there is no board called {id}");
    }
    let quotas = Quotas::new(books.quota.clone(), books.ledger.clone(), Clock::system());
    let Quota { used, may } = quotas.of(&Sender { board, place }).await?;
    let mb = |bytes: u64| bytes >> 20;
    crate::out!("{id}: {} of {} MiB", mb(used.bytes), mb(may.bytes));
    let (parked, of) = (mb(used.parked_bytes), mb(may.parked_bytes));
    crate::out!("  not linked: {} of {} scans, {parked} of {of} MiB", used.parked, may.parked);
    Ok(())
}
