//! Requests for media: who asked for a medium, who agreed, and whether it may be written now.
//!
//! Whatever is asked is on record before it is answered, granted or refused. The çevre is the candidate's and is never an
//! argument: nobody can ask for another.

use std::net::{IpAddr, Ipv4Addr};

use jiff::Timestamp;

use super::ExportError;
use crate::access::consent::{self, NotSigned, Signature};
use crate::access::door::{Door, DoorError};
use crate::access::{self, Act, Class, Object, Principal, Scope};
use crate::audit::{self, Access, Deed, Ended, Outcome, Protocol};
use crate::clock::Clock;
use crate::domain::words::BadWords;
use crate::domain::{Channel, Words};
use crate::ledger::exports::{Claimant, NewRequest, Request};
use crate::ledger::{Ledger, LedgerError};

/// Operators that must have agreed, and that must be present when a medium is written.
pub const OPERATORS: usize = consent::OPERATORS;
/// Where operators are who write a medium, and where it is handed over: at this machine, across a table.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Longest reason, in letters.
const REASON: usize = 500;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody's name, password or code is wrong, or the account is not in use, or there are too few of them.
    #[error("{sentence}")]
    NotSigned {
        /// Why, for who signed.
        sentence: String,
        /// Why, for the record.
        name: &'static str,
    },
    /// No such account, or not one of an independent candidate with a seçim çevresi.
    #[error("no independent candidate has the account {0}")]
    NoCandidate(String),
    /// The account is not in use.
    #[error("the account {0} is not in use")]
    Inactive(String),
    /// A request without a reason.
    #[error("gerekçe (--reason): {0} / say why: date and number of the petition")]
    NoReason(BadWords),
    /// Nobody asked.
    #[error("there is no such request")]
    NoRequest,
    /// Not agreed to by enough.
    #[error("request {request} has {there} of the {OPERATORS} approvals it needs")]
    NotApproved {
        /// Its number.
        request: u64,
        /// How many.
        there: usize,
    },
    /// The candidate stands elsewhere by now.
    #[error("the candidate's seçim çevresi is another than request {0} was made for; a new request is needed")]
    Moved(u64),
    /// The broadcast ban is in force.
    #[error("yayın yasağı kaldırılmadı / the broadcast ban has not been lifted: no medium may be written")]
    Banned,
    /// Every medium of the request has been written.
    #[error("every medium of request {0} has been written; another copy takes another request")]
    Done(u64),
}

impl Refusal {
    /// The name in audit rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotSigned { name, .. } => name,
            Self::NoCandidate(_) => "no-such-candidate",
            Self::Inactive(_) => "inactive-account",
            Self::NoReason(_) => "no-reason",
            Self::NoRequest => "no-such-request",
            Self::NotApproved { .. } => "not-approved",
            Self::Moved(_) => "other-place",
            Self::Banned => "not-open-yet",
            Self::Done(_) => "done-already",
        }
    }
}

/// What is done with requests for media. Clones share the ledger.
#[derive(Clone, Debug)]
pub struct Requests {
    ledger: Ledger,
    door: Door,
    clock: Clock,
}

/// Who acts on a request.
#[derive(Clone, Copy)]
pub enum Hand<'a> {
    /// Somebody who signs with name and password, at this machine.
    Signed(&'a Signature),
    /// An operator who has logged in, with a second factor.
    InSession {
        /// The account.
        operator: &'a str,
        /// Where from.
        address: IpAddr,
    },
}

impl<'a> From<&'a Signature> for Hand<'a> {
    fn from(signature: &'a Signature) -> Self {
        Self::Signed(signature)
    }
}

impl Hand<'_> {
    /// The address of the session; none at this machine.
    fn from(&self) -> Option<IpAddr> {
        match self {
            Self::Signed(_) => None,
            Self::InSession { address, .. } => Some(*address),
        }
    }
}

/// A medium may be written: the only way to have one is [`Requests::permit`].
#[derive(Clone, Debug)]
pub struct Leave {
    request: Request,
    operators: Vec<String>,
}

impl Leave {
    /// For which request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The two who are present.
    pub fn operators(&self) -> &[String] {
        &self.operators
    }
}

impl Requests {
    /// Those of a ledger.
    pub fn new(ledger: Ledger, clock: Clock) -> Self {
        Self { door: Door::new(ledger.clone(), clock.clone()), ledger, clock }
    }

    /// The same over a door that is there already.
    pub fn at(ledger: Ledger, door: Door, clock: Clock) -> Self {
        Self { ledger, door, clock }
    }

    /// Enters a candidate's request. Gives it back with its number.
    ///
    /// # Errors
    /// [`Refusal`], on record.
    pub async fn request<'a>(
        &self,
        candidate: &str,
        reason: &str,
        by: impl Into<Hand<'a>>,
    ) -> Result<Request, ExportError> {
        let by = by.into();
        let asked = self.try_request(candidate, reason, by).await;
        let object = match &asked {
            Ok(request) => format!("{candidate} request {} {}", request.id, request.place),
            Err(_) => format!("{candidate} request"),
        };
        self.record((&self.named(by).await, by.from()), Deed::ExportRequest, object, &asked).await?;
        asked
    }

    /// Enters that an operator agrees to a request.
    ///
    /// # Errors
    /// [`Refusal`], on record.
    pub async fn approve<'a>(&self, request: u64, by: impl Into<Hand<'a>>) -> Result<Request, ExportError> {
        let by = by.into();
        let approved = self.try_approve(request, by).await;
        let object = match &approved {
            Ok(approved) => format!("{} request {request} {}", approved.candidate, approved.place),
            Err(_) => format!("request {request}"),
        };
        self.record((&self.named(by).await, by.from()), Deed::ExportApprove, object, &approved).await?;
        approved
    }

    /// Asks whether the newest request of a candidate may be fulfilled now, by these operators.
    ///
    /// # Errors
    /// [`Refusal`], on record.
    pub async fn permit(&self, candidate: &str, by: &[Signature]) -> Result<Leave, ExportError> {
        let leave = self.try_permit(candidate, by).await;
        let object = match &leave {
            Ok(leave) => format!("{candidate} request {} {}", leave.request.id, leave.request.place),
            Err(_) => candidate.to_owned(),
        };
        self.record((&self.names(by).await, None), Deed::ExportPermit, object, &leave).await?;
        leave
    }

    /// The accounts whose names were given, for the record. A name that no account has is not written down: it may be
    /// anything, a password too.
    async fn names(&self, by: &[Signature]) -> Vec<String> {
        let mut names = Vec::new();
        for signature in by {
            names.push(self.door.tried(Channel::Operator, &signature.user).await.account);
        }
        names
    }

    async fn named(&self, by: Hand<'_>) -> Vec<String> {
        match by {
            Hand::Signed(signature) => self.names(std::slice::from_ref(signature)).await,
            Hand::InSession { operator, .. } => vec![operator.to_owned()],
        }
    }

    async fn try_request(&self, candidate: &str, reason: &str, by: Hand<'_>) -> Result<Request, ExportError> {
        let operator = self.operator(by).await?;
        let reason = Words::of_at_most(REASON, reason).map_err(Refusal::NoReason)?;
        let claimant = self.claimant(candidate).await?;
        let new = NewRequest { claimant, reason: reason.into(), operator };
        let id = self.ledger.export_request(&new, self.clock.now()).await?;
        self.found(id).await
    }

    async fn try_approve(&self, request: u64, by: Hand<'_>) -> Result<Request, ExportError> {
        let operator = self.operator(by).await?;
        self.found(request).await?;
        self.ledger.export_approve(request, &operator, self.clock.now()).await?;
        self.found(request).await
    }

    async fn try_permit(&self, candidate: &str, by: &[Signature]) -> Result<Leave, ExportError> {
        let operators = self.signed(by, OPERATORS).await?;
        let claimant = self.claimant(candidate).await?;
        let request = self.ledger.newest_export(candidate).await?.ok_or(Refusal::NoRequest)?;
        if request.approvals.len() < OPERATORS {
            return Err(Refusal::NotApproved { request: request.id, there: request.approvals.len() }.into());
        }
        self.allow(&request, &claimant).await?;
        Ok(Leave { request, operators })
    }

    /// The decision itself is that of every other channel: an active independent candidate, the own çevre, after the ban.
    async fn allow(&self, request: &Request, claimant: &Claimant) -> Result<(), ExportError> {
        let principal = Principal {
            account: claimant.id.clone(),
            person: None,
            class: Class::IndependentCandidate,
            channel: Channel::Medium,
            addresses: Vec::new(),
            active: claimant.active,
            must_change: false,
            scope: Scope::Constituency(claimant.place.clone()),
        };
        match self.door.allow(&principal, Act::Export, Object::In(&request.place), HERE).await {
            Ok(()) => Ok(()),
            Err(DoorError::Ledger(error)) => Err(error.into()),
            Err(DoorError::Refused(refusal)) => Err(match refusal {
                access::Refusal::Inactive => Refusal::Inactive(claimant.id.clone()),
                access::Refusal::OutOfScope => Refusal::Moved(request.id),
                access::Refusal::NotYet { .. } => Refusal::Banned,
                _ => Refusal::NoCandidate(claimant.id.clone()),
            }
            .into()),
        }
    }

    async fn operator(&self, by: Hand<'_>) -> Result<String, ExportError> {
        match by {
            Hand::Signed(signature) => {
                let by = self.signed(std::slice::from_ref(signature), 1).await?;
                Ok(by.into_iter().next().unwrap_or_default())
            }
            Hand::InSession { operator, .. } => Ok(operator.to_owned()),
        }
    }

    async fn signed(&self, by: &[Signature], needed: usize) -> Result<Vec<String>, ExportError> {
        match consent::signed(&self.door, by, needed).await {
            Ok(by) => Ok(by),
            Err(NotSigned::Ledger(error)) => Err(error.into()),
            Err(why) => Err(Refusal::NotSigned { sentence: why.to_string(), name: why.name() }.into()),
        }
    }

    async fn claimant(&self, candidate: &str) -> Result<Claimant, ExportError> {
        let none = || Refusal::NoCandidate(candidate.chars().take(64).collect());
        Ok(self.ledger.claimant(candidate).await?.ok_or_else(none)?)
    }

    async fn found(&self, request: u64) -> Result<Request, ExportError> {
        let known = i64::try_from(request).is_ok();
        let found = if known { self.ledger.export(request).await? } else { None };
        Ok(found.ok_or(Refusal::NoRequest)?)
    }

    async fn record<T>(
        &self,
        (principals, from): (&[String], Option<IpAddr>),
        deed: Deed,
        object: String,
        done: &Result<T, ExportError>,
    ) -> Result<(), LedgerError> {
        let reason = match done {
            Ok(_) => String::new(),
            Err(ExportError::Refused(refusal)) => refusal.name().to_owned(),
            Err(error) => error.to_string(),
        };
        let outcome = match done {
            Ok(_) => Outcome::Done,
            Err(ExportError::Refused(_)) => Outcome::Refused,
            Err(_) => Outcome::Failed,
        };
        let step = Step { principals, deed, object, bytes: 0, outcome, reason };
        audit::write_down(&self.ledger, self.clock.now(), step.rows(from)).await
    }
}

/// One step of an export, for the record: a row for each operator who took part, so that it is found by every name.
pub(super) struct Step<'a> {
    pub principals: &'a [String],
    pub deed: Deed,
    pub object: String,
    pub bytes: u64,
    pub outcome: Outcome,
    pub reason: String,
}

impl Step<'_> {
    /// Its rows: of a session from an address, or of operators at this machine.
    fn rows(&self, from: Option<IpAddr>) -> Vec<Ended> {
        let access = |principal: &String| match from {
            Some(address) => {
                Access::by(principal, Channel::Operator, (Protocol::Https, address), self.deed, &self.object)
            }
            None => Access::at_the_machine(principal, Some(Channel::Operator), self.deed, &self.object),
        };
        let row = |principal: &String| Ended {
            access: access(principal),
            outcome: self.outcome,
            bytes: self.bytes,
            reason: self.reason.clone(),
        };
        self.principals.iter().map(row).collect()
    }
}

/// Writes a step at this machine down. Returns when it is durable.
pub(super) async fn record(ledger: &Ledger, now: Timestamp, step: Step<'_>) -> Result<(), LedgerError> {
    audit::write_down(ledger, now, step.rows(None)).await
}
