//! One session as a state machine, without any input or output: a command goes in, an [`Effect`] comes out; what came of
//! the effect goes in again.
//!
//! Everything that must never happen is decided here and nowhere else: nothing is looked up or sent before a login, no
//! data connection is opened in the clear where TLS is required, an offset belongs to the next command alone (opening the
//! data connection for it aside), and no effect that writes exists.

mod answers;
mod login;
mod sending;

use crate::command::{Algorithm, Bad, Command};
use crate::listing::Facts;
use crate::path::{BadPath, resolve};
use crate::reply::Reply;
use crate::shelf::Attempt;

pub use answers::{Question, Transfer};
pub use sending::Port;

/// What holds for every session of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether TLS can be had.
    pub tls: bool,
    /// Whether passwords and data must be encrypted, for everybody.
    pub tls_required: bool,
    /// Whether the control connection is one of IPv6, for which `PASV` has no words.
    pub ipv6: bool,
}

/// What is to be done about a command. All but those that only say something lead to another call of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say this and read on.
    Say(Reply),
    /// Say this, and tell the shelf what was tried.
    Refuse(Attempt, Reply),
    /// Say this and end the session.
    Bye(Reply),
    /// Put the command aside until the transfer is over.
    Later,
    /// End the transfer that runs; then [`Session::aborted`].
    Abort,
    /// End the session when the transfer is over.
    QuitLater,
    /// Say this, then speak TLS; then [`Session::encrypted`].
    Handshake(Reply),
    /// Ask whether this name may send a password in the clear; then [`Session::named`].
    MayBePlain(String),
    /// Ask whether this is the password; then [`Session::logged_in`] or [`Session::not_logged_in`].
    LogIn {
        /// The account.
        user: String,
        /// Its password.
        password: String,
    },
    /// Open a port for a data connection; then [`Session::listens`].
    Listen {
        /// `EPSV`, not `PASV`.
        extended: bool,
    },
    /// Look a path up; then [`Session::looked_up`].
    Look {
        /// The path.
        path: String,
        /// What is to be told.
        question: Question,
    },
    /// Look the sums of a file up; then [`Session::summed`].
    Sum {
        /// Which file.
        path: String,
        /// Which sum.
        algorithm: Algorithm,
        /// For `HASH`: the path as the client wrote it, which is part of the answer.
        said: Option<String>,
    },
    /// Send something on the data connection; [`Session::begins`] and [`Session::ended`] follow.
    Send(Transfer),
}

/// Who is there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Named(String),
    Reader,
}

/// The state of one session.
#[derive(Clone, Debug)]
pub struct Session {
    policy: Policy,
    encrypted: bool,
    who: Who,
    /// Whether this reader's data must be encrypted.
    require_tls: bool,
    buffer_size_said: bool,
    private: bool,
    cwd: String,
    /// From `REST` to the next command that does not merely open a data connection.
    restart: Option<u64>,
    listening: bool,
    /// `EPSV ALL` was said.
    extended_only: bool,
    transferring: bool,
    facts: Facts,
    algorithm: Algorithm,
    utf8: bool,
}

impl Session {
    /// A session that begins: `encrypted` where TLS comes before the greeting.
    pub fn new(policy: Policy, encrypted: bool) -> Self {
        Self {
            policy,
            encrypted,
            who: Who::Nobody,
            require_tls: policy.tls_required,
            buffer_size_said: false,
            private: false,
            cwd: "/".to_owned(),
            restart: None,
            listening: false,
            extended_only: false,
            transferring: false,
            facts: Facts::ALL,
            algorithm: Algorithm::Sha256,
            utf8: false,
        }
    }

    /// Whether somebody is logged in.
    pub fn is_reader(&self) -> bool {
        self.who == Who::Reader
    }

    /// Whether the control connection is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether data connections are to be encrypted.
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// Whether sentences may be UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// The facts that `MLSD` is to tell.
    pub fn facts(&self) -> Facts {
        self.facts
    }

    /// What is to be done about a line that is no command. It ends the life of an offset like any other.
    pub fn bad(&mut self, bad: Bad) -> Effect {
        if self.transferring {
            return Effect::Later;
        }
        self.restart = None;
        match bad {
            // Somebody who is logged in knows what names are made of.
            Bad::NotText if self.is_reader() => Effect::Refuse(Attempt::Path, bad.reply()),
            bad => Effect::Say(bad.reply()),
        }
    }

    /// What is to be done about a command.
    pub fn command(&mut self, command: Command) -> Effect {
        if self.transferring {
            return self.while_transferring(&command);
        }
        // Some clients open the data connection between `REST` and `RETR`, some before both: it belongs to the transfer.
        let opens = matches!(command, Command::Passive | Command::Extended(_));
        let restart = if opens { self.restart } else { self.restart.take() };
        match command {
            Command::User(user) => self.user(user),
            Command::Pass(password) => self.pass(password.0),
            Command::Auth(tls) => self.auth(tls),
            Command::BufferSize => self.buffer_size(),
            Command::Protect(protection) => self.protect(protection),
            Command::ClearCommands => say(if self.encrypted { 534 } else { 533 }, "Commands stay as they are"),
            Command::Quit => Effect::Bye(Reply::new(221, "Goodbye")),
            Command::Features => Effect::Say(self.features()),
            Command::Help => Effect::Say(self.help()),
            Command::SiteHelp => say(214, "SITE knows HELP only"),
            Command::System => say(215, "UNIX Type: L8"),
            Command::Nothing => say(200, "Ready"),
            Command::Client => say(200, "Noted"),
            Command::OptUtf8(on) => {
                self.utf8 = on;
                say(200, if on { "Sentences are UTF-8" } else { "Sentences are ASCII; names stay UTF-8" })
            }
            Command::OptFacts(names) => {
                self.facts = Facts::chosen(&names);
                Effect::Say(Reply::new(200, self.facts.answer()))
            }
            Command::OptHash(name) => self.choose_hash(name.as_deref()),
            command if self.who != Who::Reader => self.needs_login(&command),
            command => self.read(command, restart),
        }
    }

    /// Commands of somebody who is logged in.
    fn read(&mut self, command: Command, restart: Option<u64>) -> Effect {
        match command {
            Command::Account => say(202, "No account is needed"),
            Command::Where => Effect::Say(self.working_directory()),
            Command::Enter(path) => self.look(&path, Question::Enter),
            Command::Up => self.look("..", Question::Enter),
            Command::Size(path) => self.look(&path, Question::Size),
            Command::Modified(path) => self.look(&path, Question::Modified),
            Command::Facts(path) => self.look(path.as_deref().unwrap_or("."), Question::Facts),
            Command::Status(None) => Effect::Say(self.status()),
            Command::Status(Some(path)) => self.look(&path, Question::Status),
            Command::Hash(path) => self.sum(&path, self.algorithm, true),
            Command::Sum(algorithm, path) => self.sum(&path, algorithm, false),
            Command::Restart(offset) => {
                self.restart = Some(offset);
                Effect::Say(Reply::new(350, format!("The next command may be RETR, from byte {offset}")))
            }
            Command::Retrieve(path) => self.retrieve(&path, restart.unwrap_or(0)),
            Command::List(format, path) => self.list(format, path),
            Command::Passive => self.passive(),
            Command::Extended(extended) => self.extended(extended),
            Command::Active => {
                let code = if self.extended_only { 501 } else { 502 };
                refuse(Attempt::Bounce, code, "Only passive mode: use EPSV or PASV")
            }
            Command::Abort => say(226, "Nothing was running"),
            Command::Type('A') => say(200, "Noted; files are sent byte for byte all the same"),
            Command::Type(_) => say(200, "Byte for byte"),
            Command::Structure('F') => say(200, "Files have no structure"),
            Command::Mode('S') => say(200, "As a stream"),
            Command::Structure(_) | Command::Mode(_) => say(504, "Only MODE S and STRU F"),
            Command::Write => say(550, "Nothing can be written here: this server is read-only"),
            Command::Allocate => say(202, "Nothing has to be reserved"),
            _ => Effect::Say(Bad::Unknown.reply()),
        }
    }

    fn needs_login(&self, command: &Command) -> Effect {
        match command {
            // So that nobody waits for a transfer that never was.
            Command::Abort => say(226, "Nothing was running"),
            _ => say(530, "Log in first: USER and PASS"),
        }
    }

    fn look(&self, said: &str, question: Question) -> Effect {
        match resolve(&self.cwd, said) {
            Ok(path) => Effect::Look { path, question },
            Err(bad) => no_path(bad),
        }
    }

    fn sum(&self, said: &str, algorithm: Algorithm, hash: bool) -> Effect {
        match resolve(&self.cwd, said) {
            Ok(path) => Effect::Sum { path, algorithm, said: hash.then(|| said.to_owned()) },
            Err(bad) => no_path(bad),
        }
    }

    fn choose_hash(&mut self, name: Option<&str>) -> Effect {
        match name.map(str::to_ascii_uppercase).as_deref() {
            None => {}
            Some("SHA-256") => self.algorithm = Algorithm::Sha256,
            Some("CRC32") => self.algorithm = Algorithm::Crc32,
            Some(_) => return Effect::Say(Bad::NotThatParameter.reply()),
        }
        say(200, answers::hash_name(self.algorithm))
    }
}

fn say(code: u16, text: &'static str) -> Effect {
    Effect::Say(Reply::new(code, text))
}

fn refuse(attempt: Attempt, code: u16, text: &'static str) -> Effect {
    Effect::Refuse(attempt, Reply::new(code, text))
}

fn no_path(bad: BadPath) -> Effect {
    Effect::Refuse(Attempt::Path, Reply::new(550, bad.to_string()))
}

#[cfg(test)]
mod tests;
