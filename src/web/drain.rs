//! A request's body that can still be read to its end after the answer is known.
//!
//! Who is refused in the middle of an upload must be able to read why. A server that answers and hangs up while the client
//! still writes makes many clients report a broken line instead of the answer.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// Bytes read and thrown away at most. Who sends more than this after a refusal is cut off.
const MOST: u64 = 64 << 20;
/// How long that may take.
const LONGEST: Duration = Duration::from_secs(20);

/// A body shared between the handler and the one who reads what the handler left.
#[derive(Clone, Debug)]
pub(super) struct Drainable {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    body: Incoming,
    /// Whether the handler wanted any of it: a client that waits for `100 Continue` has then been told to go on.
    begun: bool,
}

impl Drainable {
    /// Wraps a body as it came.
    pub fn new(body: Incoming) -> Self {
        Self { inner: Arc::new(Mutex::new(Inner { body, begun: false })) }
    }

    /// Reads on to the end, within limits. `waits` says that the client sends nothing before it is told to.
    pub async fn drain(&self, waits: bool) {
        if waits && !self.with(|inner| inner.begun) {
            return;
        }
        let read_on = async {
            let mut thrown_away = 0;
            while thrown_away < MOST {
                let frame =
                    std::future::poll_fn(|context| self.with(|inner| Pin::new(&mut inner.body).poll_frame(context)));
                let Some(Ok(frame)) = frame.await else { return };
                thrown_away += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
        };
        // Whether it came to its end does not matter: the answer is given either way.
        let _ = tokio::time::timeout(LONGEST, read_on).await;
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        // Nothing panics while it is held, so poisoning is ignored.
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Body for Drainable {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.with(|inner| {
            inner.begun = true;
            Pin::new(&mut inner.body).poll_frame(context)
        })
    }

    fn is_end_stream(&self) -> bool {
        self.with(|inner| inner.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|inner| inner.body.size_hint())
    }
}
