//! The record slot of a request in a session.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::access::Principal;
use crate::access::sessions::Visitor;
use crate::admission::room_of;
use crate::audit::{Access, Deed, NoRoom, Pending, Protocol, RecordSlot};

/// What somebody in a session does, for the record.
pub(in crate::web::site) fn access_of(
    visitor: &Visitor,
    address: IpAddr,
    deed: impl Into<Deed>,
    object: String,
) -> Access {
    let Principal { class, channel, .. } = &visitor.principal;
    let access = Access::by(visitor.principal.name(), *channel, (Protocol::Https, address), deed, object);
    Access { room: room_of(*class), ..access }
}

/// The slot of a request that is taken when its body has come: by the handler where that reads it, else before it runs.
#[derive(Clone, Debug)]
pub(in crate::web) struct Late(Arc<Mutex<When>>);

#[derive(Debug)]
enum When {
    Pending(Pending),
    Taken(RecordSlot),
    Over,
}

impl Late {
    pub(super) fn new(pending: Pending) -> Self {
        Self(Arc::new(Mutex::new(When::Pending(pending))))
    }

    /// Takes the slot: nothing more is awaited of the client.
    pub async fn slot(&self) -> Result<(), NoRoom> {
        let mut when = self.0.lock().await;
        *when = match std::mem::replace(&mut *when, When::Over) {
            When::Pending(pending) => When::Taken(pending.slot().await?),
            other => other,
        };
        Ok(())
    }

    /// The slot, for whoever writes down the end of what lasts.
    ///
    /// # Errors
    /// There is no room for the row: nobody may be served.
    pub async fn take(&self) -> Result<RecordSlot, NoRoom> {
        self.slot().await?;
        match std::mem::replace(&mut *self.0.lock().await, When::Over) {
            When::Taken(slot) => Ok(slot),
            When::Pending(_) | When::Over => Err(NoRoom::Record),
        }
    }

    /// The slot, to write down how it ended; none where a handler took it.
    pub(super) async fn into_slot(self) -> Result<Option<RecordSlot>, NoRoom> {
        if matches!(&*self.0.lock().await, When::Over) {
            return Ok(None);
        }
        self.take().await.map(Some)
    }
}
