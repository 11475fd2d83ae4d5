//! A transfer's rows in the record: one when it ends, however it ends, and one as soon as it has taken a while, so that
//! what a node was sending when it was lost is on record too.

use std::time::{Duration, Instant};

use tutanak_ftp::Cut;

use crate::audit::{Access, Audit, Delivery};

/// A transfer that is over by then has one row.
const A_WHILE: Duration = Duration::from_secs(1);

/// A transfer under way: cut unless the front says that the client has all of it.
pub(super) struct Ending {
    delivery: Delivery,
    audit: Audit,
    /// For the row about the beginning, until it is written.
    access: Option<Access>,
    began: Instant,
    over: bool,
}

impl Ending {
    pub(super) fn new(delivery: Delivery, audit: Audit, access: Access) -> Self {
        Self { delivery, audit, access: Some(access), began: Instant::now(), over: false }
    }

    fn milliseconds(&self) -> u128 {
        self.began.elapsed().as_millis()
    }
}

impl tutanak_ftp::Delivery for Ending {
    fn sent(&mut self, bytes: u64) {
        self.delivery.sent(bytes);
        if self.access.is_some() && self.began.elapsed() > A_WHILE {
            // When no row can be written now, the one about the end has its place all the same.
            if let Some(Ok(seat)) = self.access.take().map(|access| self.audit.seat_now(access)) {
                seat.begun();
            }
        }
    }

    fn complete(mut self: Box<Self>) {
        self.over = true;
        let note = format!("{} ms", self.milliseconds());
        self.delivery.note(note);
    }

    fn cut(mut self: Box<Self>, cause: Cut) {
        self.over = true;
        let reason = format!("{cause}; {} ms", self.milliseconds());
        self.delivery.fail(&reason);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.over {
            self.delivery.fail("the transfer did not reach its end");
        }
    }
}
