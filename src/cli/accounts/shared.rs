//! What is done to accounts of every kind: listed, shown, taken out of use and into it again, bound to addresses.

use std::str::FromStr;

use anyhow::bail;
use clap::Subcommand;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Books, Json, about, ranges};
use crate::access::consent::{self, Effect};
use crate::cli::certificates::Ending;
use crate::cli::consent::given;
use crate::clock::Clock;
use crate::domain::{Channel, PartyId};
use crate::ledger::certificates::BoundCertificate;
use crate::ledger::people::Person;
use crate::ledger::secrets::Account;
use crate::people::enrol;

/// What is done to accounts of every kind.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Lists them.
    List {
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Shows one of them, with its people.
    Show {
        /// Its short name.
        id: String,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Takes one out of use: nothing of it works any more, and its people's sessions end.
    Passivate {
        /// Its short name.
        id: String,
    },
    /// Takes one into use again.
    Activate {
        /// Its short name.
        id: String,
    },
    /// Replaces the list of addresses that it comes from; its people's sessions end.
    SetAddresses {
        /// Its short name.
        id: String,
        /// Addresses or CIDR ranges, IPv4 and IPv6. None: parties, candidates and senders of results come
        /// from nowhere, all others from anywhere.
        addresses: Vec<String>,
    },
}

impl AccountCommand {
    /// What it does to who gets in; of another address list it depends on the one before.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::List { .. } | Self::Show { .. } | Self::SetAddresses { .. } => Effect::Nothing,
            Self::Passivate { .. } => Effect::Closes,
            Self::Activate { .. } => Effect::Opens,
        }
    }
}

/// A machine's secret that is replaced.
#[derive(Debug, clap::Args)]
pub struct Replacement {
    /// The account's short name.
    id: String,
    /// How long the secret of before still works, as `24h` or `30m`, so that machines can be changed over one by one.
    /// `0s` after a leak.
    #[arg(long, default_value = "24h", value_parser = SignedDuration::from_str)]
    overlap: SignedDuration,
    /// How it is printed.
    #[command(flatten)]
    json: Json,
}

/// An account as it is printed.
#[derive(Serialize)]
struct AccountView<'a> {
    id: &'a str,
    kind: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    addresses: Vec<&'a str>,
    takes_part: bool,
    active: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    people: Vec<ShownPerson<'a>>,
    /// Of a board: the certificates of which it must show one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<Ending>,
}

/// A person as they are printed.
#[derive(Serialize)]
pub(super) struct ShownPerson<'a> {
    login: &'a str,
    account: &'a str,
    role: &'a str,
    name: &'a str,
    phone: &'a str,
    email: &'a str,
    active: bool,
    needs_form: bool,
    /// Whether the password is still the slip's.
    first_password: bool,
    second_factor: bool,
}

impl<'a> From<&'a Person> for ShownPerson<'a> {
    fn from(person: &'a Person) -> Self {
        Self {
            login: &person.id,
            account: &person.account,
            role: &person.role,
            name: &person.name,
            phone: &person.phone,
            email: &person.email,
            active: person.seat.is_some(),
            needs_form: person.needs_form,
            first_password: person.must_change,
            second_factor: person.second_factor,
        }
    }
}

impl ShownPerson<'_> {
    pub(super) fn text(&self) -> String {
        let state = match (self.active, self.needs_form, self.first_password) {
            (false, true, _) => "passive until a new form",
            (false, false, _) => "passive",
            (true, _, true) => "active, first password",
            (true, _, false) => "active",
        };
        format!("{:16} {:14} {:28} {:14} {:32} {state}\n", self.login, self.role, self.name, self.phone, self.email)
    }
}

fn shown<'a>(account: &'a Account, people: &'a [Person], certificates: &[BoundCertificate]) -> AccountView<'a> {
    let now = Clock::system().now();
    let own = certificates.iter().filter(|bound| bound.board == account.id);
    AccountView {
        id: &account.id,
        kind: &account.kind,
        name: &account.name,
        place: account.place.as_deref(),
        addresses: account.addresses.split_whitespace().collect(),
        takes_part: account.kind != "party" || account.opens_with == "parties-open",
        active: account.active,
        people: people.iter().map(ShownPerson::from).collect(),
        certificates: own.map(|bound| Ending::of(bound, now)).collect(),
    }
}

fn line(account: &AccountView<'_>) -> String {
    let part = if account.takes_part { "" } else { "takes no part" };
    let active = if account.active { "active" } else { "passive" };
    let place = account.place.unwrap_or_default();
    let warnings: String = account.certificates.iter().filter_map(Ending::warning).collect();
    format!(
        "{:20} {:12} {:8} {:13} {place:12} {}   {}\n{warnings}",
        account.id,
        account.kind,
        active,
        part,
        account.name,
        account.addresses.join(" ")
    )
}

/// Does it to an account of one of these kinds.
pub(super) async fn run(kinds: &[&str], command: AccountCommand, books: &Books) -> anyhow::Result<()> {
    let kind_of = async |id: &str| {
        let found = books.ledger.account(id).await?;
        match found.filter(|found| kinds.contains(&found.kind.as_str())) {
            Some(found) => {
                about(id);
                Ok(found)
            }
            None => bail!("there is no {} called {id}", kinds[0]),
        }
    };
    match command {
        AccountCommand::List { json } => {
            let mut all = Vec::new();
            for kind in kinds {
                all.extend(books.ledger.accounts(Some(kind)).await?);
            }
            let certificates = books.ledger.certificates(None).await?;
            let all: Vec<AccountView> = all.iter().map(|account| shown(account, &[], &certificates)).collect();
            json.print(&all, || all.iter().map(line).collect())
        }
        AccountCommand::Show { id, json } => {
            let account = kind_of(&id).await?;
            let people = books.ledger.people(Some(&id)).await?;
            let certificates = books.ledger.certificates(Some(&id)).await?;
            let shown = shown(&account, &people, &certificates);
            json.print(&shown, || line(&shown) + &shown.people.iter().map(ShownPerson::text).collect::<String>())
        }
        AccountCommand::Passivate { id } => set_active(books, &kind_of(&id).await?, false).await,
        AccountCommand::Activate { id } => set_active(books, &kind_of(&id).await?, true).await,
        AccountCommand::SetAddresses { id, addresses } => {
            let account = kind_of(&id).await?;
            let reported = match account.kind.as_str() {
                "party" | "candidate" => books.reported(&addresses)?,
                _ => ranges(&addresses)?,
            };
            given(&books.ledger, consent::of_addresses(&account.kind, &account.addresses, &reported)).await?;
            let list: Vec<String> = reported.iter().map(IpNet::to_string).collect();
            let list = list.join(" ");
            books.ledger.account_set_addresses(&account.kind, &id, &list).await?;
            crate::out!("{id} comes from {}", if list.is_empty() { "no address on the list" } else { &list });
            Ok(())
        }
    }
}

async fn set_active(books: &Books, account: &Account, active: bool) -> anyhow::Result<()> {
    books.ledger.account_set_active(&account.kind, &account.id, active).await?;
    crate::out!("{} is {}", account.id, if active { "active" } else { "passive" });
    if account.kind == "operator"
        && let Some(warning) = consent::too_few_left(&books.ledger).await?
    {
        crate::terminal::warn(format_args!("WARNING: {warning}\n"));
    }
    Ok(())
}

/// Replaces a machine's secret and prints the new one.
pub(super) async fn new_secret(
    books: &Books,
    kind: &str,
    channel: Channel,
    Replacement { id, overlap, json }: Replacement,
) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Given<'a> {
        account: &'a str,
        channel: &'a str,
        secret: &'a str,
        old_until: Timestamp,
    }
    let id: PartyId = id.parse()?; // the same spelling as every account's
    about(id.as_str());
    let id = id.as_str();
    anyhow::ensure!(!overlap.is_negative(), "an overlap is not negative");
    let old_until = Clock::system().now().checked_add(overlap)?;
    let secret = enrol::new_secret(&books.ledger, (kind, id), channel, old_until).await?;
    let given = Given { account: id, channel: channel.name(), secret: &secret, old_until };
    json.print(&given, || {
        format!("{id}, {channel}: {secret}\nIt is shown this once. The one before works until {old_until}.")
    })
}
