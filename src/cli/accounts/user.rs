//! `tutanak user`: web users of parties, candidates and boards.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Subcommand;
use serde::Serialize;

use super::shared::ShownPerson;
use super::{Books, Json, about, password, write_slips};
use crate::access::consent::Effect;
use crate::access::factor::{self, FactorProof};
use crate::access::own_password;
use crate::access::passwords::Passwords;
use crate::access::totp;
use crate::beneath;
use crate::cli::Ended;
use crate::cli::consent::given;
use crate::clock::Clock;
use crate::domain::person::{Email, PersonName, Phone, Role};
use crate::ledger::people::Person;
use crate::people::request_form::{self, BYTES, FormError};
use crate::people::slip::Slip;
use crate::people::{self, Wanted};
use crate::terminal;

/// Web users of parties, candidates and boards: at most ten active ones each.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Defines everybody on a request form (SSPS Kullanım Talep Formu), CSV or XLSX: all of them or nobody.
    ///
    /// Columns: siyasi parti, adı soyadı, telefon, e-posta, sabit IP adresleri, görev (temsilci or kullanıcı). Every
    /// mistake is listed with its line. Whoever is active already keeps the password; all others get a slip, which is
    /// written this once. The parties' address lists become those of the form.
    Import {
        /// The form.
        file: PathBuf,
        /// Where the slips go: one text each, and one PDF with a page for each.
        #[arg(long, value_name = "DIR")]
        slips: PathBuf,
        /// Only look for mistakes; define nobody.
        #[arg(long)]
        dry_run: bool,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Prints an empty form.
    Form,
    /// Defines one person and prints the slip. It is shown this once.
    ///
    /// It enters a form that asks for one person, and so it also is how somebody new is defined after `passivate-all`:
    /// whoever gives it has the signed form. Somebody whom an election made passive comes back by `import` alone.
    Add {
        /// The party's, candidate's or board's short name.
        account: String,
        /// First name and surname.
        #[arg(long)]
        name: PersonName,
        /// Telephone number.
        #[arg(long)]
        phone: Phone,
        /// E-mail address.
        #[arg(long)]
        email: Email,
        /// The person is the party's representative and stays active when users are made passive before an election.
        #[arg(long)]
        representative: bool,
        /// Also write the slip, as text and PDF, into this directory.
        #[arg(long, value_name = "DIR")]
        slips: Option<PathBuf>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Lists people.
    List {
        /// Of this party, candidate or board only.
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Shows one person.
    Show {
        /// The user name.
        login: String,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Makes one person passive; their sessions end, and another may take the seat.
    Passivate {
        /// The user name.
        login: String,
    },
    /// Makes one person active again, with the password they had.
    Activate {
        /// The user name.
        login: String,
    },
    /// Makes one person the party's representative, or a user like the others; their sessions end.
    SetRole {
        /// The user name.
        login: String,
        /// representative or user.
        role: Role,
    },
    /// Makes all users of all parties and candidates passive but the representatives, as before every election. Only a new
    /// request form brings them back.
    PassivateAll {
        /// Say that you mean it.
        #[arg(long, required = true)]
        before_election: bool,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Gives a new first password; the present one is refused from now on, and sessions end.
    NewSlip {
        /// The user name.
        login: String,
        /// Also write the slip, as text and PDF, into this directory.
        #[arg(long, value_name = "DIR")]
        slips: Option<PathBuf>,
        /// How it is printed.
        #[command(flatten)]
        json: Json,
    },
    /// Removes a lost second factor.
    RemoveTotp {
        /// The user name.
        login: String,
    },
}

impl UserCommand {
    /// What it does to who gets in.
    fn effect(&self) -> Effect {
        match self {
            Self::Form | Self::List { .. } | Self::Show { .. } | Self::Import { dry_run: true, .. } => Effect::Nothing,
            Self::Passivate { .. } | Self::PassivateAll { .. } => Effect::Closes,
            // A representative stays active when all others are made passive.
            Self::SetRole { role, .. } => Effect::opens(*role == Role::Representative),
            Self::Import { .. }
            | Self::Add { .. }
            | Self::Activate { .. }
            | Self::NewSlip { .. }
            | Self::RemoveTotp { .. } => Effect::Opens,
        }
    }
}

pub(super) async fn run(command: UserCommand, books: &Books) -> anyhow::Result<()> {
    given(&books.ledger, command.effect()).await?;
    match command {
        UserCommand::Import { file, slips, dry_run, json } => import(books, &file, &slips, dry_run, json).await,
        UserCommand::Form => {
            crate::terminal::print(format_args!("{}", request_form::TEMPLATE));
            Ok(())
        }
        UserCommand::Add { account, name, phone, email, representative, slips, json } => {
            let role = if representative { Role::Representative } else { Role::User };
            let wanted = Wanted { account, role, name, phone, email };
            let slip = people::add(&books.ledger, &Passwords::new(), wanted, Clock::system().now()).await?;
            about(&slip.login);
            if let Some(dir) = &slips {
                write_slips(dir, std::slice::from_ref(&slip), &books.site)?;
            }
            json.print(&slip, || slip.text(&books.site))
        }
        UserCommand::List { account, json } => {
            let people = books.ledger.people(account.as_deref()).await?;
            print_people(&people, json)
        }
        UserCommand::Show { login, json } => {
            let person = find(books, &login).await?;
            let shown = ShownPerson::from(&person);
            json.print(&shown, || shown.text())
        }
        UserCommand::Passivate { login } => {
            find(books, &login).await?;
            ensure!(books.ledger.person_passivate(&login).await?, "nobody active has the login {login}");
            crate::out!("{login} is passive");
            Ok(())
        }
        UserCommand::Activate { login } => {
            find(books, &login).await?;
            books.ledger.person_activate(&login).await??;
            crate::out!("{login} is active");
            Ok(())
        }
        UserCommand::SetRole { login, role } => {
            find(books, &login).await?;
            books.ledger.person_set_role(&login, role).await?;
            crate::out!("{login} is a {}", role.name());
            Ok(())
        }
        UserCommand::PassivateAll { before_election: _, json } => {
            let passive = books.ledger.people_passivate_before_election().await?;
            passive.iter().for_each(|login| about(login));
            json.print(&passive, || format!("{} people are passive until a new form names them", passive.len()))
        }
        UserCommand::NewSlip { login, slips, json } => print_slip(books, &login, slips.as_deref(), json).await,
        UserCommand::RemoveTotp { login } => remove_totp(books, &login).await,
    }
}

/// The person with this login, whom the command is about.
async fn find(books: &Books, login: &str) -> anyhow::Result<Person> {
    let person = books.ledger.person(login).await?.with_context(|| format!("nobody has the login {login}"))?;
    about(login);
    Ok(person)
}

fn print_people(people: &[Person], json: Json) -> anyhow::Result<()> {
    let shown: Vec<ShownPerson> = people.iter().map(ShownPerson::from).collect();
    json.print(&shown, || shown.iter().map(ShownPerson::text).collect())
}

/// Somebody on a form, as it is printed.
#[derive(Serialize)]
struct Imported<'a> {
    login: &'a str,
    /// Whether a slip was written; who was active already keeps the password.
    slip: bool,
}

async fn import(books: &Books, file: &Path, slips: &Path, dry_run: bool, json: Json) -> anyhow::Result<()> {
    let bytes = beneath::read_named(file, BYTES as u64).with_context(|| format!("cannot read {}", file.display()))?;
    let (accounts, known) = (books.ledger.accounts(None).await?, books.ledger.people(None).await?);
    let form = match request_form::read(&bytes, &accounts, &known) {
        Err(FormError::Mistakes(mistakes)) if json.json => {
            json.print(&serde_json::json!({ "mistakes": mistakes }), String::new)?;
            return Err(Ended(1).into());
        }
        form => form?,
    };
    books.proxies.keep_lists_apart(&form.addresses)?;
    if dry_run {
        let found = serde_json::json!({ "people": form.people.len(), "mistakes": [], "defined": 0 });
        return json.print(&found, || format!("{} people, no mistake; nobody was defined", form.people.len()));
    }
    // The slips must have their place before there is anything on them: they cannot be written twice.
    std::fs::create_dir_all(slips).with_context(|| format!("cannot make {}", slips.display()))?;
    let now = Clock::system().now();
    let outcomes = people::define(&books.ledger, &Passwords::new(), &form.people, &form.addresses, now).await?;
    outcomes.iter().for_each(|outcome| about(&outcome.login));
    let given: Vec<Slip> = outcomes.iter().filter_map(|outcome| outcome.slip.clone()).collect();
    write_slips(slips, &given, &books.site)?;
    let all: Vec<Imported> =
        outcomes.iter().map(|outcome| Imported { login: &outcome.login, slip: outcome.slip.is_some() }).collect();
    json.print(&all, || {
        let kept = outcomes.len() - given.len();
        format!("{} slips are in {}; {kept} people were active already", given.len(), slips.display())
    })
}

/// Gives somebody a new slip and prints it.
pub(super) async fn print_slip(books: &Books, login: &str, slips: Option<&Path>, json: Json) -> anyhow::Result<()> {
    find(books, login).await?;
    let slip = people::new_slip(&books.ledger, &Passwords::new(), login, Clock::system().now()).await?;
    if let Some(dir) = slips {
        write_slips(dir, std::slice::from_ref(&slip), &books.site)?;
    }
    json.print(&slip, || slip.text(&books.site))
}

/// Removes somebody's second factor and ends their sessions.
pub(super) async fn remove_totp(books: &Books, login: &str) -> anyhow::Result<()> {
    find(books, login).await?;
    books.ledger.person_set_totp(login, None, 0).await?;
    books.ledger.sessions_end(login, None).await?;
    crate::out!("{login} has no second factor");
    Ok(())
}

/// Sets a first second factor up, for who knows the password.
pub(super) async fn set_totp(books: &Books, login: &str) -> anyhow::Result<()> {
    let person = find(books, login).await?;
    ensure!(!person.second_factor, "{login} has a second factor; another takes its place at {}/dogrulama", books.site);
    let present = password("TUTANAK_PASSWORD", "Parola / password: ")?;
    let given = std::env::var("TUTANAK_TOTP_SECRET").ok().filter(|secret| !secret.is_empty());
    let secret = match given {
        Some(secret) => {
            ensure!(totp::is_secret(&secret), "TUTANAK_TOTP_SECRET is not 20 bytes as base 32");
            secret
        }
        None => {
            ensure!(
                stderr().is_terminal(),
                "TUTANAK_TOTP_SECRET is not set, and there is no terminal to show a secret at"
            );
            let secret = totp::generate()?;
            // At the terminal alone: it must not get into a file that takes what the command prints.
            terminal::drawing(&totp::drawn(&totp::address(&secret, login)).unwrap_or_default());
            crate::note!("{secret}");
            secret
        }
    };
    let code = password("TUTANAK_CODE", "Doğrulama kodu / code: ")?;
    let shown = FactorProof { password: &present, present_code: "", secret: &secret, code: &code };
    factor::set(&books.ledger, &Passwords::new(), login, shown, Clock::system().now(), None).await?;
    crate::out!("{login} has a second factor");
    Ok(())
}

/// Replaces the password of whoever knows it.
pub(super) async fn change_password(books: &Books, login: &str) -> anyhow::Result<()> {
    let _ = find(books, login).await; // a name that nobody has is told like a wrong password
    let present = password("TUTANAK_PASSWORD", "Şimdiki parola / present password: ")?;
    let new = password("TUTANAK_NEW_PASSWORD", "Yeni parola / new password: ")?;
    let now = Clock::system().now();
    own_password::change(&books.ledger, &Passwords::new(), login, &present, &new, now).await?;
    crate::out!("The password of {login} is changed");
    Ok(())
}
