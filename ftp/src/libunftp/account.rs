//! A reader in the form that libunftp carries through a session.
//!
//! libunftp turns a name into an account in a second step that knows only the name; here the
//! second step takes what the first one left in the session, so that no name can be mistaken.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use async_trait::async_trait;
use unftp_core::auth::{Principal, UserDetail, UserDetailError, UserDetailProvider};

use super::session::Session;
use crate::shelf::Shelf;

#[derive(Debug)]
pub(super) struct Account<R>(pub(super) R);

impl<R: Debug + Send + Sync> UserDetail for Account<R> {}

impl<R> Display for Account<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reader")
    }
}

pub(super) struct Accounts<S: Shelf> {
    session: Arc<Session<S>>,
}

impl<S: Shelf> Accounts<S> {
    pub(super) fn new(session: Arc<Session<S>>) -> Self {
        Self { session }
    }
}

/// libunftp wants to print everything; all that tells one from another is the session.
impl<S: Shelf> Debug for Accounts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Accounts").field(&self.session).finish()
    }
}

#[async_trait]
impl<S: Shelf> UserDetailProvider for Accounts<S> {
    type User = Account<S::Reader>;

    async fn provide_user_detail(&self, _: &Principal) -> Result<Self::User, UserDetailError> {
        let reader = self.session.reader().cloned();
        reader.map(Account).ok_or_else(|| UserDetailError::new("nobody has logged in"))
    }
}
