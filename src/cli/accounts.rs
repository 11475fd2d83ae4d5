//! `tutanak party` and `tutanak board`: who may take scans away and who may bring them in.

use anyhow::Context;
use clap::Subcommand;
use ipnet::IpNet;

use super::certificates::{self, Bound};
use crate::access::enrol;
use crate::domain::{BoardId, Gate, PartyId, PlaceId};
use crate::ledger::Ledger;

/// Parties.
#[derive(Debug, Subcommand)]
pub enum PartyCommand {
    /// Adds a party and prints its secrets. They are shown this once.
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
    },
}

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
    },
    /// Binds a client certificate: the board must show it, or another one that is bound to it, beside its token.
    ///
    /// The configuration must say `client_certificates = true` under [https].
    Bind(Bound),
    /// Takes a certificate away from a board.
    Unbind(Bound),
    /// Prints the SHA-256 of the certificates that are bound to a board.
    Certificates {
        /// The board.
        id: String,
    },
}

/// Operators.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Adds an operator and prints the password. It is shown this once.
    Add {
        /// Short name, which is also the user name: a–z, 0–9 and '-'.
        id: String,
        /// Name as people know it.
        #[arg(long)]
        name: String,
    },
}

/// Runs a command about operators.
pub async fn operator(command: OperatorCommand, ledger: &Ledger) -> anyhow::Result<()> {
    let OperatorCommand::Add { id, name } = command;
    let id: PartyId = id.parse()?; // the same spelling as every account's
    let login = enrol::operator(ledger, id.as_str(), &name).await?;
    println!("{}", serde_json::to_string_pretty(&login)?);
    Ok(())
}

/// Runs a command about parties.
pub async fn party(command: PartyCommand, ledger: &Ledger) -> anyhow::Result<()> {
    let PartyCommand::Add { id, name, from, takes_no_part } = command;
    let id: PartyId = id.parse()?;
    let opens_with = if takes_no_part { Gate::BanLifted } else { Gate::PartiesOpen };
    let secrets = enrol::party(ledger, &id, &name, &ranges(&from)?, opens_with).await?;
    println!("{}", serde_json::to_string_pretty(&secrets)?);
    Ok(())
}

/// Runs a command about boards.
pub async fn board(command: BoardCommand, ledger: &Ledger) -> anyhow::Result<()> {
    let (id, name, place, from) = match command {
        BoardCommand::Add { id, name, place, from } => (id, name, place, from),
        BoardCommand::Bind(bound) => return certificates::bind(&bound, ledger).await,
        BoardCommand::Unbind(bound) => return certificates::unbind(&bound, ledger).await,
        BoardCommand::Certificates { id } => return certificates::list(&id, ledger).await,
    };
    let id: BoardId = id.parse()?;
    let token = enrol::board(ledger, &id, &name, &place, &ranges(&from)?).await?;
    println!("{}", serde_json::to_string_pretty(&token)?);
    Ok(())
}

fn ranges(texts: &[String]) -> anyhow::Result<Vec<IpNet>> {
    let range = |text: &String| {
        let single = text.parse::<std::net::IpAddr>().map(IpNet::from);
        single.or_else(|_| text.parse()).with_context(|| format!("{text} is no address and no CIDR range"))
    };
    texts.iter().map(range).collect()
}
