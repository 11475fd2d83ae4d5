//! The one way in to what is kept: there is room in the record, and whoever asks may do it, now, from there.
//!
//! Every protocol comes this way, so that a refusal is decided, written down and told alike. What is held by a
//! [`RecordSlot`] becomes a row, whatever becomes of the answer.

use std::net::IpAddr;

use crate::access::door::{Door, DoorError};
use crate::access::rights::{CurrentRights, Holder, may_be_plain};
use crate::access::{Act, Class, Object, Principal, Refusal};
use crate::audit::{Access, Audit, Deed, NoRoom, Pending, Protocol, RecordSlot, Room};
use crate::clock::Clock;
use crate::ledger::LedgerError;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// Somebody whose rights were looked up for this request.
    Current(&'a Principal),
    /// Somebody who came in a while ago. Their rights are looked up again: they may have changed since.
    Since(&'a Holder),
}

impl Who<'_> {
    /// As they were known when they came in.
    fn then(&self) -> &Principal {
        match self {
            Self::Current(principal) => principal,
            Self::Since(holder) => &holder.principal,
        }
    }
}

/// By which protocol somebody asks, and from where.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// The protocol.
    pub protocol: Protocol,
    /// The address.
    pub from: IpAddr,
}

impl Way {
    /// Over HTTPS.
    pub fn https(from: IpAddr) -> Self {
        Self { protocol: Protocol::Https, from }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What it takes the right to.
    pub act: Act,
    /// To what, as far as the decision depends on it.
    pub object: Object<'a>,
    /// The deed in the record, where it says more than the act does.
    pub deed: Deed,
    /// Path or digest, for the record.
    pub named: &'a str,
    /// First byte asked for.
    pub start_at: u64,
}

impl<'a> Asked<'a> {
    /// An act that the record calls by its own name, to something that is named.
    pub fn new(act: Act, object: Object<'a>, named: &'a str) -> Self {
        Self { act, object, deed: Deed::Act(act), named, start_at: 0 }
    }
}

/// Nobody is let in. It is on record, unless there is no record.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no room for the row.
    #[error(transparent)]
    Record(#[from] NoRoom),
    /// They may not, or it could not be found out.
    #[error(transparent)]
    Door(#[from] DoorError),
}

/// The way in. Clones share it.
#[derive(Clone, Debug)]
pub struct Admission {
    audit: Audit,
    door: Door,
    rights: CurrentRights,
    clock: Clock,
    /// Whether FTP in the clear is only for parties that were given leave.
    tls_required: bool,
}

impl Admission {
    /// Over this door and this record.
    pub fn new(audit: Audit, door: Door, rights: CurrentRights, clock: Clock, tls_required: bool) -> Self {
        Self { audit, door, rights, clock, tls_required }
    }

    /// Lets somebody do something. The slot is the leave to go on, and becomes the row.
    ///
    /// # Errors
    /// They may not, or it cannot be put on record.
    pub async fn admit(&self, who: Who<'_>, asked: Asked<'_>, way: Way) -> Result<RecordSlot, Refused> {
        let then = who.then();
        let by = Access::by(then.name(), then.channel, (way.protocol, way.from), asked.deed, asked.named);
        let slot = self.audit.slot(Access { start_at: asked.start_at, room: room_of(then.class), ..by }).await?;
        match self.may(who, asked.act, asked.object, way).await {
            Ok(()) => Ok(slot),
            Err(error) => {
                write_down(slot, &error);
                Err(error.into())
            }
        }
    }

    /// Whether somebody may go on with what they were let in to. Nothing new is told, so nothing is put on record.
    ///
    /// # Errors
    /// Why not.
    pub async fn may(&self, who: Who<'_>, act: Act, object: Object<'_>, way: Way) -> Result<(), DoorError> {
        let now = match who {
            Who::Current(principal) => return self.door.allow(principal, act, object, way.from).await,
            Who::Since(holder) => self.rights.now(holder).await?,
        };
        if way.protocol == Protocol::Ftp && !self.may_be_plain(&now.account, way.from).await? {
            return Err(DoorError::Refused(Refusal::Elsewhere));
        }
        self.door.allow(&now, act, object, way.from).await
    }

    /// Whether any party reported this address. Strangers are turned away before their secret is looked at: a stolen one
    /// must not tell them that it is right.
    ///
    /// # Errors
    /// Nobody did, or it could not be found out.
    pub async fn expects(&self, from: IpAddr) -> Result<(), DoorError> {
        match self.door.expects(from).await? {
            true => Ok(()),
            false => Err(DoorError::Refused(Refusal::Elsewhere)),
        }
    }

    /// Whether a name may come without TLS from there.
    ///
    /// # Errors
    /// It could not be found out.
    pub async fn may_be_plain(&self, account: &str, from: IpAddr) -> Result<bool, LedgerError> {
        let rights = self.rights.of(account).await?;
        Ok(may_be_plain(rights.as_ref(), self.tls_required, from, self.clock.now()))
    }
}

/// Writes down that an access without a slot is refused. Gives what is to be told.
pub async fn refuse(pending: Pending, error: DoorError) -> Refused {
    match pending.slot().await {
        Ok(slot) => {
            write_down(slot, &error);
            error.into()
        }
        Err(error) => error.into(),
    }
}

fn write_down(slot: RecordSlot, error: &DoorError) {
    match error {
        DoorError::Refused(refusal) => slot.refused(refusal.name()),
        DoorError::Ledger(_) => slot.failed("gates could not be read"),
    }
}

/// Out of which part of the record's room somebody's rows come.
pub fn room_of(class: Class) -> Room {
    match class {
        Class::Party | Class::OutsideParty | Class::Candidate | Class::IndependentCandidate => Room::Accounts,
        Class::Board | Class::Feed => Room::Boards,
        Class::Operator | Class::Auditor => Room::Operators,
    }
}
