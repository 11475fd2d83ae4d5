//! Who did what, from where, and how it ended: as types. Their names in rows never change.

use std::net::IpAddr;

use crate::domain::{Act, Channel};

/// Who did what, from where.
#[derive(Clone, Debug)]
pub struct Access {
    /// The account, and behind a `/` the person; [`NOBODY`] where nobody is known. Of a login that is refused: whose name
    /// was used.
    pub principal: String,
    /// The channel of the credential; none where there was none.
    pub channel: Option<Channel>,
    /// How they spoke.
    pub protocol: Protocol,
    /// Where they came from; none at this machine.
    pub address: Option<IpAddr>,
    /// What they did.
    pub deed: Deed,
    /// Path, digest or login name; of changes to accounts and people, the account's or person's name first.
    pub object: String,
    /// First byte asked for.
    pub start_at: u64,
    /// Out of which part of the record's room its row comes.
    pub room: Room,
}

/// The principal of somebody whom nobody knows.
pub const NOBODY: &str = "-";

/// Part of the record's room. Nobody fills another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Room {
    /// Whoever has not shown a right credential, whatever name was used.
    Strangers,
    /// Parties and candidates: their programs and people.
    Accounts,
    /// Boards, which have a share that nobody else can take.
    Boards,
    /// Operators and auditors, who have one as well.
    Operators,
}

impl Room {
    /// The room of everybody who has shown a right credential of this channel.
    pub fn of(channel: Channel) -> Self {
        match channel {
            Channel::Web | Channel::Service | Channel::Bulk => Self::Accounts,
            Channel::Board | Channel::Feed => Self::Boards,
            Channel::Operator | Channel::Auditor | Channel::Medium => Self::Operators,
        }
    }
}

/// How somebody spoke to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// HTTPS.
    Https,
    /// FTP in the clear.
    Ftp,
    /// FTP over TLS.
    Ftps,
    /// A command at the machine itself.
    Cli,
}

impl Protocol {
    /// The name in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Ftp => "ftp",
            Self::Ftps => "ftps",
            Self::Cli => "cli",
        }
    }
}

/// What somebody did. Acts are decided by `access`; the rest is on record without being anybody's right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Something that takes a right.
    Act(Act),
    /// Opened a connection.
    Connect,
    /// Left without having logged in.
    Disconnect,
    /// Showed a credential.
    LogIn,
    /// Asked for something that no other deed names.
    Request,
    /// Looked at one path, without its content.
    Stat,
    /// Opened a data connection of FTP.
    DataConnection,
    /// Looked after the own account.
    Account,
    /// Gave a command at the machine.
    Command,
    /// Entered a request for a medium.
    ExportRequest,
    /// Agreed to one.
    ExportApprove,
    /// Asked whether a medium may be written.
    ExportPermit,
    /// Began to write a medium.
    ExportBegin,
}

impl Deed {
    /// The name in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Act(act) => act.name(),
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::LogIn => "login",
            Self::Request => "request",
            Self::Stat => "stat",
            Self::DataConnection => "data-connection",
            Self::Account => "account",
            Self::Command => "admin",
            Self::ExportRequest => "export-request",
            Self::ExportApprove => "export-approve",
            Self::ExportPermit => "export-permit",
            Self::ExportBegin => "export-begin",
        }
    }
}

impl From<Act> for Deed {
    fn from(act: Act) -> Self {
        Self::Act(act)
    }
}

/// How an access ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was done in part.
    Cut,
    /// It was refused.
    Refused,
    /// It failed on our side.
    Failed,
    /// It has begun; another row says how it ended.
    Begun,
}

impl Outcome {
    /// The name in rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Cut => "cut",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Begun => "begun",
        }
    }
}

impl Access {
    /// Of somebody who is not known.
    pub fn of_a_stranger(
        protocol: Protocol,
        address: IpAddr,
        deed: impl Into<Deed>,
        object: impl Into<String>,
    ) -> Self {
        Self {
            principal: NOBODY.to_owned(),
            channel: None,
            protocol,
            address: Some(address),
            deed: deed.into(),
            object: object.into(),
            start_at: 0,
            room: Room::Strangers,
        }
    }

    /// Of somebody who is known by a credential of `channel`.
    pub fn by(
        principal: impl Into<String>,
        channel: Channel,
        (protocol, address): (Protocol, IpAddr),
        deed: impl Into<Deed>,
        object: impl Into<String>,
    ) -> Self {
        Self {
            principal: principal.into(),
            channel: Some(channel),
            protocol,
            address: Some(address),
            deed: deed.into(),
            object: object.into(),
            start_at: 0,
            room: Room::of(channel),
        }
    }

    /// Of somebody at this machine: a signed name with its channel, or a login name of the machine without one.
    pub fn at_the_machine(
        principal: impl Into<String>,
        channel: Option<Channel>,
        deed: impl Into<Deed>,
        object: impl Into<String>,
    ) -> Self {
        Self {
            principal: principal.into(),
            channel,
            protocol: Protocol::Cli,
            address: None,
            deed: deed.into(),
            object: object.into(),
            start_at: 0,
            room: Room::Operators,
        }
    }

    /// A try to log in under a name that may be anybody's: until it is right, it is a stranger's.
    pub fn try_in(
        principal: impl Into<String>,
        channel: Channel,
        way: (Protocol, IpAddr),
        object: impl Into<String>,
    ) -> Self {
        Self { room: Room::Strangers, ..Self::by(principal, channel, way, Deed::LogIn, object) }
    }

    /// The account, without the person.
    pub fn account(&self) -> &str {
        self.principal.split_once('/').map_or(&*self.principal, |(account, _)| account)
    }
}
