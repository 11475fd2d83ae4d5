//! An access whose client still has something to send, or of which nobody knows yet whose it is. It holds no slot, so that
//! however many of them wait, others are served; and still it becomes a row.

use super::{Access, Audit, NoRoom, Outcome, RecordSlot, Room, UNANSWERED, View};

/// An access without a slot. Dropped before it has one, because the client left, it is on record all the same.
#[derive(Debug)]
pub struct Pending {
    audit: Audit,
    /// None once it has a slot.
    access: Option<Access>,
}

impl Pending {
    pub(super) fn new(audit: Audit, access: Access) -> Self {
        Self { audit, access: Some(access) }
    }

    /// Takes the slot: everything that the client had to send is there.
    ///
    /// # Errors
    /// There is no room for the row: nobody may be served.
    pub async fn slot(mut self) -> Result<RecordSlot, NoRoom> {
        let Some(access) = self.access.clone() else { return Err(NoRoom::Record) };
        // Until there is a slot, a client that leaves is written down by this value.
        let slot = self.audit.slot(access).await;
        self.access = None;
        slot
    }

    /// Goes on without a row, where one stands for this view already: gives nothing back then.
    ///
    /// # Errors
    /// Rows cannot be written now: nothing may be served.
    pub fn unless_seen(mut self, view: View) -> Result<Option<Self>, NoRoom> {
        if self.audit.stands_for(view)? {
            self.access = None;
            return Ok(None);
        }
        Ok(Some(self))
    }

    /// Whose it turned out to be, once the credential was right.
    pub fn is(&mut self, principal: &str, room: Room) {
        if let Some(access) = &mut self.access {
            (access.principal, access.room) = (principal.to_owned(), room);
        }
    }

    /// It has ended as an event that anybody can cause without limit; see [`Audit::brief`].
    ///
    /// # Errors
    /// Rows cannot be written now: nothing may be served.
    pub fn brief(mut self, outcome: Outcome, reason: &str) -> Result<(), NoRoom> {
        match self.access.take() {
            Some(access) => self.audit.brief(access, outcome, reason),
            None => Ok(()),
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let Some(access) = self.access.take() else { return };
        if access.room == Room::Strangers {
            let _ = self.audit.brief(access, Outcome::Failed, UNANSWERED);
            return;
        }
        match self.audit.slot_now(access.clone()) {
            Ok(slot) => slot.failed(UNANSWERED),
            Err(_) => self.audit.tally().count(&access, Outcome::Failed, UNANSWERED),
        }
    }
}
