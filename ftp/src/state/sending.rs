//! Data connections: opening one, what is sent on it, and what may be said while it runs.

use std::net::SocketAddrV4;

use super::{Effect, Session, Transfer, no_path, say};
use crate::command::{Command, Extended, Format};
use crate::glob;
use crate::path::resolve;
use crate::reply::Reply;
use crate::shelf::{Cut, ShelfError};

/// Where a data connection may be opened, in the words of `EPSV` (RFC 2428 §3) or of `PASV` (RFC 959 §4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// At the address of the control connection.
    Extended(u16),
    /// At this address.
    Plain(SocketAddrV4),
}

impl Session {
    pub(super) fn passive(&mut self) -> Effect {
        if self.extended_only {
            return say(501, "EPSV ALL was said");
        }
        if self.policy.ipv6 {
            return say(425, "PASV has no words for IPv6: use EPSV");
        }
        self.listen(false)
    }

    pub(super) fn extended(&mut self, extended: Extended) -> Effect {
        let right = match extended {
            Extended::Any => true,
            Extended::Four => !self.policy.ipv6,
            Extended::Six => self.policy.ipv6,
            Extended::Unknown => false,
            Extended::All => {
                self.extended_only = true;
                return say(200, "Nothing but EPSV from now on");
            }
        };
        if right {
            return self.listen(true);
        }
        // RFC 2428 §3: the text names those that would do.
        say(
            522,
            if self.policy.ipv6 {
                "Network protocol not supported, use (2)"
            } else {
                "Network protocol not supported, use (1)"
            },
        )
    }

    fn listen(&mut self, extended: bool) -> Effect {
        self.listening = false;
        match self.data_may_open() {
            Ok(()) => Effect::Listen { extended },
            Err(refusal) => refusal,
        }
    }

    /// A port is open, or could not be.
    pub fn listens(&mut self, port: Option<Port>) -> Reply {
        self.listening = port.is_some();
        match port {
            Some(Port::Extended(port)) => Reply::new(229, format!("Connect to (|||{port}|)")),
            Some(Port::Plain(address)) => {
                let ([a, b, c, d], [high, low]) = (address.ip().octets(), address.port().to_be_bytes());
                Reply::new(227, format!("Connect to ({a},{b},{c},{d},{high},{low})"))
            }
            None => Reply::new(425, "No port is free for a data connection; try again"),
        }
    }

    pub(super) fn retrieve(&mut self, said: &str, offset: u64) -> Effect {
        self.send(said, |path| Transfer::File { path, offset })
    }

    pub(super) fn list(&mut self, format: Format, said: Option<String>) -> Effect {
        let said = said.unwrap_or_default();
        let (directory, pattern) = if format == Format::Facts { (said.as_str(), None) } else { glob::split(&said) };
        let prefix = match (format, pattern, directory) {
            (Format::Names, Some(_), directory) => directory.to_owned(),
            (Format::Names, None, "" | "." | "./") => String::new(),
            (Format::Names, None, directory) if directory.ends_with('/') => directory.to_owned(),
            (Format::Names, None, directory) => format!("{directory}/"),
            _ => String::new(),
        };
        let pattern = pattern.map(str::to_owned);
        self.send(if directory.is_empty() { "." } else { directory }, |path| Transfer::Listing {
            path,
            format,
            pattern,
            prefix,
        })
    }

    fn send(&mut self, said: &str, transfer: impl FnOnce(String) -> Transfer) -> Effect {
        if let Err(refusal) = self.data_may_open() {
            return refusal;
        }
        // Whatever comes of it, the next transfer needs a port of its own.
        if !std::mem::take(&mut self.listening) {
            return say(425, "Open a data connection first: EPSV or PASV");
        }
        match resolve(&self.cwd, said) {
            Ok(path) => Effect::Send(transfer(path)),
            Err(bad) => no_path(bad),
        }
    }

    /// What is to be sent is there: the transfer begins. RFC 959 §5.4: 150 or nothing.
    pub fn begins(&mut self) -> Reply {
        self.transferring = true;
        Reply::new(150, "Here it comes")
    }

    /// The transfer is over.
    pub fn ended(&mut self, outcome: Result<(), Cut>) -> Reply {
        self.transferring = false;
        match outcome {
            Ok(()) => Reply::new(226, "That is all of it"),
            Err(Cut::NoConnection) => Reply::new(425, "Nobody came to the data connection"),
            Err(Cut::NoHandshake) => Reply::new(425, "The data connection could not be encrypted"),
            // As vsftpd says it (RFC 4217 §10.2 lets a server refuse, and names no code).
            Err(Cut::NotResumed) => {
                Reply::new(522, "The data connection must resume the TLS session of this control connection")
            }
            Err(Cut::Source) => Reply::new(451, "Stopped: the rest could not be read. Try again later"),
            Err(cut @ (Cut::Aborted | Cut::Vanished | Cut::Lost | Cut::Stalled | Cut::Revoked | Cut::Stopping)) => {
                Reply::new(426, format!("Stopped: {cut}"))
            }
        }
    }

    /// What follows the reply to a transfer that `ABOR` ended (RFC 959 §4.1.3).
    pub fn aborted(&self) -> Reply {
        Reply::new(226, "Stopped")
    }

    pub(super) fn while_transferring(&mut self, command: &Command) -> Effect {
        match command {
            Command::Abort => Effect::Abort,
            Command::Quit => Effect::QuitLater,
            Command::Status(None) => Effect::Say(self.status()),
            _ => Effect::Later,
        }
    }

    /// `MLSD` of what is no directory (RFC 3659 §7.2.1).
    pub fn no_directory(&self) -> Reply {
        Reply::new(501, "That is no directory: use MLST")
    }

    /// The shelf refused: the code is that of RFC 959 §5.4 for a file that is not there, or not now.
    pub fn refused(&self, error: &ShelfError) -> Reply {
        match error {
            ShelfError::Missing => Reply::new(550, "There is nothing of that name"),
            ShelfError::NotYours(sentence) => Reply::sentence(550, sentence, self.utf8),
            ShelfError::Busy(sentence) => Reply::sentence(450, sentence, self.utf8),
            ShelfError::Damaged(sentence) => Reply::sentence(451, sentence, self.utf8),
        }
    }
}
