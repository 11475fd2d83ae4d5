//! The decision. Everything it depends on is an argument; it must never look anything up.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use super::{Act, Class, Gates, Object, Principal, Refusal};
use crate::domain::Channel;

/// Whether `principal` may do `act` to `object`, now, coming from there.
///
/// # Errors
/// Why not. The first of these that holds, so that nobody learns more than the reason that concerns them: not in use, not
/// made for that, from elsewhere, first password not replaced, out of reach, not open yet.
pub fn may(
    principal: &Principal,
    act: Act,
    object: Object<'_>,
    now: Timestamp,
    from: IpAddr,
    gates: &Gates,
) -> Result<(), Refusal> {
    if !principal.active {
        return Err(Refusal::Inactive);
    }
    if !is_made_for(principal.class, principal.channel, act) {
        return Err(Refusal::WrongChannel);
    }
    if !comes_from_its_place(principal, from) {
        return Err(Refusal::Elsewhere);
    }
    if principal.must_change && !act.works_before_the_first_change() {
        return Err(Refusal::MustChangePassword);
    }
    if !principal.reaches(object) {
        return Err(Refusal::OutOfScope);
    }
    let gate = principal.class.opens_with();
    if act.waits_for_a_gate() && !gates.is_open(gate, now) {
        return Err(Refusal::NotYet { opens_at: gates.opens_at(gate), shown: gates.shown(gate) });
    }
    Ok(())
}

/// Whether an account of this class may do such a thing at all, by a credential of that channel (2019 circular, art. 3
/// to 6). What is not named here is refused.
fn is_made_for(class: Class, channel: Channel, act: Act) -> bool {
    match (class, channel) {
        (Class::Party | Class::OutsideParty | Class::Candidate, Channel::Web) => matches!(
            act,
            Act::ViewResults
                | Act::SaveResults
                | Act::ViewImages
                | Act::SaveImages
                | Act::ReadOwnRecord
                | Act::ChangePassword
                | Act::LogOut
        ),
        // Results only, never images (art. 3/5).
        (Class::Party | Class::OutsideParty | Class::Candidate, Channel::Service) => {
            matches!(act, Act::ViewResults | Act::SaveResults)
        }
        (Class::Party | Class::OutsideParty | Class::Candidate, Channel::Bulk) => {
            matches!(act, Act::List | Act::Download | Act::LogOut)
        }
        (Class::IndependentCandidate, Channel::Medium) => act == Act::Export,
        // A token stands for a machine: what takes two people of a board takes sessions of people.
        (Class::Board, Channel::Board) => matches!(act, Act::Upload | Act::FollowUploads),
        (Class::Feed, Channel::Feed) => act == Act::SendFigures,
        (Class::Board, Channel::Web) => matches!(
            act,
            Act::Upload | Act::FollowUploads | Act::Resolve | Act::ReadOwnRecord | Act::ChangePassword | Act::LogOut
        ),
        (Class::Operator, Channel::Operator) => {
            matches!(act, Act::Administer | Act::MoveGate | Act::Resolve | Act::ChangePassword | Act::LogOut)
        }
        (Class::Auditor, Channel::Auditor) => matches!(act, Act::ReadRecord | Act::ChangePassword | Act::LogOut),
        _ => false,
    }
}

fn comes_from_its_place(principal: &Principal, from: IpAddr) -> bool {
    match principal.channel {
        // It is handed over across a table.
        Channel::Medium => true,
        _ if principal.addresses.is_empty() => principal.class.comes_from_anywhere_unless_bound(),
        _ => covers(&principal.addresses, from),
    }
}

/// Whether `from` lies in one of the ranges. An IPv4 address that arrives as IPv6 counts as what it is.
pub fn covers(ranges: &[IpNet], from: IpAddr) -> bool {
    let from = from.to_canonical();
    ranges.iter().any(|range| range.contains(&from))
}

#[cfg(test)]
mod tests;
