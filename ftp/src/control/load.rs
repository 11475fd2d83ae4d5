//! What a transfer sends, and the end of it.

use bytes::Bytes;

use crate::shelf::{Content, Cut, Delivery};

/// What is to be sent.
pub(super) enum Load {
    /// A file: its content until it is poured out.
    File(Option<Content>, Box<dyn Delivery>),
    /// A listing.
    Text(Bytes),
}

/// Tells the shelf how it ended.
pub(super) fn finish(load: Load, outcome: Result<(), Cut>) {
    let Load::File(_, delivery) = load else { return };
    match outcome {
        Ok(()) => delivery.complete(),
        Err(cut) => {
            tracing::info!(cause = %cut, "A transfer was cut: {cut}");
            delivery.cut(cut);
        }
    }
}
