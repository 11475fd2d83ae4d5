//! `tutanak board`.

use clap::Subcommand;

use super::shared::{self, AccountCommand, Replacement};
use super::{Desk, Json, about, ranges};
use crate::access::enrol;
use crate::cli::certificates::{self, Bound};
use crate::domain::{BoardId, Channel, PlaceId};

/// Boards.
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
    /// Puts a new token in force; the one before works on for a while.
    NewSecret(Replacement),
    /// What is done to accounts of every kind.
    #[command(flatten)]
    Account(AccountCommand),
}

pub(super) async fn run(command: BoardCommand, desk: &Desk) -> anyhow::Result<()> {
    match command {
        BoardCommand::Add { id, name, place, from, json } => {
            let id: BoardId = id.parse()?;
            about(id.as_str());
            let from = ranges(&from)?;
            let token = enrol::board(&desk.ledger, &id, &name, &place, &from).await?;
            json.print(&token, || format!("{id}: token {}\nIt is shown this once.", token.token))
        }
        BoardCommand::Bind(bound) => certificates::bind(&bound, &desk.ledger).await,
        BoardCommand::Unbind(bound) => certificates::unbind(&bound, &desk.ledger).await,
        BoardCommand::Certificates { id } => certificates::list(&id, &desk.ledger).await,
        BoardCommand::NewSecret(what) => shared::new_secret(desk, "board", Channel::Board, what).await,
        BoardCommand::Account(command) => shared::run(&["board"], command, desk).await,
    }
}
