//! The command line as a whole: it only parses. What a command does stands in the file of its name.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::on_record::recorded;
use crate::cli::{self, ConfigArg};
use crate::telemetry::{self, Talk};
use crate::terminal::{self, READER_LEFT};

/// Takes in the scanned records (tutanak) of an election night, keeps them, and hands them out, provably whole.
///
/// To try it out: `tutanak demo`. To set up a service: `tutanak init DIR`, then `tutanak election import`,
/// `tutanak board add`, `tutanak party add` and `tutanak serve`.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    config: ConfigArg,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a whole service with a sample election and sample scans, and prints addresses and passwords.
    Demo(cli::demo::Demo),
    /// Makes a directory with a working configuration, keys and certificates.
    Init {
        /// The directory.
        dir: PathBuf,
        /// The name by which clients reach the service.
        #[arg(long, default_value = "localhost")]
        host: String,
        /// Make a further node of a service that runs already: the file that its first node wrote (`tutanak node share`),
        /// or that node's directory. Configuration, signing keys and certificate are then the same.
        ///
        /// A node that is set up without it has keys of its own, and would sign a second log: it does not start over the
        /// database and the bucket of another.
        #[arg(long, value_name = "FILE", conflicts_with = "host")]
        join: Option<PathBuf>,
    },
    /// Runs the service until SIGTERM, then lets running requests finish.
    Serve,
    /// Opens everything the configuration names and says what is wrong, all at once.
    CheckConfig,
    /// The election: places, boxes, forms and their codes.
    Election {
        #[command(subcommand)]
        command: cli::election::ElectionCommand,
    },
    /// Parties and their credentials.
    Party {
        #[command(subcommand)]
        command: cli::accounts::PartyCommand,
    },
    /// Election boards and their tokens.
    Board {
        #[command(subcommand)]
        command: cli::accounts::BoardCommand,
    },
    /// Programs that give box results, and their tokens.
    Feed {
        #[command(subcommand)]
        command: cli::accounts::FeedCommand,
    },
    /// Box results from a file.
    Figures {
        #[command(subcommand)]
        command: cli::figures::FiguresCommand,
    },
    /// Candidates: for Cumhurbaşkanı, with what a party has; independent ones, for whom media are written.
    Candidate {
        #[command(subcommand)]
        command: cli::accounts::CandidateCommand,
    },
    /// Web users of parties, candidates and boards: the request form, slips, passive and active.
    User {
        #[command(subcommand)]
        command: cli::accounts::UserCommand,
    },
    /// Operators: those who look after accounts, and open and close gates.
    Operator {
        #[command(subcommand)]
        command: cli::accounts::OfficeCommand,
    },
    /// Auditors: those who may read the record of every access.
    Auditor {
        #[command(subcommand)]
        command: cli::accounts::OfficeCommand,
    },
    /// What is open for whom, and opening or closing it.
    Gate {
        #[command(subcommand)]
        command: cli::gate::GateCommand,
    },
    /// The record of every access: searching it, and checking that nobody changed it.
    Audit {
        #[command(subcommand)]
        command: cli::audit::AuditCommand,
    },
    /// A medium (USB) with the scans of an independent candidate's seçim çevresi: request, approval, writing, receipt.
    Export(cli::export::Export),
    /// The keys that sign the log.
    Key {
        #[command(subcommand)]
        command: cli::key::KeyCommand,
    },
    /// Further nodes of the same service: the file with which another machine joins.
    Node {
        #[command(subcommand)]
        command: cli::node::NodeCommand,
    },
    /// The time that entries carry: what the clocks say, and going on after one was wrong.
    Clock {
        #[command(subcommand)]
        command: cli::clock::ClockCommand,
    },
    /// Makes a lost database again from the vault's copy of the log, checked against its signed checkpoint.
    ///
    /// The database that the configuration names must hold no entry, or be an older copy of the one that was lost: then the
    /// entries that it lacks are added, and it keeps its accounts. Stop all nodes first.
    Rebuild,
    /// Says how the service is doing: whether it runs, what fails, entries, checkpoint, scrub, space, certificate.
    ///
    /// Ends well only when the service runs and every part of it works.
    Status(cli::status::StatusArgs),
    /// Reads every stored scan again, heals what is not as it was entered, and reports.
    ///
    /// Goes on where the last one ended. Ends well only when all is well: nothing missing, damaged, or without an entry. A
    /// running service does the same in the background; --report prints what it found.
    Scrub(cli::scrub::ScrubArgs),
    /// Reads the karekods in PNGs: one line a file, `path<TAB>code[,code…]`, empty when there is none.
    Read(cli::read::Read),
    /// A board's scanner folder: every whole scan is sent once, its signed receipt kept, its file put where it belongs.
    Upload(cli::upload::Upload),
    /// A party's copy of the archive: incremental, resumable, every scan checked against the signed log.
    Mirror(cli::mirror::Mirror),
    /// Checks a copy, one scan or two checkpoints, offline.
    Verify(cli::verify::Verify),
    /// Says what a client outside sees of the FTP service: greeting, TLS, address, blocked ports.
    FtpCheck(cli::ftp_check::FtpCheck),
    /// Draws printable forms and realistic scans, for rehearsals and tests.
    Sample {
        #[command(subcommand)]
        command: cli::sample::SampleCommand,
    },
    /// Writes the manual pages and the completions of shells into a directory.
    #[command(hide = true)]
    Documents(cli::documents::DocumentsArgs),
}

/// Runs the command that the program was called with, to its exit status.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // A demo is looked at: its addresses are not to scroll away behind what it reports of itself.
    telemetry::start(if matches!(cli.command, Command::Demo(_)) { Talk::OnlyTrouble } else { Talk::Everything });
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            crate::note!("error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(run(cli.command, &cli.config));
    telemetry::finish();
    // A thread that a dead disk holds in the kernel must not hold the end of the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<cli::Ended>() {
            Some(cli::Ended(status)) => ExitCode::from(*status),
            // Whoever reads along has seen enough.
            None if terminal::reader_left() && is_broken_pipe(&error) => ExitCode::from(READER_LEFT),
            None => {
                crate::note!("error: {}", indented(&causes_once(&error)));
                ExitCode::FAILURE
            }
        },
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    kinds.map(std::io::Error::kind).any(|kind| kind == std::io::ErrorKind::BrokenPipe)
}

/// An error with its causes. One that only repeats what was said is left out.
fn causes_once(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !told.contains(&cause) {
            told += if told.is_empty() { "" } else { ": " };
            told += &cause;
        }
    }
    told
}

/// An error may quote other people's lines: none of them is to stand at the beginning of one.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n  ")
}

async fn run(command: Command, config: &ConfigArg) -> anyhow::Result<()> {
    match command {
        Command::Demo(demo) => cli::demo::run(demo).await,
        Command::Init { dir, join: Some(from), .. } => cli::node::join(&dir, &from),
        Command::Init { dir, host, join: None } => {
            cli::init::run(&dir, &host)?;
            crate::out!("{} is ready. Next: tutanak election import, board add, party add, serve.", dir.display());
            Ok(())
        }
        Command::Serve => cli::serve::run(config).await,
        Command::CheckConfig => cli::serve::check(config).await,
        Command::Election { command } => recorded(config, cli::election::run(command, config)).await,
        Command::Party { command } => recorded(config, cli::accounts::party(command, config)).await,
        Command::Board { command } => recorded(config, cli::accounts::board(command, config)).await,
        Command::Feed { command } => recorded(config, cli::accounts::feed(command, config)).await,
        Command::Figures { command } => recorded(config, cli::figures::run(command, config)).await,
        Command::Candidate { command } => recorded(config, cli::accounts::candidate(command, config)).await,
        Command::User { command } => recorded(config, cli::accounts::user(command, config)).await,
        Command::Operator { command } => recorded(config, cli::accounts::operator(command, config)).await,
        Command::Auditor { command } => recorded(config, cli::accounts::auditor(command, config)).await,
        Command::Gate { command } => cli::gate::run(command, config).await,
        Command::Audit { command } => recorded(config, cli::audit::run(command, config)).await,
        Command::Export(export) => cli::export::run(export, config).await,
        Command::Key { command } => recorded(config, cli::key::run(command, config)).await,
        Command::Node { command } => recorded(config, cli::node::run(command, config)).await,
        Command::Clock { command } => recorded(config, cli::clock::run(command, config)).await,
        Command::Rebuild => recorded(config, cli::rebuild::run(config)).await,
        Command::Status(args) => cli::status::run(&args, config).await,
        Command::Scrub(args) => recorded(config, cli::scrub::run(&args, config)).await,
        Command::Read(read) => cli::read::run(&read),
        Command::Upload(upload) => cli::upload::run(upload).await,
        Command::Mirror(mirror) => cli::mirror::run(mirror).await,
        Command::Verify(verify) => cli::verify::run(&verify),
        Command::FtpCheck(check) => cli::ftp_check::run(&check).await,
        Command::Sample { command } => cli::sample::run(command).await,
        Command::Documents(args) => cli::documents::run(&args, Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::consent::COMMANDS;

    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        let mut below = command.get_subcommands().filter(|sub| sub.get_name() != "help").peekable();
        if below.peek().is_none() {
            found.push(path.to_owned());
        }
        for sub in below {
            leaves(sub, format!("{path} {}", sub.get_name()).trim(), found);
        }
    }

    #[test]
    fn every_command_says_what_it_does_to_who_gets_in() {
        let mut found = Vec::new();
        leaves(&Cli::command(), "", &mut found);
        for command in &found {
            let said = COMMANDS.iter().any(|(name, _)| name == command);
            assert!(said, "{command}: say in cli::consent::COMMANDS what it does to who gets in");
        }
        for (name, _) in COMMANDS {
            assert!(found.iter().any(|command| command == name), "there is no command {name}");
        }
    }
}
