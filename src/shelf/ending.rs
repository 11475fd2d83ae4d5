//! A transfer's end in the record: that the client has all of it, or why not, and how long it took.

use std::time::Instant;

use tutanak_ftp::Cut;

use crate::audit::Delivery;

/// A transfer under way: cut unless the front says that the client has all of it.
pub(super) struct Ending {
    delivery: Delivery,
    began: Instant,
    over: bool,
}

impl Ending {
    pub(super) fn new(delivery: Delivery) -> Self {
        Self { delivery, began: Instant::now(), over: false }
    }

    fn milliseconds(&self) -> u128 {
        self.began.elapsed().as_millis()
    }
}

impl tutanak_ftp::Delivery for Ending {
    fn sent(&mut self, bytes: u64) {
        self.delivery.sent(bytes);
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
