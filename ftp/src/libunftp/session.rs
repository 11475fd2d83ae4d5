//! One control connection from admission to leave-taking: who it is and what it may ask.
//!
//! Every question to the shelf goes through [`Session::ask`], which bounds it in time and ends it
//! with the session. It must not know which engine speaks the protocol.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span};

use super::handle::Handle;
use super::life::Life;
use crate::settings::Settings;
use crate::shelf::{Shelf, ShelfError, Visitor};

pub(crate) struct Session<S: Shelf> {
    pub(crate) shelf: Arc<S>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) handle: Handle,
    pub(crate) life: Life,
    /// Held while a login is decided: one at a time, and none after the session is over.
    pub(crate) gate: tokio::sync::Mutex<()>,
    pub(crate) span: Span,
    number: u64,
    address: IpAddr,
    connected: Instant,
    reader: OnceLock<S::Reader>,
    in_now: tokio::sync::Notify,
    /// Whether the control channel was encrypted at the latest login; `None` before the first.
    encrypted: Mutex<Option<bool>>,
}

impl<S: Shelf> Session<S> {
    pub(crate) fn new(shelf: Arc<S>, settings: Arc<Settings>, visitor: &Visitor, handle: Handle, life: Life) -> Self {
        Self {
            shelf,
            settings,
            handle,
            life,
            gate: tokio::sync::Mutex::default(),
            span: Span::current(),
            number: visitor.session,
            address: visitor.address,
            connected: Instant::now(),
            reader: OnceLock::new(),
            in_now: tokio::sync::Notify::new(),
            encrypted: Mutex::default(),
        }
    }

    pub(crate) fn visitor(&self) -> Visitor {
        let encrypted = self.encrypted().unwrap_or(false);
        Visitor { session: self.number, address: self.address, encrypted }
    }

    /// Who logged in, if anybody has.
    pub(crate) fn reader(&self) -> Option<&S::Reader> {
        self.reader.get()
    }

    /// Returns when somebody has logged in. One may wait.
    pub(crate) async fn logged_in(&self) {
        self.in_now.notified().await;
    }

    /// Called with the gate held, after the shelf said yes.
    pub(crate) fn let_in(&self, reader: S::Reader) {
        // A second reader cannot come: the login asks first, under the same gate.
        let _ = self.reader.set(reader);
        self.in_now.notify_one();
    }

    pub(crate) fn note_encryption(&self, encrypted: bool) {
        *self.encrypted.lock().unwrap_or_else(PoisonError::into_inner) = Some(encrypted);
    }

    /// Whether plain text may be written on the control connection.
    ///
    /// A client that encrypts *after* a plain login is not noticed; a sentence would then break
    /// its session, which is its own doing (encryption comes before the password).
    pub(crate) fn is_plain(&self) -> bool {
        match self.encrypted() {
            Some(encrypted) => !encrypted,
            None => self.settings.tls.is_none(),
        }
    }

    pub(crate) fn connected(&self) -> Instant {
        self.connected
    }

    /// Puts a question to the shelf. It is dropped when the session ends or the shelf takes
    /// longer than a client is allowed to.
    pub(crate) async fn ask<T>(&self, question: impl Future<Output = Result<T, ShelfError>>) -> Result<T, ShelfError> {
        if self.life.is_ending() {
            return Err(ShelfError::Busy("The service is closing".to_owned()));
        }
        let _running = self.life.begin();
        let question = timeout(self.settings.stall, question.instrument(self.span.clone()));
        tokio::select! {
            biased;
            answer = question => answer.unwrap_or_else(|_| {
                tracing::error!(session = self.number, "The shelf did not answer in time");
                Err(ShelfError::Busy("Try again later".to_owned()))
            }),
            () = self.life.over().cancelled() => {
                Err(ShelfError::Busy("The session is over".to_owned()))
            }
        }
    }

    fn encrypted(&self) -> Option<bool> {
        *self.encrypted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Shelf> fmt::Debug for Session<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("number", &self.number).field("address", &self.address).finish_non_exhaustive()
    }
}
