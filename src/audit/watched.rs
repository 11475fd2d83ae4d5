//! Whether anything was put on record while an answer was made. What was not is not given out.

use std::cell::Cell;

tokio::task_local! {
    static NOTED: Cell<bool>;
}

/// Runs `work`, and says beside its outcome whether a record slot was taken meanwhile.
pub async fn watched<T>(work: impl Future<Output = T>) -> (T, bool) {
    NOTED.scope(Cell::new(false), async { (work.await, NOTED.with(Cell::get)) }).await
}

/// A place in the record was taken.
pub(super) fn note() {
    // Outside of a watch nobody asks.
    let _ = NOTED.try_with(|noted| noted.set(true));
}
