//! Passwords: one at a time, slower after each wrong one, and at most ten.
//!
//! It must never let anybody in without the shelf's yes, nor twice in one session.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{sleep, timeout};
use tracing::Instrument;
use unftp_core::auth::{AuthenticationError, Authenticator, ChannelEncryptionState, Credentials, Principal};

use super::session::Session;
use crate::shelf::{LoginError, Shelf};

/// Wrong passwords in one connection before it is closed.
const MOST_FAILURES: u32 = 10;

pub(super) struct Login<S: Shelf> {
    session: Arc<Session<S>>,
    failures: AtomicU32,
}

impl<S: Shelf> Login<S> {
    pub(super) fn new(session: Arc<Session<S>>) -> Self {
        Self { session, failures: AtomicU32::new(0) }
    }

    async fn decide(&self, user: &str, password: &str) -> Result<(), LoginError> {
        let session = &self.session;
        let closed = || LoginError::Unavailable("The session is over".to_owned());
        if session.reader().is_some() || session.life.is_ending() {
            return Err(closed());
        }
        let _running = session.life.begin();
        let visitor = session.visitor();
        let question = session.shelf.log_in(&visitor, user, password);
        let question = timeout(session.settings.stall, question.instrument(session.span.clone()));
        let reader = tokio::select! {
            biased;
            () = session.life.over().cancelled() => return Err(closed()),
            answer = question => answer.unwrap_or_else(|_| {
                Err(LoginError::Unavailable("Try again later".to_owned()))
            })?,
        };
        session.let_in(reader);
        Ok(())
    }

    /// Counts a wrong password and tells how long the answer is to be held back.
    fn count_failure(&self) -> Duration {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures >= MOST_FAILURES {
            self.session.life.end_soon("Too many failed logins");
            return Duration::ZERO;
        }
        self.session.settings.first_penalty * (1 << (failures - 1).min(3))
    }
}

/// libunftp wants to print everything; all that tells one from another is the session.
impl<S: Shelf> Debug for Login<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Login").field(&self.session).finish()
    }
}

#[async_trait]
impl<S: Shelf> Authenticator for Login<S> {
    async fn authenticate(&self, user: &str, credentials: &Credentials) -> Result<Principal, AuthenticationError> {
        let session = &self.session;
        // libunftp asks again while an answer is out, if a client does not wait for it. Whoever
        // does that is not mistyping.
        let Ok(_gate) = session.gate.try_lock() else {
            self.count_failure();
            return Err(AuthenticationError::BadPassword);
        };
        let encrypted = credentials.command_channel_security == ChannelEncryptionState::Tls;
        session.note_encryption(encrypted);
        let password = credentials.password.as_deref().unwrap_or_default();
        let sentence = match self.decide(user, password).await {
            Ok(()) => return Ok(Principal { username: user.to_owned() }),
            Err(LoginError::Unavailable(sentence)) => sentence,
            Err(LoginError::Refused(sentence)) => {
                tokio::select! {
                    () = sleep(self.count_failure()) => {}
                    () = session.life.over().cancelled() => {}
                }
                sentence
            }
        };
        if !encrypted {
            // libunftp ends this with its own "530 Authentication failed".
            session.handle.preface(530, &sentence);
        }
        Err(AuthenticationError::BadPassword)
    }

    fn name(&self) -> &str {
        "shelf"
    }
}
